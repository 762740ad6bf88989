package plan

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestSizing(t *testing.T) {
	for _, tt := range []struct {
		name     string
		requests int
		guessed  bool
		interval time.Duration
		has, not []string
	}{
		{"plenty", 20_000, false, time.Minute, []string{"about once a minute"}, []string{"slow", "reserve"}},
		{"enough for a while", 4060, false, 3 * time.Minute, []string{"do not allow"}, []string{"slow", "reserve"}},
		{"short", 2060, false, 6 * time.Minute, []string{"slow", "include and exclude", "watch", "reserve", "higher limits"}, []string{"once a minute"}},
		{"guessed", 20_000, true, time.Minute, []string{"about once a minute"}, nil},
		{"nothing", 60, false, 24 * time.Hour, []string{"are spent", "nothing is refreshed", "reserve"}, []string{"once a minute"}},
		{"no limit", math.MaxInt, false, time.Minute, []string{"no daily limit"}, nil},
	} {
		hour := Forecast{{3600, office(100), tt.guessed}} // 200 pages for an hour
		lists := 60.0
		o := Outlook{
			Allowance: Allowance{Requests: tt.requests}, Forecast: hour, ListRequests: lists,
			Price: priceFor(hour, float64(tt.requests)-lists),
		}
		s := o.Sizing()
		if (s.Interval-tt.interval).Abs() > time.Second || s.NeededRequests != 12_060 {
			t.Errorf("%s: %+v", tt.name, s)
		}
		if s.Exhausted() != (tt.name == "nothing") {
			t.Errorf("%s: exhausted %t", tt.name, s.Exhausted())
		}
		text := s.Message()
		if strings.ContainsAny(text, "0123456789") {
			t.Errorf("%s: %q repeats what fields are for", tt.name, text)
		}
		for _, want := range tt.has {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q lacks %q", tt.name, text, want)
			}
		}
		for _, unwanted := range tt.not {
			if strings.Contains(text, unwanted) {
				t.Errorf("%s: %q has %q", tt.name, text, unwanted)
			}
		}
	}
}

func TestThrottled(t *testing.T) {
	live := office(100) // 200 pages
	for perSecond, want := range map[int]time.Duration{20: 2 * time.Minute, 2: 2 * time.Minute, 1: 200 * time.Second} {
		if got := (Sizing{Interval: 2 * time.Minute}).Throttled(&live, perSecond).Interval; got != want {
			t.Errorf("at %d a second: %v, want %v", perSecond, got, want)
		}
	}
}
