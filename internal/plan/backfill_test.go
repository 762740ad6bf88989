package plan

import (
	"math"
	"testing"
	"time"
)

func TestBackfillAllowance(t *testing.T) {
	for name, tt := range map[string]struct {
		cost, left      float64
		live, backfills int // spent
		want, share     float64
	}{
		"no backfills":                         {0, 1000, 0, 0, 0, 1},
		"enough for all":                       {400, 1000, 0, 0, 400, 1},
		"no more than their share of the day":  {2400, 1000, 0, 0, 600, 0.25},
		"nor of what is left of it":            {800, 1000, 250, 750, 450, 0.5625},
		"live meetings took more than theirs":  {700, 1000, 3000, 1000, 700, 1},
		"but keep a tenth of the rest":         {1200, 1000, 3000, 1000, 900, 0.75},
		"backfills had their share":            {400, 1000, 0, 1500, 0, 0},
		"nothing left":                         {400, 0, 10, 0, 0, 0},
		"less than nothing left":               {400, -50, 10, 0, 0, 0},
		"nothing left and nothing to backfill": {0, 0, 0, 0, 0, 1},
	} {
		got, share := backfillAllowance(tt.cost, tt.left, Usage{LiveSpent: tt.live, BackfillsSpent: tt.backfills})
		if got != tt.want || share != tt.share {
			t.Errorf("%s: %v, a share of %v; want %v, %v", name, got, share, tt.want, tt.share)
		}
	}
}

// The cost of backfills is learned from those that were made.
func TestCostOfBackfillsIsLearned(t *testing.T) {
	p := NewProfile(nil)
	now := time.Date(2024, 1, 1, 9, 0, 0, 0, time.UTC)
	before := p.BackfillRate(10)
	if math.Abs(before-10/usualLife.Seconds()) > 1e-9 {
		t.Errorf("unlearned, ten pages make backfills cost %v a second", before)
	}
	var d Demand
	for range 20 {
		d.Add(1, 5, 1)
	}
	for minute := range 2 * 24 * 60 { // of pages that live for a quarter of an hour
		p.Observe(now.Add(time.Duration(minute)*time.Minute), d)
		if minute%3 == 0 {
			p.ObserveBackfill(4)
		}
	}
	want := 10 / (15 * time.Minute).Seconds()
	if got := p.BackfillRate(10); math.Abs(got/want-1) > 0.05 {
		t.Errorf("ten pages make backfills cost %v a second, want about %v", got, want)
	}
	f := Forecast{{Seconds: 3600, Demand: d}}
	if got := p.backfillRequests(f); math.Abs(got-7200*want) > 0.05*7200*want {
		t.Errorf("backfills of the next hour cost %v, want about %v", got, 7200*want)
	}
}
