package budget

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

var business = Limits{HeavyPerSecond: 40, ResourceIntensivePerMinute: 20, PerDay: 60_000}

// at is an instant of 2 March 2026, or of the days after with hours over 24.
func at(hour, minute, second int) zoomtime.Time {
	return zoomtime.Of(time.Date(2026, 3, 2, hour, minute, second, 0, time.UTC))
}

// fixture is a Budget on a fake machine whose wall clock was right when it
// started.
type fixture struct {
	*Budget
	clock *fakeClock
	zoom  zoomtime.Time // Zoom's clock at elapsed 0
}

func newFixture(start zoomtime.Time, limits Limits, reserve float64) *fixture {
	c := &fakeClock{wall: start.UTC()}
	return &fixture{
		Budget: New(Options{Limits: limits, Reserve: reserve, Clock: c, Jitter: func() float64 { return 0 }}),
		clock:  c,
		zoom:   start,
	}
}

// now is Zoom's clock.
func (f *fixture) now() zoomtime.Time { return f.zoom.Add(f.clock.elapsed) }

// until moves to an instant of Zoom's clock.
func (f *fixture) until(t zoomtime.Time) { f.clock.advance(t.Sub(f.now())) }

// answer is a plain answer to an attempt sent just now.
func (f *fixture) answer(status int) zoomapi.Answer {
	return zoomapi.Answer{Sent: f.clock.Now(), Date: f.now().Truncate(time.Second), Status: status, Limit: -1, Remaining: -1}
}

func (f *fixture) daily(limit, remaining int) zoomapi.Answer {
	a := f.answer(200)
	a.Scope, a.Limit, a.Remaining = zoomapi.PerDay, limit, remaining
	return a
}

func (f *fixture) throttle(scope zoomapi.LimitScope) zoomapi.Answer {
	a := f.answer(429)
	a.Scope = scope
	return a
}

// spend acquires n times without a deadline.
func (f *fixture) spend(t *testing.T, class zoomapi.Class, n int) {
	t.Helper()
	for i := range n {
		if err := f.Acquire(context.Background(), class); err != nil {
			t.Fatalf("attempt %d of %d: %v", i+1, n, err)
		}
	}
}

// drain acquires until refused and returns how many it got and the refusal.
func (f *fixture) drain(t *testing.T, class zoomapi.Class) (int, *Error) {
	t.Helper()
	for n := 0; ; n++ {
		err := f.Acquire(context.Background(), class)
		if err == nil {
			continue
		}
		var refused *Error
		if !errors.As(err, &refused) {
			t.Fatalf("after %d: %v is no *Error", n, err)
		}
		return n, refused
	}
}

// leftUntil is Left with the end of the day for its length.
func (f *fixture) leftUntil(class zoomapi.Class) (int, zoomtime.Time) {
	left, reset := f.Left(class)
	return left, f.ZoomTime().Add(reset)
}

func (f *fixture) pool(t *testing.T, pool Pool) PoolStatus {
	t.Helper()
	for _, p := range f.Status() {
		if p.Pool == pool {
			return p
		}
	}
	t.Fatalf("no status of pool %s", pool)
	return PoolStatus{}
}

func TestDailyPools(t *testing.T) {
	for pool, want := range map[Pool]bool{
		HeavyPerSecond: false, ResourceIntensivePerMinute: false,
		PerDay: true, HeavyPerDay: true, ResourceIntensivePerDay: true,
	} {
		if pool.Daily() != want {
			t.Errorf("%s: Daily() = %v", pool, !want)
		}
	}
}

