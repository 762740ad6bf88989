package config

import (
	_ "embed"
	"math"
	"strings"
)

// zoneNames are the names in the IANA database, one per line. Their test, with
// -update, writes them from Go's copy of the database.
//
//go:embed zones.txt
var zoneNames string

// nearestZone returns the time zone that word most likely stands for, by its whole
// name or by its place alone; "" if none is similar. Short words such as CEST must
// match exactly, as they resemble too many names.
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

// foldZone removes differences of case and punctuation.
func foldZone(name string) string {
	return strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(name))
}

// placeOf returns the last part of a zone's name.
func placeOf(zone string) string { return zone[strings.LastIndexByte(zone, '/')+1:] }
