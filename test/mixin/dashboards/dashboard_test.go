package dashboards

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const directory = "../../../deploy/grafana/dashboards"

type datasource struct {
	Type, UID string
}

type target struct {
	RefID, Expr, Interval, LegendFormat, Format string
	Datasource                                  datasource
	Instant                                     bool
}

type link struct {
	Title, URL, Type     string
	Tags                 []string
	IncludeVars          bool
	KeepTime, AsDropdown bool
}

type thresholds struct {
	Mode  string
	Steps []struct {
		Value *float64
		Color string
	}
}

type override struct {
	Matcher struct {
		ID      string
		Options json.RawMessage
	}
	Properties []struct {
		ID    string
		Value json.RawMessage
	}
}

type panel struct {
	ID                       int
	Type, Title, Description string
	Datasource               datasource
	GridPos                  struct{ X, Y, W, H int }
	Targets                  []target
	FieldConfig              struct {
		Defaults struct {
			Unit, NoValue string
			Thresholds    thresholds
			Links         []link
		}
		Overrides []override
	}
	Transformations []struct {
		ID      string
		Options json.RawMessage
	}
}

type variable struct {
	Name, Type, Label string
	Query             json.RawMessage
	Datasource        datasource
	Multi, IncludeAll bool
	AllValue          *string
	Regex             string
}

// expr is what a variable asks Prometheus for.
func (v variable) expr() string {
	var query struct{ Query string }
	if v.Type != "query" || json.Unmarshal(v.Query, &query) != nil {
		return ""
	}
	return query.Query
}

type dashboard struct {
	file                             string
	UID, Title, Description, Refresh string
	Tags                             []string
	SchemaVersion                    int
	Time                             struct{ From, To string }
	Links                            []link
	Templating                       struct{ List []variable }
	Panels                           []panel
}

func (d dashboard) variable(name string) (variable, bool) {
	i := slices.IndexFunc(d.Templating.List, func(v variable) bool { return v.Name == name })
	if i < 0 {
		return variable{}, false
	}
	return d.Templating.List[i], true
}

// load reads all dashboards.
func load(t *testing.T) []dashboard {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(directory, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 7 {
		t.Fatalf("%d dashboards in %s; want 7", len(files), directory)
	}
	all := make([]dashboard, 0, len(files))
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d := dashboard{file: strings.TrimSuffix(filepath.Base(file), ".json")}
		if err := json.Unmarshal(data, &d); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all = append(all, d)
	}
	return all
}

// panels runs a check on every panel that shows something.
func panels(t *testing.T, check func(t *testing.T, d dashboard, p panel)) {
	for _, d := range load(t) {
		for _, p := range d.Panels {
			if p.Type == "row" {
				continue
			}
			t.Run(d.file+"/"+p.Title, func(t *testing.T) { check(t, d, p) })
		}
	}
}

const chosen = "${datasource}"

func TestDashboard(t *testing.T) {
	for _, d := range load(t) {
		t.Run(d.file, func(t *testing.T) {
			if d.UID != "zoom-qos-"+d.file {
				t.Errorf("uid %q; want zoom-qos-%s", d.UID, d.file)
			}
			if !slices.Equal(d.Tags, []string{"zoom-qos"}) {
				t.Errorf("tags %q; want zoom-qos", d.Tags)
			}
			if d.SchemaVersion != 37 {
				t.Errorf("schema version %d; Grafana 9.4 knows 37", d.SchemaVersion)
			}
			if d.Title == "" || d.Description == "" {
				t.Errorf("title %q, description %q", d.Title, d.Description)
			}
			if d.Refresh == "" || d.Time.From == "" || d.Time.To != "now" {
				t.Errorf("refresh %q, time from %q to %q", d.Refresh, d.Time.From, d.Time.To)
			}
			if first := d.Templating.List[0]; first.Type != "datasource" || first.Name != "datasource" {
				t.Errorf("the first variable is %q of type %s; want the data source", first.Name, first.Type)
			}
			if _, ok := d.variable("account"); !ok {
				t.Error("no variable account")
			}
			if len(d.Links) != 1 || !d.Links[0].AsDropdown || !d.Links[0].IncludeVars || !d.Links[0].KeepTime ||
				!slices.Equal(d.Links[0].Tags, d.Tags) {
				t.Errorf("links %+v; want one list of the other dashboards, with variables and time", d.Links)
			}
		})
	}
}

