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

// Load reads the YAML file at path, and the files and variables that it refers to.
// Relative paths start at the file's directory; variables are looked up by getenv,
// usually os.LookupEnv. The error is of type [Errors]. If all of them are absences
// (see [Errors.AllAbsent]), Load also returns the configuration, without what is
// absent.
func Load(path string, getenv func(string) (string, bool)) (*Config, error) {
	d := newDecoder(path, getenv)
	return d.result(d.load())
}

// LoadHashKey returns the key of the hashes that the YAML file at path configures,
// or "". It decodes the privacy section only, so that errors elsewhere do not
// matter, apart from unknown sections: one of them may be a misspelt privacy. The
// error is of type [Errors].
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

// LoadOver returns base with the sections of the YAML file at path in place of its
// own. Each of these is what [Load] would return. The file must not have accounts.
// The error is of type [Errors].
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

// reset sets a section to its defaults.
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

// document reads and parses the file.
func (d *decoder) document() (root value, ok bool) {
	data, err := d.readFile(d.file, maxConfig)
	if err != nil {
		d.failWith(err, value{}, "cannot be read: %v", err)
		return value{}, false
	}
	return d.parse(data)
}

// load decodes the file.
func (d *decoder) load() *Config {
	root, ok := d.document()
	if !ok {
		return nil
	}
	c := d.config(root)
	d.warnIgnoredVariables()
	d.warnReadableSecret()
	return c
}

// parse returns the root of the file's only document.
func (d *decoder) parse(data []byte) (root value, ok bool) {
	// The YAML parser has bugs that make it panic on some invalid files; a reload
	// must survive that.
	defer func() {
		if r := recover(); r != nil {
			d.fail(value{line: 1}, "is not valid YAML")
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
		d.fail(value{line: next.Line, column: next.Column}, "a second document begins; a file is one configuration, so remove \"---\"")
	}
	return at("", doc.Content[0]), true
}

var (
	yamlError = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)
	tabbed    = regexp.MustCompile(`^[ -]*\t`)
	anchor    = regexp.MustCompile(`^unknown anchor '(.*)' referenced$`)
)

// syntaxError reports an error of the YAML parser, with its line. It does not repeat
// an unknown anchor, which may be a secret that begins with an asterisk.
func (d *decoder) syntaxError(data []byte, err error) {
	line, message := 0, "it cannot be parsed"
	if m := yamlError.FindStringSubmatch(err.Error()); m != nil {
		line, _ = strconv.Atoi(m[1])
		message = m[2]
	}
	if m := anchor.FindStringSubmatch(message); m != nil {
		line = lineOf(data, []byte("*"+m[1]))
		message = "a value begins with *, which YAML takes for an alias; put it in quotes"
	}
	if line == 0 {
		line = lineOfInvalid(data)
	}
	at := value{line: line}
	if tab, column := tabAt(data, line, message); tab > 0 {
		at.line, at.column = tab, column
		message = "the line is indented with a tab; YAML requires spaces"
	}
	d.fail(at, "is not valid YAML: %s", message)
}

// tabAt returns the place of the tab in the indentation that the YAML parser's
// message is about; 0 if it is about something else. The parser reports the tab's
// line, or an earlier one.
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

// lineOf returns the line in which text occurs first, or 1.
func lineOf(data, text []byte) int {
	before, _, found := bytes.Cut(data, text)
	if !found {
		return 1
	}
	return bytes.Count(before, []byte("\n")) + 1
}

// lineOfInvalid returns the line of the first character that YAML does not allow,
// or 1, as the parser's messages about the first line have no number.
func lineOfInvalid(data []byte) int {
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

// warnIgnoredVariables warns of variables that would configure an account if there
// were no file, and that the file does not refer to.
func (d *decoder) warnIgnoredVariables() {
	var ignored []string
	for _, name := range variableNames() {
		if s, _ := d.getenv(name); s != "" && !d.referenced[name] {
			ignored = append(ignored, name)
		}
	}
	if len(ignored) > 0 {
		d.warnings = append(d.warnings, fmt.Sprintf("variables that the file %[2]s does not refer to are ignored: %[1]s; refer to them by account_id_env, client_id_env or client_secret_env", strings.Join(ignored, ", "), d.file))
	}
}

// warnReadableSecret warns of a secret in a file that everyone can read.
func (d *decoder) warnReadableSecret() {
	if d.inline == nil || runtime.GOOS == "windows" { // which has no file modes
		return
	}
	info, err := os.Stat(d.file)
	if err != nil || info.Mode().Perm()&0o004 == 0 {
		return
	}
	d.warnings = append(d.warnings, fmt.Sprintf("%s:%d: %s is a secret in a file that every user of this machine can read; forbid that (chmod o-r), or move the secret to a file of its own", d.file, d.inline.line, d.inline.path))
}
