package plan

import (
	"math"
	"testing"
	"time"
)

func TestTailMoney(t *testing.T) {
	for name, tt := range map[string]struct {
		cost, left, live, tails float64
		want, part              float64
	}{
		"nothing to pay":              {0, 1000, 0, 0, 0, 1},
		"all of it":                   {400, 1000, 0, 0, 400, 1},
		"their share of the day's":    {2400, 1000, 0, 0, 600, 0.25},
		"and of its rest":             {800, 1000, 250, 750, 450, 0.5625},
		"the live ones had too much":  {700, 1000, 3000, 1000, 700, 1},
		"but keep some to the end":    {1200, 1000, 3000, 1000, 900, 0.75},
		"the tails had their share":   {400, 1000, 0, 1500, 0, 0},
		"no money":                    {400, 0, 10, 0, 0, 0},
		"less than no money":          {400, -50, 10, 0, 0, 0},
		"no money and nothing to pay": {0, 0, 0, 0, 0, 1},
	} {
		if got, part := TailMoney(tt.cost, tt.left, tt.live, tt.tails); got != tt.want || part != tt.part {
			t.Errorf("%s: %v, part %v; want %v, %v", name, got, part, tt.want, tt.part)
		}
	}
}

// What tails cost is learned from those that were asked for.
func TestTheCostOfTailsIsLearned(t *testing.T) {
	p := NewProfile(nil)
	now := time.Date(2024, 1, 1, 9, 0, 0, 0, time.UTC)
	before := p.TailRate(10)
	if math.Abs(before-10/usualLife.Seconds()) > 1e-9 {
		t.Errorf("unlearned, ten pages make tails cost %v a second", before)
	}
	var d Demand
	for range 20 {
		d.Add(1, 5, 1)
	}
	for minute := range 2 * 24 * 60 { // of pages that live for a quarter of an hour
		p.Observe(now.Add(time.Duration(minute)*time.Minute), d)
		if minute%3 == 0 {
			p.Ended(4)
		}
	}
	want := 10 / (15 * time.Minute).Seconds()
	if got := p.TailRate(10); math.Abs(got/want-1) > 0.05 {
		t.Errorf("ten pages make tails cost %v a second, want about %v", got, want)
	}
	f := Forecast{{Seconds: 3600, Demand: d}}
	if got := p.Tails(f); math.Abs(got-7200*want) > 0.05*7200*want {
		t.Errorf("tails of the next hour are to cost %v, want about %v", got, 7200*want)
	}
}
