package config

import (
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
