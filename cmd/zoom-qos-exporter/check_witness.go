package main

import (
	"context"
	"sync"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// witness stands between a client and its budget. It counts what is sent, and
// keeps what Zoom's headers say of its limits, of which the budget's own state
// shows only the lower of Zoom's and the configured ones.
type witness struct {
	zoomapi.Limiter
	limits budget.Limits
	// waits runs a function that waits for the limits.
	waits func(func())

	mu     sync.Mutex
	tokens int
	sent   map[zoomapi.Class]int
	told   map[budget.Pool]header
}

// header is a limit in requests, and what remains of it: -1 where that was not
// said.
type header struct{ limit, remaining int }

func newWitness(limiter zoomapi.Limiter, limits budget.Limits) *witness {
	return &witness{
		Limiter: limiter, limits: limits,
		waits: func(wait func()) { wait() },
		sent:  make(map[zoomapi.Class]int), told: make(map[budget.Pool]header),
	}
}

// Acquire implements zoomapi.Limiter.
func (w *witness) Acquire(ctx context.Context, class zoomapi.Class) (err error) {
	w.waits(func() { err = w.Limiter.Acquire(ctx, class) })
	return err
}

// Observe implements zoomapi.Limiter.
func (w *witness) Observe(class zoomapi.Class, answer zoomapi.Answer) {
	w.Limiter.Observe(class, answer)
	pool := w.pool(class, answer.Scope)
	if pool == "" || answer.Limit <= 0 || answer.Remaining > answer.Limit {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now := header{answer.Limit, answer.Remaining}
	if before, ok := w.told[pool]; ok {
		now.limit = min(now.limit, before.limit)
		switch {
		case now.remaining < 0:
			now.remaining = before.remaining
		case before.remaining >= 0:
			now.remaining = min(now.remaining, before.remaining)
		}
	}
	w.told[pool] = now
}

// pool is what a header speaks of; "" where that is not known. A daily header
// is the class's own where it has a limit of its own.
func (w *witness) pool(class zoomapi.Class, scope zoomapi.LimitScope) budget.Pool {
	heavy := class == zoomapi.Heavy
	switch {
	case scope == zoomapi.PerSecond && heavy:
		return budget.HeavyPerSecond
	case scope == zoomapi.PerMinute && !heavy:
		return budget.ResourceIntensivePerMinute
	case scope != zoomapi.PerDay:
		return ""
	case heavy && w.limits.HeavyPerDay > 0:
		return budget.HeavyPerDay
	case !heavy && w.limits.ResourceIntensivePerDay > 0:
		return budget.ResourceIntensivePerDay
	}
	return budget.PerDay
}

// ObserveAttempt implements zoomapi.Observer.
func (w *witness) ObserveAttempt(attempt zoomapi.Attempt) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if class := attempt.Endpoint.Class(); class != "" {
		w.sent[class]++
	} else {
		w.tokens++
	}
}
