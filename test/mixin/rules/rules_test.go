package rules

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/test/mixin/reference"
)

const (
	runbooks  = "https://github.com/zoom-qos-exporter/zoom-qos-exporter/blob/main/docs/runbooks/"
	threshold = "zoom:threshold:"
)

// What is recorded is named level:metric:operation.
var recordName = regexp.MustCompile(`^[a-z_]+:zoom_[a-z_]+:[a-z_0-9]+$|^zoom:threshold:[a-z_]+$`)

// Every query parses, selects what there is, and counts as counters want it.
func TestQueries(t *testing.T) {
	metrics := readRecorded(t)
	for _, r := range loadRules(t) {
		expr, err := reference.Parse(r.Expr)
		if err != nil {
			t.Errorf("%s: %s: %v", r.File, r.Name(), err)
			continue
		}
		for _, fault := range metrics.Check(expr) {
			t.Errorf("%s: %s: %s", r.File, r.Name(), fault)
		}
	}
}

// Replicas may have different information about a meeting for minutes: a join must
// select one series, or it fails.
func TestJoins(t *testing.T) {
	joins := 0
	for _, r := range loadRules(t) {
		expr, err := reference.Parse(r.Expr)
		if err != nil {
			continue // as TestQueries says
		}
		parser.Inspect(expr, func(node parser.Node, path []parser.Node) error {
			s, ok := node.(*parser.VectorSelector)
			if !ok || !strings.HasSuffix(s.Name, "_info") {
				return nil
			}
			joined, one := false, false
			below := slices.Concat(path, []parser.Node{node})[1:]
			for i, above := range path {
				switch n := above.(type) {
				case *parser.BinaryExpr:
					joined = joined || below[i] == n.RHS && n.VectorMatching != nil && len(n.VectorMatching.Include) > 0
				case *parser.AggregateExpr:
					one = one || n.Op == parser.TOPK
				}
			}
			if joined && !one {
				t.Errorf("%s: %s is joined without topk", r.Name(), s)
			}
			if joined {
				joins++
			}
			return nil
		})
	}
	if joins == 0 {
		t.Error("there are no joins of facts")
	}
}

func TestRecords(t *testing.T) {
	type id struct{ name, labels string }
	seen := make(map[id]bool)
	for _, r := range loadRules(t) {
		if r.Record == "" {
			continue
		}
		if !recordName.MatchString(r.Record) {
			t.Errorf("%s: %s is not level:metric:operation", r.File, r.Record)
		}
		key := id{r.Record, r.Labels["verdict"] + r.Labels["quantile"]}
		if seen[key] {
			t.Errorf("%s: %s is recorded twice", r.File, r.Record)
		}
		seen[key] = true
		if isThreshold := strings.HasPrefix(r.Record, threshold); isThreshold != (r.File == "thresholds.yaml") {
			t.Errorf("%s: %s: thresholds, and nothing else, are in thresholds.yaml", r.File, r.Record)
		}
	}
}

// Every alert compares, waits, and tells people what to do.
func TestAlerts(t *testing.T) {
	metrics := readRecorded(t)
	used := regexp.MustCompile(`\$labels\.([a-z_]+)`)
	for _, r := range loadRules(t) {
		if r.Alert == "" {
			continue
		}
		expr, err := reference.Parse(r.Expr)
		if err != nil {
			continue // as TestQueries says
		}
		if !compares(expr) {
			t.Errorf("%s compares nothing", r.Alert)
		}
		have := metrics.Labels(expr)
		if wait, err := time.ParseDuration(r.For); err != nil || wait < time.Minute {
			t.Errorf("%s: for %q", r.Alert, r.For)
		}
		for label, values := range map[string][]string{
			"severity": {"critical", "warning", "info"}, "area": {"quality", "collecting", "exporter"},
		} {
			if !slices.Contains(values, r.Labels[label]) {
				t.Errorf("%s: %s is %q, want one of %q", r.Alert, label, r.Labels[label], values)
			}
		}
		if quality := r.Labels["area"] == "quality"; quality != (r.KeepFiringFor != "") {
			t.Errorf("%s: keep_firing_for is for alerts on quality, and all of them", r.Alert)
		}
		a := r.Annotations
		if len(a) != 4 || a["summary"] == "" || len(a["description"]) <= len(a["summary"]) || !strings.HasPrefix(a["dashboard"], "/d/zoom-qos-") {
			t.Errorf("%s: want a summary, a longer description, runbook_url and a dashboard's path, have %q", r.Alert, a)
		}
		if want := runbooks + r.Alert + ".md"; a["runbook_url"] != want {
			t.Errorf("%s: runbook_url is %q, want %q", r.Alert, a["runbook_url"], want)
		}
		for name, text := range a {
			for _, label := range used.FindAllStringSubmatch(text, -1) {
				if !slices.Contains(have, label[1]) {
					t.Errorf("%s: %s tells of a label %q that its series do not have", r.Alert, name, label[1])
				}
				if label[1] == "participant" || label[1] == "user" {
					t.Errorf("%s: %s tells of one person", r.Alert, name)
				}
			}
		}
		if account := strings.Contains(a["dashboard"], "var-account={{ $labels.account | urlquery }}"); !account && r.Labels["area"] != "exporter" {
			t.Errorf("%s: the dashboard's path has no account: %s", r.Alert, a["dashboard"])
		}
	}
}

