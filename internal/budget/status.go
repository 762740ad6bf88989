package budget

import (
	"math"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// PoolStatus is one pool at one moment. Numbers are requests.
type PoolStatus struct {
	Pool Pool
	// Limit is the lower of the configured and Zoom's own; 0 where neither is
	// known.
	Limit int
	// Reserved is the part of Limit that is left to other apps.
	Reserved int
	// Remaining is what we may still send in the present window or day; 0 while
	// the pool is closed, math.MaxInt without a limit.
	Remaining int
	// Foreign is the least that others have used today, by Zoom's headers. What
	// was used before this process started counts as ours, not here. Always 0
	// for pools that are not daily.
	Foreign int
	// Reset is when the pool is whole again: the next 00:00 UTC for a day.
	Reset zoomtime.Time
	// ClosedUntil is when a pool that a 429 closed opens again; zero while open.
	ClosedUntil zoomtime.Time
	// Throttled counts the 429s met in this pool.
	Throttled uint64
}

// Status tells of every pool that is limited or has met a 429, in a fixed order.
func (b *Budget) Status() []PoolStatus {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, now := b.now()
	return b.state.status(now)
}

// Left returns how many requests of a class may still be sent today, less those
// that wait for their turn, and how long it is to the end of Zoom's day.
// Without a daily limit requests is math.MaxInt.
func (b *Budget) Left(class zoomapi.Class) (requests int, reset time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, now := b.now()
	l := laneOf(class)
	requests, reset = b.state.left(l, now)
	if requests != math.MaxInt {
		requests = max(0, requests-len(b.queues[l])-b.queued(l))
	}
	return requests, reset
}

// ZoomTime returns the time by Zoom's clock as its answers tell it, and before the
// first of them by the machine's.
func (b *Budget) ZoomTime() zoomtime.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, now := b.now()
	return b.state.zoom.likely(now)
}

func (s *state) status(now time.Duration) []PoolStatus {
	var all []PoolStatus
	for l := range s.windows {
		all = append(all, s.windowStatus(&s.windows[l], now))
	}
	for _, g := range s.all() {
		all = append(all, s.ledgerStatus(g, now))
	}
	known := all[:0]
	for _, p := range all {
		if p.Limit > 0 || p.Throttled > 0 {
			known = append(known, p)
		}
	}
	return known
}

func (s *state) windowStatus(w *window, now time.Duration) PoolStatus {
	p := PoolStatus{
		Pool:        w.pool,
		Limit:       w.limit(),
		Remaining:   w.remaining(now, s.reserve),
		Reset:       s.zoom.at(w.reset(now, s.reserve)),
		ClosedUntil: s.closedUntil(w.closed, now),
		Throttled:   w.throttled,
	}
	if n, _ := w.share(s.reserve, 1); p.Limit > 0 {
		p.Reserved = p.Limit - n
	}
	return p
}

func (s *state) ledgerStatus(g *ledger, now time.Duration) PoolStatus {
	number := dayOf(s.zoom.at(now))
	a := g.account(number, s.gap(), s.reserve)
	p := PoolStatus{
		Pool:        g.pool,
		Limit:       a.limit,
		Reserved:    a.reserved,
		Remaining:   a.spendable,
		Foreign:     a.foreign,
		Reset:       dayStart(number + 1),
		ClosedUntil: s.closedUntil(g.closed, now),
		Throttled:   g.throttled,
	}
	if now < g.closed {
		p.Remaining = 0
	}
	return p
}

func (s *state) closedUntil(closed, now time.Duration) zoomtime.Time {
	if now >= closed {
		return zoomtime.Time{}
	}
	return s.zoom.at(closed)
}
