package config

import (
	"regexp"
	"slices"
	"strings"
)

// placesOf says, in words, where a key that stands in the mapping here may have
// been meant to stand; "" if nowhere.
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

// related reports whether a key in the mapping here may have been meant for the
// one at there: one inside the other, as a wrong indentation makes it, or two of
// the same name. Elsewhere an equal key has another meaning.
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

// placeAt says where a mapping stands.
func placeAt(path string) string {
	if path == "" {
		return "at the top level"
	}
	if list, ok := strings.CutSuffix(path, "[]"); ok {
		return "in an entry of " + list
	}
	return "in " + path
}

// nearest is the option that word was most likely meant to be; "" if none is
// near.
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

// distance is how many letters have to be put in, left out, replaced or
// swapped with their neighbour to make b of a.
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