func compares(expr parser.Expr) (found bool) {
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		if b, ok := node.(*parser.BinaryExpr); ok && b.Op.IsComparisonOperator() {
			found = true
		}
		return nil
	})
	return found
}

// Every alert has a runbook, every runbook an alert, and the index has all.
func TestRunbooks(t *testing.T) {
	const directory = repository + "/docs/runbooks"
	index, err := os.ReadFile(directory + "/README.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(directory)
	if err != nil {
		t.Fatal(err)
	}
	pages := make(map[string]bool)
	for _, file := range files {
		pages[file.Name()] = true
		if file.Name() != "README.md" && !strings.Contains(string(index), "("+file.Name()+")") {
			t.Errorf("%s is not in the index", file.Name())
		}
	}
	alerts := map[string]bool{"README.md": true, "someone-complains.md": true}
	for _, r := range loadRules(t) {
		if r.Alert != "" {
			alerts[r.Alert+".md"] = true
		}
	}
	for page := range alerts {
		if !pages[page] {
			t.Errorf("there is no %s", page)
		}
	}
	for page := range pages {
		if !alerts[page] {
			t.Errorf("%s is about no alert", page)
		}
	}
}

// shown are the thresholds that only dashboards use.
var shown = []string{
	"zoom:threshold:latency_seconds",
	"zoom:threshold:jitter_seconds",
	"zoom:threshold:packet_loss_ratio",
	"zoom:threshold:cpu_ratio",
	"zoom:threshold:wifi_rssi_dbm",
	"zoom:threshold:service_level_ratio",
}

// What is a threshold stands in thresholds.yaml, and is used.
func TestThresholds(t *testing.T) {
	var rules []reference.Rule
	used := make(map[string]bool)
	for _, r := range loadRules(t) {
		if r.File == "thresholds.yaml" {
			rules = append(rules, r)
		} else if expr, err := reference.Parse(r.Expr); err == nil {
			for _, name := range reference.Names(expr) {
				used[name] = true
			}
		}
	}
	for _, r := range rules {
		if used[r.Record] == slices.Contains(shown, r.Record) {
			t.Errorf("%s: no rule uses it, or one does and shown need not have it", r.Record)
		}
		if !regexp.MustCompile(`^vector\(-?[0-9.]+\)$`).MatchString(r.Expr) {
			t.Errorf("%s: %s is no constant", r.Record, r.Expr)
		}
	}
}

// A dashboard must not colour figures by other thresholds than those by which the
// exporter judges them.
func TestThresholdsAreTheExporters(t *testing.T) {
	type bounds struct{ Latency, Jitter, Loss string }
	var config struct {
		Readings struct {
			Thresholds struct {
				Good, Fair, Poor bounds
				CPU              string
				WiFi             float64
			}
		}
	}
	page, err := os.ReadFile(repository + "/deploy/config.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(page, &config); err != nil {
		t.Fatal(err)
	}
	have := make(map[string]string)
	for _, r := range loadRules(t) {
		if r.File == "thresholds.yaml" {
			have[strings.TrimSpace(strings.TrimPrefix(r.Record, threshold)+" "+r.Labels["verdict"])] = r.Expr
		}
	}
	seconds := func(s string) float64 {
		d, err := time.ParseDuration(s)
		if err != nil {
			t.Error(err)
		}
		return d.Seconds()
	}
	percent := func(s string) float64 {
		number, err := strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64)
		if err != nil {
			t.Error(err)
		}
		return number / 100
	}
	defaults := config.Readings.Thresholds
	want := map[string]float64{"cpu_ratio": percent(defaults.CPU), "wifi_rssi_dbm": defaults.WiFi}
	for verdict, highest := range map[string]bounds{"good": defaults.Good, "fair": defaults.Fair, "poor": defaults.Poor} {
		want["latency_seconds "+verdict] = seconds(highest.Latency)
		want["jitter_seconds "+verdict] = seconds(highest.Jitter)
		want["packet_loss_ratio "+verdict] = percent(highest.Loss)
	}
	for name, value := range want {
		if expr := fmt.Sprintf("vector(%v)", value); have[name] != expr {
			t.Errorf("thresholds.yaml has %s %q, the exporter's default is %s", name, have[name], expr)
		}
	}
}
