package budget

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// callers lets callers join a queue one after the other and records when each leaves.
type callers struct {
	b     *Budget
	begun time.Time
	group sync.WaitGroup

	mu   sync.Mutex
	left map[int]time.Duration
	errs []error
}

func newCallers(b *Budget) *callers {
	return &callers{b: b, begun: time.Now(), left: make(map[int]time.Duration)}
}

func (l *callers) join(ctx context.Context, class zoomapi.Class, name int) {
	l.group.Go(func() {
		err := l.b.Acquire(ctx, class)
		l.mu.Lock()
		defer l.mu.Unlock()
		if err != nil {
			l.errs = append(l.errs, err)
			return
		}
		l.left[name] = time.Since(l.begun)
	})
	synctest.Wait() // it waits in the queue, or has left
}

func TestWaitersLeaveInOrderAtTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newCallers(New(Options{Limits: business, Reserve: 0.3}))
		const n = 105
		for i := range n {
			l.join(context.Background(), zoomapi.Heavy, i)
		}
		l.group.Wait()
		for i := range n {
			if want := time.Duration(i/20) * time.Second; l.left[i] != want || len(l.left) != n {
				t.Fatalf("caller %d of %d left after %v, want %v", i, len(l.left), l.left[i], want)
			}
		}
	})
}

func TestHigherRateKeepsTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newCallers(New(Options{Limits: Limits{HeavyPerSecond: 4}}))
		const n = 100
		for i := range n {
			l.join(context.Background(), zoomapi.Heavy, i)
		}
		l.b.Configure(Limits{HeavyPerSecond: 60}, 0)
		l.group.Wait()
		for i := range n {
			if want := time.Duration(i/30) * time.Second; l.left[i] != want {
				t.Fatalf("caller %d left after %v, want %v", i, l.left[i], want)
			}
		}
	})
}

func TestManyCallersAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Options{Limits: Limits{HeavyPerSecond: 40, ResourceIntensivePerMinute: 20, PerDay: 200}, Reserve: 0})
		l := newCallers(b)
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		for i := range 400 {
			l.group.Go(func() {
				err := b.Acquire(ctx, zoomapi.Heavy)
				b.Observe(zoomapi.Heavy, zoomapi.Answer{Sent: time.Now(), Date: zoomtime.Of(time.Now()), Status: 200, Limit: -1, Remaining: -1})
				l.mu.Lock()
				defer l.mu.Unlock()
				if err != nil {
					l.errs = append(l.errs, err)
				} else {
					l.left[i] = time.Since(l.begun)
				}
			})
		}
		l.group.Wait()
		if len(l.left) != 200 || len(l.errs) != 200 {
			t.Fatalf("%d left, %d refused; want 200 each", len(l.left), len(l.errs))
		}
		for _, err := range l.errs {
			if !errors.Is(err, ErrExhausted) {
				t.Errorf("%v, want ErrExhausted", err)
			}
		}
		if most := busiest(maps.Values(l.left), time.Second); most != 20 {
			t.Errorf("%d in a second, want 20", most)
		}
	})
}

func TestAdmissionCountsTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newCallers(New(Options{Limits: business, Reserve: 0.3}))
		for i := range 60 {
			l.join(context.Background(), zoomapi.Heavy, i)
		}
		// 40 wait; the next turn is in 3 s.
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		err := l.b.Acquire(ctx, zoomapi.Heavy)
		var refused *Error
		if !errors.Is(err, ErrTooLate) || !errors.As(err, &refused) || !refused.Until.Equal(zoomtime.Of(l.begun.Add(3*time.Second))) {
			t.Errorf("%v, want ErrTooLate until 3 s later", err)
		}
		if time.Since(l.begun) != 0 {
			t.Error("the refusal took time")
		}
		l.group.Wait()
	})
}

func TestUntilBoundsTheTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newCallers(New(Options{Limits: business, Reserve: 0.3}))
		bounded := Until(context.Background(), l.begun.Add(1500*time.Millisecond))
		for i := range 60 {
			l.join(bounded, zoomapi.Heavy, i)
		}
		if len(l.errs) != 20 || !errors.Is(l.errs[0], ErrTooLate) {
			t.Errorf("%d refused at once, want 20: %v", len(l.errs), l.errs)
		}
		l.group.Wait()
		if len(l.left) != 40 || bounded.Err() != nil {
			t.Errorf("%d left, want 40; their context: %v", len(l.left), bounded.Err())
		}

		// The earlier of the two counts.
		short, cancel := context.WithTimeout(Until(context.Background(), time.Now().Add(time.Hour)), time.Second)
		defer cancel()
		l.b.Observe(zoomapi.Heavy, zoomapi.Answer{Sent: time.Now(), Status: 200, Scope: zoomapi.PerSecond, Limit: -1, Remaining: 0})
		if err := l.b.Acquire(short, zoomapi.Heavy); !errors.Is(err, ErrTooLate) {
			t.Errorf("%v, want ErrTooLate", err)
		}
	})
}

func TestQueueReservesTheDaysRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// The bubble begins at midnight of Zoom's day.
		l := newCallers(New(Options{Limits: Limits{HeavyPerSecond: 2, PerDay: 5}}))
		for i := range 5 {
			l.join(context.Background(), zoomapi.Heavy, i)
		}
		if left, _ := l.b.Left(zoomapi.ResourceIntensive); left != 0 {
			t.Errorf("left %d beside the line, want 0", left)
		}
		for _, class := range []zoomapi.Class{zoomapi.Heavy, zoomapi.ResourceIntensive} {
			if err := l.b.Acquire(context.Background(), class); !errors.Is(err, ErrExhausted) {
				t.Errorf("%s: %v, want ErrExhausted", class, err)
			}
		}
		l.group.Wait()
		if len(l.left) != 5 {
			t.Errorf("%d of the line left: %v", len(l.left), l.errs)
		}
	})
}

func TestBothQueuesGetTheLastRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newCallers(New(Options{Limits: Limits{HeavyPerSecond: 1, ResourceIntensivePerMinute: 1, PerDay: 4}}))
		l.join(context.Background(), zoomapi.ResourceIntensive, 0)
		time.Sleep(59 * time.Second)
		l.join(context.Background(), zoomapi.Heavy, 1)
		l.join(context.Background(), zoomapi.ResourceIntensive, 2)
		l.join(context.Background(), zoomapi.Heavy, 3)
		l.group.Wait()
		want := map[int]time.Duration{0: 0, 1: 59 * time.Second, 2: time.Minute, 3: 61 * time.Second}
		if !maps.Equal(l.left, want) {
			t.Errorf("left %v, want %v; refused: %v", l.left, want, l.errs)
		}
	})
}

func TestGivingUpCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newCallers(New(Options{Limits: Limits{HeavyPerSecond: 2, PerDay: 1000}}))
		l.join(context.Background(), zoomapi.Heavy, 0)
		first, cancelFirst := context.WithCancel(context.Background())
		l.join(first, zoomapi.Heavy, 1)
		middle, cancelMiddle := context.WithCancel(context.Background())
		l.join(middle, zoomapi.Heavy, 2)
		l.join(context.Background(), zoomapi.Heavy, 3)

		cancelMiddle()
		synctest.Wait()
		time.Sleep(500 * time.Millisecond)
		cancelFirst()
		l.group.Wait()
		if want := map[int]time.Duration{0: 0, 3: time.Second}; !maps.Equal(l.left, want) {
			t.Errorf("left: %v, want %v", l.left, want)
		}
		for _, err := range l.errs {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%v, want context.Canceled", err)
			}
		}
		if left, _ := l.b.Left(zoomapi.Heavy); left != 998 || len(l.errs) != 2 {
			t.Errorf("left %d, %d gave up; want 998, 2", left, len(l.errs))
		}
	})
}

func Test429RefusesTheQueue(t *testing.T) {
	for _, tt := range []struct {
		scope zoomapi.LimitScope
		pool  Pool
	}{
		{zoomapi.PerSecond, HeavyPerSecond},
		{zoomapi.PerDay, PerDay},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := newCallers(New(Options{Limits: business}))
			for i := range 70 {
				l.join(context.Background(), zoomapi.Heavy, i)
			}
			time.Sleep(100 * time.Millisecond)
			l.b.Observe(zoomapi.Heavy, zoomapi.Answer{Sent: time.Now(), Status: 429, Scope: tt.scope, Limit: -1, Remaining: -1})
			l.group.Wait()
			if waited := time.Since(l.begun); waited != 100*time.Millisecond || len(l.errs) != 50 {
				t.Errorf("%s: %d refused after %v; want 50 after 100ms", tt.scope, len(l.errs), waited)
			}
			for _, err := range l.errs {
				var refused *Error
				if !errors.Is(err, ErrCooldown) || !errors.As(err, &refused) || refused.Pool != tt.pool {
					t.Errorf("%s: %v", tt.scope, err)
				}
			}
		})
	}
}

func TestSlowerRateRefusesTheLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newCallers(New(Options{Limits: business}))
		ctx, cancel := context.WithTimeout(context.Background(), 2500*time.Millisecond)
		defer cancel()
		for i := range 60 {
			l.join(ctx, zoomapi.Heavy, i)
		}
		l.b.Configure(Limits{HeavyPerSecond: 10, PerDay: 60_000}, 0)
		synctest.Wait()
		// 5 a second from now on: those of the first 2 s stay.
		if len(l.errs) != 30 || !errors.Is(l.errs[0], ErrTooLate) {
			t.Errorf("%d refused, want 30: %v", len(l.errs), l.errs)
		}
		l.group.Wait()
		if len(l.left) != 30 {
			t.Errorf("%d left, want 30", len(l.left))
		}
	})
}

// lateClock oversleeps by turns, as a busy machine does.
type lateClock struct {
	mu    sync.Mutex
	turns int
}

func (*lateClock) Now() time.Time { return time.Now() }

func (*lateClock) WithDeadline(ctx context.Context, at time.Time) (context.Context, context.CancelFunc) {
	return context.WithDeadline(ctx, at)
}

func (c *lateClock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	c.turns++
	d += time.Duration(c.turns%3) * 450 * time.Millisecond
	c.mu.Unlock()
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func TestLateWakeUpDoesNotBunch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newCallers(New(Options{Limits: Limits{HeavyPerSecond: 10}, Clock: &lateClock{}}))
		for i := range 40 {
			l.join(context.Background(), zoomapi.Heavy, i)
			time.Sleep(time.Duration(i%4) * 70 * time.Millisecond)
		}
		l.group.Wait()
		if most := busiest(maps.Values(l.left), time.Second); most > 5 || len(l.left) != 40 {
			t.Errorf("%d in a second of %d in all; want at most 5 of 40", most, len(l.left))
		}
	})
}

// busiest is the most instants that any half-open span of that length holds.
func busiest(all iter.Seq[time.Duration], span time.Duration) int {
	instants := slices.Sorted(all)
	most, first := 0, 0
	for i, at := range instants {
		for at-instants[first] >= span {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}