func TestAcquireKeepsTheShortWindows(t *testing.T) {
	for _, tt := range []struct {
		name    string
		limits  Limits
		reserve float64
		class   zoomapi.Class
		n       int           // attempts that leave at once
		next    time.Duration // when the next one may
	}{
		{"business heavy: half", business, 0.3, zoomapi.Heavy, 20, time.Second},
		{"business heavy: reserve above half", business, 0.8, zoomapi.Heavy, 8, time.Second},
		{"business lists", business, 0.3, zoomapi.ResourceIntensive, 14, time.Minute},
		{"pro lists: 10 × 0.7 is 7", Limits{ResourceIntensivePerMinute: 10}, 0.3, zoomapi.ResourceIntensive, 7, time.Minute},
		{"free heavy: one in two seconds", Limits{HeavyPerSecond: 1}, 0.3, zoomapi.Heavy, 1, 2 * time.Second},
		{"free heavy: one in four seconds", Limits{HeavyPerSecond: 1}, 0.75, zoomapi.Heavy, 1, 4 * time.Second},
		{"lists without reserve", business, 0, zoomapi.ResourceIntensive, 20, time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(at(10, 0, 0), tt.limits, tt.reserve)
			f.spend(t, tt.class, tt.n)
			if f.clock.elapsed != 0 {
				t.Fatalf("waited %v for the first %d", f.clock.elapsed, tt.n)
			}
			err := f.Acquire(f.clock.within(tt.next), tt.class)
			var refused *Error
			if !errors.Is(err, ErrTooLate) || !errors.As(err, &refused) {
				t.Fatalf("next within the window: %v", err)
			}
			if want := f.now().Add(tt.next); !refused.Until.Equal(want) {
				t.Errorf("Until %v, want %v", refused.Until, want)
			}
			if f.clock.elapsed != 0 {
				t.Errorf("a refusal took %v", f.clock.elapsed)
			}
			if err := f.Acquire(f.clock.within(tt.next+1), tt.class); err != nil {
				t.Fatalf("at the window's end: %v", err)
			}
			if f.clock.elapsed != tt.next {
				t.Errorf("next left after %v, want %v", f.clock.elapsed, tt.next)
			}
		})
	}
}

func TestWallStepsLeaveWindowsAndDaysAlone(t *testing.T) {
	for _, step := range []time.Duration{24 * time.Hour, -24 * time.Hour, 40 * time.Second, -time.Hour} {
		f := newFixture(at(0, 0, 0), business, 0.3)
		f.spend(t, zoomapi.ResourceIntensive, 14)
		want, _ := f.Left(zoomapi.Heavy)
		f.clock.stepWall(step)
		if err := f.Acquire(f.clock.within(59*time.Second), zoomapi.ResourceIntensive); !errors.Is(err, ErrTooLate) {
			t.Errorf("step %v: %v, want ErrTooLate", step, err)
		}
		left, reset := f.leftUntil(zoomapi.Heavy)
		if left != want || !reset.Equal(at(24, 0, 0)) {
			t.Errorf("step %v: left %d until %v, want %d until the same midnight", step, left, reset, want)
		}
	}
}

// A clock without monotonic readings that is set back must not open a window.
func TestClockWithoutMonotonicSetBack(t *testing.T) {
	f := newFixture(at(10, 0, 0), business, 0.3)
	plain := &plainClock{fakeClock: f.clock}
	f.Budget = New(Options{Limits: business, Reserve: 0.3, Clock: plain})
	f.spend(t, zoomapi.ResourceIntensive, 14)
	f.clock.stepWall(-time.Hour)
	if err := f.Acquire(plain.within(30*time.Second), zoomapi.ResourceIntensive); !errors.Is(err, ErrTooLate) {
		t.Fatalf("%v, want ErrTooLate", err)
	}
}

type plainClock struct{ *fakeClock }

func (c *plainClock) Now() time.Time { return c.fakeClock.Now().Round(0) }

