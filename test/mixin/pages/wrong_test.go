package pages

import (
	"slices"
	"strings"
	"testing"
)

// Whatever is wrong with a page is found, with its line.
func TestWrongPages(t *testing.T) {
	for name, x := range map[string]struct{ page, want string }{
		"half a query":      {"```promql\nsum(zoom_account_up\n```\n", "line 2: "},
		"unknown metric":    {"# A\n\n```promql\nzoom_account_down\n```\n", "line 4: zoom_account_down: is not in docs/metrics.md"},
		"unknown label":     {"```promql\nzoom_account_up{nonsense=\"client\"}\n```\n", `line 2: zoom_account_up{nonsense="client"}: has no label "nonsense"`},
		"unknown value":     {"```promql\nzoom_live_meetings{kind=\"phone\"}\n```\n", "line 2: "},
		"unknown record":    {"```promql\naccount:zoom_qos_readings:none\n```\n", "is not recorded"},
		"second query":      {"```promql\nzoom_account_up\n\nzoom_account_down\n```\n", "line 4: zoom_account_down: is not"},
		"short window":      {"```promql\nincrease(zoom_qos_readings_total[5m])\n```\n", "less than 30m0s"},
		"in a list":         {"- a\n\n  ```promql\n  zoom_account_down\n  ```\n", "line 4: "},
		"curl -G":           {"```sh\ncurl -G http://192.0.2.1/api/v1/query \\\n  --data-urlencode 'query=zoom_account_up{nonsense=\"a\"}'\n```\n", `line 3: zoom_account_up{nonsense="a"}: has no label "nonsense"`},
		"curl, escaped":     {"```sh\ncurl 'http://192.0.2.1/api/v1/query?query=zoom_account_up%7Bnonsense%3D%22a%22%7D&time=1'\n```\n", `line 2: zoom_account_up{nonsense="a"}: has no label "nonsense"`},
		"sample":            {"```text\nzoom_account_up{account=\"a\",nonsense=\"b\"} 1\n```\n", `line 2: zoom_account_up{account="a",nonsense="b"}: has no label "nonsense"`},
		"inline selector":   {"Look at `zoom_account_up{nonsense=\"a\"}`.\n", `line 1: zoom_account_up{nonsense="a"}: has no label "nonsense"`},
		"inline nonsense":   {"Look at `zoom_account_up{nonsense}`.\n", "line 1: "},
		"inline name":       {"a\nLook at `zoom_account_down`.\n", "line 2: zoom_account_down is no metric"},
		"name in prose":     {"See zoom_account_down.\n", "line 1: zoom_account_down is no metric"},
		"name in a command": {"```sh\ngrep '^zoom_account_down'\n```\n", "line 2: zoom_account_down is no metric"},
		"open name":         {"All `zoom_nonsense_…` figures.\n", "zoom_nonsense_… is no metric"},
		"open threshold":    {"One of `zoom:threshold:nonsense_…`.\n", "zoom:threshold:nonsense_… is no metric"},
		"new name":          {"| old | new |\n|---|---|\n| `zoom_account_gone` | `zoom_account_down` |\n", "line 3: zoom_account_down is no metric"},
		"another table":     {"| name | new |\n|---|---|\n| `zoom_account_gone` | |\n", "line 3: zoom_account_gone is no metric"},
		"inline matcher":    {"With `nonsense=\"a\"`.\n", `line 1: nonsense="a": no metric or alert has a label "nonsense"`},
		"matcher's value":   {"With `kind=\"phone\"`.\n", `line 1: kind="phone": no metric has such a value`},
	} {
		faults := readChecker(t).check(x.page)
		if !slices.ContainsFunc(faults, func(fault string) bool { return strings.Contains(fault, x.want) }) {
			t.Errorf("%s: %q, want %q", name, faults, x.want)
		}
	}
}

func TestRightPage(t *testing.T) {
	const page = "`zoom_account_up` and the `zoom_qos_…` gauges, by `kind=\"webinar\"` or `severity=\"critical\"`; thresholds are `zoom:threshold:…`.\n\n" +
		"```promql\n# who is there\nzoom_account_up == 0\n\nsum by (kind) (zoom_live_meetings)\n```\n\n" +
		"```text\nzoom_account_up{account=\"a\"} 1\n```\n\n" +
		"```sh\ncurl -G http://192.0.2.1/api/v1/query --data-urlencode 'query=zoom_account_up{account=\"a\"}'\n```\n\n" +
		"`max by (account, …)` of `zoom_qos_session_duration_seconds`, `zoom_qos_session_duration_seconds_bucket` and `zoom_account_up{account=\"a\"}`.\n" +
		"\n| old | new |\n|---|---|\n| `zoom_account_gone` | `zoom_account_up` |\n\n" +
		"The key `participants` and the scope dashboard:read:list_meetings:admin are no metrics.\n"
	c := readChecker(t)
	for _, fault := range c.check(page) {
		t.Error(fault)
	}
	if c.queries != 3 {
		t.Errorf("%d queries, want 3", c.queries)
	}
}
