package readings

import (
	"slices"
	"strings"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
)

// Dimension is a fact of low cardinality by which readings can be told apart.
type Dimension uint8

// The dimensions.
const (
	Site Dimension = iota
	NetworkType
	OS
	ClientVersion
	DataCenter
	Location
	Department
	dimensions = 7
)

// String is the dimension's label.
func (d Dimension) String() string {
	return [...]string{"site", "network_type", "os", "client_version", "data_center", "location", "department"}[d]
}

// Dimensions are all dimensions there are.
func Dimensions() []Dimension {
	return []Dimension{Site, NetworkType, OS, ClientVersion, DataCenter, Location, Department}
}

// Other is the value of every dimension of what is beyond the cap.
const Other = "other"

// mask is a set of dimensions.
type mask uint8

func maskOf(list []Dimension) (m mask) {
	for _, d := range list {
		m |= 1 << d
	}
	return m
}

func (m mask) has(d Dimension) bool { return m&(1<<d) != 0 }

func (m mask) list() (list []Dimension) {
	for d := Dimension(0); d < dimensions; d++ {
		if m.has(d) {
			list = append(list, d)
		}
	}
	return list
}

// values are the dimensions' values, "" where unknown or not wanted.
type values [dimensions]string

func (v values) only(m mask) values {
	for d := range v {
		if !m.has(Dimension(d)) {
			v[d] = ""
		}
	}
	return v
}

func (m mask) others() (v values) {
	for _, d := range m.list() {
		v[d] = Other
	}
	return v
}

// valuesOf are the wanted values of a person's facts.
func valuesOf(f *qos.Facts, department string, wanted mask, depth int) values {
	v := values{
		Site: f.Site, NetworkType: f.NetworkType, OS: f.OS, ClientVersion: cut(f.ClientVersion, depth),
		DataCenter: f.DataCenter, Location: f.Location, Department: department,
	}
	return v.only(wanted)
}

// cut leaves the first depth parts of a version: of 6.5.1.4321 and 2, 6.5.
func cut(version string, depth int) string {
	version, _, _ = strings.Cut(strings.TrimSpace(version), " ")
	for i, r := range version {
		if r == '.' {
			if depth--; depth <= 0 {
				return version[:i]
			}
		}
	}
	return version
}

func clone(v values) values {
	for i, s := range v {
		v[i] = strings.Clone(s) // a label must not hold on to a whole answer
	}
	return v
}

// Worst is the most series that a configuration can come to.
type Worst struct {
	Readings, Sessions int // of zoom_qos_readings_total and zoom_qos_sessions_total
	Histograms         int // of all histograms, buckets, sums and counts
	Capped             bool
}

// WorstCase estimates the series of a configuration from the number of values
// that each dimension can have (blank is one of them; less than 1 counts as 1)
// and the number of kinds collected, 1 or 2.
func WorstCase(c Config, kinds int, sizes map[Dimension]int) Worst {
	c = c.withDefaults()
	product := func(list []Dimension, n, limit int) (int, bool) {
		for _, d := range maskOf(list).list() {
			n *= max(1, sizes[d])
			if n > limit {
				return limit, true
			}
		}
		return n, n > limit
	}
	// The sets in which everything else is "other" come on top of the cap.
	sets, over := product(c.Dimensions, kinds*streams, c.MaxSets)
	if over {
		sets += kinds * streams
	}
	hists, overHists := product(c.HistogramDimensions, kinds*streams, c.MaxHistogramSets)
	lengths, overLengths := product(c.HistogramDimensions, kinds, c.MaxHistogramSets)
	if overHists {
		hists += kinds * streams
	}
	if overLengths {
		lengths += kinds
	}
	const series = bounds + 3 // the infinite bucket, the sum and the count
	return Worst{
		Readings:   sets * verdicts,
		Sessions:   sets * verdicts,
		Histograms: hists*3*series + lengths*series,
		Capped:     over || overHists || overLengths,
	}
}

func normal(list []Dimension) []Dimension {
	return slices.Clip(maskOf(list).list())
}
