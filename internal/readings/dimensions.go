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

// Other is the value of every dimension of the label set that counts what
// exceeds the limit on label sets.
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

// others returns Other for each dimension.
func (m mask) others() (v values) {
	for _, d := range m.list() {
		v[d] = Other
	}
	return v
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
