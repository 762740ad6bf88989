package budget

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/seeds"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// memoryJournal is a Journal in memory, which outlives a Budget.
type memoryJournal struct {
	record []byte
	saves  int
	broken bool
}

func (p *memoryJournal) Save(record []byte) error {
	if p.broken {
		return errors.New("no space left")
	}
	p.record = record
	p.saves++
	return nil
}

// start is a process that begins with the saved record.
func (w *world) start(t *testing.T, p *memoryJournal) {
	o := Options{Limits: w.limits, Reserve: w.reserve, Clock: w.clock, Jitter: w.rng.Float64, Journal: p}
	if p.record == nil {
		w.Budget = New(o)
		return
	}
	b, err := Restore(o, p.record)
	if err != nil {
		t.Fatalf("%v in %s", err, p.record)
	}
	w.Budget = b
}

// crash ends the process, now and then in an orderly way, and starts the next
// one a while later on a machine whose clock may have been set.
func (w *world) crash(t *testing.T, p *memoryJournal) {
	if w.rng.IntN(4) == 0 {
		if err := w.Save(); err != nil && !p.broken {
			t.Fatal(err)
		}
	}
	w.pending = nil
	downs := []time.Duration{0, time.Second, 3 * time.Second, time.Minute, 10 * time.Minute, 8 * time.Hour, 40 * time.Hour}
	i := w.rng.IntN(len(downs))
	if i > 3 {
		i = w.rng.IntN(len(downs)) // long ones are rare
	}
	w.clock.elapsed += time.Duration(w.rng.Int64N(int64(downs[i]) + 1))
	switch w.rng.IntN(6) {
	case 0:
		w.clock.stepWall(time.Duration(w.rng.Int64N(int64(60*time.Hour))) - 30*time.Hour)
	case 1:
		w.clock.stepWall(time.Duration(w.rng.Int64N(int64(4*time.Minute))) - 2*time.Minute)
	case 2: // set right
		w.clock.wall = w.zoom.UTC()
	}
	w.start(t, p)
	if w.rng.IntN(3) > 0 { // a token is had first
		w.Observe("", zoomapi.Answer{Sent: w.clock.Now(), Date: w.now().Truncate(time.Second), Status: 200, Limit: -1, Remaining: -1})
	}
}

// TestNeverMoreThanTheShareOverCrashes is the law over any number of lives:
// counted from outside, by Zoom's clock, nothing is handed out twice.
func TestNeverMoreThanTheShareOverCrashes(t *testing.T) {
	for _, tt := range []struct {
		name              string
		limits            Limits
		reserve           float64
		heavy             int // at most, in
		heavySpan         time.Duration
		lists             int // at most in a minute
		day               int // together, at most
		heavyDay, listDay int
	}{
		{"business, small day", Limits{HeavyPerSecond: 40, ResourceIntensivePerMinute: 20, PerDay: 600}, 0.3,
			20, time.Second, 14, 420, 420, 420},
		{"pro, small day, no reserve", Limits{HeavyPerSecond: 10, ResourceIntensivePerMinute: 10, PerDay: 400}, 0,
			5, time.Second, 10, 400, 400, 400},
		{"free, small days", Limits{HeavyPerSecond: 1, ResourceIntensivePerMinute: 10, HeavyPerDay: 200, ResourceIntensivePerDay: 300}, 0.3,
			1, 2 * time.Second, 7, 350, 140, 210},
	} {
		for name, kind := range map[string]struct {
			every int // steps between crashes
			seeds int
		}{"seldom": {1000, 16}, "often": {60, 8}, "loop": {6, 3}} {
			every := kind.every
			t.Run(tt.name+", "+name, func(t *testing.T) {
				crashes, sent, full, days, saves := 0, 0, 0, 0, 0
				for seed := range uint64(seeds.Count(kind.seeds)) {
					w, p := newWorld(seed, tt.limits, tt.reserve), &memoryJournal{}
					w.start(t, p)
					for range 4000 {
						if w.rng.IntN(every) == 0 {
							w.crash(t, p)
							crashes++
						}
						_ = w.step()
					}
					saves += p.saves
					if n := busiest(slices.Values(w.left[zoomapi.Heavy]), tt.heavySpan); n > tt.heavy {
						t.Errorf("seed %d: %d heavy in %v", seed, n, tt.heavySpan)
					}
					if n := busiest(slices.Values(w.left[zoomapi.ResourceIntensive]), time.Minute); n > tt.lists {
						t.Errorf("seed %d: %d lists in a minute", seed, n)
					}
					seen := map[int64]bool{}
					for key := range w.ours {
						if seen[key.day] {
							continue
						}
						seen[key.day] = true
						heavy, lists := w.ours[dayClass{key.day, zoomapi.Heavy}], w.ours[dayClass{key.day, zoomapi.ResourceIntensive}]
						if heavy+lists > tt.day || heavy > tt.heavyDay || lists > tt.listDay {
							t.Errorf("seed %d: %d heavy and %d lists on %v", seed, heavy, lists, dayStart(key.day))
						}
						days++
						sent += heavy + lists
						if heavy+lists > tt.day/2 {
							full++
						}
					}
				}
				t.Logf("%d crashes, %d sent on %d days, %d of them well spent, %d saves", crashes, sent, days, full, saves)
				if sent < 300*seeds.Count(kind.seeds) || (every > 100 && full == 0) {
					t.Error("the simulation did not reach the limits")
				}
			})
		}
	}
}
