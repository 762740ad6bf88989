package config

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
)

func withReadings(keys string) string { return account("") + "readings: {" + keys + "}\n" }

// Each key sets its own field and no other.
func TestReadingsKeys(t *testing.T) {
	for keys, change := range map[string]func(*readings.Config){
		"":                                     func(*readings.Config) {},
		"dimensions: []":                       func(r *readings.Config) { r.Dimensions = []readings.Dimension{} },
		"dimensions: [department, site]":       func(r *readings.Config) { r.Dimensions = []readings.Dimension{readings.Site, readings.Department} },
		"histogram_dimensions: []":             func(r *readings.Config) { r.HistogramDimensions = []readings.Dimension{} },
		"histogram_dimensions: [Data_Center]":  func(r *readings.Config) { r.HistogramDimensions = []readings.Dimension{readings.DataCenter} },
		"client_version_depth: 4":              func(r *readings.Config) { r.VersionDepth = 4 },
		"max_label_sets: 7":                    func(r *readings.Config) { r.MaxSets = 7 },
		"max_histogram_label_sets: 7":          func(r *readings.Config) { r.MaxHistogramSets = 7 },
		"thresholds: {good: {latency: 120ms}}": func(r *readings.Config) { r.Thresholds.Latency.Good = 0.120 },
		"thresholds: {good: {latency: 300ms}}": func(r *readings.Config) { r.Thresholds.Latency.Good = 0.300 },
		"thresholds: {fair: {latency: 1500us, loss: 4%}, good: {latency: 1ms}}": func(r *readings.Config) {
			r.Thresholds.Latency.Good, r.Thresholds.Latency.Fair, r.Thresholds.Loss.Fair = 0.001, 0.0015, 0.04
		},
		"thresholds: {good: {jitter: 41ms}, poor: {jitter: 1.1s}}": func(r *readings.Config) {
			r.Thresholds.Jitter.Good, r.Thresholds.Jitter.Poor = 0.041, 1.1
		},
		"thresholds: {fair: {jitter: 0.07s}}":        func(r *readings.Config) { r.Thresholds.Jitter.Fair = 0.070 },
		"thresholds: {poor: {loss: 7%}}":             func(r *readings.Config) { r.Thresholds.Loss.Poor = 0.07 },
		"thresholds: {poor: {loss: 0.07}}":           func(r *readings.Config) { r.Thresholds.Loss.Poor = 0.07 },
		"thresholds: {good: {loss: 5%}, fair: {}}":   func(r *readings.Config) { r.Thresholds.Loss.Good = 0.05 },
		"thresholds: {degraded: 45%}":                func(r *readings.Config) { r.Thresholds.Degraded = 0.45 },
		"thresholds: {cpu: 0.8}":                     func(r *readings.Config) { r.Thresholds.CPU = 0.8 },
		"thresholds: {wifi: -67.5}":                  func(r *readings.Config) { r.Thresholds.WiFi = -67.5 },
		"thresholds: {poor: {latency: 10s}, fair: }": func(r *readings.Config) { r.Thresholds.Latency.Poor = 10 },
	} {
		want := readings.DefaultConfig()
		change(&want)
		got := mustLoad(t, withReadings(keys)).Readings
		// An empty list differs from nil, which would be the default.
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s gives %+v, want %+v", keys, got, want)
		}
	}
}

func TestReadingsErrors(t *testing.T) {
	const grow = "thresholds must not decrease from good to fair to poor"
	for _, x := range []struct{ keys, path, want string }{
		{"dimensions: ", "dimensions", "write [] for none"},
		{"dimensions: site", "dimensions", "must be a list"},
		{"dimensions: [network]", "dimensions[0]", "must be one of site, network_type, os, client_version, data_center, location, department"},
		{"histogram_dimensions: [os, os]", "histogram_dimensions[1]", "already"},
		{"dimensions: [~]", "dimensions[0]", "is empty"},
		{"client_version_depth: 0", "client_version_depth", "1 to 4"},
		{"max_label_sets: 100001", "max_label_sets", "1 to 100000"},
		{"max_histogram_label_sets: 0", "max_histogram_label_sets", "1 to 100000"},
		{"thresholds: {bad: {}}", "thresholds.bad", "unknown key; known here: good, fair, poor"},
		{"thresholds: {good: {los: 1%}}", "thresholds.good.los", "did you mean loss?"},
		{"thresholds: {good: {loss: 0%}}", "thresholds.good.loss", "must be more than 0"},
		{"thresholds: {good: {loss: 1e-400}}", "thresholds.good.loss", "must be more than 0"},
		{"thresholds: {poor: {loss: 10}}", "thresholds.poor.loss", "write a percentage with its sign"},
		{"thresholds: {good: {jitter: 0.5ms}}", "thresholds.good.jitter", "out of range"},
		{"thresholds: {good: {latency: 301ms}}", "thresholds.good.latency", "good allows 301ms, but fair only 300ms; " + grow},
		{"thresholds: {fair: {latency: 149ms}}", "thresholds.fair.latency", "good allows 150ms, but fair only 149ms; " + grow},
		{"thresholds: {fair: {jitter: 101ms}}", "thresholds.fair.jitter", "fair allows 101ms, but poor only 100ms; " + grow},
		{"thresholds: {fair: {loss: 7%}, poor: {loss: 6.5%}}", "thresholds.poor.loss", "fair allows 7%, but poor only 6.5%; " + grow},
		{"thresholds: {degraded: 0%}", "thresholds.degraded", "must be more than 0"},
		{"thresholds: {degraded: 30}", "thresholds.degraded", "write a percentage with its sign"},
		{"thresholds: {cpu: 100%}", "thresholds.cpu", "must be less than 100%"},
		{"thresholds: {wifi: 75}", "thresholds.wifi", "75 is out of range; it must be from -100 to -1"},
		{"thresholds: {wifi: -75dBm}", "thresholds.wifi", "must be a number from -100 to -1"},
		{"thresholds: {wifi: {good: -70}}", "thresholds.wifi", "must be a number"},
		// One error, not two: what cannot be decoded is not compared.
		{"thresholds: {good: {latency: 400ms}, fair: {latency: 450}}", "thresholds.fair.latency", "with its unit"},
	} {
		expectError(t, withReadings(x.keys), "readings."+x.path, x.want)
	}
}

