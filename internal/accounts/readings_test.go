package accounts

import (
	"slices"
	"testing"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/config"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
)

// What is configured by default is what is counted by default.
func TestDefaultReadings(t *testing.T) {
	variables := map[string]string{"ZOOM_ACCOUNT_ID": "a", "ZOOM_CLIENT_ID": "c", "ZOOM_CLIENT_SECRET": "s"}
	cfg, err := config.FromEnv(func(name string) (string, bool) { s, ok := variables[name]; return s, ok })
	if err != nil {
		t.Fatal(err)
	}
	got := ReadingsConfig(cfg)
	if got.Thresholds != qos.DefaultThresholds() || got.VersionDepth != 2 || got.MaxSets != 2000 || got.MaxHistogramSets != 500 ||
		!slices.Equal(got.Dimensions, []readings.Dimension{readings.Site, readings.NetworkType}) ||
		!slices.Equal(got.HistogramDimensions, []readings.Dimension{readings.Site}) {
		t.Errorf("%+v", got)
	}
}

func TestReadingsConfig(t *testing.T) {
	want := qos.Thresholds{
		Latency: qos.Bounds{Good: 0.01, Fair: 0.02, Poor: 0.03},
		Jitter:  qos.Bounds{Good: 0.001, Fair: 0.002, Poor: 0.003},
		Loss:    qos.Bounds{Good: 0.0001, Fair: 0.0002, Poor: 0.0003},
	}
	cfg := &config.Config{Readings: config.Readings{
		Dimensions: config.Dimensions(), HistogramDimensions: []config.Dimension{},
		ClientVersionDepth: 3, MaxLabelSets: 4, MaxHistogramLabelSets: 5,
		Thresholds: want,
	}}
	got := ReadingsConfig(cfg)
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
