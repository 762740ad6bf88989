package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	var trace, out, errs bytes.Buffer
	if status := run([]string{"-generate", "60", "-seed", "3"}, &trace, &errs); status != 0 {
		t.Fatalf("generate: %d, %s", status, &errs)
	}
	file := filepath.Join(t.TempDir(), "monday.csv")
	if err := os.WriteFile(file, trace.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"-trace", file, "-trace", file, "-limit", "5000", "-reserve", "0.2", "-days", "3", "-scrape", "60s", "-history", "new"}
	if status := run(args, &out, &errs); status != 0 {
		t.Fatalf("run: %d, %s", status, &errs)
	}
	var result struct {
		Days []map[string]any   `json:"days"`
		Lost map[string]float64 `json:"minutes_lost_by_reason"`
	}
	if err := json.Unmarshal(out.Bytes(), &result); err != nil || len(result.Days) != 3 {
		t.Fatalf("%v: %s", err, &out)
	}
	if _, ok := result.Lost["no_budget"]; !ok || len(result.Lost) != 4 {
		t.Errorf("lost by reason: %v", result.Lost)
	}
	for _, day := range result.Days {
		if day["minutes_total"].(float64) == 0 || day["minutes_counted"] != day["minutes_total"] {
			t.Errorf("not every minute was counted of %v", day)
		}
		for _, field := range []string{"requests_spent", "throttled", "mean_age_seconds", "p95_age_seconds", "reference_seconds", "ratio",
			"tail_requests", "minutes_total", "minutes_counted", "minutes_lost", "minutes_doubled"} {
			if _, ok := day[field].(float64); !ok {
				t.Errorf("no %s in %v", field, day)
			}
		}
		plain := day["plain_policies"].(map[string]any)
		for _, policy := range []string{"every_minute", "even_round_robin"} {
			if outcome, ok := plain[policy].(map[string]any); !ok || outcome["ratio"] == nil {
				t.Errorf("no %s in %v", policy, plain)
			}
		}
	}
}

func TestRunTellsWhatIsWrong(t *testing.T) {
	for _, tt := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"-no-such-flag"}, 2, "no-such-flag"},
		{[]string{"-trace", filepath.Join(t.TempDir(), "none.csv")}, 1, "none.csv"},
		{[]string{}, 1, "trace"},
		{[]string{"-zone", "Nowhere/At_All"}, 1, "Nowhere"},
		{[]string{"-history", "some"}, 1, "some"},
	} {
		var out, errs bytes.Buffer
		if status := run(tt.args, &out, &errs); status != tt.status || !strings.Contains(errs.String(), tt.want) || out.Len() != 0 {
			t.Errorf("%v: status %d, %q", tt.args, status, errs.String())
		}
	}
}
