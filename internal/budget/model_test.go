package budget

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/seeds"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// world is a Zoom that counts what reaches it, a machine with a clock that is set,
// other apps on the account, and answers that come late, unordered, throttled
// and absurd.
type world struct {
	*fixture
	rng     *rand.Rand
	limits  Limits
	reserve float64
	pending []reply

	left    map[zoomapi.Class][]time.Duration // when attempts left, elapsed
	ours    map[dayClass]int                  // what reached Zoom
	foreign map[dayClass]int
}

type dayClass struct {
	day   int64
	class zoomapi.Class
}

type reply struct {
	due    time.Duration
	class  zoomapi.Class
	answer zoomapi.Answer
}

func newWorld(seed uint64, limits Limits, reserve float64) *world {
	rng := rand.New(rand.NewPCG(seed, 1))
	start := at(0, 0, 0).Add(time.Duration(rng.Int64N(int64(dayLength))))
	// How wrong the machine's clock is at the start.
	wrong := []time.Duration{0, 0, 20 * time.Second, -3 * time.Minute, 11 * time.Hour, -11 * time.Hour, -400 * dayLength}
	f := newFixture(start.Add(wrong[rng.IntN(len(wrong))]), limits, reserve)
	f.zoom = start
	f.jitter = rng.Float64
	return &world{
		fixture: f, rng: rng, limits: limits, reserve: reserve,
		left: map[zoomapi.Class][]time.Duration{}, ours: map[dayClass]int{}, foreign: map[dayClass]int{},
	}
}

// send acquires and lets the attempt reach Zoom a little later.
func (w *world) send() error {
	class := zoomapi.Heavy
	if w.rng.IntN(3) == 0 {
		class = zoomapi.ResourceIntensive
	}
	err := w.Acquire(w.clock.within(time.Duration(w.rng.Int64N(int64(3*time.Second)))), class)
	if err != nil {
		return err
	}
	sent := w.clock.elapsed
	w.left[class] = append(w.left[class], sent)
	reached := sent + time.Duration(w.rng.Int64N(int64(10*time.Second)))
	today := dayOf(w.zoom.Add(reached))
	w.ours[dayClass{today, class}]++
	w.pending = append(w.pending, reply{
		due:    reached + time.Duration(w.rng.Int64N(int64(15*time.Second))),
		class:  class,
		answer: w.answered(class, reached),
	})
	return nil
}

// answered is what Zoom says to an attempt that reaches it at reached.
func (w *world) answered(class zoomapi.Class, reached time.Duration) zoomapi.Answer {
	date := w.zoom.Add(reached).Truncate(time.Second)
	a := zoomapi.Answer{Sent: w.clock.Now(), Date: date, Status: 200, Limit: -1, Remaining: -1}
	if w.rng.IntN(8) == 0 {
		a.Sent = a.Sent.Round(0) // without its monotonic reading
	}
	if w.rng.IntN(10) == 0 {
		a.Date = zoomtime.Time{}
	}
	if w.rng.IntN(20) == 0 && !a.Date.IsZero() {
		a.Date = a.Date.Add(time.Duration(w.rng.Int64N(int64(80*time.Hour))) - 40*time.Hour)
	}
	scopes := []zoomapi.LimitScope{zoomapi.UnknownScope, zoomapi.PerSecond, zoomapi.PerMinute, zoomapi.Concurrency, zoomapi.PerDay}
	switch w.rng.IntN(60) {
	case 0:
		a.Status, a.Scope = 429, scopes[w.rng.IntN(4)]
	case 1:
		a.Status, a.Scope = 429, scopes[w.rng.IntN(5)]
		a.RetryAfter = retryAt(date.Add(time.Duration(w.rng.Int64N(int64(40 * time.Minute)))))
	case 2:
		a.Status = 0
	case 3:
		a.Scope = scopes[w.rng.IntN(5)]
		a.Limit, a.Remaining = w.rng.IntN(500)-5, w.rng.IntN(1000)-5
	default:
		if w.rng.IntN(2) == 0 {
			a.Scope = zoomapi.PerDay
			a.Limit = w.dayLimit(class)
			used := w.used(dayOf(date), class, w.ours) + w.used(dayOf(date), class, w.foreign)
			a.Remaining = max(0, a.Limit-used)
		}
	}
	return a
}

func (w *world) dayLimit(class zoomapi.Class) int {
	switch {
	case w.limits.PerDay > 0:
		return w.limits.PerDay
	case class == zoomapi.Heavy:
		return w.limits.HeavyPerDay
	}
	return w.limits.ResourceIntensivePerDay
}

