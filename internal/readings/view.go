package readings

import (
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
)

// View is what was counted and committed. It is immutable and safe for
// concurrent use.
type View struct {
	// Dimensions are the labels of Readings, in the order of their Values;
	// HistogramDimensions those of Histograms and Lengths.
	Dimensions, HistogramDimensions []Dimension
	Readings                        []ReadingSet
	Histograms                      []HistogramSet
	Lengths                         []LengthSet
	// Lost are the lost participant-minutes by reason.
	Lost [reasons]uint64
	// Minutes are the participant-minutes that were counted.
	Minutes uint64
	// Overflow counts the increments of Readings, and HistogramOverflow those of
	// the histograms, that were counted as Other because of the limits.
	Overflow, HistogramOverflow Overflow
}

// Overflow counts increments that were counted as Other: only by NetworkType, or by
// all dimensions.
type Overflow struct{ NetworkType, All uint64 }

// Plus returns the sum of two.
func (o Overflow) Plus(p Overflow) Overflow {
	return Overflow{o.NetworkType + p.NetworkType, o.All + p.All}
}

// ReadingSet has the readings and the sessions of one label set by verdict.
type ReadingSet struct {
	Kind               string
	Media              qos.Media
	Direction          qos.Direction
	Values             []string
	Readings, Sessions [verdicts]uint64
}

// HistogramSet has the histograms of the readings of one label set, in seconds
// and ratios.
type HistogramSet struct {
	Kind                  string
	Media                 qos.Media
	Direction             qos.Direction
	Values                []string
	Latency, Jitter, Loss Histogram
}

// LengthSet has the lengths of the sessions of one label set, in seconds.
type LengthSet struct {
	Kind   string
	Values []string
	Length Histogram
}

// View returns what was committed last.
func (e *Engine) View() *View { return e.view }

// newView returns what may be shown once it is committed.
func (e *Engine) newView() *View {
	v := &View{
		Dimensions: e.tallies.mask.list(), HistogramDimensions: e.figures.mask.list(),
		Readings:   make([]ReadingSet, 0, len(e.tallies.entries)),
		Histograms: make([]HistogramSet, 0, len(e.figures.entries)),
		Lengths:    make([]LengthSet, 0, len(e.lengths.entries)),
		Lost:       e.lost, Minutes: e.minutes,
		Overflow: Overflow{e.tallies.overflow[collapsedNetwork], e.tallies.overflow[collapsedAll]},
		HistogramOverflow: Overflow{
			e.figures.overflow[collapsedNetwork] + e.lengths.overflow[collapsedNetwork],
			e.figures.overflow[collapsedAll] + e.lengths.overflow[collapsedAll],
		},
	}
	e.tallies.visit(func(k *key, t *tally) {
		media, direction := qos.MediaOf(int(k.stream))
		v.Readings = append(v.Readings, ReadingSet{k.kind, media, direction, pick(&k.values, v.Dimensions), t.readings, t.sessions})
	})
	e.figures.visit(func(k *key, f *figures) {
		media, direction := qos.MediaOf(int(k.stream))
		v.Histograms = append(v.Histograms, HistogramSet{k.kind, media, direction, pick(&k.values, v.HistogramDimensions),
			f.latency.view(latencyBounds), f.jitter.view(jitterBounds), f.loss.view(lossBounds)})
	})
	e.lengths.visit(func(k *key, h *histogram) {
		v.Lengths = append(v.Lengths, LengthSet{k.kind, pick(&k.values, v.HistogramDimensions), h.view(lengthBounds)})
	})
	return v
}

// pick returns the values of the dimensions listed.
func pick(v *values, list []Dimension) []string {
	picked := make([]string, len(list))
	for i, d := range list {
		picked[i] = v[d]
	}
	return picked
}
