package poll_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/testbed"
)

// wrong is a clock that is wrong by so much.
type wrong time.Duration

func (w wrong) Now() time.Time { return time.Now().Add(time.Duration(w)) }

func (w wrong) Sleep(ctx context.Context, d time.Duration) error { return clock.System{}.Sleep(ctx, d) }

func (w wrong) WithDeadline(ctx context.Context, at time.Time) (context.Context, context.CancelFunc) {
	return context.WithDeadline(ctx, at.Add(-time.Duration(w)))
}

// Zoom's clock is ahead of a machine's that is slow: its minutes are none of the
// future.
func TestASlowClockCountsTheSame(t *testing.T) {
	for _, slow := range []time.Duration{0, 20 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			testbed.Noon()
			sim := fixed(2, 3)
			sim.Moods.History = "newest"
			o := unlimited(sim)
			o.Clock = wrong(-slow)
			bed := testbed.New(t, o)
			scrapes(bed, time.Minute, 10*time.Minute, nil)
			if got := bed.Snapshot().Readings.Minutes; got < 9*2*3 {
				t.Errorf("%v slow: %d participant-minutes counted of %d", slow, got, 9*2*3)
			}
		})
	}
}
