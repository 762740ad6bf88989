package config

import (
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"testing"
)

const exampleFile = "../../deploy/config.example.yaml"

func exampleEnv() func(string) (string, bool) {
	return env("ZOOM_ACCOUNT_ID", "a", "ZOOM_CLIENT_ID", "c", "ZOOM_CLIENT_SECRET", secretWord, "GOV_CLIENT_SECRET", "y")
}

// The example is read without a fault or a warning, and its first account
// shows the defaults as they are.
func TestExampleFile(t *testing.T) {
	c, err := Load(exampleFile, exampleEnv())
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Warnings) != 0 {
		t.Errorf("warnings: %q", c.Warnings)
	}
	defaults := mustLoad(t, account(""))
	if !reflect.DeepEqual(c.Accounts[0], defaults.Accounts[0]) {
		t.Errorf("first account\n%+v, by default\n%+v", c.Accounts[0], defaults.Accounts[0])
	}
	if c.Privacy != defaults.Privacy || c.Limits != defaults.Limits || c.Metrics != defaults.Metrics || c.Probe != defaults.Probe {
		t.Errorf("privacy %+v, limits %+v, metrics %+v and probe %+v are not the defaults", c.Privacy, c.Limits, c.Metrics, c.Probe)
	}
	if !reflect.DeepEqual(c.Readings, defaults.Readings) {
		t.Errorf("readings %+v are not the defaults", c.Readings)
	}
	if a := c.Accounts[1]; len(a.Meetings.Include) != 2 || len(a.Meetings.Exclude) != 1 || len(a.Watch) != 1 || a.APIURL.Host != "api.zoomgov.com" {
		t.Errorf("second account %+v", a)
	}
	if len(c.Sites) != 3 {
		t.Errorf("sites %+v", c.Sites)
	}
}

// Every key that the decoder knows stands in the example.
func TestExampleFileHasEveryKey(t *testing.T) {
	data, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	d := newDecoder(exampleFile, exampleEnv())
	d.load(data)
	wantPaths := []string{
		"", "accounts[]", "accounts[].collect", "accounts[].exclude[]", "accounts[].include[]", "accounts[].limits",
		"accounts[].watch[]", "accounts[].weights",
		"limits", "metrics", "privacy", "privacy.fields", "privacy.subnet", "probe",
		"readings", "readings.thresholds", "readings.thresholds.fair", "readings.thresholds.good", "readings.thresholds.poor",
		"sites[]",
	}
	if paths := slices.Sorted(maps.Keys(d.schema)); !slices.Equal(paths, wantPaths) {
		t.Errorf("the example leads to %q, want %q", paths, wantPaths)
	}
	for path, keys := range d.schema {
		for _, key := range keys {
			if !regexp.MustCompile(`(?m)^[ #-]*` + key + `:( |$)`).Match(data) {
				t.Errorf("the example lacks %s of %q", key, path)
			}
		}
	}
}
