package reference

import (
	"slices"
	"strings"
	"testing"
)

// page is a reference in little.
const page = "# Metrics\n\n" +
	"| metric | type | labels | what it tells |\n|---|---|---|---|\n" +
	"| `zoom_account_up` | gauge | `account` | . |\n" +
	"| `zoom_live_meetings` | gauge | `account`, `kind` | . |\n" +
	"| `zoom_qos_latency_seconds` | gauge | `account`, `participant`, `direction` | . |\n" +
	"| `zoom_participant_info` | gauge | `account`, `participant`, `site` | . |\n" +
	"| `zoom_qos_readings_total` | counter | `account`, `site`, `verdict` | . |\n" +
	"| `zoom_qos_session_duration_seconds` | histogram | `account`, `kind` | . |\n" +
	"| `zoom_api_request_failures_total` | counter | `account`, `reason` | . |\n" +
	"| `zoom_readings_lost_total` | counter | `account`, `reason` | . |\n\n" +
	"| label | meaning | values |\n|---|---|---|\n" +
	"| `account` | the `name` | – |\n" +
	"| `participant` | . | – |\n" +
	"| `kind` | . | `meeting`, `webinar` |\n" +
	"| `site` | . | – |\n" +
	"| `direction` | . | `sent`, `received` |\n" +
	"| `verdict` | . | `good`, `poor`, `bad` |\n" +
	"| `reason` of `zoom_api_request_failures_total` | . | `token`, `scope` |\n" +
	"| `reason` of `zoom_readings_lost_total` | . | `no_answer` |\n\n" +
	"At `/probe` there is `zoom_probe_qos_latency_seconds`.\n"

