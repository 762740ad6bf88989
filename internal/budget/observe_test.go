package budget

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// retryAt is a Retry-After header as Zoom writes it.
func retryAt(at zoomtime.Time) zoomapi.RetryAfter {
	return zoomapi.ParseRetryAfter(at.UTC().Format(time.RFC3339Nano))
}

func Test429BeginsACooldown(t *testing.T) {
	const heavy, lists = zoomapi.Heavy, zoomapi.ResourceIntensive
	start := at(15, 0, 0)
	for _, tt := range []struct {
		name    string
		class   zoomapi.Class
		scope   zoomapi.LimitScope
		retryIn time.Duration // 0: no header
		pool    Pool
		closed  time.Duration
	}{
		{"per second", heavy, zoomapi.PerSecond, 0, HeavyPerSecond, time.Second},
		{"concurrency", heavy, zoomapi.Concurrency, 0, HeavyPerSecond, time.Second},
		{"per second, Zoom names the instant", heavy, zoomapi.PerSecond, 3 * time.Second, HeavyPerSecond, 3 * time.Second},
		{"per second, an instant gone by", heavy, zoomapi.PerSecond, -time.Hour, HeavyPerSecond, time.Second},
		{"per second, an absurd instant", heavy, zoomapi.PerSecond, 9 * time.Hour, HeavyPerSecond, 5 * time.Minute},
		{"per second on a list", lists, zoomapi.PerSecond, 0, ResourceIntensivePerMinute, time.Second},
		{"per minute", lists, zoomapi.PerMinute, 0, ResourceIntensivePerMinute, time.Minute},
		{"per minute, Zoom names the instant", lists, zoomapi.PerMinute, 20 * time.Second, ResourceIntensivePerMinute, 20 * time.Second},
		{"unknown, heavy", heavy, zoomapi.UnknownScope, 0, HeavyPerSecond, time.Second},
		{"unknown, list", lists, zoomapi.UnknownScope, 0, ResourceIntensivePerMinute, time.Minute},
		{"unknown, but so long a pause is a day's", heavy, zoomapi.UnknownScope, 9 * time.Hour, PerDay, 9 * time.Hour},
		{"per day", heavy, zoomapi.PerDay, 0, PerDay, 9 * time.Hour},
		{"per day, Zoom names the instant", lists, zoomapi.PerDay, 2 * time.Hour, PerDay, 2 * time.Hour},
		{"per day, an absurd instant", lists, zoomapi.PerDay, 90 * time.Hour, PerDay, 25 * time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(start, business, 0)
			f.spend(t, tt.class, 1)
			a := f.throttle(tt.scope)
			if tt.retryIn != 0 {
				a.RetryAfter = retryAt(f.now().Add(tt.retryIn))
			}
			f.Observe(tt.class, a)

			p := f.pool(t, tt.pool)
			if want := start.Add(tt.closed); !p.CooldownUntil.Equal(want) || p.Throttled != 1 || p.Remaining != 0 {
				t.Fatalf("cooldown until %v, %d throttled, %d remaining; want %v, 1, 0", p.CooldownUntil, p.Throttled, p.Remaining, want)
			}
			err := f.Acquire(context.Background(), tt.class)
			var refused *Error
			if !errors.As(err, &refused) || !errors.Is(err, ErrCooldown) || refused.Pool != tt.pool || !refused.Until.Equal(p.CooldownUntil) {
				t.Fatalf("during the cooldown: %v", err)
			}
			f.clock.advance(tt.closed - time.Nanosecond)
			if err := f.Acquire(context.Background(), tt.class); !errors.Is(err, ErrCooldown) {
				t.Fatalf("just before it opens: %v", err)
			}
			f.clock.advance(time.Nanosecond)
			if p := f.pool(t, tt.pool); !p.CooldownUntil.IsZero() {
				t.Errorf("open, but CooldownUntil is %v", p.CooldownUntil)
			}
			if err := f.Acquire(context.Background(), tt.class); errors.Is(err, ErrCooldown) {
				t.Errorf("after it opens: %v", err)
			}
		})
	}
}

