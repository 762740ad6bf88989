package config

import (
	"errors"
	"io/fs"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
)

// Each key sets its own field. Only addresses accept subnet.
func TestPrivacyFields(t *testing.T) {
	keys := []string{
		"user", "user_name", "email", "topic", "host", "ip_address", "internal_ip_address",
		"pc_name", "domain", "meeting_id", "department", "location", "device",
	}
	if n := reflect.TypeFor[qos.Privacy]().NumField() - len([]string{"Key", "SubnetIPv4", "SubnetIPv6"}); n != len(keys) {
		t.Fatalf("%d fields, %d keys", n, len(keys))
	}
	for _, key := range keys {
		goName := strings.ReplaceAll(key, "_", "")
		for _, mode := range []qos.Mode{qos.Drop, qos.Hash, qos.Plain, qos.Subnet} {
			text := account("") + "privacy: {fields: {" + key + ": " + mode.String() + "}}"
			if mode == qos.Subnet && !strings.HasSuffix(key, "ip_address") {
				expectError(t, text, "privacy.fields."+key, "must be one of drop, hash, plain")
				continue
			}
			got, want := mustLoad(t, text).Privacy, preset(presetDefault)
			field := reflect.ValueOf(&want).Elem().FieldByNameFunc(func(name string) bool { return strings.EqualFold(name, goName) })
			field.Set(reflect.ValueOf(mode))
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %s gives %+v", key, mode, got)
			}
		}
	}
}

func TestHelpdesk(t *testing.T) {
	want := preset(presetDefault)
	want.UserName, want.Email, want.Topic, want.Host = qos.Plain, qos.Plain, qos.Plain, qos.Plain
	if got := mustLoad(t, account("")+"privacy: {preset: helpdesk}").Privacy; !reflect.DeepEqual(got, want) {
		t.Errorf("helpdesk is %+v, want %+v", got, want)
	}
}

func TestLoadHashKey(t *testing.T) {
	dir := t.TempDir()
	key := strings.Repeat("k", 32)
	write(t, dir, "key", key+"\n")
	write(t, dir, "short", "k")
	const privacy = "privacy: {preset: helpdesk, key_file: key}\n"
	for name, text := range map[string]string{
		"no accounts":              privacy,
		"variable not set":         privacy + "accounts: [{account_id_env: A, client_id_env: B, client_secret_env: C}]",
		"file missing":             privacy + "accounts: [{client_secret_file: nowhere}]",
		"errors elsewhere":         privacy + "accounts: 3\nsites: 3\nlimits: 3",
		"a key that is not a word": privacy + "accounts: [{client_secret:" + secretWord + "}]",
	} {
		got, err := LoadHashKey(write(t, dir, "config.yaml", text))
		if err != nil || got.Reveal() != key {
			t.Errorf("%s: %q, %v", name, got.Reveal(), err)
		}
	}
	if got, err := LoadHashKey(write(t, dir, "config.yaml", account(""))); err != nil || got != "" {
		t.Errorf("without privacy: %q, %v", got.Reveal(), err)
	}
	for text, want := range map[string]string{
		"privacy: {key_file: short}":   "config.yaml:1:21: privacy.key_file: the key in the file is too short",
		"privacy: {key_file: nowhere}": "config.yaml:1:21: privacy.key_file: the file cannot be read",
		"privacy: {keyfile: key}":      "config.yaml:1:11: privacy.keyfile: unknown key; did you mean key_file?",
		"privcy: {key_file: key}":      "config.yaml:1:1: privcy: unknown key; did you mean privacy?",
		"privacy: {":                   "config.yaml:1: is not valid YAML",
		"- privacy":                    "config.yaml:1:1: must be a mapping",
	} {
		key, err := LoadHashKey(write(t, dir, "config.yaml", text))
		if got := errorLines(t, err); len(got) != 1 || !strings.HasPrefix(got[0], want) || key != "" {
			t.Errorf("%s: %q", text, got)
		}
	}
	if _, err := LoadHashKey(filepath.Join(dir, "missing.yaml")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is not fs.ErrNotExist", err)
	}
}
