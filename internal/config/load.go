package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Load reads the YAML file at path and what it refers to: files, relative to
// its own directory, and variables, which getenv looks up; os.LookupEnv suits.
// Its error is of type [Errors]. If that is [Errors.AllAbsent], Load returns
// the configuration as well, without what is absent.
func Load(path string, getenv func(string) (string, bool)) (*Config, error) {
	d := newDecoder(path, getenv)
	data, err := d.readFile(path, maxConfig)
	if err != nil {
		d.failWith(err, value{}, "cannot be read: %v", err)
		return d.result(nil)
	}
	c := d.load(data)
	d.warnOfReaders()
	return d.result(c)
}

// LoadHashKey returns the key of the hashes that the YAML file at path
// configures, or "". It reads the privacy section only, so the rest of the file
// may be wrong, but for misspelt sections: one of them could be that of privacy.
// Its error is of type [Errors].
func LoadHashKey(path string) (Secret, error) {
	d := newDecoder(path, nil)
	c := defaultConfig()
	if root, ok := d.document(); ok {
		sections := d.sections(c)
		for i := range sections {
			if sections[i].key != "privacy" {
				sections[i].read = nil
			}
		}
		d.read(d.object(root), sections...)
	}
	if _, err := d.result(c); err != nil {
		return "", err
	}
	return c.HashKey, nil
}

// LoadOver reads the YAML file at path for a program that has accounts already,
// those of base: the file must name none. A section that it lacks stays base's;
// one that it has is what [Load] would make of it. Its error is of type [Errors].
func LoadOver(base *Config, path string) (*Config, error) {
	d := newDecoder(path, nil)
	c := *base
	if root, ok := d.document(); ok {
		o := d.object(root)
		for _, k := range o.keys {
			c.reset(k.name)
		}
		sections := d.sections(&c)
		for i := range sections {
			if sections[i].key == "accounts" {
				sections[i].read = func(v value) {
					d.fail(v, "cannot be set here: the simulated Zoom has its own account; remove the section")
				}
			}
		}
		d.read(o, sections...)
	}
	return d.result(&c)
}

// reset gives a section its defaults.
func (c *Config) reset(section string) {
	defaults := defaultConfig()
	switch section {
	case "privacy":
		c.Privacy, c.HashKey = defaults.Privacy, defaults.HashKey
	case "sites":
		c.Sites = defaults.Sites
	case "readings":
		c.Readings = defaults.Readings
	case "metrics":
		c.Metrics = defaults.Metrics
	case "limits":
		c.Limits = defaults.Limits
	case "probe":
		c.Probe = defaults.Probe
	}
}

// document reads the file.
func (d *decoder) document() (root value, ok bool) {
	data, err := d.readFile(d.file, maxConfig)
	if err != nil {
		d.failWith(err, value{}, "cannot be read: %v", err)
		return value{}, false
	}
	return d.parse(data)
}

// load reads the file's text.
func (d *decoder) load(data []byte) *Config {
	root, ok := d.parse(data)
	if !ok {
		return nil
	}
	c := d.config(root)
	d.warnOfVariables()
	return c
}

// parse makes the tree of values out of the file's one document.
func (d *decoder) parse(data []byte) (root value, ok bool) {
	// The YAML parser panics where its own bookkeeping is off; whatever file
	// does that is no configuration, and a reload must outlive it.
	defer func() {
		if r := recover(); r != nil {
			d.fail(value{line: 1}, "cannot be understood as YAML")
			ok = false
		}
	}()
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, next yaml.Node
	err := dec.Decode(&doc)
	switch {
	case errors.Is(err, io.EOF):
		return value{line: 1, column: 1}, true
	case err != nil:
		d.syntaxError(data, err)
		return value{}, false
	}
	switch err = dec.Decode(&next); {
	case errors.Is(err, io.EOF):
	case err != nil:
		d.syntaxError(data, err)
		return value{}, false
	default:
		d.fail(value{line: next.Line, column: next.Column}, "a second document begins; one file is one configuration, remove \"---\"")
	}
	return at("", doc.Content[0]), true
}

var (
	yamlError = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)
	tabbed    = regexp.MustCompile(`^[ -]*\t`)
	anchor    = regexp.MustCompile(`^unknown anchor '(.*)' referenced$`)
)

// syntaxError puts the YAML parser's error at a line. An "unknown anchor" may
// be a secret that begins with an asterisk: it is not repeated.
func (d *decoder) syntaxError(data []byte, err error) {
	line, message := 0, "cannot be understood as YAML"
	if m := yamlError.FindStringSubmatch(err.Error()); m != nil {
		line, _ = strconv.Atoi(m[1])
		message = m[2]
	}
	if m := anchor.FindStringSubmatch(message); m != nil {
		line = lineOf(data, []byte("*"+m[1]))
		message = "a value begins with *, which YAML takes for an alias; put it in quotes"
	}
	if line == 0 {
		line = lineUnreadable(data)
	}
	at := value{line: line}
	if tab, column := tabAt(data, line, message); tab > 0 {
		at.line, at.column = tab, column
		message = "the line is indented with a tab; YAML wants spaces"
	}
	d.fail(at, "is not valid YAML: %s", message)
}

// tabAt is where a tab in the indentation is what the YAML parser's message is
// about; 0 if it is not. The parser names the line, or one before it.
func tabAt(data []byte, line int, message string) (tab, column int) {
	lines := strings.Split(string(data), "\n")
	last := len(lines)
	switch {
	case strings.Contains(message, "cannot start any token"):
		last = min(line, last)
	case !strings.Contains(message, "tab character"):
		return 0, 0
	}
	for n := line; n <= last; n++ {
		if indentation := tabbed.FindString(lines[n-1]); indentation != "" {
			return n, len(indentation)
		}
	}
	return 0, 0
}

// lineOf is the line in which text stands first, or 1.
func lineOf(data, text []byte) int {
	before, _, found := bytes.Cut(data, text)
	if !found {
		return 1
	}
	return bytes.Count(before, []byte("\n")) + 1
}

// lineUnreadable is the line of the first byte that YAML does not accept, or
// 1: the parser names no line for faults of the first.
func lineUnreadable(data []byte) int {
	line := 1
	for _, r := range string(data) {
		switch {
		case r == '\n':
			line++
		case r == '\uFFFD', r < ' ' && r != '\t' && r != '\r', r >= 0x7f && r < 0xa0 && r != 0x85:
			return line
		}
	}
	return 1
}

// warnOfVariables tells of variables that would be an account if there were
// no file, and that the file does not ask for.
func (d *decoder) warnOfVariables() {
	var ignored []string
	for _, name := range variableNames() {
		if s, _ := d.getenv(name); s != "" && !d.asked[name] {
			ignored = append(ignored, name)
		}
	}
	if len(ignored) > 0 {
		d.warnings = append(d.warnings, fmt.Sprintf("variables that the file %[2]s does not refer to are ignored: %[1]s; refer to them by account_id_env, client_id_env or client_secret_env", strings.Join(ignored, ", "), d.file))
	}
}

// warnOfReaders tells of a secret in a file that everyone may read.
func (d *decoder) warnOfReaders() {
	if d.inline == nil || runtime.GOOS == "windows" { // has no such mode
		return
	}
	info, err := os.Stat(d.file)
	if err != nil || info.Mode().Perm()&0o004 == 0 {
		return
	}
	d.warnings = append(d.warnings, fmt.Sprintf("%s:%d: %s is a secret in a file that everyone on this machine may read; forbid that (chmod o-r), or keep the secret in a file of its own", d.file, d.inline.line, d.inline.path))
}
