// Package clocktest provides clocks that are wrong, for tests.
package clocktest

import (
	"context"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
)

// Wrong is a system clock whose wall clock is wrong and may be set, while its monotonic
// clock continues. It works in a bubble of testing/synctest, too. Its zero value is
// correct. It is safe for concurrent use.
type Wrong struct {
	clock.System
	off, slept atomic.Int64
}

var _ clock.Clock = (*Wrong)(nil)

// Fast returns a clock whose wall clock is ahead by d, or behind if d is negative.
func Fast(d time.Duration) *Wrong {
	w := new(Wrong)
	w.Step(d)
	return w
}

// Step sets the wall clock forward by d, or back if d is negative.
func (w *Wrong) Step(d time.Duration) { w.off.Add(int64(d)) }

// Suspend lets d pass while the machine is suspended: the wall clock continues, the
// monotonic clock does not.
func (w *Wrong) Suspend(d time.Duration) {
	time.Sleep(d)
	w.slept.Add(int64(d))
}

// Now implements clock.Clock.
func (w *Wrong) Now() time.Time {
	now := time.Now()
	return Time(now.Add(time.Duration(w.off.Load())), time.Duration(now.UnixNano()-w.slept.Load()))
}

// WithDeadline implements clock.Clock. The deadline of the returned context is by this
// clock.
func (w *Wrong) WithDeadline(ctx context.Context, at time.Time) (context.Context, context.CancelFunc) {
	bounded, cancel := context.WithDeadline(unbounded{ctx}, time.Now().Add(at.Sub(w.Now())))
	if earlier, ok := ctx.Deadline(); ok && earlier.Before(at) {
		at = earlier
	}
	return deadline{bounded, at}, cancel
}

// unbounded hides the deadline of a context, as the context package would compare it
// with the system clock.
type unbounded struct{ context.Context }

func (unbounded) Deadline() (time.Time, bool) { return time.Time{}, false }

type deadline struct {
	context.Context
	at time.Time
}

func (d deadline) Deadline() (time.Time, bool) { return d.at, true }

// outside is a time with a monotonic reading, which times in a bubble lack.
var outside = time.Now()

// Time returns the time of a machine with these readings of its wall and monotonic
// clocks. It depends on the layout of time.Time, as no exported function sets the two
// independently; the test of this package fails if that changes.
func Time(wall time.Time, monotonic time.Duration) time.Time {
	t := outside.Add(wall.Sub(outside.Round(0)))
	(*struct {
		wall uint64
		ext  int64
		loc  *time.Location
	})(unsafe.Pointer(&t)).ext = int64(monotonic)
	return t
}
