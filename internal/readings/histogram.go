package readings

import "github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"

// The histograms' bounds. They are fixed, so that quantiles can be compared
// across releases and configurations. They include the default thresholds, so
// that shares beyond a threshold are exact.
var (
	latencyBounds = []float64{0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2}
	jitterBounds  = []float64{0.005, 0.01, 0.02, 0.03, 0.04, 0.06, 0.08, 0.1, 0.15, 0.25, 0.5}
	lossBounds    = []float64{0.001, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5}
	lengthBounds  = []float64{60, 300, 600, 900, 1800, 2700, 3600, 5400, 7200, 14400, 28800}
)

const bounds = 11 // of each histogram

// histogram has one bucket for each bound and one for the rest.
type histogram struct {
	buckets [bounds + 1]uint64
	micros  uint64 // the sum
}

func (h *histogram) observe(edges []float64, v float64) {
	i := 0
	for i < len(edges) && v > edges[i] {
		i++
	}
	h.buckets[i]++
	h.micros += micro(v)
}

// Histogram has what was observed.
type Histogram struct {
	// Bounds are the upper bounds of Buckets, inclusive. They are shared and
	// must not be changed.
	Bounds []float64
	// Buckets are cumulative, one for each bound; Count includes all beyond.
	Buckets [bounds]uint64
	Count   uint64
	// Sum is in the unit of the bounds, exact to a millionth.
	Sum float64
}

func (h *histogram) view(edges []float64) Histogram {
	v := Histogram{Bounds: edges, Sum: float64(h.micros) / 1e6}
	for i, n := range h.buckets {
		v.Count += n
		if i < len(v.Buckets) {
			v.Buckets[i] = v.Count
		}
	}
	return v
}

// figures are the three histograms of one label set.
type figures struct{ latency, jitter, loss histogram }

func (f *figures) observe(latency, jitter, loss float64) {
	if qos.Measured(latency) {
		f.latency.observe(latencyBounds, latency)
	}
	if qos.Measured(jitter) {
		f.jitter.observe(jitterBounds, jitter)
	}
	if qos.Measured(loss) {
		f.loss.observe(lossBounds, loss)
	}
}