// used counts a day's requests of a class, or of both where they share a pool.
func (w *world) used(day int64, class zoomapi.Class, of map[dayClass]int) int {
	if w.limits.PerDay > 0 {
		return of[dayClass{day, zoomapi.Heavy}] + of[dayClass{day, zoomapi.ResourceIntensive}]
	}
	return of[dayClass{day, class}]
}

// deliver hands over the answers that are due, in any order.
func (w *world) deliver() {
	w.rng.Shuffle(len(w.pending), func(i, j int) { w.pending[i], w.pending[j] = w.pending[j], w.pending[i] })
	kept := w.pending[:0]
	for _, r := range w.pending {
		if r.due > w.clock.elapsed {
			kept = append(kept, r)
			continue
		}
		w.Observe(r.class, r.answer)
	}
	w.pending = kept
}

// pass lets time go by. Answers come when they are due, but now and then the
// process stands still and finds them all at the end.
func (w *world) pass(d time.Duration) {
	end := w.clock.elapsed + d
	if w.rng.IntN(10) > 0 {
		slices.SortFunc(w.pending, func(a, b reply) int { return cmp.Compare(a.due, b.due) })
		for _, r := range slices.Clone(w.pending) {
			if r.due <= end {
				w.clock.elapsed = max(w.clock.elapsed, r.due)
				w.deliver()
			}
		}
	}
	w.clock.elapsed = end
}

func (w *world) step() (refused error) {
	switch w.rng.IntN(20) {
	case 0:
		w.clock.stepWall(time.Duration(w.rng.Int64N(int64(60*time.Hour))) - 30*time.Hour)
	case 1:
		w.pass(time.Duration(w.rng.Int64N(int64(20 * time.Minute))))
	case 2: // just before Zoom's midnight
		if w.rng.IntN(20) == 0 {
			midnight := dayStart(dayOf(w.now()) + 1)
			w.pass(max(0, midnight.Sub(w.now())-time.Duration(w.rng.Int64N(int64(90*time.Second)))))
		}
	case 3:
		w.foreign[dayClass{dayOf(w.now()), zoomapi.Heavy}] += w.rng.IntN(3)
	case 4:
		w.Configure(w.limits, w.reserve) // a reload that changes nothing
	case 5, 6, 7:
		w.pass(time.Duration(w.rng.Int64N(int64(2 * time.Second))))
	case 8, 9:
		w.deliver()
	default:
		return w.send()
	}
	return nil
}

// TestNeverMoreThanTheShare is the main property: whatever happens, what reaches
// Zoom stays within limit − reserve in any second, minute and UTC day.
func TestNeverMoreThanTheShare(t *testing.T) {
	for _, tt := range []struct {
		name       string
		limits     Limits
		reserve    float64
		heavy      int // at most, in
		heavySpan  time.Duration
		lists      int // at most in a minute
		day        int // together, at most
		heavyOfDay int // on its own, at most
		listsOfDay int
	}{
		{"business, small day", Limits{HeavyPerSecond: 40, ResourceIntensivePerMinute: 20, PerDay: 600}, 0.3,
			20, time.Second, 14, 420, 420, 420},
		{"pro, small day, no reserve", Limits{HeavyPerSecond: 10, ResourceIntensivePerMinute: 10, PerDay: 400}, 0,
			5, time.Second, 10, 400, 400, 400},
		{"free, small days", Limits{HeavyPerSecond: 1, ResourceIntensivePerMinute: 10, HeavyPerDay: 200, ResourceIntensivePerDay: 300}, 0.3,
			1, 2 * time.Second, 7, 350, 140, 210},
		{"explicit, tiny", Limits{HeavyPerSecond: 3, ResourceIntensivePerMinute: 1, PerDay: 100}, 0.5,
			1, time.Second, 1, 50, 50, 50},
	} {
		t.Run(tt.name, func(t *testing.T) {
			refusals := map[error]int{}
			days, full, sent := 0, 0, 0
			for seed := range uint64(seeds.Count(60)) {
				w := newWorld(seed, tt.limits, tt.reserve)
				for range 4000 {
					err := w.step()
					for _, sentinel := range []error{ErrExhausted, ErrCooldown, ErrTooLate} {
						if errors.Is(err, sentinel) {
							refusals[sentinel]++
						}
					}
				}
				if n := busiest(slices.Values(w.left[zoomapi.Heavy]), tt.heavySpan); n > tt.heavy {
					t.Errorf("seed %d: %d heavy in %v", seed, n, tt.heavySpan)
				}
				if n := busiest(slices.Values(w.left[zoomapi.ResourceIntensive]), time.Minute); n > tt.lists {
					t.Errorf("seed %d: %d lists in a minute", seed, n)
				}
				for key := range w.ours {
					heavy, lists := w.ours[dayClass{key.day, zoomapi.Heavy}], w.ours[dayClass{key.day, zoomapi.ResourceIntensive}]
					if heavy+lists > tt.day || heavy > tt.heavyOfDay || lists > tt.listsOfDay {
						t.Errorf("seed %d: %d heavy and %d lists on %v", seed, heavy, lists, dayStart(key.day))
					}
					days++
					sent += heavy + lists
					if heavy+lists > tt.day*8/10 {
						full++
					}
				}
			}
			// The world must have gone to the limits for this to mean anything.
			t.Logf("%d sent on %d days and classes, %d of them nearly full; refusals: %v", sent, days, full, refusals)
			if full == 0 || refusals[ErrExhausted] == 0 || refusals[ErrCooldown] == 0 || refusals[ErrTooLate] == 0 {
				t.Error("the simulation did not reach the limits")
			}
		})
	}
}

