package config

import (
	"cmp"
	_ "embed"
	"fmt"
	"regexp"
	"strings"
	"text/template"
)

//go:generate go test -run IsUpToDate . -update

//go:embed testdata/reference.md.tmpl
var referenceTemplate string

// referencePage returns docs/configuration.md: every variable and every key.
func referencePage() string {
	var page strings.Builder
	err := template.Must(template.New("").Parse(referenceTemplate)).Execute(&page, struct{ Variables, Keys string }{
		variableTable(), keyTable(schema()) + keySections(schema()),
	})
	if err != nil {
		panic(err)
	}
	return page.String()
}

func variableTable() string {
	keys := make(map[string]field)
	for _, f := range newDecoder("", nil).accounts(new([]Account)).fields {
		keys[f.key] = f
	}
	table := "| variable | key | default | example | meaning |\n|---|---|---|---|---|\n"
	for _, v := range variables() {
		f := keys[v.key]
		table += row(code(v.name), code(v.key), code(f.value), code(f.example), linked(f.meaning))
	}
	return table
}

// keySections has a section for each mapping below fields. Neighbours with equal
// keys share one.
func keySections(fields []field) (text string) {
	type section struct{ titles, examples, table string }
	var list []section
	walk(fields, "", func(path string, f field) {
		if len(f.fields) == 0 {
			return
		}
		s := section{titles: code(childPath(path, f)), table: keyTable(f.fields)}
		if f.list && !f.required {
			s.examples = exampleList(f) + "\n"
		}
		if last := len(list) - 1; last >= 0 && list[last].table == s.table {
			list[last].titles += ", " + s.titles
			list[last].examples += s.examples
			return
		}
		list = append(list, s)
	})
	for _, s := range list {
		text += "\n### " + s.titles + "\n\n" + s.table
		if s.examples != "" {
			text += "\n```yaml\n" + s.examples + "```\n"
		}
	}
	return text
}

func keyTable(fields []field) string {
	table := "| key | type | default | example | meaning |\n|---|---|---|---|---|\n"
	for _, f := range fields {
		example := code(f.example)
		if f.list {
			example = "" // below the table of its own keys
		}
		table += row(code(f.key), f.typeName(), f.byDefault(), example, linked(f.meaning))
	}
	return table
}

func row(cells ...string) string {
	return "| " + strings.Join(cells, " | ") + " |\n"
}

// typeName returns the type and its bounds, such as "one of `auto`, `on`, `off`".
func (r reader) typeName() string {
	switch {
	case r.bounds == "":
		return r.kind
	case strings.HasSuffix(r.kind, " of"):
		return r.kind + " " + code(strings.ReplaceAll(r.bounds, ", ", "`, `"))
	default:
		return r.kind + " " + r.bounds
	}
}

func (r reader) byDefault() string {
	if r.required {
		return "required"
	}
	return cmp.Or(code(r.value), r.unset)
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}

var pageName = regexp.MustCompile(`docs/(\w+\.md)`)

// linked turns the names of pages into links.
func linked(meaning string) string {
	return pageName.ReplaceAllString(meaning, "[$1]($1)")
}

// exampleList returns the example of a list of mappings, in YAML.
func exampleList(f field) string {
	return fmt.Sprintf("%s:\n  %s", f.key, strings.ReplaceAll(f.example, "\n", "\n  "))
}
