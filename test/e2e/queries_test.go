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

const dashboards = "../../deploy/grafana/dashboards"

// panel is a panel of a dashboard, or a row of them.
type panel struct {
	ID      int
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
	notOver   = "it is of sessions that are over, backfills included, or of whole days"
	unasked   = "the demo's configuration names no such dimension"
	tooEarly  = "it is of more minutes than this test has"
)

// silent says why a query of a panel, or a recorded series, finds nothing here.
var silent = map[string]string{
	"exporter/Failures A":                     allIsWell,
	"meeting/Where the people are B":          allIsWell,
	"meeting/Where the people are C":          allIsWell,
	"meeting/Where the people are D":          allIsWell,
	"service-levels/Good sessions A":          notOver,
	"service-levels/By site C":                notOver,
	"service-levels/Good readings per day A":  notOver,
	"service-levels/Good readings per day B":  notOver,
	"service-levels/Good readings per week A": notOver,
	"service-levels/Good readings per week B": notOver,

	"account_meeting:zoom_meeting_speakers:degraded_ratio_avg":   tooEarly,
	"account_site_media:zoom_qos_readings:standout_ratio30m":     allIsWell,
	"account_data_center:zoom_qos_readings:degraded_ratio30m":    unasked,
	"account_client_version:zoom_qos_readings:degraded_ratio30m": unasked,
	"account_os:zoom_qos_readings:degraded_ratio30m":             unasked,
	"account_location:zoom_qos_readings:degraded_ratio30m":       unasked,
	"account_department:zoom_qos_readings:degraded_ratio30m":     unasked,
}

// queryPatience is how long it may take until every query has found something;
// with nothing else at work it is a minute.
const queryPatience = 5 * time.Minute

// Every query of the dashboards, and every rule, works in a real Prometheus
// that scrapes the demo by two jobs, and finds data sooner or later. A minute is
// fifteen seconds for all.
func TestQueriesFindData(t *testing.T) {
	t.Parallel()
	clock := quickClock{from: time.Now(), times: 4}
	p := quickExporter(t, clock, nil, "--demo")
	rules := t.TempDir()
	clock.quickRules(t, rules)
	write(t, filepath.Join(rules, "prometheus.yml"), fmt.Sprintf(`
global: {scrape_interval: 4s, scrape_timeout: 4s, evaluation_interval: 2s}
rule_files: [thresholds.yaml, records.yaml, alerts_quality.yaml, alerts_collecting.yaml]
scrape_configs:
  - {job_name: zoom, static_configs: [{targets: [%[1]q]}]}
  - {job_name: again, static_configs: [{targets: [%[1]q]}]}
`, p.address()))
	prom := startPrometheusWith(t, filepath.Join(rules, "prometheus.yml"))

	var missing map[string]bool // what has found nothing yet
	within(t, queryPatience, func() error {
		queries, err := panelQueries(t, prom)
		if err != nil {
			return err
		}
		records, err := recordedSeries(prom)
		if err != nil {
			return err
		}
		if len(records) < 50 || len(queries) < 150 {
			t.Fatalf("only %d recording rules and %d queries of dashboards", len(records), len(queries))
		}
		for _, name := range records {
			queries[name] = `{__name__="` + name + `"}`
		}
		if missing == nil {
			missing = make(map[string]bool)
			for what := range queries {
				missing[what] = silent[what] == ""
			}
		}
		for what, expression := range queries {
			// What may find nothing must be right all the same.
			wanted, first := missing[what]
			if !first {
				continue
			}
			found, err := prom.count(clock.quickenQuery(expression))
			if err != nil {
				t.Errorf("%s: %v", what, err)
			}
			if found > 0 || err != nil || !wanted {
				delete(missing, what)
			}
		}
		if len(missing) > 0 {
			return fmt.Errorf("nothing is found by %s", strings.Join(slices.Sorted(maps.Keys(missing)), ", "))
		}
		for what, reason := range silent {
			if _, ok := queries[what]; !ok {
				t.Errorf("there is no %s, of which is said: %s", what, reason)
			}
		}
		return nil
	})
	rulesAreHealthy(t, prom)
}

// promRules are all rules as Prometheus tells of them.
type promRules struct {
	Groups []struct {
		Rules []struct{ Type, Name, Health, LastError string }
	}
}

// recordedSeries are the names of the recording rules.
func recordedSeries(prom prometheus) (names []string, err error) {
	var data promRules
	if err := prom.api("rules", &data); err != nil {
		return nil, err
	}
	for _, group := range data.Groups {
		for _, rule := range group.Rules {
			if rule.Type == "recording" {
				names = append(names, rule.Name)
			}
		}
	}
	return names, nil
}

// rulesAreHealthy looks at what Prometheus says of each rule.
func rulesAreHealthy(t *testing.T, prom prometheus) {
	t.Helper()
	var data promRules
	if err := prom.api("rules", &data); err != nil {
		t.Fatal(err)
	}
	for _, group := range data.Groups {
		for _, rule := range group.Rules {
			if rule.Health != "ok" {
				t.Errorf("rule %s is %s: %s", rule.Name, rule.Health, rule.LastError)
			}
		}
	}
}

// panelQueries are all queries of the dashboards by dashboard, panel and
// reference, with their variables filled in.
func panelQueries(t *testing.T, prom prometheus) (map[string]string, error) {
	t.Helper()
	paths, err := filepath.Glob(dashboards + "/*.json")
	if err != nil || len(paths) != 7 {
		t.Fatalf("%d dashboards in %s (%v), want 7", len(paths), dashboards, err)
	}
	queries := make(map[string]string)
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
		fill, err := variables(prom, name)
		if err != nil {
			return nil, err
		}
		all.each(func(p *panel) {
			for _, target := range p.Targets {
				key := name + "/" + p.Title + " " + target.RefID
				if _, taken := queries[key]; taken { // another panel has that title
					key = fmt.Sprintf("%s of panel %d", key, p.ID)
				}
				queries[key] = fill(target.Expr)
			}
		})
	}
	return queries, nil
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
func (p prometheus) label(expression, name string) (string, error) {
	p.t.Helper()
	var data struct{ Result vector }
	if err := p.api("query?query="+url.QueryEscape(expression), &data); err != nil {
		return "", err
	}
	if len(data.Result) == 0 {
		return "", fmt.Errorf("%s gives nothing", expression)
	}
	return data.Result[0].Metric[name], nil
}

// variables fills in a dashboard's variables as Grafana would: in matchers by
// regular expression all there is, elsewhere one that has data.
func variables(prom prometheus, dashboard string) (fill func(expr string) string, err error) {
	kind := "meeting"
	if dashboard == "webinars" {
		kind = "webinar"
	}
	meeting, err := prom.label(`topk(1, zoom_meeting_participants * on (job, meeting) group_left () zoom_meeting_info{kind="`+kind+`"})`, "meeting")
	if err != nil {
		return nil, err
	}
	user, err := prom.label(`topk(1, count by (user) (zoom_participant_info{user!=""}
		and on (meeting, participant) zoom_participant_network_info{network_type="Wifi"}
		and on (meeting, participant) zoom_qos_packet_loss_ratio{media="audio", direction="sent"}
		and on (meeting, participant) zoom_qos_packet_loss_ratio{media="video", direction="sent"}))`, "user")
	if err != nil {
		return nil, err
	}
	values := map[string]string{
		"__rate_interval": "1m", "__range": "3m", "window": "5", "by": "site", "aim": "0.95", "account": "demo",
		"meeting": meeting, "user": user,
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
	}, nil
}
