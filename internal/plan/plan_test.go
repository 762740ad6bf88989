package plan

import (
	"math"
	"testing"
	"testing/quick"
	"time"
)

func TestInterval(t *testing.T) {
	for _, tt := range []struct {
		name  string
		pages int
		money Money
		want  time.Duration
	}{
		{"nothing is live", 0, Money{100, time.Hour, 1}, time.Minute},
		{"no limit", 5000, Money{math.MaxInt, time.Hour, 1}, time.Minute},
		{"plenty", 10, Money{10_000, time.Hour, 2}, time.Minute},
		{"exactly a minute", 10, Money{60*10 + 60*2, time.Hour, 2}, time.Minute},
		{"half of that", 10, Money{60*5 + 60*2, time.Hour, 2}, 2 * time.Minute},
		{"a business account at midnight", 200, Money{42_000, 24 * time.Hour, 2}, 24 * time.Hour * 200 / (42_000 - 2880)},
		{"the lists take it all", 10, Money{100, time.Hour, 2}, time.Hour},
		{"no money", 10, Money{0, time.Hour, 0}, time.Hour},
		{"no money, and the day is over", 10, Money{0, 0, 0}, time.Minute},
		{"less than a pass", 1000, Money{10, time.Hour, 0}, time.Hour},
	} {
		if got := Interval(tt.pages, tt.money); got.Round(time.Millisecond) != tt.want.Round(time.Millisecond) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// Spending at the interval never costs more than there is.
func TestIntervalIsPaidFor(t *testing.T) {
	paid := func(pages, requests uint16, minutes, lists uint8) bool {
		money := Money{int(requests), time.Duration(minutes) * time.Minute, int(lists)}
		interval := Interval(int(pages), money)
		if interval < Fastest || interval > max(Fastest, money.Reset) {
			return false
		}
		if interval == Fastest || interval == money.Reset {
			return true
		}
		passes := money.Reset.Seconds() / interval.Seconds()
		return passes*float64(pages)+float64(lists)*money.Reset.Minutes() <= float64(requests)*(1+1e-6)+1e-6
	}
	if err := quick.Check(paid, &quick.Config{MaxCount: 20_000}); err != nil {
		t.Error(err)
	}
}
