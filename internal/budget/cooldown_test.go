package budget

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

func TestCallersWithTimeWaitForAShortCooldown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Options{Limits: Limits{HeavyPerSecond: 40}, Jitter: func() float64 { return 0 }})
		b.Observe(zoomapi.Heavy, zoomapi.Answer{
			Sent: time.Now(), Status: 429, Scope: zoomapi.PerSecond, Limit: -1, Remaining: -1, RetryAfter: retryAt(zoomtime.Of(time.Now().Add(3 * time.Second))),
		})
		if err := b.Acquire(context.Background(), zoomapi.Heavy); !errors.Is(err, ErrCooldown) {
			t.Errorf("who names no end: %v, want ErrCooldown", err)
		}
		if err := b.Acquire(Until(context.Background(), time.Now().Add(2*time.Second)), zoomapi.Heavy); !errors.Is(err, ErrCooldown) {
			t.Errorf("who has 2 s: %v, want ErrCooldown", err)
		}
		start := time.Now()
		if err := b.Acquire(Until(context.Background(), start.Add(time.Minute)), zoomapi.Heavy); err != nil {
			t.Errorf("who has a minute: %v", err)
		}
		if waited := time.Since(start); waited < 3*time.Second || waited > 5*time.Second {
			t.Errorf("waited %v for a cooldown of 3 s", waited)
		}
	})
}
