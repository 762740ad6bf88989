package main

import (
	"slices"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/config"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
)

// What is configured by default is what is counted by default.
func TestDefaultReadings(t *testing.T) {
	variables := map[string]string{"ZOOM_ACCOUNT_ID": "a", "ZOOM_CLIENT_ID": "c", "ZOOM_CLIENT_SECRET": "s"}
	cfg, err := config.FromEnv(func(name string) (string, bool) { s, ok := variables[name]; return s, ok })
	if err != nil {
		t.Fatal(err)
	}
	got := readingsConfig(cfg)
	if got.Thresholds != readings.DefaultThresholds() || got.VersionDepth != 2 || got.MaxSets != 2000 || got.MaxHistogramSets != 500 ||
		!slices.Equal(got.Dimensions, []readings.Dimension{readings.Site, readings.NetworkType}) ||
		!slices.Equal(got.HistogramDimensions, []readings.Dimension{readings.Site}) {
		t.Errorf("%+v", got)
	}
}

func TestReadingsConfig(t *testing.T) {
	level := func(n int) config.Threshold {
		ms := time.Duration(n) * time.Millisecond
		return config.Threshold{Latency: 10 * ms, Jitter: ms, Loss: float64(n) / 1000}
	}
	cfg := &config.Config{Readings: config.Readings{
		Dimensions: config.Dimensions(), HistogramDimensions: []config.Dimension{},
		ClientVersionDepth: 3, MaxLabelSets: 4, MaxHistogramLabelSets: 5,
		Thresholds: config.Thresholds{Good: level(1), Fair: level(2), Poor: level(3)},
	}}
	got := readingsConfig(cfg)
	want := readings.Thresholds{
		Good: readings.Threshold{Latency: 0.01, Jitter: 0.001, Loss: 0.001},
		Fair: readings.Threshold{Latency: 0.02, Jitter: 0.002, Loss: 0.002},
		Poor: readings.Threshold{Latency: 0.03, Jitter: 0.003, Loss: 0.003},
	}
	if got.Thresholds != want || got.VersionDepth != 3 || got.MaxSets != 4 || got.MaxHistogramSets != 5 {
		t.Errorf("%+v", got)
	}
	if !slices.Equal(got.Dimensions, readings.Dimensions()) {
		t.Errorf("of all dimensions are left %v", got.Dimensions)
	}
	if got.HistogramDimensions == nil || len(got.HistogramDimensions) > 0 {
		t.Errorf("none is %#v, which is not none", got.HistogramDimensions)
	}
	if len(config.Dimensions()) != len(readings.Dimensions()) {
		t.Error("what can be configured is not what can be counted")
	}
}