func Test429LeavesTheOtherQueueAlone(t *testing.T) {
	f := newFixture(at(1, 0, 0), business, 0)
	f.Observe(zoomapi.Heavy, f.throttle(zoomapi.PerSecond))
	f.spend(t, zoomapi.ResourceIntensive, 1)

	free := newFixture(at(1, 0, 0), Limits{HeavyPerDay: 100, ResourceIntensivePerDay: 100}, 0)
	free.Observe(zoomapi.Heavy, free.throttle(zoomapi.PerDay))
	if p := free.pool(t, HeavyPerDay); p.CooldownUntil.IsZero() {
		t.Error("the Free plan's heavy day stays open")
	}
	free.spend(t, zoomapi.ResourceIntensive, 1)
}

func TestCooldownNeverShortens(t *testing.T) {
	f := newFixture(at(15, 0, 0), business, 0)
	f.Observe(zoomapi.ResourceIntensive, f.throttle(zoomapi.PerMinute))
	want := f.pool(t, ResourceIntensivePerMinute).CooldownUntil
	f.Observe(zoomapi.ResourceIntensive, f.throttle(zoomapi.PerSecond))
	if got := f.pool(t, ResourceIntensivePerMinute).CooldownUntil; !got.Equal(want) {
		t.Errorf("minute shortened from %v to %v", want, got)
	}

	f.Observe(zoomapi.Heavy, f.throttle(zoomapi.PerDay))
	want = f.pool(t, PerDay).CooldownUntil
	a := f.throttle(zoomapi.PerDay)
	a.RetryAfter = retryAt(f.now().Add(time.Minute))
	f.Observe(zoomapi.Heavy, a)
	if got := f.pool(t, PerDay).CooldownUntil; !got.Equal(want) {
		t.Errorf("day shortened from %v to %v", want, got)
	}
}

func TestDaily429JustAfterMidnightMayBeYesterdays(t *testing.T) {
	f := newFixture(at(24, 0, 3), business, 0)
	f.Observe(zoomapi.Heavy, f.throttle(zoomapi.PerDay))
	if got, want := f.pool(t, PerDay).CooldownUntil, at(24, 1, 0); !got.Equal(want) {
		t.Errorf("cooldown until %v, want %v", got, want)
	}

	late := newFixture(at(23, 59, 50), business, 0)
	a := late.throttle(zoomapi.PerDay)
	late.until(at(24, 0, 30))
	late.Observe(zoomapi.Heavy, a)
	if got, most := late.pool(t, PerDay).CooldownUntil, at(24, 0, 40); got.After(most) {
		t.Errorf("yesterday's 429 closes today until %v", got)
	}
}

func TestJitterSpreadsCooldowns(t *testing.T) {
	for _, tt := range []struct {
		pause time.Duration
		most  time.Duration
	}{
		{time.Second, 1500 * time.Millisecond},
		{time.Minute, 65 * time.Second},
		{9 * time.Hour, 9*time.Hour + 5*time.Second},
	} {
		if got := spread(tt.pause, 0); got != tt.pause {
			t.Errorf("spread(%v, 0) = %v", tt.pause, got)
		}
		if got := spread(tt.pause, 0.999); got <= tt.pause || got >= tt.most {
			t.Errorf("spread(%v, 0.999) = %v, want below %v", tt.pause, got, tt.most)
		}
	}
}

func TestPaceHalvesAndRecovers(t *testing.T) {
	f := newFixture(at(1, 0, 0), business, 0.3)
	rate := func() int {
		t.Helper()
		f.clock.advance(10 * time.Second) // the window and the cooldown are over
		return f.pool(t, HeavyPerSecond).Remaining
	}
	throttle := func() { f.Observe(zoomapi.Heavy, f.throttle(zoomapi.PerSecond)) }
	throttle()
	throttle()                    // a bunch halves once
	if got := rate(); got != 10 { // 10 s after the 429
		t.Fatalf("rate after a 429: %d, want 10", got)
	}
	throttle()
	if got := rate(); got != 10 {
		t.Fatalf("a second one within 30 s: %d, want 10", got)
	}
	f.clock.advance(10 * time.Second) // 30 s after the halving
	throttle()
	if got := rate(); got != 5 {
		t.Fatalf("one after 30 s: %d, want 5", got)
	}
	for i, want := range []int{7, 9, 11, 13, 15, 17, 19, 20, 20} {
		f.clock.advance(20 * time.Second)
		if got := rate(); got != want {
			t.Fatalf("recovery step %d: %d, want %d", i+1, got, want)
		}
	}
}

