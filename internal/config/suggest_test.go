package config

import (
	"strings"
	"testing"
)

// The places that are suggested for a key are those of the schema.
func TestPlaces(t *testing.T) {
	for key, want := range map[string]string{
		"watch": "in an entry of accounts", "accounts": "at the top level", "limits": "at the top level or in an entry of accounts",
		"wifi": "in accounts[].collect or in readings.thresholds", "degraded": "in readings.thresholds", "latency": "in readings.thresholds.fair, in readings.thresholds.good or in readings.thresholds.poor",
		"internal": "in an entry of sites", "enabled": "in probe",
		"host":  "in an entry of accounts[].exclude, in an entry of accounts[].include, in an entry of accounts[].watch or in privacy.fields",
		"wacht": "", "": "",
	} {
		if got := placesOf(key, ""); got != want {
			t.Errorf("%s belongs %q, want %q", key, got, want)
		}
	}
}

// The error of a misplaced key has its right place; that of a misspelt key, the
// nearest key.
func TestKeysAtAWrongLevel(t *testing.T) {
	const topLevel = "accounts, privacy, sites, readings, metrics, limits, probe"
	for text, want := range map[string]string{
		account("") + "watch: [{topic: x}]\n":               "config.yaml:3:1: watch: unknown key; it belongs in an entry of accounts; known here: " + topLevel,
		account("") + "# x\ntime_zone: UTC\n":               "config.yaml:4:1: time_zone: unknown key; it belongs in an entry of accounts; known here: " + topLevel,
		account("") + "privacy:\n  topic: plain\n":          "config.yaml:4:3: privacy.topic: unknown key; it belongs in privacy.fields; known here: preset, key_file, fields, subnet",
		account("collect: {metrics: {}}"):                   "at the top level",
		account("wifi: false"):                              "in accounts[].collect",
		account("") + "wacht: []\n":                         "config.yaml:3:1: wacht: unknown key; known here: " + topLevel,
		account("wtach: []"):                                "unknown key; did you mean watch?",
		account("include: [{hots: '*@example.com'}]"):       "did you mean host?",
		account("") + "participants_per_account: 10\n":      "it belongs in limits",
		account("") + "thresholds: {good: {loss: 1%}}\n":    "it belongs in readings",
		account("") + "probe: {enabled: true, sites: []}\n": "it belongs at the top level",
		account("") + "limits: {per_day: 100}\n":            "limits.per_day: unknown key; it belongs in accounts[].limits; known here: participants_per_account,",
		account("limits: {body_size: 1MiB}"):                "accounts[0].limits.body_size: unknown key; it belongs in limits; known here:",
		account("collect: {watch: []}"):                     "accounts[0].collect.watch: unknown key; it belongs in an entry of accounts; known here:",
		account("host: '*@example.com'"):                    "it belongs in an entry of accounts[].exclude, in an entry of accounts[].include or in an entry of accounts[].watch; known here:",
		// In unrelated mappings the same word has another meaning.
		account("") + "readings: {thresholds: {bad: {latency: 1s}}}\n":         "readings.thresholds.bad: unknown key; known here: good, fair, poor",
		account("") + "metrics: {enabled: true}\n":                             "metrics.enabled: unknown key; known here: participants",
		account("") + "privacy: {fields: {name: plain}}\n":                     "privacy.fields.name: unknown key; known here: user, user_name,",
		account("") + "sites: [{name: x, public: [192.0.2.0/24], ipv4: []}]\n": "sites[0].ipv4: unknown key; known here: name, internal, public",
		account("watch: [{name: 'All hands'}]"):                                "accounts[0].watch[0].name: unknown key; known here: id, host, topic",
	} {
		_, err := loadText(t, text, nil)
		got := errorLines(t, err)
		if len(got) != 1 || !strings.Contains(got[0], want) {
			t.Errorf("%s\ngave %q, want %q", text, got, want)
		}
	}
}
