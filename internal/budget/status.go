package budget

import (
	"math"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// PoolStatus is one pool at one moment. Its numbers are requests.
type PoolStatus struct {
	Pool Pool
	// Limit is the lower of the configured limit and Zoom's own; 0 if neither is
	// known.
	Limit int
	// Reserved is the part of Limit that is left to other apps.
	Reserved int
	// Remaining is how many may still be sent in the present window or day; 0 during
	// a cooldown, math.MaxInt without a limit.
	Remaining int
	// Foreign is a lower bound, from Zoom's headers, of what other apps have used today.
	// Requests from before this process started count as the exporter's. It is 0 for
	// pools that are not daily.
	Foreign int
	// Reset is when the pool is full again: for a day, the next 00:00 UTC.
	Reset zoomtime.Time
	// CooldownUntil is when the cooldown after a 429 ends; zero if there is none.
	CooldownUntil zoomtime.Time
	// Throttled counts the pool's 429s.
	Throttled uint64
}

// Status returns every pool that is limited or has met a 429, in a fixed order.
func (b *Budget) Status() []PoolStatus {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, now := b.now()
	return b.state.status(now)
}

// Left returns how many requests of a class may still be sent today, less those that
// wait for their turn, and how long Zoom's day still lasts. Without a daily limit
// requests is math.MaxInt.
func (b *Budget) Left(class zoomapi.Class) (requests int, reset time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, now := b.now()
	q := queueOf(class)
	requests, reset = b.state.left(q, now)
	if requests != math.MaxInt {
		requests = max(0, requests-len(b.waiters[q])-b.waitingElsewhere(q))
	}
	return requests, reset
}

// ZoomTime returns the time by Zoom's clock, from the Dates of its answers; before the
// first answer, the time by the machine's clock.
func (b *Budget) ZoomTime() zoomtime.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, now := b.now()
	return b.state.zoom.likely(now)
}

func (s *state) status(now time.Duration) []PoolStatus {
	var all []PoolStatus
	for q := range s.windows {
		all = append(all, s.windowStatus(&s.windows[q], now))
	}
	for _, l := range s.allLedgers() {
		all = append(all, s.ledgerStatus(l, now))
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
		Pool:          w.pool,
		Limit:         w.limit(),
		Remaining:     w.remaining(now, s.reserve),
		Reset:         s.zoom.at(w.reset(now, s.reserve)),
		CooldownUntil: s.cooldownUntil(w.cooldown, now),
		Throttled:     w.throttled,
	}
	if n, _ := w.share(s.reserve, 1); p.Limit > 0 {
		p.Reserved = p.Limit - n
	}
	return p
}

func (s *state) ledgerStatus(l *ledger, now time.Duration) PoolStatus {
	number := dayOf(s.zoom.at(now))
	balance := l.balance(number, s.gap(), s.reserve)
	p := PoolStatus{
		Pool:          l.pool,
		Limit:         balance.limit,
		Reserved:      balance.reserved,
		Remaining:     balance.spendable,
		Foreign:       balance.foreign,
		Reset:         dayStart(number + 1),
		CooldownUntil: s.cooldownUntil(l.cooldown, now),
		Throttled:     l.throttled,
	}
	if now < l.cooldown {
		p.Remaining = 0
	}
	return p
}

func (s *state) cooldownUntil(cooldown, now time.Duration) zoomtime.Time {
	if now >= cooldown {
		return zoomtime.Time{}
	}
	return s.zoom.at(cooldown)
}
