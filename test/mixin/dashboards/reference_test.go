package dashboards

import (
	"maps"
	"regexp"
	"strings"
	"testing"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/test/mixin/reference"
)

// metrics reads docs/metrics.md, which is made from the code and tested there.
func metrics(t *testing.T) reference.Metrics {
	t.Helper()
	all, err := reference.Read("../../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	// The one of client_golang's own that is shown.
	all["process_resident_memory_bytes"] = reference.Metric{Name: "process_resident_memory_bytes", Type: "gauge"}
	return all
}

const generated = "dashboards have the thresholds of thresholds.yaml from when they were generated"

// What no dashboard shows, and why.
var unused = map[string]string{
	"zoom_qos_resolution_width_pixels": "the height tells the same",
	"zoom_threshold_latency_seconds":   generated,
	"zoom_threshold_jitter_seconds":    generated,
	"zoom_threshold_packet_loss_ratio": generated,
	"zoom_threshold_degraded_ratio":    generated,
	"zoom_threshold_cpu_ratio":         generated,
	"zoom_threshold_wifi_rssi_dbm":     generated,
	"probe_success":                    "it is of one probe, and of no account",
	"probe_duration_seconds":           "it is of one probe, and of no account",
	"probe_failure_info":               "it is of one probe, and of no account",
}

// The metrics of probed meetings and participants need no panels: /metrics has
// their figures as well.
func TestEveryMetricIsShown(t *testing.T) {
	all := metrics(t)
	maps.DeleteFunc(all, func(name string, _ reference.Metric) bool { return strings.HasPrefix(name, "zoom_probe_") })
	used := map[string]bool{}
	for _, d := range load(t) {
		for _, p := range d.Panels {
			for _, q := range p.Targets {
				for name := range all {
					if regexp.MustCompile(`\b` + name + `(_bucket|_sum|_count)?\b`).MatchString(q.Expr) {
						used[name] = true
					}
				}
			}
		}
	}
	for name := range all {
		switch reason := unused[name]; {
		case !used[name] && reason == "":
			t.Errorf("no dashboard shows %s, and no reason is given", name)
		case used[name] && reason != "":
			t.Errorf("%s is shown: it needs no reason not to be (%s)", name, reason)
		}
	}
}
