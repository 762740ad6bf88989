package budget

import (
	"net/http"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

const (
	shortestPause = time.Second
	// longestPause bounds closings of the short limits, whatever Zoom asks.
	longestPause = 5 * time.Minute
	// longestDay bounds the closing of a day: nothing daily lasts longer.
	longestDay = 25 * time.Hour
)

// observe takes in an answer to an attempt sent at sent, and reports whether
// those who wait should look again.
func (s *state) observe(l lane, now, sent time.Duration, a zoomapi.Answer, jitter func() float64) bool {
	date := s.observeDate(now, sent, a.Date)
	said := s.zoom.at(now)
	if date != dateAbsent && date != dateDoubtful {
		said = a.Date
	}
	throttled := a.Status == http.StatusTooManyRequests
	if throttled {
		s.throttle(l, now, sent, said, a, jitter())
	} else if a.Status != 0 {
		s.windows[l].backoff.succeeded(sent)
	}
	if a.Limit == 0 || (a.Limit > 0 && a.Remaining > a.Limit) {
		return throttled
	}
	switch {
	// The day of an answer with a doubtful Date is not known.
	case a.Scope == zoomapi.PerDay && date != dateDoubtful:
		s.daily(l).header(said, s.gap(), a.Limit, a.Remaining)
	case a.Scope == windowScope(l):
		return s.windowHeader(&s.windows[l], now, a) || throttled
	}
	return throttled
}

// closings is what a 429 changes for those to come.
type closings struct {
	windows [lanes]bool
	days    [3]bool
	halved  [lanes]time.Duration
}

func (s *state) closings(now time.Duration) closings {
	var c closings
	for l := range s.windows {
		c.windows[l] = now < s.windows[l].closed
		c.halved[l] = s.windows[l].pace.halved
	}
	for i, g := range s.all() {
		c.days[i] = now < g.closed
	}
	return c
}

func (s *state) observeDate(now, sent time.Duration, date zoomtime.Time) verdict {
	v := s.zoom.observe(now, sent, date)
	if v != dateAgrees && v != dateMoved {
		return v
	}
	for _, g := range s.all() {
		if v == dateMoved {
			g.jumped(s.zoom.at(now))
		}
		g.confirm()
	}
	s.creditDowntime()
	return v
}

// windowScope is the span that a lane's short limit has.
func windowScope(l lane) zoomapi.LimitScope {
	if l == resourceIntensive {
		return zoomapi.PerMinute
	}
	return zoomapi.PerSecond
}

// windowHeader believes the last header where it is below what was configured,
// and waits a window where nothing remains.
func (s *state) windowHeader(w *window, now time.Duration, a zoomapi.Answer) (changed bool) {
	if a.Limit > 0 && a.Limit != w.told {
		w.setLimits(w.configured, a.Limit)
		changed = true
	}
	if a.Remaining == 0 {
		w.hold = max(w.hold, now+w.span)
	}
	return changed
}

// throttle closes the pool that a 429 speaks of. said is Zoom's time.
func (s *state) throttle(l lane, now, sent time.Duration, said zoomtime.Time, a zoomapi.Answer, jitter float64) {
	retry := retryAfter(said, a)
	scope := a.Scope
	// Only a day's limit asks for so long a pause.
	if scope == zoomapi.UnknownScope && retry > longestPause {
		scope = zoomapi.PerDay
	}
	if scope == zoomapi.PerDay {
		g := s.daily(l)
		g.throttled++
		g.closed = max(g.closed, now+spread(dayPause(said, retry), jitter))
		return
	}
	w := &s.windows[l]
	w.throttled++
	var pause time.Duration
	switch scope {
	case zoomapi.PerMinute:
		pause = time.Minute
	case zoomapi.PerSecond, zoomapi.Concurrency:
		pause = shortestPause
		if w.limit() == 0 { // there is no rate to lower
			pause = w.backoff.next(now, sent, pause)
		}
		w.pace.slowDown(now)
	default:
		pause = w.backoff.next(now, sent, w.span)
		if l == heavy {
			w.pace.slowDown(now)
		}
	}
	if retry > 0 {
		pause = max(shortestPause, min(retry, longestPause))
	}
	w.closed = max(w.closed, now+spread(pause, jitter))
}

// retryAfter is the pause Zoom asks for, measured on the clock of the answer
// itself; 0 where it asks for none or for one that is over.
func retryAfter(said zoomtime.Time, a zoomapi.Answer) time.Duration {
	if !a.Date.IsZero() {
		said = a.Date
	}
	wait, _ := a.RetryAfter.Wait(said)
	return max(0, wait)
}

// dayPause is how long a 429 of the day's limit closes it.
func dayPause(said zoomtime.Time, retry time.Duration) time.Duration {
	if retry > 0 {
		return max(shortestPause, min(retry, longestDay))
	}
	number := dayOf(said)
	// A 429 just after midnight may still speak of the day before.
	if over := said.Sub(dayStart(number)); over < guard {
		return max(shortestPause, guard-over)
	}
	return max(shortestPause, dayStart(number+1).Sub(said))
}

// spread adds up to half of a pause, at most 5 s, so that not all come back at
// once.
func spread(pause time.Duration, jitter float64) time.Duration {
	return pause + time.Duration(jitter*float64(min(pause/2, 5*time.Second)))
}
