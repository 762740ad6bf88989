package config

import (
	"errors"
	"io/fs"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// Each key sets its own field, and only addresses know subnet.
func TestPrivacyFields(t *testing.T) {
	keys := []string{
		"user", "user_name", "email", "topic", "host", "ip_address", "internal_ip_address",
		"pc_name", "domain", "meeting_id", "department", "location", "device",
	}
	if n := reflect.TypeFor[Fields]().NumField(); n != len(keys) {
		t.Fatalf("%d fields, %d keys", n, len(keys))
	}
	for _, key := range keys {
		goName := strings.ReplaceAll(key, "_", "")
		for _, treatment := range []Treatment{Drop, Hash, Plain, Subnet} {
			text := account("") + "privacy: {fields: {" + key + ": " + string(treatment) + "}}"
			if treatment == Subnet && !strings.HasSuffix(key, "ip_address") {
				expectFault(t, text, "privacy.fields."+key, "must be one of drop, hash, plain")
				continue
			}
			got, want := mustLoad(t, text).Privacy.Fields, preset(presetDefault)
			field := reflect.ValueOf(&want).Elem().FieldByNameFunc(func(name string) bool { return strings.EqualFold(name, goName) })
			field.Set(reflect.ValueOf(treatment))
			if got != want {
				t.Errorf("%s: %s gives %+v", key, treatment, got)
			}
		}
	}
}

func TestHelpdesk(t *testing.T) {
	want := preset(presetDefault)
	want.UserName, want.Email, want.Topic, want.Host = Plain, Plain, Plain, Plain
	if got := mustLoad(t, account("")+"privacy: {preset: helpdesk}").Privacy.Fields; got != want {
		t.Errorf("helpdesk is %+v, want %+v", got, want)
	}
}

func TestLoadPrivacy(t *testing.T) {
	dir := t.TempDir()
	key := strings.Repeat("k", 32)
	write(t, dir, "key", key+"\n")
	write(t, dir, "short", "k")
	const privacy = "privacy: {preset: helpdesk, key_file: key}\n"
	for name, text := range map[string]string{
		"no accounts":           privacy,
		"variable not set":      privacy + "accounts: [{account_id_env: A, client_id_env: B, client_secret_env: C}]",
		"file missing":          privacy + "accounts: [{client_secret_file: nowhere}]",
		"faults elsewhere":      privacy + "accounts: 3\nsites: 3\nlimits: 3",
		"a key that is no word": privacy + "accounts: [{client_secret:" + secretWord + "}]",
	} {
		p, err := LoadPrivacy(write(t, dir, "config.yaml", text))
		if err != nil || p.Key.Reveal() != key || p.Fields != preset(presetHelpdesk) {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
	p, err := LoadPrivacy(write(t, dir, "config.yaml", account("")))
	if want := defaultConfig().Privacy; err != nil || p != want {
		t.Errorf("without privacy: %+v, %v", p, err)
	}
	for text, want := range map[string]string{
		"privacy: {key_file: short}":   "config.yaml:1:21: privacy.key_file: the key in the file is too short",
		"privacy: {key_file: nowhere}": "config.yaml:1:21: privacy.key_file: the file cannot be read",
		"privacy: {keyfile: key}":      "config.yaml:1:11: privacy.keyfile: unknown key; did you mean key_file?",
		"privcy: {key_file: key}":      "config.yaml:1:1: privcy: unknown key; did you mean privacy?",
		"privacy: {":                   "config.yaml:1: is not valid YAML",
		"- privacy":                    "config.yaml:1:1: must be a mapping",
	} {
		p, err := LoadPrivacy(write(t, dir, "config.yaml", text))
		if got := faults(t, err); len(got) != 1 || !strings.HasPrefix(got[0], want) || p != (Privacy{}) {
			t.Errorf("%s: %q", text, got)
		}
	}
	if _, err := LoadPrivacy(filepath.Join(dir, "missing.yaml")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is not fs.ErrNotExist", err)
	}
}
