package accounts

import (
	"slices"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/config"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
)

// ReadingsConfig is what is counted, and by what.
func ReadingsConfig(cfg *config.Config) readings.Config {
	r := &cfg.Readings
	return readings.Config{
		Thresholds:          r.Thresholds,
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
