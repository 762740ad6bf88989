package clocktest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock/clocktest"
)

func TestWrong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := clocktest.Fast(20 * time.Minute)
		before := c.Now()
		if got := before.Round(0).Sub(time.Now().Round(0)); got != 20*time.Minute {
			t.Errorf("the wall clock is %v ahead, want 20m", got)
		}
		c.Step(-5 * time.Hour)
		time.Sleep(time.Second)
		after := c.Now()
		if got := after.Sub(before); got != time.Second {
			t.Errorf("monotonic difference %v, want 1s", got)
		}
		if got := after.Round(0).Sub(before.Round(0)); got != time.Second-5*time.Hour {
			t.Errorf("wall difference %v, want -4h59m59s", got)
		}
		c.Suspend(time.Hour)
		if got := c.Now().Sub(after); got != 0 {
			t.Errorf("monotonic difference %v after an hour asleep, want none", got)
		}
		if got := c.Now().Round(0).Sub(after.Round(0)); got != time.Hour {
			t.Errorf("wall difference %v after an hour asleep, want 1h", got)
		}
	})
}
