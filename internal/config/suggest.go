package config

import (
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// placesOf says where in the file a key is known, in words; "" if nowhere.
func (d *decoder) placesOf(name string) string {
	if d.whole == nil {
		d.whole = wholeSchema()
	}
	var places []string
	for path, keys := range d.whole {
		if slices.Contains(keys, name) {
			places = append(places, placeAt(path))
		}
	}
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

// wholeSchema has the keys known at each path. To find them a decoder is led
// through a file with every key that is known so far, until none is added.
func wholeSchema() map[string][]string {
	schema := map[string][]string{}
	for known := -1; known < len(schema); {
		known = len(schema)
		for _, leaf := range []*yaml.Node{mapping(), list(mapping())} {
			d := newDecoder("", nil)
			d.config(at("", everyKey(schema, "", leaf)))
			maps.Copy(schema, d.schema)
		}
	}
	return schema
}

// everyKey is a mapping with every key known at path and below. Those of which
// nothing is known below are set to leaf.
func everyKey(schema map[string][]string, path string, leaf *yaml.Node) *yaml.Node {
	m := mapping()
	for _, key := range schema[path] {
		below := join(path, key)
		value := leaf
		if _, ok := schema[below]; ok {
			value = everyKey(schema, below, leaf)
		} else if _, ok := schema[below+"[]"]; ok {
			value = list(everyKey(schema, below+"[]", leaf))
		}
		m.Content = append(m.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key}, value)
	}
	return m
}

func mapping() *yaml.Node { return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"} }

func list(entries ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: entries}
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
