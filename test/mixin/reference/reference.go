// Package reference reads docs/metrics.md, the reference of the exporter's
// metrics, and holds queries of rules and dashboards against it.
package reference

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

// Metric is a row of the reference.
type Metric struct {
	Name   string
	Type   string // gauge, counter or histogram
	Labels []string
	// Probe says that /probe serves the metric too, with one more label.
	Probe bool
}

// Metrics are the rows of the reference by their names.
type Metrics map[string]Metric

// row is a line of a table of metrics: name, type, labels.
var (
	row    = regexp.MustCompile("^\\| `([a-z_]+)` \\| (gauge|counter|histogram) \\| ([^|]*) \\|")
	quoted = regexp.MustCompile("`([a-z_]+)`")
)

// probed are the metrics that /probe serves.
var probed = regexp.MustCompile(`^zoom_(qos_.+|participant_info|meeting_(info|participants|.+_timestamp_seconds))$`)

// Read reads the reference.
func Read(path string) (Metrics, error) {
	page, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	metrics := make(Metrics)
	for line := range strings.Lines(string(page)) {
		if r := row.FindStringSubmatch(line); r != nil {
			m := Metric{Name: r[1], Type: r[2]}
			for _, label := range quoted.FindAllStringSubmatch(r[3], -1) {
				m.Labels = append(m.Labels, label[1])
			}
			m.Probe = m.Type == "gauge" && probed.MatchString(m.Name)
			metrics[m.Name] = m
		}
	}
	if len(metrics) == 0 {
		return nil, fmt.Errorf("%s has no table of metrics", path)
	}
	return metrics, nil
}

// Find is the metric of a series' name: a histogram's series are counters with
// names of their own.
func (m Metrics) Find(name string) (Metric, bool) {
	if metric, ok := m[name]; ok && metric.Type != "histogram" {
		return metric, true
	}
	for _, suffix := range []string{"_bucket", "_count", "_sum"} {
		base, cut := strings.CutSuffix(name, suffix)
		metric, ok := m[base]
		if !cut || !ok || metric.Type != "histogram" {
			continue
		}
		found := Metric{Name: base, Type: "counter", Labels: slices.Clone(metric.Labels)}
		if suffix == "_bucket" {
			found.Labels = append(found.Labels, "le")
		}
		return found, true
	}
	return Metric{}, false
}

// Label reports whether any metric has a label, or Prometheus adds it.
func (m Metrics) Label(name string) bool {
	if slices.Contains([]string{"job", "instance", "le", "probe"}, name) {
		return true
	}
	for _, metric := range m {
		if slices.Contains(metric.Labels, name) {
			return true
		}
	}
	return false
}
