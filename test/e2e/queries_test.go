package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	dashboards = "../../deploy/grafana/dashboards"
	ruleFiles  = "../../deploy/prometheus"
	// demoLasts is how long the demo is scraped: new label sets rise from 0 after
	// 130 s, and a rate needs some scrapes more.
	demoLasts = 170 * time.Second
)

// panel is a panel of a dashboard, or a row of them.
type panel struct {
	Title   string
	Targets []struct{ RefID, Expr string }
	Panels  []panel
}

func (p *panel) each(f func(*panel)) {
	f(p)
	for i := range p.Panels {
		p.Panels[i].each(f)
	}
}

const (
	allIsWell = "there is something only when something is wrong"
	notOver   = "it is of sessions that are over, tails included, or of whole days"
	unasked   = "the demo's configuration names no such dimension"
	tooEarly  = "it is of more minutes than this test has"
)

// silent says why a query of a panel, or a recorded series, finds nothing here.
var silent = map[string]string{
	"exporter/Failures A":                     allIsWell,
	"service-levels/Good sessions A":          notOver,
	"service-levels/By site C":                notOver,
	"service-levels/Good readings per day A":  notOver,
	"service-levels/Good readings per day B":  notOver,
	"service-levels/Good readings per week A": notOver,
	"service-levels/Good readings per week B": notOver,

	"account_meeting:zoom_panelists:degraded_ratio_avg":          tooEarly,
	"account_site_media:zoom_qos_readings:standout_ratio30m":     allIsWell,
	"account_data_center:zoom_qos_readings:degraded_ratio30m":    unasked,
	"account_client_version:zoom_qos_readings:degraded_ratio30m": unasked,
	"account_os:zoom_qos_readings:degraded_ratio30m":             unasked,
	"account_location:zoom_qos_readings:degraded_ratio30m":       unasked,
	"account_department:zoom_qos_readings:degraded_ratio30m":     unasked,
}

// Every query of the dashboards, and every rule, works in a real Prometheus
// that scrapes the demo by two jobs, and finds data.
func TestQueriesFindData(t *testing.T) {
	t.Parallel()
	p := exporter(t, nil, "--demo")
	files, err := filepath.Abs(ruleFiles)
	if err != nil {
		t.Fatal(err)
	}
	prom := configuredPrometheus(t, fmt.Sprintf(`
global: {scrape_interval: 5s, scrape_timeout: 5s, evaluation_interval: 5s}
rule_files: [%[1]s/thresholds.yaml, %[1]s/records.yaml, %[1]s/alerts_quality.yaml, %[1]s/alerts_collecting.yaml]
scrape_configs:
  - {job_name: zoom, static_configs: [{targets: [%[2]q]}]}
  - {job_name: again, static_configs: [{targets: [%[2]q]}]}
`, files, p.address()))
	began := time.Now()
	within(t, demoLasts+patience, func() error {
		// Readings have risen from 0 for a while: see demoLasts.
		if past := time.Since(began); past < demoLasts {
			return fmt.Errorf("only %s have passed", past)
		}
		risen, err := prom.scalar(`sum(increase(zoom_qos_readings_total{job="zoom"}[5m]))`)
		if err == nil && risen == 0 {
			err = fmt.Errorf("no reading is counted")
		}
		return err
	})
	reasons := maps.Clone(silent)
	checkRules(t, prom, reasons)
	checkPanels(t, prom, reasons)
	for what, reason := range reasons {
		t.Errorf("there is no %s, of which is said: %s", what, reason)
	}
}

