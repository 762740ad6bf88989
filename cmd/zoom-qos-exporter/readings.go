package main

import (
	"slices"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/config"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
)

// readingsConfig is what is counted, and by what.
func readingsConfig(cfg *config.Config) readings.Config {
	threshold := func(t config.Threshold) readings.Threshold {
		return readings.Threshold{Latency: t.Latency.Seconds(), Jitter: t.Jitter.Seconds(), Loss: t.Loss}
	}
	r := &cfg.Readings
	return readings.Config{
		Thresholds: readings.Thresholds{
			Good: threshold(r.Thresholds.Good), Fair: threshold(r.Thresholds.Fair), Poor: threshold(r.Thresholds.Poor),
		},
		Dimensions:          dimensions(r.Dimensions),
		HistogramDimensions: dimensions(r.HistogramDimensions),
		VersionDepth:        r.ClientVersionDepth,
		MaxSets:             r.MaxLabelSets,
		MaxHistogramSets:    r.MaxHistogramLabelSets,
	}
}

// dimensions are never nil, which would be the default.
func dimensions(list []config.Dimension) []readings.Dimension {
	wanted := []readings.Dimension{}
	for _, d := range readings.Dimensions() {
		if slices.Contains(list, config.Dimension(d.String())) {
			wanted = append(wanted, d)
		}
	}
	return wanted
}
