// Package clocktest has clocks that are wrong. Only tests import it.
package clocktest

import (
	"context"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
)

// Wrong is the clock of a machine whose wall clock is wrong and may be set while
// its monotonic clock goes on, in a bubble of testing/synctest, too. Its zero
// value is right. It is safe for concurrent use.
type Wrong struct {
	clock.System
	off, slept atomic.Int64
}

var _ clock.Clock = (*Wrong)(nil)

// Fast returns a clock whose wall clock is ahead by d; behind where d is
// negative.
func Fast(d time.Duration) *Wrong {
	w := new(Wrong)
	w.Step(d)
	return w
}

// Step sets the wall clock forward by d, or back.
func (w *Wrong) Step(d time.Duration) { w.off.Add(int64(d)) }

// Suspend lets d pass while the machine sleeps: its monotonic clock stands still,
// its wall clock does not.
func (w *Wrong) Suspend(d time.Duration) {
	time.Sleep(d)
	w.slept.Add(int64(d))
}

// Now implements clock.Clock.
func (w *Wrong) Now() time.Time {
	now := time.Now()
	return Time(now.Add(time.Duration(w.off.Load())), time.Duration(now.UnixNano()-w.slept.Load()))
}

// WithDeadline implements clock.Clock. What it returns has its deadline by this
// clock.
func (w *Wrong) WithDeadline(ctx context.Context, at time.Time) (context.Context, context.CancelFunc) {
	bounded, cancel := context.WithDeadline(unbounded{ctx}, time.Now().Add(at.Sub(w.Now())))
	if earlier, ok := ctx.Deadline(); ok && earlier.Before(at) {
		at = earlier
	}
	return deadline{bounded, at}, cancel
}

// unbounded hides a context's deadline, which is of another clock than the
// context package compares it with.
type unbounded struct{ context.Context }

func (unbounded) Deadline() (time.Time, bool) { return time.Time{}, false }

type deadline struct {
	context.Context
	at time.Time
}

func (d deadline) Deadline() (time.Time, bool) { return d.at, true }

// outside of any bubble times have a monotonic reading.
var outside = time.Now()

// Time returns what a machine shows whose wall and monotonic clocks read so. No
// exported function sets them apart; the test of this package notices if
// time.Time is ever laid out differently.
func Time(wall time.Time, monotonic time.Duration) time.Time {
	t := outside.Add(wall.Sub(outside.Round(0)))
	(*struct {
		wall uint64
		ext  int64
		loc  *time.Location
	})(unsafe.Pointer(&t)).ext = int64(monotonic)
	return t
}
