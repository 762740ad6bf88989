package dashboards

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	dataMacro     = regexp.MustCompile(`\$\{__(?:data\.fields|field\.labels)\.(\w+)(:\w+)?\}`)
	variableMacro = regexp.MustCompile(`\$\{(\w+):queryparam\}`)
)

// allLinks are a panel's links, those of its columns too.
func allLinks(t *testing.T, p panel) []link {
	t.Helper()
	links := slices.Clone(p.FieldConfig.Defaults.Links)
	for _, o := range p.FieldConfig.Overrides {
		for _, property := range o.Properties {
			if property.ID != "links" {
				continue
			}
			var more []link
			if err := json.Unmarshal(property.Value, &more); err != nil {
				t.Fatal(err)
			}
			links = append(links, more...)
		}
	}
	return links
}

func TestLinks(t *testing.T) {
	byUID := map[string]dashboard{}
	for _, d := range load(t) {
		byUID[d.UID] = d
	}
	panels(t, func(t *testing.T, d dashboard, p panel) {
		for _, l := range allLinks(t, p) {
			path, query, _ := strings.Cut(l.URL, "?")
			to, ok := byUID[strings.TrimPrefix(path, "/d/")]
			if !ok || l.Title == "" {
				t.Errorf("link %q to %s, which is no dashboard", l.Title, path)
				continue
			}
			if !strings.HasSuffix(query, "&${__url_time_range}") || !strings.Contains(query, "${datasource:queryparam}") {
				t.Errorf("link %q leaves the data source or the time range behind: %s", l.Title, l.URL)
			}
			for _, parameter := range strings.Split(query, "&") {
				name, isVariable := strings.CutPrefix(strings.Split(parameter, "=")[0], "var-")
				if carried := variableMacro.FindStringSubmatch(parameter); carried != nil {
					name, isVariable = carried[1], true
					if _, ok := d.variable(name); !ok {
						t.Errorf("link %q carries %s, which is not here", l.Title, name)
					}
				}
				if _, ok := to.variable(name); isVariable && !ok {
					t.Errorf("link %q sets %s, which %s does not have", l.Title, name, to.file)
				}
			}
			checkMacros(t, p, l)
		}
	})
}

// A UUID's + would become a space, and its / a path.
func checkMacros(t *testing.T, p panel, l link) {
	t.Helper()
	for _, macro := range dataMacro.FindAllStringSubmatch(l.URL, -1) {
		if macro[2] != ":percentencode" {
			t.Errorf("link %q: %s is not escaped", l.Title, macro[0])
		}
		exprs := ""
		for _, q := range p.Targets {
			exprs += q.Expr + " "
		}
		isField := strings.Contains(macro[0], "__data")
		column := slices.ContainsFunc(p.FieldConfig.Overrides, func(o override) bool {
			return string(o.Matcher.Options) == `"`+macro[1]+`"`
		})
		if isField != (p.Type == "table") || isField && !column || !strings.Contains(exprs, macro[1]) {
			t.Errorf("link %q: %s has no value here", l.Title, macro[0])
		}
	}
	rest := variableMacro.ReplaceAllString(dataMacro.ReplaceAllString(l.URL, "x"), "x")
	rest = strings.ReplaceAll(rest, "${__url_time_range}", "from=x")
	if _, err := url.Parse(rest); err != nil || strings.Contains(strings.ReplaceAll(rest, "$__all", ""), "$") {
		t.Errorf("link %q: %s: %v", l.Title, rest, err)
	}
}

var (
	alertLink = regexp.MustCompile(`/d/(zoom-qos-[a-z-]+)\?([^\n]*)`)
	setting   = regexp.MustCompile(`var-(\w+)=`)
)

// What alerts link to is there, and understands what they say.
func TestLinksOfAlerts(t *testing.T) {
	files, err := filepath.Glob("../../../deploy/prometheus/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	byUID := map[string]dashboard{}
	for _, d := range load(t) {
		byUID[d.UID] = d
	}
	links := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range alertLink.FindAllStringSubmatch(string(text), -1) {
			links++
			d, ok := byUID[l[1]]
			if !ok {
				t.Errorf("%s: no dashboard %s", file, l[1])
			}
			for _, name := range setting.FindAllStringSubmatch(l[2], -1) {
				if _, ok := d.variable(name[1]); !ok {
					t.Errorf("%s: %s has no variable %s", file, l[1], name[1])
				}
			}
		}
	}
	if links == 0 {
		t.Error("no alert links to a dashboard: has their form changed?")
	}
}
