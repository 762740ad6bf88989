package budget

import (
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// inDoubt is how much shorter than it seems a downtime may be: two readings of
// Zoom's clock may be off by guard each, and attempts left for a while after
// they were written down.
const inDoubt = 2*guard + blockLasts

// carried is what a state has from a process before, until Zoom's clock tells
// how long ago that was.
type carried struct {
	at           zoomtime.Time // when it was written down, on Zoom's clock; zero where that is not sure
	hold, closed [lanes]time.Duration
	days         [3]time.Duration
}

// carry remembers what was restored.
func (s *state) carry(at zoomtime.Time) {
	s.carried = carried{at: at}
	for l := range s.windows {
		s.carried.hold[l], s.carried.closed[l] = s.windows[l].hold, s.windows[l].closed
	}
	for i, g := range s.all() {
		s.carried.days[i] = g.closed
	}
}

// creditDowntime takes the time that the process was down off all waiting, once
// Zoom's clock tells how long that was. Until then a restart takes it for none:
// the machine's clock may have been set in between.
func (s *state) creditDowntime() {
	c := s.carried
	if c.at.IsZero() {
		return
	}
	s.carried = carried{}
	down := min(s.zoom.start.Sub(c.at)-inDoubt, maxSpan)
	if down <= 0 {
		return
	}
	for l := range s.windows {
		w := &s.windows[l]
		for i := range w.carried {
			w.sent[i] -= down
		}
		w.carried = 0
		older(&w.pace.halved, down)
		older(&w.pace.changed, down)
		older(&w.backoff.since, down)
		sooner(&w.hold, c.hold[l], down)
		sooner(&w.closed, c.closed[l], down)
	}
	for i, g := range s.all() {
		sooner(&g.closed, c.days[i], down)
	}
}

// older moves an instant that lies before the start.
func older(at *time.Duration, by time.Duration) {
	if *at <= 0 {
		*at -= by
	}
}

// sooner shortens a wait, unless this process has prolonged it.
func sooner(until *time.Duration, carried, by time.Duration) {
	if *until == carried {
		*until -= by
	}
}

// shift moves all remembered instants, as the zero of elapsed time moves when a
// state is written down and taken up again.
func (s *state) shift(by time.Duration) {
	for l := range s.windows {
		w := &s.windows[l]
		for i := range w.sent {
			w.sent[i] += by
		}
		w.hold += by
		w.closed += by
		w.pace.halved += by
		w.pace.changed += by
		w.backoff.since += by
	}
	for _, g := range s.all() {
		g.closed += by
	}
}
