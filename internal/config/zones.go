package config

import (
	_ "embed"
	"math"
	"strings"
)

// zoneNames are those of the IANA database, one a line. The test of them writes
// them anew, from Go's own copy, with -update.
//
//go:embed zones.txt
var zoneNames string

// nearestZone is the time zone that word was most likely meant to be, by its
// whole name or by its place alone; "" if none is near. A short word such as
// CEST has to be right: it is near to too many.
func nearestZone(word string) string {
	if len(word) > 64 {
		return ""
	}
	word = foldZone(word)
	place := placeOf(word)
	best, limit := "", math.MaxInt
	for zone := range strings.Lines(zoneNames) {
		zone = strings.TrimSpace(zone)
		folded := foldZone(zone)
		whole := distance(word, folded)
		near := whole <= len(word)/8 || distance(place, placeOf(folded)) <= len(place)/5
		if near && whole < limit {
			best, limit = zone, whole
		}
	}
	return best
}

// foldZone leaves out what is easily written otherwise.
func foldZone(name string) string {
	return strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(name))
}

// placeOf is the last part of a zone's name.
func placeOf(zone string) string { return zone[strings.LastIndexByte(zone, '/')+1:] }
