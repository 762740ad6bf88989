package collector_test

import (
	"testing"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/collector"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
)

func TestCounted(t *testing.T) {
	view := &readings.View{
		Minutes: 2, Overflow: readings.Overflow{NetworkType: 4, All: 5}, HistogramOverflow: readings.Overflow{NetworkType: 6, All: 7},
	}
	view.Lost[readings.NoBudget] = 3
	r, _ := registry(t, collector.NewAPIMetrics(), &still{poll.Snapshot{Account: "test", Readings: view}})
	got := samples(t, r)
	for series, want := range map[string]float64{
		`zoom_participant_counted_seconds_total{account="test"}`:                 120,
		`zoom_participant_lost_seconds_total{account="test",reason="no_budget"}`: 180,
		`zoom_participant_lost_seconds_total{account="test",reason="no_answer"}`: 0,

		`zoom_readings_overflowed_total{account="test",collapsed="network_type",table="readings"}`:   4,
		`zoom_readings_overflowed_total{account="test",collapsed="all",table="readings"}`:            5,
		`zoom_readings_overflowed_total{account="test",collapsed="network_type",table="histograms"}`: 6,
		`zoom_readings_overflowed_total{account="test",collapsed="all",table="histograms"}`:          7,
	} {
		if v, ok := got[series]; !ok || v != want {
			t.Errorf("%s is %v, want %v", series, v, want)
		}
	}
}
