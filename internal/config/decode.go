package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// value is a value in the configuration, with its place.
type value struct {
	// path is the key, such as accounts[0].reserve, or a variable's name.
	path         string
	line, column int // 0 in the environment
	// node is the value with aliases resolved; nil if there is none.
	node *yaml.Node
}

func (v value) isNull() bool { return v.node == nil || v.node.ShortTag() == "!!null" }

// object is a mapping whose keys have not been checked.
type object struct {
	value
	keys []key
	// names are what messages call the keys; nil if that is the keys themselves.
	names map[string]string
	// broken reports that the value is not a mapping, so that no key is missing.
	broken bool
}

// name returns what messages call a key.
func (o *object) name(key string) string {
	if name, ok := o.names[key]; ok {
		return name
	}
	return key
}

// setting returns the text that sets a key to a value.
func (o *object) setting(key, value string) string {
	if name, ok := o.names[key]; ok {
		return name + "=" + value
	}
	return key + ": " + value
}

type key struct {
	name  string
	at    value // the key
	value value // what it is set to
}

func (o *object) get(name string) (value, bool) {
	for _, k := range o.keys {
		if k.name == name {
			return k.value, true
		}
	}
	return value{}, false
}

// decoder decodes values and collects the errors.
type decoder struct {
	file     string // "" for the environment
	getenv   func(string) (string, bool)
	readFile func(path string, limit int64) ([]byte, error)

	errs     Errors
	warnings []string
	// inline is the first secret in the file itself; nil if there is none.
	inline *value
	// referenced has the variables that the file refers to.
	referenced map[string]bool
}

func newDecoder(file string, getenv func(string) (string, bool)) *decoder {
	if getenv == nil {
		getenv = func(string) (string, bool) { return "", false }
	}
	return &decoder{
		file: file, getenv: getenv, readFile: readFile,
		referenced: map[string]bool{},
	}
}

func (d *decoder) fail(v value, format string, args ...any) {
	d.failWith(nil, v, format, args...)
}

func (d *decoder) failWith(cause error, v value, format string, args ...any) {
	d.errs = append(d.errs, &Error{
		File: d.file, Line: v.line, Column: v.column, Path: v.path,
		Message: fmt.Sprintf(format, args...), Err: cause,
	})
}

func (d *decoder) result(c *Config) (*Config, error) {
	d.errs.sort()
	if !d.errs.AllAbsent() {
		return nil, d.errs
	}
	c.Warnings = d.warnings
	if len(d.errs) > 0 {
		return c, d.errs
	}
	return c, nil
}

// at returns node as the value at path. The place of an alias is that of its
// anchor, which is where an error has to be corrected.
func at(path string, node *yaml.Node) value {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	return value{path: path, line: node.Line, column: node.Column, node: node}
}

// object returns the mapping v. An empty value is a mapping without keys.
func (d *decoder) object(v value) object {
	o := object{value: v}
	if v.isNull() {
		return o
	}
	if v.node.Kind != yaml.MappingNode || v.node.ShortTag() != "!!map" {
		d.fail(v, "must be a mapping: lines of \"key: value\"")
		o.broken = true
		return o
	}
	lines := map[string]int{}
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		k := at(v.path, v.node.Content[i])
		if k.node.Kind != yaml.ScalarNode {
			d.fail(k, "a key must be a plain word: \"key: value\"")
			continue
		}
		if k.node.ShortTag() == "!!merge" {
			d.fail(k, "merge keys (<<) are not supported; write the keys out")
			continue
		}
		name := k.node.Value
		k.path = join(v.path, name)
		if line, twice := lines[name]; twice {
			d.fail(k, "is already set in line %d; remove one of them", line)
			continue
		}
		lines[name] = k.line
		o.keys = append(o.keys, key{name, k, at(k.path, v.node.Content[i+1])})
	}
	return o
}

// read decodes the fields, in their order, and rejects all other keys.
func (d *decoder) read(o object, fields ...field) {
	known := make([]string, len(fields))
	for i, f := range fields {
		known[i] = f.key
		if v, ok := o.get(f.key); ok && f.read != nil {
			f.read(v)
		}
	}
	for _, k := range o.keys {
		if slices.Contains(known, k.name) {
			continue
		}
		d.failUnknown(o.path, k, known)
	}
}

// failUnknown rejects a key of the mapping at path that is not a known one.
func (d *decoder) failUnknown(path string, k key, known []string) {
	if places := placesOf(k.name, path); places != "" {
		d.fail(k.at, "unknown key; it belongs %s; known here: %s", places, strings.Join(known, ", "))
	} else if hint := nearest(k.name, known); hint != "" {
		d.fail(k.at, "unknown key; did you mean %s?", hint)
	} else {
		d.fail(k.at, "unknown key; known here: %s", strings.Join(known, ", "))
	}
}

// items returns the items of the list v. An empty value is an empty list.
func (d *decoder) items(v value) (values []value, ok bool) {
	if v.isNull() {
		return nil, true
	}
	if v.node.Kind != yaml.SequenceNode || v.node.ShortTag() != "!!seq" {
		d.fail(v, "must be a list: [a, b], or lines that begin with \"- \"")
		return nil, false
	}
	values = make([]value, len(v.node.Content))
	for i, node := range v.node.Content {
		values[i] = at(fmt.Sprintf("%s[%d]", v.path, i), node)
	}
	return values, true
}

var word = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,40}$`)

// join appends key to path. A key that is not a word is left out, as it may contain
// a secret: YAML takes "client_secret:abc", without a space, for a key.
func join(path, key string) string {
	if !word.MatchString(key) {
		key = "?"
	}
	if path == "" {
		return key
	}
	return path + "." + key
}
