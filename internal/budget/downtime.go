package budget

import (
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// downtimeDoubt is how much shorter than it seems a downtime may be: two readings of
// Zoom's clock may each be off by guard, and attempts left for a while after their
// record was saved.
const downtimeDoubt = 2*guard + blockLasts

// carried are the waits that a state has from an earlier process. They are shortened
// by the downtime once Zoom's clock is known; until then the downtime counts as none,
// as the machine's clock may have been set in between.
type carried struct {
	at             zoomtime.Time // Zoom's time when they were saved; zero if unknown, or once shortened
	hold, cooldown [queues]time.Duration
	days           [3]time.Duration
}

// carry remembers the restored waits.
func (s *state) carry(at zoomtime.Time) {
	s.carried = carried{at: at}
	for q := range s.windows {
		s.carried.hold[q], s.carried.cooldown[q] = s.windows[q].hold, s.windows[q].cooldown
	}
	for i, l := range s.allLedgers() {
		s.carried.days[i] = l.cooldown
	}
}

// creditDowntime subtracts the downtime from all that was carried, once Zoom's clock
// is known.
func (s *state) creditDowntime() {
	c := s.carried
	if c.at.IsZero() {
		return
	}
	s.carried = carried{}
	down := min(s.zoom.start.Sub(c.at)-downtimeDoubt, maxSpan)
	if down <= 0 {
		return
	}
	for q := range s.windows {
		w := &s.windows[q]
		for i := range w.carried {
			w.sent[i] -= down
		}
		w.carried = 0
		moveBack(&w.pace.halved, down)
		moveBack(&w.pace.changed, down)
		moveBack(&w.backoff.since, down)
		shorten(&w.hold, c.hold[q], down)
		shorten(&w.cooldown, c.cooldown[q], down)
	}
	for i, l := range s.allLedgers() {
		shorten(&l.cooldown, c.days[i], down)
	}
}

// moveBack moves an instant from before the start further back.
func moveBack(at *time.Duration, by time.Duration) {
	if *at <= 0 {
		*at -= by
	}
}

// shorten shortens a wait, unless this process has prolonged it.
func shorten(until *time.Duration, carried, by time.Duration) {
	if *until == carried {
		*until -= by
	}
}

// shift moves all remembered instants: elapsed time counts from another origin when a
// state is saved and restored.
func (s *state) shift(by time.Duration) {
	for q := range s.windows {
		w := &s.windows[q]
		for i := range w.sent {
			w.sent[i] += by
		}
		w.hold += by
		w.cooldown += by
		w.pace.halved += by
		w.pace.changed += by
		w.backoff.since += by
	}
	for _, l := range s.allLedgers() {
		l.cooldown += by
	}
}