func TestDayIsSpentToTheShareAndNoFurther(t *testing.T) {
	f := newFixture(at(0, 0, 0), Limits{PerDay: 100}, 0.3)
	f.spend(t, zoomapi.Heavy, 40)
	n, refused := f.drain(t, zoomapi.ResourceIntensive)
	if n != 30 || refused.Pool != PerDay || !errors.Is(refused, ErrExhausted) {
		t.Fatalf("%d more, then %v", n, refused)
	}
	if want := at(24, 1, 0); !refused.Until.Equal(want) {
		t.Errorf("Until %v, want %v", refused.Until, want)
	}
	// Around midnight both days must have room, and yesterday has none.
	for _, moment := range []zoomtime.Time{at(23, 59, 0), at(24, 0, 0), at(24, 0, 59)} {
		f.until(moment)
		if err := f.Acquire(context.Background(), zoomapi.Heavy); !errors.Is(err, ErrExhausted) {
			t.Errorf("at %v: %v", moment, err)
		}
	}
	f.until(refused.Until)
	if n, _ := f.drain(t, zoomapi.Heavy); n != 70 {
		t.Errorf("%d on the second day, want 70", n)
	}
}

func TestMidnightCountsInBothDays(t *testing.T) {
	f := newFixture(at(0, 0, 0), Limits{PerDay: 100}, 0)
	f.until(at(23, 59, 30))
	f.spend(t, zoomapi.Heavy, 10)
	f.until(at(24, 0, 59))
	f.spend(t, zoomapi.Heavy, 5)
	f.until(at(24, 1, 0))
	if left, reset := f.leftUntil(zoomapi.Heavy); left != 85 || !reset.Equal(at(48, 0, 0)) {
		t.Errorf("left %d until %v, want 85", left, reset)
	}
}

func TestFreePlanHasTwoDayPools(t *testing.T) {
	f := newFixture(at(0, 0, 0), Limits{HeavyPerDay: 10, ResourceIntensivePerDay: 30}, 0)
	if n, refused := f.drain(t, zoomapi.Heavy); n != 10 || refused.Pool != HeavyPerDay {
		t.Errorf("heavy: %d, then %v", n, refused)
	}
	if n, refused := f.drain(t, zoomapi.ResourceIntensive); n != 30 || refused.Pool != ResourceIntensivePerDay {
		t.Errorf("lists: %d, then %v", n, refused)
	}
}

func TestUnlimited(t *testing.T) {
	f := newFixture(at(12, 0, 0), Limits{}, 0.3)
	f.spend(t, zoomapi.Heavy, 1000)
	if left, _ := f.Left(zoomapi.Heavy); left != math.MaxInt {
		t.Errorf("left %d", left)
	}
	if s := f.Status(); len(s) != 0 {
		t.Errorf("pools without limits are shown: %+v", s)
	}
	if f.clock.elapsed != 0 {
		t.Errorf("waited %v", f.clock.elapsed)
	}
}

func TestReserveOfEverythingSendsNothing(t *testing.T) {
	for _, reserve := range []float64{1, 2, math.Inf(1), math.NaN()} {
		f := newFixture(at(0, 0, 0), business, reserve)
		err := f.Acquire(context.Background(), zoomapi.Heavy)
		var refused *Error
		if !errors.As(err, &refused) || !errors.Is(err, ErrExhausted) || !refused.Until.IsZero() {
			t.Errorf("reserve %v: %v", reserve, err)
		}
	}
}

func TestFreshStartAssumesTheDayInProportion(t *testing.T) {
	for _, tt := range []struct {
		start zoomtime.Time
		want  int // of 700
	}{
		{at(0, 0, 0), 700},
		{at(6, 0, 0), 525},
		{at(12, 0, 0), 350},
		{at(23, 50, 0), 4},
		{zoomtime.Of(time.Date(2028, 2, 29, 18, 0, 0, 0, time.UTC)), 175},
	} {
		f := newFixture(tt.start, Limits{PerDay: 1000}, 0.3)
		if got, _ := f.Left(zoomapi.Heavy); got != tt.want {
			t.Errorf("start %v: left %d, want %d", tt.start, got, tt.want)
		}
		if f.until(dayStart(dayOf(tt.start) + 1).Add(guard)); f.pool(t, PerDay).Remaining != 700 {
			t.Errorf("start %v: the next day is not whole: %d", tt.start, f.pool(t, PerDay).Remaining)
		}
	}
}

