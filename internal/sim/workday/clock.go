package workday

import (
	"context"
	"sync"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
)

// Clock is a simulated clock: it stands still until somebody sleeps and then jumps
// to the end of the sleep. It is deterministic while one goroutine runs at a time.
type Clock struct {
	mu     sync.Mutex
	now    time.Time
	timers []*timer
}

var _ clock.Clock = (*Clock)(nil)

// NewClock makes a clock that shows start.
func NewClock(start time.Time) *Clock { return &Clock{now: start} }

// Now implements clock.Clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Sleep implements clock.Clock: it advances the clock by d, but no further than
// ctx's deadline.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	until := c.Now().Add(max(0, d))
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(until) {
		until = deadline
	}
	c.Advance(until)
	return ctx.Err()
}

// Advance sets the clock to an instant; it never goes back.
func (c *Clock) Advance(to time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !to.After(c.now) {
		return
	}
	c.now = to
	waiting := c.timers[:0]
	for _, t := range c.timers {
		switch {
		case t.Context.Err() != nil:
		case t.at.After(to):
			waiting = append(waiting, t)
		default:
			t.expire()
		}
	}
	clear(c.timers[len(waiting):])
	c.timers = waiting
}

// WithDeadline implements clock.Clock.
func (c *Clock) WithDeadline(ctx context.Context, at time.Time) (context.Context, context.CancelFunc) {
	inner, cancel := context.WithCancelCause(ctx)
	t := &timer{Context: inner, at: at, cancel: cancel}
	if parent, ok := ctx.Deadline(); ok && parent.Before(at) {
		t.at = parent
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if at.After(c.now) {
		c.timers = append(c.timers, t)
	} else {
		t.expire()
	}
	return t, func() { cancel(context.Canceled) }
}

// timer is a context with a deadline on the simulated clock.
type timer struct {
	context.Context
	at     time.Time
	cancel context.CancelCauseFunc
}

func (t *timer) expire() { t.cancel(context.DeadlineExceeded) }

// Deadline implements context.Context.
func (t *timer) Deadline() (time.Time, bool) { return t.at, true }

// Err implements context.Context.
func (t *timer) Err() error {
	if t.Context.Err() == nil {
		return nil
	}
	return context.Cause(t.Context)
}