func metrics(t *testing.T) Metrics {
	t.Helper()
	metrics, err := parse(page)
	if err != nil {
		t.Fatal(err)
	}
	metrics, err = metrics.Recorded([]Rule{
		{Record: "account:zoom_qos_readings:bad_ratio", Expr: `account:zoom_qos_readings:bad / on (account) sum by (account) (increase(zoom_qos_readings_total[30m]))`},
		{Record: "account:zoom_qos_readings:bad", Expr: `sum by (account, verdict) (increase(zoom_qos_readings_total[30m]))`},
		{Record: "zoom:threshold:latency_seconds", Expr: "vector(0.15)", Labels: map[string]string{"verdict": "good"}},
		{Record: "zoom:threshold:latency_seconds", Expr: "vector(0.5)", Labels: map[string]string{"verdict": "poor"}},
		{Alert: "Any", Expr: "zoom_account_up == 0"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return metrics
}

func TestRead(t *testing.T) {
	all, err := Read("../../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	lost := all["zoom_readings_lost_total"]
	if lost.Type != "counter" || !slices.Contains(lost.Values["reason"], "no_answer") || slices.Contains(lost.Values["reason"], "scope") {
		t.Errorf("%+v", lost)
	}
	if failures := all["zoom_api_request_failures_total"]; !slices.Contains(failures.Values["reason"], "scope") {
		t.Errorf("%+v", failures)
	}
	if via := all["zoom_qos_latency_seconds"].Values["via"]; !slices.Equal(via, []string{"client", "crc", "rwg"}) {
		t.Errorf("via is %q", via)
	}
	if _, err := Read("../../../docs/readings.md"); err == nil {
		t.Error("a page without tables of metrics is read")
	}
}

func TestUnreadableLabels(t *testing.T) {
	for _, row := range []string{
		"| `kind` | too few |\n",
		"| `kind` | `zoom_probe_gone` | `a` |\n",
		"| `reason` of `zoom_gone_total` | . | `a` |\n",
	} {
		wrong := strings.Replace(page, "| `kind` | . | `meeting`, `webinar` |\n", row, 1)
		if _, err := parse(wrong); err == nil {
			t.Errorf("%q is read", row)
		}
	}
}

func TestLabels(t *testing.T) {
	all := metrics(t)
	for query, want := range map[string]string{
		`zoom_account_up`:                                     "account instance job",
		`zoom_qos_latency_seconds`:                            "account direction instance job participant",
		`zoom_probe_qos_latency_seconds`:                      "account direction instance job participant",
		`rate(zoom_qos_session_duration_seconds_bucket[30m])`: "account instance job kind le",
		`up`:                                                                                               "instance job",
		`1 + scalar(zoom_account_up)`:                                                                      "",
		`-(2 * zoom_live_meetings) > 1`:                                                                    "account instance job kind",
		`sum by (account) (zoom_live_meetings)`:                                                            "account",
		`sum without (job, kind) (zoom_live_meetings)`:                                                     "account instance",
		`topk by (account) (1, zoom_live_meetings)`:                                                        "account instance job kind",
		`count_values by (account) ("n", zoom_live_meetings)`:                                              "account n",
		`zoom_live_meetings and on (account) zoom_account_up`:                                              "account instance job kind",
		`zoom_account_up or zoom_live_meetings`:                                                            "account instance job kind",
		`zoom_account_up * on (account) zoom_account_up`:                                                   "account",
		`zoom_account_up * ignoring (job) zoom_account_up`:                                                 "account instance",
		`zoom_live_meetings * on (account) group_left (site) zoom_participant_info`:                        "account instance job kind site",
		`zoom_participant_info * on (account) group_right (site) zoom_live_meetings`:                       "account instance job kind site",
		`label_replace(zoom_account_up, "new", "$1", "account", "(.*)")`:                                   "account instance job new",
		`histogram_quantile(0.9, sum by (le, kind) (rate(zoom_qos_session_duration_seconds_bucket[30m])))`: "kind",
		`absent(zoom_account_up{account="a", job!="b"})`:                                                   "account",
		`max_over_time(sum by (kind) (zoom_live_meetings)[1h:1m])`:                                         "kind",
		`account:zoom_qos_readings:bad`:                                                                    "account verdict",
		`account:zoom_qos_readings:bad_ratio`:                                                              "account",
		`zoom:threshold:latency_seconds`:                                                                   "verdict",
	} {
		expr, err := Parse(query)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		if got := strings.Join(all.Labels(expr), " "); got != want {
			t.Errorf("%s has the labels %s, want %s", query, got, want)
		}
	}
}

// What is right has no fault, and each fault is found.
func TestCheck(t *testing.T) {
	all := metrics(t)
	for query, want := range map[string]string{
		`zoom_account_up == 0`: "",
		`sum by (site) (max without (instance, job) (increase(zoom_qos_readings_total{verdict=~"poor|bad"}[30m])))`: "",
		`rate(zoom_qos_session_duration_seconds_count{kind="meeting"}[1h])`:                                         "",
		`increase(zoom_readings_lost_total{reason!="no_answer"}[30m])`:                                              "",
		`zoom_qos_latency_seconds{direction=~"(sent|received)"}`:                                                    "",
		`zoom_probe_qos_latency_seconds{direction="sent"}`:                                                          "",
		`zoom_live_meetings{kind=~"$kind"}`:                                                                         "",
		`zoom_live_meetings{kind=""}`:                                                                               "",
		`zoom:threshold:latency_seconds{verdict="poor"}`:                                                            "",
		`account:zoom_qos_readings:bad{verdict="bad"}`:                                                              "",
		`up{job="zoom"}`: "",

		`zoom_accounts_up`:                                                     "is not in docs/metrics.md",
		`{account="a"}`:                                                        "names no metric",
		`zoom_qos_session_duration_seconds`:                                    "is not in docs/metrics.md",
		`rate(zoom_account_up_sum[30m])`:                                       "is not in docs/metrics.md",
		`account:zoom_qos_readings:good`:                                       "is not recorded",
		`zoom_account_up{kind="meeting"}`:                                      `has no label "kind"`,
		`zoom_probe_account_up`:                                                "is not in docs/metrics.md",
		`account:zoom_qos_readings:bad_ratio{site="a"}`:                        `has no label "site"`,
		`account:zoom_qos_readings:bad{job="a"}`:                               `has no label "job"`,
		`sum by (site) (zoom_live_meetings)`:                                   `has no label "site"`,
		`sum by (kind) (sum by (account) (zoom_live_meetings))`:                `has no label "kind"`,
		`sum without (site) (zoom_live_meetings)`:                              `has no label "site"`,
		`zoom_live_meetings and on (kind) zoom_account_up`:                     `zoom_account_up has no label "kind"`,
		`zoom_account_up and on (kind) zoom_live_meetings`:                     `zoom_account_up has no label "kind"`,
		`zoom_account_up * on (account) group_left (site) zoom_live_meetings`:  `zoom_live_meetings has no label "site"`,
		`zoom_account_up * on (account) group_right (kind) zoom_live_meetings`: `zoom_account_up has no label "kind"`,
		`zoom_live_meetings{kind="meetings"}`:                                  `kind="meetings" is none of meeting, webinar`,
		`zoom_live_meetings{kind!="meetings"}`:                                 `kind!="meetings" is none of`,
		`zoom_live_meetings{kind=~"meeting|webinars"}`:                         `is none of meeting, webinar`,
		`zoom_live_meetings{kind!~"meeting|webinars"}`:                         `is none of meeting, webinar`,
		`zoom_live_meetings{kind=~"web.+s"}`:                                   `is none of meeting, webinar`,
		`zoom_live_meetings{kind!~"web.+s"}`:                                   `is none of meeting, webinar`,
		`increase(zoom_readings_lost_total{reason="scope"}[30m])`:              `reason="scope" is none of no_answer`,
		`zoom_qos_latency_seconds{direction="input"}`:                          `is none of sent, received`,
		`zoom_probe_qos_latency_seconds{direction="input"}`:                    `is none of sent, received`,
		`account:zoom_qos_readings:bad{verdict="fine"}`:                        `is none of good, poor, bad`,
		`zoom:threshold:latency_seconds{verdict="bad"}`:                        `is none of good, poor`,

		`zoom_qos_readings_total`:                    "rate and increase are for counters",
		`rate(zoom_live_meetings[1h])`:               "rate and increase are for counters",
		`sum_over_time(zoom_qos_readings_total[1h])`: "rate and increase are for counters",
		`increase(zoom_qos_readings_total[29m])`:     "looks back 29m0s, less than 30m0s",
		`rate(account:zoom_qos_readings:bad[1h])`:    "a rate after recording",
		`increase(sum(zoom_live_meetings)[1h:1m])`:   "a rate of what is no series of the exporter",
	} {
		expr, err := Parse(query)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		faults := all.Check(expr)
		switch {
		case want == "" && len(faults) > 0:
			t.Errorf("%s is right, but: %q", query, faults)
		case !slices.ContainsFunc(faults, func(fault string) bool { return strings.Contains(fault, want) }) && want != "":
			t.Errorf("%s: %q, want %q", query, faults, want)
		}
	}
	if _, err := Parse("sum(zoom_account_up"); err == nil {
		t.Error("half a query is parsed")
	}
}

func TestUnreadableRule(t *testing.T) {
	if _, err := metrics(t).Recorded([]Rule{{Record: "a:b:c", Expr: "sum("}}); err == nil {
		t.Error("half a rule is read")
	}
}

// A rule that is made of itself must not be looked for without end.
func TestRuleOfItself(t *testing.T) {
	all, err := metrics(t).Recorded([]Rule{{Record: "a:b:c", Expr: "a:b:c or sum by (account) (zoom_account_up)"}})
	if err != nil || !slices.Contains(all["a:b:c"].Labels, "account") {
		t.Errorf("%+v, %v", all["a:b:c"], err)
	}
}
