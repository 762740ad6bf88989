package config

import (
	"slices"
	"strings"
)

// placesOf says where in the file a key is known, in words; "" if nowhere.
func placesOf(name string) string {
	var places []string
	walk(schema(), "", func(path string, f field) {
		if f.key == name {
			places = append(places, placeAt(path))
		}
	})
	slices.Sort(places)
	if last := len(places) - 1; last > 0 {
		return strings.Join(places[:last], ", ") + " or " + places[last]
	}
	return strings.Join(places, "")
}

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
