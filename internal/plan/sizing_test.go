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
		{"plenty", 20_000, false, time.Minute, []string{"20000 requests", "would take 12060", "every 1m0s"}, []string{"too slow", "guess", "gone"}},
		{"short", 2060, false, 6 * time.Minute, []string{"every 6m0s", "too slow", "include and exclude", "watch", "reserve"}, []string{"guess"}},
		{"guessed", 20_000, true, time.Minute, []string{"guess"}, nil},
		{"nothing", 60, false, 24 * time.Hour, []string{"gone", "reserve"}, []string{"expect"}},
		{"no limit", math.MaxInt, false, time.Minute, []string{"no daily limit"}, []string{"9223372036854775807"}},
	} {
		hour := Forecast{{3600, office(100), tt.guessed}} // 200 pages for an hour
		lists := 60.0
		price := PriceOf(hour, float64(tt.requests)-lists)
		s := Size(hour, tt.requests, lists, 0, price)
		if (s.Interval-tt.interval).Abs() > time.Second || s.Needed != 12_060 {
			t.Errorf("%s: %+v", tt.name, s)
		}
		text := s.Text()
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
