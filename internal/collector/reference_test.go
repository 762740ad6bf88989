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

// How to aggregate a metric over instances and replicas that poll the same
// account.
const (
	byMax      = "`max`: replicas see the same"
	byMin      = "`min`: the replica that is worst off"
	bySum      = "`sum`: each replica counts its own"
	byIncrease = "`max` of the `increase`: replicas count the same"
	byTopk     = "`topk` of 1 by the labels that are joined on: replicas may differ for minutes"
)

// aggregations says how to aggregate each metric of the reference.
var aggregations = map[string]string{
	"zoom_qos_latency_seconds":          byMax,
	"zoom_qos_jitter_seconds":           byMax,
	"zoom_qos_packet_loss_ratio":        byMax,
	"zoom_qos_packet_loss_max_ratio":    byMax,
	"zoom_qos_bitrate_bytes_per_second": byMax,
	"zoom_qos_frames_per_second":        byMax,
	"zoom_qos_resolution_width_pixels":  byMax,
	"zoom_qos_resolution_height_pixels": byMax,
	"zoom_qos_audio_mos_estimate":       byMax,

	"zoom_qos_client_cpu_min_ratio":     byMax,
	"zoom_qos_client_cpu_avg_ratio":     byMax,
	"zoom_qos_client_cpu_max_ratio":     byMax,
	"zoom_qos_system_cpu_max_ratio":     byMax,
	"zoom_qos_wifi_rssi_min_dbm":        byMax,
	"zoom_qos_wifi_rssi_avg_dbm":        byMax,
	"zoom_qos_wifi_rssi_max_dbm":        byMax,
	"zoom_qos_sample_timestamp_seconds": byMax,

	"zoom_participant_info":                 byTopk,
	"zoom_participant_device_info":          byTopk,
	"zoom_participant_network_info":         byTopk,
	"zoom_meeting_info":                     byTopk,
	"zoom_meeting_participants":             byMax,
	"zoom_meeting_start_timestamp_seconds":  byMax,
	"zoom_meeting_polled_timestamp_seconds": byMax,
	"zoom_live_meetings":                    byMax,
	"zoom_live_participants":                byMax,

	"zoom_meeting_recent_readings":       byMax,
	"zoom_meeting_degraded_participants": byMax,
	"zoom_meeting_site_participants":     byMax,
	"zoom_meeting_speakers":              byMax,
	"zoom_site_participants":             byMax,
	"zoom_site_recent_readings":          byMax,
	"zoom_site_degraded_participants":    byMax,
	"zoom_site_cpu_participants":         byMax,
	"zoom_site_wifi_participants":        byMax,
	"zoom_threshold_latency_seconds":     byMax,
	"zoom_threshold_jitter_seconds":      byMax,
	"zoom_threshold_packet_loss_ratio":   byMax,
	"zoom_threshold_degraded_ratio":      byMax,
	"zoom_threshold_cpu_ratio":           byMax,
	"zoom_threshold_wifi_rssi_dbm":       byMax,

	"zoom_qos_readings_total":                byIncrease,
	"zoom_qos_reading_latency_seconds":       byIncrease,
	"zoom_qos_reading_jitter_seconds":        byIncrease,
	"zoom_qos_reading_packet_loss_ratio":     byIncrease,
	"zoom_qos_sessions_total":                byIncrease,
	"zoom_qos_session_duration_seconds":      byIncrease,
	"zoom_participant_counted_seconds_total": byIncrease,
	"zoom_participant_lost_seconds_total":    byIncrease,
	"zoom_readings_overflowed_total":         byIncrease,
	"zoom_tails_waiting":                     byMax,

	"zoom_account_up":                             byMax,
	"zoom_poll_success":                           byMin,
	"zoom_poll_last_success_timestamp_seconds":    byMax,
	"zoom_poll_interval_seconds":                  byMax,
	"zoom_poll_coverage_ratio":                    byMax,
	"zoom_poll_deadline_exceeded_total":           bySum,
	"zoom_account_token_expiry_timestamp_seconds": byMax,
	"zoom_parse_failures_total":                   bySum,
	"zoom_participants_dropped":                   byMax,

	"zoom_api_requests_total":             bySum,
	"zoom_api_request_failures_total":     bySum,
	"zoom_api_request_duration_seconds":   bySum,
	"zoom_api_throttled_total":            bySum,
	"zoom_budget_limit_requests":          byMax,
	"zoom_budget_remaining_requests":      byMin,
	"zoom_budget_reserved_requests":       byMax,
	"zoom_budget_foreign_requests":        byMax,
	"zoom_budget_reset_timestamp_seconds": byMax,

	"probe_success":          byMax,
	"probe_duration_seconds": byMax,
	"probe_failure_info":     byMax,

	"zoom_exporter_build_info":                                   "not at all",
	"zoom_exporter_participants_mode":                            byMax,
	"zoom_exporter_config_last_reload_successful":                byMin,
	"zoom_exporter_config_last_reload_success_timestamp_seconds": byMin,
	"zoom_exporter_store_commit_failures_total":                  bySum,
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

func TestEveryMetricHasAnAggregation(t *testing.T) {
	named := make(map[string]bool)
	for _, m := range documented() {
		named[m.name] = true
		if aggregations[m.name] == "" {
			t.Errorf("%s has no entry in aggregations", m.name)
		}
	}
	for name := range aggregations {
		if !named[name] {
			t.Errorf("aggregations has an entry for %s, which does not exist", name)
		}
	}
}

// metricTable returns a group's table in Markdown.
func metricTable(group string) (string, error) {
	metrics, ok := groups[group]
	if !ok {
		return "", fmt.Errorf("unknown group %q", group)
	}
	rows := []string{"| metric | type | labels | meaning | aggregation over instances |", "|---|---|---|---|---|"}
	for _, m := range metrics {
		labels := "–"
		if len(m.labels) > 0 {
			labels = code(m.labels)
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s | %s | %s |", m.name, m.typeName(), labels, m.help, aggregations[m.name]))
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