// TestWholeDayCanBeSpent: with nothing in the way the whole share can be sent.
func TestWholeDayCanBeSpent(t *testing.T) {
	f := newFixture(at(0, 0, 0), business, 0.3)
	n := 0
	for f.now().Before(at(24, 0, 0)) {
		err := f.Acquire(f.clock.within(time.Minute), zoomapi.Heavy)
		if err == nil {
			n++
			if n%50 == 0 {
				f.Observe(zoomapi.Heavy, f.daily(60_000, 60_000-n))
			}
			continue
		}
		if !errors.Is(err, ErrExhausted) {
			t.Fatal(err)
		}
		break
	}
	if n != 42_000 {
		t.Errorf("%d sent, want 42000", n)
	}
	if want := time.Duration(42_000/20-1) * time.Second; f.clock.elapsed != want {
		t.Errorf("it took %v, want %v", f.clock.elapsed, want)
	}
}

// FuzzObserve: no answer, however odd, panics or ends a cooldown.
func FuzzObserve(f *testing.F) {
	f.Add(int64(0), int64(0), 200, uint8(0), -1, -1, int64(0), false)
	f.Add(int64(-5), int64(3600), 429, uint8(4), 60000, 0, int64(86400), true)
	f.Add(int64(1)<<62, int64(-1)<<62, 429, uint8(0), -1<<62, 1<<62, int64(1)<<62, true)
	scopes := []zoomapi.LimitScope{zoomapi.UnknownScope, zoomapi.PerSecond, zoomapi.PerMinute, zoomapi.Concurrency, zoomapi.PerDay, "other"}
	f.Fuzz(func(t *testing.T, sent, date int64, status int, scope uint8, limit, remaining int, retry int64, list bool) {
		x := newFixture(at(12, 0, 0), Limits{HeavyPerSecond: 2, ResourceIntensivePerMinute: 2, PerDay: 1000}, 0.3)
		class := zoomapi.Heavy
		if list {
			class = zoomapi.ResourceIntensive
		}
		x.Observe(class, x.throttle(zoomapi.PerMinute))
		before := fmt.Sprint(x.Acquire(context.Background(), class))
		a := zoomapi.Answer{
			Sent: time.Unix(sent, 0), Date: zoomtime.Unix(date), Status: status,
			Scope: scopes[int(scope)%len(scopes)], Limit: limit, Remaining: remaining, RetryAfter: retryAt(zoomtime.Unix(retry)),
		}
		for range 4 {
			x.Observe(class, a)
		}
		if err := x.Acquire(context.Background(), class); !errors.Is(err, ErrCooldown) {
			t.Fatalf("in a cooldown before with %s, then %v", before, err)
		}
		for _, p := range x.Status() {
			if p.Remaining < 0 || p.Foreign < 0 || p.Reserved < 0 || p.Limit < 0 {
				t.Fatalf("negative: %+v", p)
			}
			// Longer than any cooldown, measured on Zoom's clock as it is now.
			if !p.CooldownUntil.IsZero() && p.CooldownUntil.Sub(p.Reset) > 26*time.Hour {
				t.Fatalf("too long a cooldown: %+v", p)
			}
		}
		if left, _ := x.Left(class); left < 0 {
			t.Fatalf("left %d", left)
		}
	})
}