// A mistake in one threshold hides none in another.
func TestEveryWrongThresholdIsNamed(t *testing.T) {
	_, err := loadText(t, account("")+`readings:
  thresholds:
    good: {latency: 400ms, jitter: 1s, loss: 50%}
    fair: {latency: 300}
    poor: {loss: 1%}
    wifi: 75
    wi-fi: -75
`, nil)
	got := errorLines(t, err)
	for _, path := range []string{"good.jitter", "fair.latency", "good.loss", "poor.loss", "wifi", "wi-fi"} {
		if !slices.ContainsFunc(got, func(line string) bool { return strings.Contains(line, " readings.thresholds."+path+": ") }) {
			t.Errorf("no error of %s in %q", path, got)
		}
	}
	if len(got) != 6 {
		t.Errorf("%d errors, want 6: %q", len(got), got)
	}
}

// Hidden facts are no dimensions. The default dimensions do not depend on privacy.
func TestDimensionsHeedPrivacy(t *testing.T) {
	for _, x := range []struct {
		dimension readings.Dimension
		field     string
	}{
		{readings.Site, ""}, {readings.NetworkType, ""}, {readings.OS, "device"}, {readings.ClientVersion, "device"},
		{readings.DataCenter, ""}, {readings.Location, "location"}, {readings.Department, "department"},
	} {
		for _, list := range []string{"dimensions", "histogram_dimensions"} {
			// The order of the file's sections does not matter.
			text := withReadings(list + ": [" + x.dimension.String() + "]")
			mustLoad(t, text)
			mustLoad(t, text+"privacy: {preset: helpdesk}")
			for _, mode := range []qos.Mode{qos.Drop, qos.Hash} {
				var hidden []string
				for _, field := range []string{"device", "location", "department"} {
					if field != x.field {
						hidden = append(hidden, field+": "+mode.String())
					}
				}
				mustLoad(t, text+"privacy: {fields: {"+strings.Join(hidden, ", ")+"}}")
				if x.field != "" {
					expectError(t, text+"privacy: {fields: {"+x.field+": "+mode.String()+"}}", "readings."+list+"[0]",
						x.dimension.String()+" is hidden by privacy.fields."+x.field+": "+mode.String()+"; set that to plain")
				}
			}
		}
	}
	everything := "user: drop, user_name: drop, email: drop, topic: drop, host: drop, ip_address: drop, internal_ip_address: drop, " +
		"pc_name: drop, domain: drop, meeting_id: drop, department: drop, location: drop, device: drop"
	mustLoad(t, account("")+"privacy: {fields: {"+everything+"}}")
}

func TestMetricsKeys(t *testing.T) {
	if got := mustLoad(t, account("")).Metrics.Participants; got != qos.AllParticipants {
		t.Errorf("metrics.participants is %q by default", got)
	}
	for text, want := range map[string]qos.ParticipantsMode{
		"all": qos.AllParticipants, "true": qos.AllParticipants, "yes": qos.AllParticipants, "On": qos.AllParticipants,
		"degraded": qos.DegradedParticipants, "DEGRADED": qos.DegradedParticipants,
		"none": qos.NoParticipants, "'none'": qos.NoParticipants, "false": qos.NoParticipants, "No": qos.NoParticipants, "off": qos.NoParticipants,
	} {
		if got := mustLoad(t, account("")+"metrics: {participants: "+text+"}").Metrics.Participants; got != want {
			t.Errorf("participants: %s gives %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"few": "must be one of all, degraded, none", "degradd": "did you mean degraded?", "1": "must be one of all, degraded, none",
		"~": "is empty; set it to one of all, degraded, none", "[all]": "must be one of all, degraded, none",
	} {
		expectError(t, account("")+"metrics: {participants: "+text+"}", "metrics.participants", want)
	}
}
