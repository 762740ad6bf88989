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

// LoadPrivacy reads what the YAML file at path says of privacy, and no more:
// it needs neither the accounts' credentials nor their being right. Misspelt
// sections are faults all the same, as one could be that of privacy. Its error
// is of type [Errors].
func LoadPrivacy(path string) (Privacy, error) {
	d := newDecoder(path, nil)
	c := defaultConfig()
	data, err := d.readFile(path, maxConfig)
	if err != nil {
		d.failWith(err, value{}, "cannot be read: %v", err)
	} else if root, ok := d.parse(data); ok {
		sections := d.sections(c)
		for i := range sections {
			if sections[i].key != "privacy" {
				sections[i].read = nil
			}
		}
		d.read(d.object(root), sections...)
	}
	if _, err := d.result(c); err != nil {
		return Privacy{}, err
	}
	return c.Privacy, nil
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
	d.fail(value{line: line}, "is not valid YAML: %s", message)
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
		d.warnings = append(d.warnings, fmt.Sprintf("%s in the environment count for nothing beside the file %s; refer to a variable there by account_id_env, client_id_env or client_secret_env", strings.Join(ignored, ", "), d.file))
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
	d.warnings = append(d.warnings, fmt.Sprintf("%s:%d: %s is a secret in a file that everyone on this machine may read; take the right to (chmod o-r) or keep it in a file of its own", d.file, d.inline.line, d.inline.path))
}
