package config

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const exampleFile = "../../deploy/config.example.yaml"

func exampleEnv() func(string) (string, bool) {
	return env("ZOOM_ACCOUNT_ID", "a", "ZOOM_CLIENT_ID", "c", "ZOOM_CLIENT_SECRET", secretWord)
}

// The page and the example are generated from the schema.
func TestReferenceIsUpToDate(t *testing.T) {
	isUpToDate(t, "../../docs/configuration.md", referencePage())
}
func TestExampleFileIsUpToDate(t *testing.T) { isUpToDate(t, exampleFile, exampleConfig()) }

func isUpToDate(t *testing.T, path, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what the schema says; run make docs", path)
	}
}

// The example sets every key to its default, if it has one.
func TestExampleFile(t *testing.T) {
	got, err := Load(exampleFile, exampleEnv())
	if err != nil {
		t.Fatal(err)
	}
	if want := mustLoad(t, account("")); !reflect.DeepEqual(got, want) {
		t.Errorf("the example is\n%+v, the defaults are\n%+v", got, want)
	}
}

// Every key has a meaning, and a value to copy: its default or an example.
func TestEveryKeyIsDescribed(t *testing.T) {
	walk(schema(), "", func(path string, f field) {
		name := join(path, f.key)
		if !strings.HasSuffix(f.meaning, ".") {
			t.Errorf("%s has the meaning %q, want sentences", name, f.meaning)
		}
		if f.kind == "" || strings.HasPrefix(f.bounds, " ") {
			t.Errorf("%s is of the type %q", name, f.typeName())
		}
		if f.fields == nil && f.value == "" && f.example == "" {
			t.Errorf("%s has neither a default nor an example", name)
		}
		if f.value == f.example && f.value != "" {
			t.Errorf("%s has its default for an example", name)
		}
	})
}

// The defaults and examples of the reference are valid. Files are left out, as
// they do not exist here.
func TestExamplesAreAccepted(t *testing.T) {
	for name, text := range map[string]string{
		"keys":  filled(schema(), false),
		"lists": filled(schema(), true),
	} {
		d := newDecoder("config.yaml", func(name string) (string, bool) { return name, true })
		d.readFile = func(string, int64) ([]byte, error) { return []byte(text), nil }
		if _, err := d.result(d.load()); err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
}

// The configurations in the documentation are valid.
func TestExamplesOfPagesAreAccepted(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := newDecoder("", nil).sections(defaultConfig())
	block := regexp.MustCompile("(?ms)^```yaml\n((\\w+):\\s.*?)^```")
	found := 0
	for _, page := range append(pages, "../../README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range block.FindAllStringSubmatch(string(text), -1) {
			if !slices.ContainsFunc(sections, func(f field) bool { return f.key == match[2] }) {
				continue // it configures another program
			}
			found++
			d := newDecoder(page, func(name string) (string, bool) { return name, true })
			d.readFile = func(string, int64) ([]byte, error) { return []byte(secretWord), nil }
			if root, ok := d.parse([]byte(match[1])); ok {
				d.read(d.object(root), d.sections(defaultConfig())...)
			}
			if _, err := d.result(defaultConfig()); err != nil {
				t.Errorf("%v in\n%s", err, match[1])
			}
		}
	}
	if found < 5 {
		t.Errorf("only %d examples", found)
	}
}

// filled returns a mapping, in YAML, that sets each key to its example, or to its
// default if there is none. A list of mappings is its own example, or one filled
// mapping.
func filled(fields []field, lists bool) string {
	var settings []string
	for _, f := range fields {
		set := f.example
		switch {
		case f.kind == "file", strings.HasPrefix(f.unset, "instead of"):
			continue
		case f.list && lists && f.example != "":
			set = "[" + strings.ReplaceAll(strings.TrimPrefix(f.example, "- "), "\n- ", ", ") + "]"
		case f.list:
			set = "[" + filled(f.fields, lists) + "]"
		case f.fields != nil:
			set = filled(f.fields, lists)
		case set == "":
			set = f.value
		}
		settings = append(settings, f.key+": "+set)
	}
	return "{" + strings.Join(settings, ", ") + "}"
}