func TestLeapDay(t *testing.T) {
	f := newFixture(zoomtime.Of(time.Date(2028, 2, 28, 12, 0, 0, 0, time.UTC)), Limits{PerDay: 1000}, 0)
	for _, want := range []zoomtime.Time{
		zoomtime.Of(time.Date(2028, 2, 29, 0, 0, 0, 0, time.UTC)),
		zoomtime.Of(time.Date(2028, 3, 1, 0, 0, 0, 0, time.UTC)),
	} {
		if _, reset := f.leftUntil(zoomapi.Heavy); !reset.Equal(want) {
			t.Errorf("reset %v, want %v", reset, want)
		}
		f.clock.advance(dayLength)
	}
}

func TestConfigureKeepsTheLedger(t *testing.T) {
	f := newFixture(at(0, 0, 0), Limits{ResourceIntensivePerMinute: 20, PerDay: 100}, 0)
	f.spend(t, zoomapi.ResourceIntensive, 20)

	f.Configure(Limits{ResourceIntensivePerMinute: 20, ResourceIntensivePerDay: 50}, 0.5)
	if left, _ := f.Left(zoomapi.ResourceIntensive); left != 5 {
		t.Errorf("other pools, half reserved: left %d, want 5", left)
	}
	f.Configure(Limits{ResourceIntensivePerMinute: 30, PerDay: 200}, 0)
	if n := f.pool(t, ResourceIntensivePerMinute).Remaining; n != 10 {
		t.Errorf("a larger window has %d left, want 10", n)
	}
	if left, _ := f.Left(zoomapi.ResourceIntensive); left != 180 {
		t.Errorf("a larger day has %d left, want 180", left)
	}
	f.Configure(Limits{}, 0)
	f.spend(t, zoomapi.ResourceIntensive, 100)
	f.Configure(Limits{ResourceIntensivePerMinute: 30, PerDay: 200}, 0)
	if err := f.Acquire(f.clock.within(59*time.Second), zoomapi.ResourceIntensive); !errors.Is(err, ErrTooLate) {
		t.Errorf("what was sent without a limit is forgotten: %v", err)
	}
	if left, _ := f.Left(zoomapi.ResourceIntensive); left != 80 {
		t.Errorf("left %d, want 80", left)
	}
}

func TestAcquireWithAnEndedContextEntersNothing(t *testing.T) {
	f := newFixture(at(0, 0, 0), business, 0)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := f.Acquire(ctx, zoomapi.Heavy); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
	if err := f.Acquire(f.clock.within(0), zoomapi.Heavy); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want context.DeadlineExceeded", err)
	}
	if left, _ := f.Left(zoomapi.Heavy); left != 60_000 {
		t.Errorf("left %d", left)
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	until := at(24, 1, 0)
	for _, tt := range []struct {
		err  *Error
		want []string
	}{
		{&Error{PerDay, until, ErrExhausted}, []string{"per_day", "2026-03-03T00:01:00Z", "larger plan"}},
		{&Error{HeavyPerSecond, until, ErrCooldown}, []string{"heavy_per_second", "429", "resume by themselves"}},
		{&Error{HeavyPerSecond, until, ErrTooLate}, []string{"deadline", "2026-03-03T00:01:00Z"}},
		{&Error{PerDay, zoomtime.Time{}, ErrExhausted}, []string{"per_day", "lower it"}},
	} {
		for _, want := range tt.want {
			if got := tt.err.Error(); !strings.Contains(got, want) {
				t.Errorf("%q lacks %q", got, want)
			}
		}
		if !errors.Is(tt.err, tt.err.reason) {
			t.Errorf("%v: its sentinel is not reachable", tt.err)
		}
	}
}
