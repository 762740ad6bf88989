package check

import (
	"strings"
	"testing"
	"time"
)

func TestReportWords(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", time.Minute: "1 min", 90 * time.Second: "1 min 30 s", 61*time.Second + 1: "1 min 2 s",
		13*time.Minute + 1: "14 min", time.Hour + 59*time.Minute + 59*time.Second: "2 h", 25 * time.Hour: "25 h",
	} {
		if got := spoken(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", -1000: "-1,000", -100: "-100", 1234567: "1,234,567"} {
		if got := grouped(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
	if got := strings.Join(wrapped("äöü bb ccc dddddddd e", 6), "|"); got != "äöü bb|ccc|dddddddd|e" {
		t.Errorf("wrapped %q", got)
	}
}

func TestIsGranular(t *testing.T) {
	for scope, want := range map[string]bool{
		"dashboard:read:list_meetings:admin": true, "meeting:read:meeting": true,
		"dashboard:read:admin": false, "dashboard_meetings:read:admin": false, "meeting:master": false, "user:read": false,
	} {
		if got := isGranular(scope); got != want {
			t.Errorf("%s: %v", scope, got)
		}
	}
}