func TestPanel(t *testing.T) {
	types := []string{"timeseries", "stat", "bargauge", "table"} // each is Grafana's own in 9.4 and now
	panels(t, func(t *testing.T, _ dashboard, p panel) {
		if !slices.Contains(types, p.Type) {
			t.Errorf("type %s; want one of %s", p.Type, types)
		}
		defaults := p.FieldConfig.Defaults
		for what, value := range map[string]string{
			"title": p.Title, "description": p.Description, "unit": defaults.Unit, "noValue": defaults.NoValue,
		} {
			if value == "" {
				t.Errorf("no %s", what)
			}
		}
		if len(defaults.Thresholds.Steps) == 0 || defaults.Thresholds.Steps[0].Value != nil {
			t.Errorf("thresholds %+v; want steps, the first without a value", defaults.Thresholds)
		}
		if p.Datasource.UID != chosen {
			t.Errorf("data source %q; want the variable", p.Datasource.UID)
		}
		if len(p.Targets) == 0 {
			t.Error("no query")
		}
		for _, q := range p.Targets {
			if q.Datasource.UID != chosen || q.Datasource.Type != "prometheus" {
				t.Errorf("query %s: data source %+v; want the variable", q.RefID, q.Datasource)
			}
			if p.Type == "table" && (!q.Instant || q.Format != "table") {
				t.Errorf("query %s of a table is not an instant one in the form of a table", q.RefID)
			}
		}
	})
}

// Positions overlap or leave the grid if sizes don't add up to rows of 24.
func TestGrid(t *testing.T) {
	for _, d := range load(t) {
		ids, cells := map[int]string{}, map[[2]int]string{}
		for _, p := range d.Panels {
			if other, taken := ids[p.ID]; p.ID <= 0 || taken {
				t.Errorf("%s: %q and %q have the id %d", d.file, p.Title, other, p.ID)
			}
			ids[p.ID] = p.Title
			if g := p.GridPos; g.X < 0 || g.X+g.W > 24 || g.W <= 0 || g.H <= 0 {
				t.Errorf("%s: %q is off the grid: %+v", d.file, p.Title, g)
			}
			for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
				for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
					if other, taken := cells[[2]int{x, y}]; taken {
						t.Fatalf("%s: %q lies over %q", d.file, p.Title, other)
					}
					cells[[2]int{x, y}] = p.Title
				}
			}
		}
	}
}

// What a table hides, orders and colours is there.
func TestColumns(t *testing.T) {
	panels(t, func(t *testing.T, _ dashboard, p panel) {
		if p.Type != "table" {
			return
		}
		var shown []string
		for _, transformation := range p.Transformations {
			if transformation.ID != "filterFieldsByName" {
				continue
			}
			var options struct{ Include struct{ Names []string } }
			if err := json.Unmarshal(transformation.Options, &options); err != nil {
				t.Fatal(err)
			}
			shown = options.Include.Names
		}
		var exprs []string
		for _, q := range p.Targets {
			exprs = append(exprs, q.Expr)
		}
		for _, name := range shown {
			ref, isValue := strings.CutPrefix(name, "Value #")
			switch {
			case name == "Value":
				if len(p.Targets) != 1 {
					t.Errorf("a column Value, but %d queries", len(p.Targets))
				}
			case isValue:
				if !slices.ContainsFunc(p.Targets, func(q target) bool { return q.RefID == ref }) {
					t.Errorf("a column %q, but no query %s", name, ref)
				}
			case !strings.Contains(strings.Join(exprs, " "), name):
				t.Errorf("no query has the label %q", name)
			}
		}
		if len(shown) != len(p.FieldConfig.Overrides) {
			t.Errorf("%d columns and %d overrides", len(shown), len(p.FieldConfig.Overrides))
		}
	})
}
