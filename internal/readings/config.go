package readings

import (
	"cmp"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
)

// Config says what is counted under which labels. Its zero value holds the
// defaults.
type Config struct {
	// Thresholds separate the verdicts; the zero value is qos.DefaultThresholds.
	Thresholds qos.Thresholds
	// Dimensions are the labels of readings and sessions, HistogramDimensions
	// those of the histograms. Nil means the defaults (Site and NetworkType;
	// Site), an empty list means none.
	Dimensions, HistogramDimensions []Dimension
	// VersionDepth is how many parts of a client version are kept; 0 means 2.
	VersionDepth int
	// MaxSets limits the label sets of readings and sessions, each with all its
	// verdicts; 0 means 12,000: those of 200 sites on 4 types of network. A fifth
	// is reserved for sets whose NetworkType is Other. MaxHistogramSets limits
	// those of the histograms; 0 means 3,000. Further label sets are counted as
	// Other: first by NetworkType, then by every dimension.
	MaxSets, MaxHistogramSets int
	// Hold is how long a new label set is shown as 0 before its first
	// increment; 0 means 130 s, as the longest scrape interval is two minutes.
	Hold time.Duration
	// Volatile says that there is no store: batches have no records.
	Volatile bool
}

func (c Config) withDefaults() Config {
	c.Thresholds = cmp.Or(c.Thresholds, qos.DefaultThresholds())
	if c.Dimensions == nil {
		c.Dimensions = []Dimension{Site, NetworkType}
	}
	if c.HistogramDimensions == nil {
		c.HistogramDimensions = []Dimension{Site}
	}
	c.Dimensions, c.HistogramDimensions = maskOf(c.Dimensions).list(), maskOf(c.HistogramDimensions).list()
	c.VersionDepth = cmp.Or(max(c.VersionDepth, 0), 2)
	c.MaxSets = cmp.Or(max(c.MaxSets, 0), 12_000)
	c.MaxHistogramSets = cmp.Or(max(c.MaxHistogramSets, 0), 3000)
	c.Hold = cmp.Or(max(c.Hold, 0), 130*time.Second)
	return c
}

// Worst is the largest number of series that a configuration can produce.
type Worst struct {
	Readings, Sessions int // of zoom_qos_readings_total and zoom_qos_sessions_total
	Histograms         int // of all histograms: buckets, sums and counts
	Capped             bool
}

// WorstCase estimates the series of a configuration from the number of values
// that each dimension can have (blank is one of them; less than 1 counts as 1)
// and the number of kinds collected, 1 or 2.
func WorstCase(c Config, kinds int, sizes map[Dimension]int) Worst {
	c = c.withDefaults()
	sets, capped := worstSets(maskOf(c.Dimensions), kinds*qos.Streams, c.MaxSets, sizes)
	hists, cappedHists := worstSets(maskOf(c.HistogramDimensions), kinds*qos.Streams, c.MaxHistogramSets, sizes)
	lengths, cappedLengths := worstSets(maskOf(c.HistogramDimensions), kinds, c.MaxHistogramSets, sizes)
	const series = bounds + 3 // the infinite bucket, the sum and the count
	return Worst{
		Readings:   sets * verdicts,
		Sessions:   sets * verdicts,
		Histograms: hists*3*series + lengths*series,
		Capped:     capped || cappedHists || cappedLengths,
	}
}

// worstSets returns the largest number of label sets in a table, if n are possible
// with each combination of values, and whether some of them collapse.
func worstSets(m mask, n, limit int, sizes map[Dimension]int) (sets int, capped bool) {
	reserve := m.reserve(limit)
	product := func(list []Dimension) int {
		sets := n
		for _, d := range list {
			if sets <= limit { // else it could overflow
				sets *= max(1, sizes[d])
			}
		}
		return sets
	}
	complete := limit - reserve
	if sets = product(m.list()); sets <= complete {
		return sets, false
	}
	collapsed := min(sets-complete, product((m &^ (1 << NetworkType)).list()))
	if collapsed <= reserve {
		return complete + collapsed, true
	}
	return limit + n, true
}
