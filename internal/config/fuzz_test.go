package config

import (
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
)

// Any input gives either a valid configuration or errors with a line.
func FuzzLoad(f *testing.F) {
	for _, path := range []string{"testdata/wrong.yaml", "../../deploy/config.example.yaml"} {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, text := range []string{"", "a: &a [*a]", "accounts: &a [*a]", account(""), account("") + "readings: {thresholds: {good: {latency: 1s, loss: 1e-400}, fair: {latency: 2s}, poor: {latency: 2s}}}", "{{", "? ? :", "\xff\xfe", "---\n---\n", "a: !!binary x", "*a", "%YAML 9.9", "accounts: [{<<: {}}]"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d := newDecoder("config.yaml", func(string) (string, bool) { return "x", true })
		d.readFile = func(path string, _ int64) ([]byte, error) {
			if path == d.file {
				return data, nil
			}
			return nil, fs.ErrNotExist
		}
		c, err := d.result(d.load())
		if err != nil {
			for _, e := range err.(Errors) {
				if e.Line < 1 || e.Message == "" || !strings.HasPrefix(e.Error(), "config.yaml:") {
					t.Errorf("error %+v", e)
				}
			}
			return
		}
		thresholds := &c.Readings.Thresholds
		for _, b := range []qos.Bounds{thresholds.Latency, thresholds.Jitter, thresholds.Loss} {
			// Negated, so that NaN fails, too.
			if !(0 < b.Good && b.Good <= b.Fair && b.Fair <= b.Poor && b.Poor <= 10) {
				t.Errorf("thresholds %+v", thresholds)
			}
		}
		if len(c.Accounts) == 0 {
			t.Fatal("no accounts")
		}
		for _, a := range c.Accounts {
			if a.Name == "" || a.AccountID == "" || a.ClientID == "" || a.ClientSecret == "" || a.APIURL == nil || a.OAuthURL == nil || a.TimeZone == nil || !(a.Reserve >= 0 && a.Reserve < 1) {
				t.Errorf("account %+v", a)
			}
		}
	})
}
