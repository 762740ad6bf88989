package rules

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/test/mixin/reference"
)

// unused says of each metric that no rule, dashboard or page uses, but that is
// exposed all the same, why.
var unused = map[string]string{
	"zoom_threshold_latency_seconds":   judged,
	"zoom_threshold_jitter_seconds":    judged,
	"zoom_threshold_packet_loss_ratio": judged,
	"zoom_threshold_degraded_ratio":    judged,
	"zoom_threshold_cpu_ratio":         judged,
	"zoom_threshold_wifi_rssi_dbm":     judged,
}

const judged = "the rules read verdicts, and dashboards have the thresholds of thresholds.yaml"

// What nobody uses has a reason, and what has a reason is used by nobody. The
// metrics of /probe are there to look at.
func TestEveryMetricIsUsed(t *testing.T) {
	text := using(t)
	metrics := readReference(t)
	maps.DeleteFunc(metrics, func(name string, _ reference.Metric) bool { return strings.HasPrefix(name, "zoom_probe_") })
	for name := range metrics {
		used := regexp.MustCompile(`\b` + name + `(_bucket|_sum|_count)?\b`).MatchString(text)
		if reason := unused[name]; !used && reason == "" {
			t.Errorf("%s is used by no rule, dashboard or page of the documentation, and has no reason to be there", name)
		} else if used && reason != "" {
			t.Errorf("%s is used; it needs no reason", name)
		}
	}
	for name := range unused {
		if _, ok := metrics[name]; !ok {
			t.Errorf("%s is no metric", name)
		}
	}
}

// using is the text of all rules, dashboards and pages, but for the reference.
func using(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, root := range []string{"README.md", "docs", "deploy/prometheus", "deploy/grafana/dashboards"} {
		err := filepath.WalkDir(filepath.Join(repository, root), func(path string, entry fs.DirEntry, err error) error {
			if os.IsNotExist(err) || err == nil && entry.IsDir() {
				return nil
			} else if err != nil {
				return err
			}
			switch ext := filepath.Ext(path); {
			case strings.HasSuffix(path, "_test.yaml"), filepath.Base(path) == "metrics.md":
				return nil
			case ext == ".md", ext == ".yaml", ext == ".json":
				page, err := os.ReadFile(path)
				all.Write(page)
				return err
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}
