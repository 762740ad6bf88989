package config

import (
	"regexp"
	"slices"
	"strings"
)

// placesOf describes the places where a key that is in the mapping here may belong;
// "" if there are none.
func placesOf(name, here string) string {
	here = listIndex.ReplaceAllString(here, "[]")
	var places []string
	walk(schema(), "", func(path string, f field) {
		if f.key == name && related(here, path) {
			places = append(places, placeAt(path))
		}
	})
	slices.Sort(places)
	if last := len(places) - 1; last > 0 {
		return strings.Join(places[:last], ", ") + " or " + places[last]
	}
	return strings.Join(places, "")
}

var listIndex = regexp.MustCompile(`\[\d+\]`)

// related reports whether a key in the mapping here may belong to the mapping there:
// one contains the other, which wrong indentation explains, or they have the same
// name. In unrelated mappings an equal key has another meaning.
func related(here, there string) bool {
	if here == "" || there == "" || lastKey(here) == lastKey(there) {
		return true
	}
	if rest, ok := strings.CutPrefix(here, there+"."); ok {
		return !strings.Contains(rest, "[]") // an entry of a list has its own keys
	}
	return strings.HasPrefix(there, here+".")
}

func lastKey(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

// placeAt describes the place of a mapping.
func placeAt(path string) string {
	if path == "" {
		return "at the top level"
	}
	if list, ok := strings.CutSuffix(path, "[]"); ok {
		return "in an entry of " + list
	}
	return "in " + path
}

// nearest returns the option that word most likely stands for; "" if none is similar.
func nearest(word string, options []string) string {
	if len(word) > 64 {
		return ""
	}
	word = strings.ReplaceAll(strings.ToLower(word), "-", "_")
	best, limit := "", max(1, len(word)/3)+1
	for _, option := range options {
		if d := distance(word, option); d < limit {
			best, limit = option, d
		}
	}
	return best
}

// distance returns the [optimal string alignment distance]: the number of letters to
// insert, delete, replace or swap with their neighbour to turn a into b.
//
// [optimal string alignment distance]: https://en.wikipedia.org/wiki/Damerau–Levenshtein_distance
func distance(a, b string) int {
	var before []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		next := make([]int, len(b)+1)
		next[0] = i + 1
		for j := range len(b) {
			replace := row[j]
			if a[i] != b[j] {
				replace++
			}
			next[j+1] = min(replace, row[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}
