package check

import (
	"context"
	"sync"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// recorder is a limiter before an account's budget. It counts the requests that
// are sent, and records the limits in Zoom's headers: the budget knows only the
// lower of Zoom's and the configured ones.
type recorder struct {
	zoomapi.Limiter
	limits budget.Limits
	// wait runs a function that waits for the limits.
	wait func(func())

	mu      sync.Mutex
	tokens  int
	sent    map[zoomapi.Class]int
	headers map[budget.Pool]header
}

// header is a limit in requests, and how many of them remain: -1 if unknown.
type header struct{ limit, remaining int }

func newRecorder(limiter zoomapi.Limiter, limits budget.Limits) *recorder {
	return &recorder{
		Limiter: limiter, limits: limits,
		wait: func(f func()) { f() },
		sent: make(map[zoomapi.Class]int), headers: make(map[budget.Pool]header),
	}
}

// Acquire implements zoomapi.Limiter.
func (r *recorder) Acquire(ctx context.Context, class zoomapi.Class) (err error) {
	r.wait(func() { err = r.Limiter.Acquire(ctx, class) })
	return err
}

// Observe implements zoomapi.Limiter.
func (r *recorder) Observe(class zoomapi.Class, answer zoomapi.Answer) {
	r.Limiter.Observe(class, answer)
	pool := r.pool(class, answer.Scope)
	if pool == "" || answer.Limit <= 0 || answer.Remaining > answer.Limit {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := header{answer.Limit, answer.Remaining}
	if before, ok := r.headers[pool]; ok {
		now.limit = min(now.limit, before.limit)
		switch {
		case now.remaining < 0:
			now.remaining = before.remaining
		case before.remaining >= 0:
			now.remaining = min(now.remaining, before.remaining)
		}
	}
	r.headers[pool] = now
}

// pool is the pool that a header is about; "" if that is unknown. A daily header is
// about the class's own pool if there is one.
func (r *recorder) pool(class zoomapi.Class, scope zoomapi.LimitScope) budget.Pool {
	heavy := class == zoomapi.Heavy
	switch {
	case scope == zoomapi.PerSecond && heavy:
		return budget.HeavyPerSecond
	case scope == zoomapi.PerMinute && !heavy:
		return budget.ResourceIntensivePerMinute
	case scope != zoomapi.PerDay:
		return ""
	case heavy && r.limits.HeavyPerDay > 0:
		return budget.HeavyPerDay
	case !heavy && r.limits.ResourceIntensivePerDay > 0:
		return budget.ResourceIntensivePerDay
	}
	return budget.PerDay
}

// ObserveAttempt implements zoomapi.Observer.
func (r *recorder) ObserveAttempt(attempt zoomapi.Attempt) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if class := attempt.Endpoint.Class(); class != "" {
		r.sent[class]++
	} else {
		r.tokens++
	}
}