func TestPaceNeverRises(t *testing.T) {
	for _, every := range []time.Duration{time.Second, 29 * time.Second, 30 * time.Second, 61 * time.Second, 200 * time.Second} {
		var p pace
		for now := time.Duration(0); now < time.Hour; now += every {
			before := p.at(now)
			p.slowDown(now)
			if after := p.at(now); after > before || after < paceLeast {
				t.Fatalf("429s every %v: at %v from %v to %v", every, now, before, after)
			}
		}
	}
}

func TestUnknown429sBackOff(t *testing.T) {
	f := newFixture(at(1, 0, 0), business, 0)
	cooldown := func() time.Duration {
		a := f.throttle(zoomapi.UnknownScope)
		f.clock.advance(100 * time.Millisecond)
		f.Observe(zoomapi.Heavy, a)
		f.Observe(zoomapi.Heavy, a) // sent together: says nothing new
		d := f.pool(t, HeavyPerSecond).CooldownUntil.Sub(f.now())
		f.clock.advance(d)
		return d
	}
	for _, want := range []time.Duration{1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300} {
		if got := cooldown(); got != want*time.Second {
			t.Fatalf("cooldown of %v, want %v s", got, int(want))
		}
	}
	f.Observe(zoomapi.Heavy, f.answer(200))
	if got := cooldown(); got != time.Second {
		t.Errorf("after a success: %v, want 1s", got)
	}
}

func TestBackoffWithoutARate(t *testing.T) {
	f := newFixture(at(1, 0, 0), Limits{}, 0)
	for _, want := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second} {
		f.clock.advance(time.Millisecond)
		f.Observe(zoomapi.Heavy, f.throttle(zoomapi.PerSecond))
		got := f.pool(t, HeavyPerSecond).CooldownUntil.Sub(f.now())
		if got != want {
			t.Fatalf("cooldown of %v, want %v", got, want)
		}
		f.clock.advance(got)
	}
}

func TestShortHeaders(t *testing.T) {
	header := func(scope zoomapi.LimitScope, limit, remaining int) func(*fixture) zoomapi.Answer {
		return func(f *fixture) zoomapi.Answer {
			a := f.answer(200)
			a.Scope, a.Limit, a.Remaining = scope, limit, remaining
			return a
		}
	}
	for _, tt := range []struct {
		name   string
		class  zoomapi.Class
		answer func(*fixture) zoomapi.Answer
		pool   Pool
		now    int           // remaining at once
		span   time.Duration // and after this
		later  int
	}{
		{"nothing remains", zoomapi.Heavy, header(zoomapi.PerSecond, 40, 0), HeavyPerSecond, 0, time.Second, 20},
		{"nothing remains, no limit in the header", zoomapi.Heavy, header(zoomapi.PerSecond, -1, 0), HeavyPerSecond, 0, time.Second, 20},
		{"a lower limit", zoomapi.Heavy, header(zoomapi.PerSecond, 10, 9), HeavyPerSecond, 5, time.Second, 5},
		{"a higher limit", zoomapi.Heavy, header(zoomapi.PerSecond, 80, 79), HeavyPerSecond, 20, time.Second, 20},
		{"absurd", zoomapi.Heavy, header(zoomapi.PerSecond, 0, 0), HeavyPerSecond, 20, time.Second, 20},
		{"more remains than there is", zoomapi.Heavy, header(zoomapi.PerSecond, 10, 11), HeavyPerSecond, 20, time.Second, 20},
		{"another span's limit", zoomapi.ResourceIntensive, header(zoomapi.PerSecond, 2, 0), ResourceIntensivePerMinute, 20, time.Minute, 20},
		{"a minute's", zoomapi.ResourceIntensive, header(zoomapi.PerMinute, 10, 0), ResourceIntensivePerMinute, 0, time.Minute, 10},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(at(1, 0, 0), business, 0)
			f.Observe(tt.class, tt.answer(f))
			if got := f.pool(t, tt.pool).Remaining; got != tt.now {
				t.Errorf("remaining %d, want %d", got, tt.now)
			}
			if f.pool(t, tt.pool).Throttled != 0 {
				t.Error("a header counted as a 429")
			}
			f.clock.advance(tt.span)
			if got := f.pool(t, tt.pool).Remaining; got != tt.later {
				t.Errorf("after %v: remaining %d, want %d", tt.span, got, tt.later)
			}
		})
	}
}
