package chart

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// option is a value of the chart.
type option struct{ key, fallback, description string }

// options reads values.yaml. A mapping with a comment is one option, what is in
// it being the business of somebody else; another one is a group of options.
func options(t *testing.T) []option {
	t.Helper()
	content, err := os.ReadFile(directory + "/values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var document yaml.Node
	if err := yaml.Unmarshal(content, &document); err != nil {
		t.Fatal(err)
	}
	return optionsIn(t, document.Content[0], "")
}

func optionsIn(t *testing.T, mapping *yaml.Node, prefix string) []option {
	t.Helper()
	var all []option
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		key, value := mapping.Content[i], mapping.Content[i+1]
		name := prefix + key.Value
		if value.Kind == yaml.MappingNode && len(value.Content) > 0 && key.HeadComment == "" {
			all = append(all, optionsIn(t, value, name+".")...)
			continue
		}
		var fallback any
		if err := value.Decode(&fallback); err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(fallback)
		if err != nil {
			t.Fatal(err)
		}
		comment := strings.ReplaceAll(strings.TrimPrefix(key.HeadComment, "# "), "\n# ", " ")
		all = append(all, option{name, string(text), comment})
	}
	return all
}

// The README's table is that of values.yaml.
func TestReadme(t *testing.T) {
	t.Parallel()
	const begin, end = "<!-- values: make chart -->\n", "<!-- end of values -->\n"
	var table strings.Builder
	table.WriteString("| value | default | meaning |\n|---|---|---|\n")
	for _, o := range options(t) {
		fmt.Fprintf(&table, "| `%s` | `%s` | %s |\n", o.key, o.fallback, o.description)
	}
	file := directory + "/README.md"
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(content), begin)
	old, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s has no place for the table", file)
	}
	if old == table.String() {
		return
	}
	if !*update {
		t.Fatalf("%s is stale: run make chart", file)
	}
	if err := os.WriteFile(file, []byte(before+begin+table.String()+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// schema is a part of values.schema.json.
type schema struct {
	Type                 string
	Properties           map[string]schema
	AdditionalProperties any
}

// The schema knows the values that there are, and no others.
func TestSchema(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(directory + "/values.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var top schema
	if err := json.Unmarshal(content, &top); err != nil {
		t.Fatal(err)
	}
	delete(top.Properties, "global") // handed down by charts that have this one in them
	var want []string
	for _, o := range options(t) {
		want = append(want, o.key)
	}
	got := keys(t, top, "")
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the schema has %q, values.yaml %q", got, want)
	}
}

func keys(t *testing.T, s schema, prefix string) []string {
	t.Helper()
	if s.AdditionalProperties != false {
		t.Errorf("%q of the schema takes any key", prefix)
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if p := s.Properties[name]; p.Properties != nil {
			all = append(all, keys(t, p, prefix+name+".")...)
		} else {
			all = append(all, prefix+name)
		}
	}
	return all
}

// The values that are tested give each option another value than its own, but
// for what another one excludes.
func TestEverything(t *testing.T) {
	t.Parallel()
	given := map[string]bool{}
	for _, name := range cases(t) {
		collect(given, values(t, name), "")
	}
	tested := []string{"prometheusRule.disabled", "prometheusRule.thresholds"} // by TestRulesChanged
	for _, o := range options(t) {
		if !given[o.key] && !slices.Contains(tested, o.key) {
			t.Errorf("no test gives %s", o.key)
		}
	}
}

func collect(into map[string]bool, values map[string]any, prefix string) {
	for key, value := range values {
		into[prefix+key] = true
		if group, ok := value.(map[string]any); ok {
			collect(into, group, prefix+key+".")
		}
	}
}