// checkRules looks at what Prometheus says of each rule.
func checkRules(t *testing.T, prom prometheus, reasons map[string]string) {
	t.Helper()
	var data struct {
		Groups []struct {
			Rules []struct{ Type, Name, Health, LastError string }
		}
	}
	if err := prom.api("rules", &data); err != nil {
		t.Fatal(err)
	}
	records := 0
	for _, group := range data.Groups {
		for _, rule := range group.Rules {
			if rule.Health != "ok" {
				t.Errorf("rule %s is %s: %s", rule.Name, rule.Health, rule.LastError)
			}
			if rule.Type != "recording" {
				continue
			}
			records++
			found, err := prom.query(`{__name__="` + rule.Name + `"}`)
			judge(t, rule.Name, len(found), err, reasons)
		}
	}
	if records < 50 {
		t.Errorf("only %d recording rules", records)
	}
}

// checkPanels runs every query of every dashboard.
func checkPanels(t *testing.T, prom prometheus, reasons map[string]string) {
	t.Helper()
	paths, err := filepath.Glob(dashboards + "/*.json")
	if err != nil || len(paths) != 7 {
		t.Fatalf("%d dashboards in %s (%v), want 7", len(paths), dashboards, err)
	}
	queries := 0
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var all panel
		if err := json.Unmarshal(text, &all); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		name := strings.TrimSuffix(filepath.Base(path), ".json")
		fill := variables(t, prom, name)
		all.each(func(p *panel) {
			for _, target := range p.Targets {
				queries++
				n, err := prom.count(fill(target.Expr))
				judge(t, name+"/"+p.Title+" "+target.RefID, n, err, reasons)
			}
		})
	}
	if queries < 150 {
		t.Errorf("only %d queries", queries)
	}
}

// judge takes the reason for what may find nothing off the list.
func judge(t *testing.T, what string, found int, err error, reasons map[string]string) {
	t.Helper()
	reason := reasons[what]
	delete(reasons, what)
	switch {
	case err != nil:
		t.Errorf("%s: %v", what, err)
	case found == 0 && reason == "":
		t.Errorf("%s finds nothing", what)
	}
}

// count evaluates an expression now and counts what it gives.
func (p prometheus) count(expression string) (int, error) {
	p.t.Helper()
	var data struct {
		ResultType string
		Result     []json.RawMessage
	}
	err := p.api("query?query="+url.QueryEscape(expression), &data)
	if data.ResultType == "scalar" {
		return 1, err
	}
	return len(data.Result), err
}

// label is a label of the first series that an expression gives.
func (p prometheus) label(expression, name string) string {
	p.t.Helper()
	var data struct{ Result vector }
	if err := p.api("query?query="+url.QueryEscape(expression), &data); err != nil || len(data.Result) == 0 {
		p.t.Fatalf("%s gives nothing (%v)", expression, err)
	}
	return data.Result[0].Metric[name]
}

// variables fills in a dashboard's variables as Grafana would: in matchers by
// regular expression all there is, elsewhere one that has data.
func variables(t *testing.T, prom prometheus, dashboard string) func(expr string) string {
	t.Helper()
	kind := "meeting"
	if dashboard == "webinars" {
		kind = "webinar"
	}
	values := map[string]string{
		"__rate_interval": "1m", "__range": "3m", "window": "5", "by": "site", "aim": "0.95", "account": "demo",
		"meeting": prom.label(`topk(1, zoom_meeting_participants * on (job, meeting) group_left () zoom_meeting_info{kind="`+kind+`"})`, "meeting"),
		"user": prom.label(`topk(1, count by (user) (zoom_participant_info{user!="", network_type="Wifi"}
			and on (meeting, participant) zoom_qos_packet_loss_ratio{media="audio", direction="sent"}
			and on (meeting, participant) zoom_qos_packet_loss_ratio{media="video", direction="sent"}))`, "user"),
	}
	names := slices.SortedFunc(maps.Keys(values), func(a, b string) int { return len(b) - len(a) })
	matched := regexp.MustCompile(`=~"\$\{?\w+(:\w+)?\}?"`)
	return func(expr string) string {
		expr = matched.ReplaceAllString(expr, `=~".*"`)
		for _, name := range names {
			for _, form := range []string{"${" + name + "}", "$" + name} {
				expr = strings.ReplaceAll(expr, form, values[name])
			}
		}
		return expr
	}
}
