package readings

import (
	"math/bits"
	"strings"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
)

// Dimension is a fact of low cardinality that can be a label of readings.
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

// Dimensions returns all dimensions.
func Dimensions() []Dimension {
	return []Dimension{Site, NetworkType, OS, ClientVersion, DataCenter, Location, Department}
}

// Other is the value of collapsed dimensions: of label sets that count what exceeds
// the limit on label sets.
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

func (m mask) list() []Dimension {
	list := make([]Dimension, 0, bits.OnesCount8(uint8(m)))
	for d := Dimension(0); d < dimensions; d++ {
		if m.has(d) {
			list = append(list, d)
		}
	}
	return list
}

// values has a value for each dimension; "" where unknown or not wanted.
type values [dimensions]string

// only returns the values with those outside of m blank.
func (v values) only(m mask) values {
	for d := range v {
		if !m.has(Dimension(d)) {
			v[d] = ""
		}
	}
	return v
}

// collapse returns the values with Other in the dimensions of m that c collapses.
func (m mask) collapse(v values, c collapse) values {
	for _, d := range m.list() {
		if c == collapsedAll || c == collapsedNetwork && d == NetworkType {
			v[d] = Other
		}
	}
	return v
}

// reserve is how many of a limit's label sets are kept for those whose NetworkType
// is Other: a fifth, where this distinguishes anything from the sets in which all
// dimensions are.
func (m mask) reserve(limit int) int {
	if m == 1<<NetworkType || !m.has(NetworkType) {
		return 0
	}
	return limit / 5
}

// valuesOf returns the wanted values of a person's facts.
func valuesOf(f *qos.Facts, department string, wanted mask, depth int) values {
	v := values{
		Site: f.Site, NetworkType: f.NetworkType, OS: f.OS, ClientVersion: truncateVersion(f.ClientVersion, depth),
		DataCenter: f.DataCenter, Location: f.Location, Department: department,
	}
	return v.only(wanted)
}

// truncateVersion returns the first depth parts of a version: at depth 2,
// 6.5.1.4321 becomes 6.5.
func truncateVersion(version string, depth int) string {
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

// clone copies the strings, as a substring would keep a whole answer in memory.
func (v values) clone() values {
	for i, s := range v {
		v[i] = strings.Clone(s)
	}
	return v
}
