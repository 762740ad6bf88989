// Package reference reads docs/metrics.md, the reference of the exporter's
// metrics, and the rules in deploy/prometheus, and holds queries against them.
package reference

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
)

// Metric is a metric of the reference, or a recorded series.
type Metric struct {
	Name   string
	Type   string // gauge, counter, histogram or record
	Labels []string
	// Values are all values of those labels of which all are known.
	Values map[string][]string
}

// Metrics are metrics by their names.
type Metrics map[string]Metric

var (
	// metricRow is a row of a table of metrics: name, type and labels.
	metricRow = regexp.MustCompile("^\\| `([a-z_]+)` \\| (gauge|counter|histogram) \\| ([^|]*) \\|")
	// labelTable begins the table of labels. Its rows have the label's name, the
	// metrics that they are about, if not all that have the label, what the
	// label means, and its values, if all are known.
	labelTable = "| label | meaning | values |"
	labelRow   = regexp.MustCompile("^\\| `([a-z_]+)`(?: of (`[^|]*`))? \\| [^|]* \\| ([^|]*) \\|$")
	quoted     = regexp.MustCompile("`([a-z_]+)`")
	// probed is the name of a metric at /probe, with the labels of the one of
	// /metrics that it is named after.
	probed = regexp.MustCompile("`zoom_probe_([a-z_]+)`")
)

// own are the metrics of Prometheus itself that are asked for.
var own = Metrics{
	"up":                      {Name: "up", Type: "gauge"},
	"ALERTS":                  {Name: "ALERTS", Type: "gauge", Labels: []string{"alertname", "alertstate", "area", "severity"}},
	"scrape_duration_seconds": {Name: "scrape_duration_seconds", Type: "gauge"},
	"prometheus_rule_group_last_duration_seconds": {
		Name: "prometheus_rule_group_last_duration_seconds", Type: "gauge", Labels: []string{"rule_group"},
	},
	"prometheus_rule_group_interval_seconds": {
		Name: "prometheus_rule_group_interval_seconds", Type: "gauge", Labels: []string{"rule_group"},
	},
}

// Read reads the reference.
func Read(path string) (Metrics, error) {
	page, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	metrics, err := parse(string(page))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return metrics, nil
}

func parse(page string) (Metrics, error) {
	metrics := make(Metrics)
	for line := range strings.Lines(page) {
		if r := metricRow.FindStringSubmatch(line); r != nil {
			metrics[r[1]] = Metric{Name: r[1], Type: r[2], Labels: words(r[3]), Values: make(map[string][]string)}
		}
	}
	for _, match := range probed.FindAllStringSubmatch(page, -1) {
		metric, ok := metrics["zoom_"+match[1]]
		if !ok {
			return nil, fmt.Errorf("%s is named after no metric", match[0])
		}
		metric.Name, metric.Values = "zoom_probe_"+match[1], make(map[string][]string)
		metrics[metric.Name] = metric
	}
	_, table, found := strings.Cut(page, labelTable+"\n")
	if len(metrics) == 0 || !found {
		return nil, fmt.Errorf("there is no table of metrics, or none of labels")
	}
	for line := range strings.Lines(table) {
		if !strings.HasPrefix(line, "|") {
			break
		}
		if strings.HasPrefix(line, "|--") {
			continue
		}
		r := labelRow.FindStringSubmatch(strings.TrimSpace(line))
		if r == nil {
			return nil, fmt.Errorf("not a row of the table of labels: %s", line)
		}
		of := slices.Collect(maps.Keys(metrics))
		if r[2] != "" {
			of = words(r[2])
		}
		if err := metrics.explain(r[1], of, words(r[3])); err != nil {
			return nil, err
		}
	}
	return metrics, nil
}

// explain enters the values that a label has in some metrics, none if they are
// not known.
func (m Metrics) explain(label string, of, values []string) error {
	if len(values) == 0 {
		return nil
	}
	for _, name := range of {
		metric, ok := m[name]
		if !ok {
			return fmt.Errorf("the label %s is of %s, which is no metric", label, name)
		}
		if slices.Contains(metric.Labels, label) {
			metric.Values[label] = values
		}
	}
	return nil
}

func words(cell string) (found []string) {
	for _, match := range quoted.FindAllStringSubmatch(cell, -1) {
		found = append(found, match[1])
	}
	return found
}

// Find is the metric of a series' name: a histogram's series are counters with
// names of their own.
func (m Metrics) Find(name string) (Metric, bool) {
	if metric, ok := own[name]; ok {
		return metric, true
	}
	if metric, ok := m[name]; ok && metric.Type != "histogram" {
		return metric, true
	}
	for _, suffix := range []string{"_bucket", "_count", "_sum"} {
		base, cut := strings.CutSuffix(name, suffix)
		metric, ok := m[base]
		if !cut || !ok || metric.Type != "histogram" {
			continue
		}
		metric.Type, metric.Labels = "counter", slices.Clone(metric.Labels)
		if suffix == "_bucket" {
			metric.Labels = append(metric.Labels, "le")
		}
		return metric, true
	}
	return Metric{}, false
}

// all are the labels that a metric's series have in Prometheus.
func (m Metric) all() []string {
	if m.Type == "record" {
		return m.Labels
	}
	return slices.Concat(m.Labels, []string{"job", "instance"})
}
