package collector

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"text/template"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
)

//go:generate go test -run ReferenceIsUpToDate . -update

// page is the reference of all metrics, relative to this directory.
const page = "../../docs/metrics.md"

// groups are the reference's tables by the names that its template uses. The
// metrics of the exporter and some of those of requests belong to collectors
// other than Collector.
var groups = map[string][]*metric{
	"figures":    figureMetrics,
	"devices":    deviceMetrics,
	"facts":      factMetrics,
	"aggregates": aggregateMetrics,
	"readings":   readingMetrics,
	"state":      stateMetrics,
	"requests": append([]*metric{
		{name: apiRequestsName, help: apiRequestsHelp, kind: prometheus.CounterValue, labels: apiRequestsLabels},
		{name: apiFailuresName, help: apiFailuresHelp, kind: prometheus.CounterValue, labels: apiFailuresLabels},
		{name: apiDurationName, help: apiDurationHelp, histogram: true, labels: apiDurationLabels},
	}, budgetMetrics...),
	"probes": probeMetrics,
	"exporter": {
		{
			name: "zoom_exporter_build_info", help: "Version of the exporter. Always 1.",
			labels: []string{"version", "revision", "branch", "goversion", "goos", "goarch", "tags"},
		},
		participantsMode,
		{name: ReloadSuccessful.Name, help: ReloadSuccessful.Help},
		{name: ReloadTimestamp.Name, help: ReloadTimestamp.Help},
		{name: StoreCommitFailures.Name, help: StoreCommitFailures.Help, kind: prometheus.CounterValue},
	},
}

// documented returns all metrics of the reference.
func documented() (metrics []*metric) {
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		metrics = append(metrics, groups[name]...)
	}
	return metrics
}

func TestReferenceIsUpToDate(t *testing.T) {
	tables := template.FuncMap{
		"metrics": metricTable,
		"labels":  func() string { return labelTable(labels(t)) },
		"probed":  probedNames,
		"other":   func() string { return readings.Other },
		"maxFollowed": func() string {
			return fmt.Sprintf("%d,%03d", live.MaxFollowed/1000, live.MaxFollowed%1000)
		},
	}
	reference, err := template.New("metrics.md.tmpl").Funcs(tables).ParseFiles("testdata/metrics.md.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := reference.Execute(&text, nil); err != nil {
		t.Fatal(err)
	}
	for _, m := range documented() {
		if n := strings.Count(text.String(), "\n| `"+m.name+"` |"); n != 1 {
			t.Errorf("%s has %d rows in the reference, want 1", m.name, n)
		}
	}
	if !t.Failed() {
		Golden(t, page, text.String())
	}
}

// metricTable returns a group's table in Markdown.
func metricTable(group string) (string, error) {
	metrics, ok := groups[group]
	if !ok {
		return "", fmt.Errorf("unknown group %q", group)
	}
	rows := []string{"| metric | type | labels | meaning |", "|---|---|---|---|"}
	for _, m := range metrics {
		labels := "–"
		if len(m.labels) > 0 {
			labels = code(m.labels)
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s | %s |", m.name, m.typeName(), labels, m.help))
	}
	return strings.Join(rows, "\n"), nil
}

func (m *metric) typeName() string {
	switch {
	case m.histogram:
		return "histogram"
	case m.kind == prometheus.CounterValue:
		return "counter"
	default:
		return "gauge"
	}
}

// probedNames returns the names of a probed meeting's and participant's metrics.
func probedNames() string {
	names := make([]string, len(probed))
	for i, m := range probed {
		names[i] = probeVariants[m].name
	}
	return code(names)
}

// labelTable returns the table of labels in Markdown.
func labelTable(labels []label) string {
	rows := []string{"| label | meaning | values |", "|---|---|---|"}
	for _, l := range labels {
		name := "`" + l.name + "`"
		if len(l.of) > 0 {
			name += " of " + code(l.of)
		}
		values := "–"
		if len(l.values) > 0 {
			values = code(l.values)
		}
		rows = append(rows, fmt.Sprintf("| %s | %s | %s |", name, l.meaning, values))
	}
	return strings.Join(rows, "\n")
}

// code formats words as code in Markdown.
func code(words []string) string { return "`" + strings.Join(words, "`, `") + "`" }
