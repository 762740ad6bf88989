// Package clock stands in for internal/clock where the exporter is built for
// a test in which time goes quickly. go build -overlay puts it there.
package clock

import (
	"context"
	"fmt"
	"os"
	"time"
)

// Clock is what it is in the real package.
type Clock interface {
	Now() time.Time
	Sleep(ctx context.Context, d time.Duration) error
	WithDeadline(ctx context.Context, at time.Time) (context.Context, context.CancelFunc)
}

// System runs FAST_CLOCK_TIMES as fast as the machine's clock, which it shows
// at FAST_CLOCK_FROM, in nanoseconds of the epoch.
type System struct{}

var from, times = setting("FROM"), setting("TIMES")

func setting(name string) (n int64) {
	if _, err := fmt.Sscan(os.Getenv("FAST_CLOCK_"+name), &n); err != nil {
		panic("FAST_CLOCK_" + name + ": " + err.Error())
	}
	return n
}

func (System) Now() time.Time {
	return time.Unix(0, from+(time.Now().UnixNano()-from)*times)
}

func (System) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d / time.Duration(times))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s System) WithDeadline(ctx context.Context, at time.Time) (context.Context, context.CancelFunc) {
	if parent, ok := ctx.Deadline(); ok && parent.Before(at) {
		at = parent
	}
	inner, cancel := context.WithTimeout(ctx, at.Sub(s.Now())/time.Duration(times))
	return bounded{inner, at}, cancel
}

// bounded tells its deadline on the fast clock.
type bounded struct {
	context.Context
	at time.Time
}

func (b bounded) Deadline() (time.Time, bool) { return b.at, true }
