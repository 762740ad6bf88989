package budget

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock/clocktest"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeClock is a machine whose wall clock can be stepped apart from its
// monotonic one. It is for one goroutine at a time: Sleep moves it.
type fakeClock struct {
	mu      sync.Mutex
	elapsed time.Duration
	wall    time.Time // at elapsed 0
}

var _ clock.Clock = (*fakeClock)(nil)

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return clocktest.Time(c.wall.Add(c.elapsed), c.elapsed)
}

func (c *fakeClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.elapsed += d
}

func (c *fakeClock) stepWall(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wall = c.wall.Add(d)
}

func (c *fakeClock) Sleep(ctx context.Context, d time.Duration) error {
	if at, ok := ctx.Deadline(); ok {
		if left := at.Sub(c.Now()); left < d {
			c.advance(max(0, left))
			return context.DeadlineExceeded
		}
	}
	c.advance(d)
	return nil
}

func (c *fakeClock) WithDeadline(ctx context.Context, at time.Time) (context.Context, context.CancelFunc) {
	return fakeDeadline{Context: ctx, clock: c, at: at}, func() {}
}

// within is a context that ends d from now.
func (c *fakeClock) within(d time.Duration) context.Context {
	ctx, _ := c.WithDeadline(context.Background(), c.Now().Add(d))
	return ctx
}

type fakeDeadline struct {
	context.Context
	clock *fakeClock
	at    time.Time
}

func (f fakeDeadline) Deadline() (time.Time, bool) { return f.at, true }

func (f fakeDeadline) Err() error {
	if !f.clock.Now().Before(f.at) {
		return context.DeadlineExceeded
	}
	return nil
}

// The requests of a new day are available from its first second, although attempts around
// midnight count in both days.
func TestNewDayIsAvailableAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Options{Limits: Limits{PerDay: 10}})
		time.Sleep(24*time.Hour - 2*time.Minute)
		for range 10 {
			if err := b.Acquire(context.Background(), zoomapi.Heavy); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		time.Sleep(2*time.Minute - 10*time.Second)
		left, reset := b.Left(zoomapi.Heavy)
		if left != 10 || reset != 24*time.Hour {
			t.Errorf("%d requests for %v at midnight, want 10 for a day", left, reset)
		}
	})
}
