package budget

import (
	"net/http"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

const (
	shortestCooldown = time.Second
	// longestCooldown bounds the cooldowns of the limits per second and per minute,
	// whatever Zoom asks for.
	longestCooldown = 5 * time.Minute
	// longestDayCooldown bounds those of a day: nothing daily lasts longer.
	longestDayCooldown = 25 * time.Hour
)

// observe applies an answer to an attempt sent at sent, and reports whether waiters
// should look again.
func (s *state) observe(q queue, now, sent time.Duration, a zoomapi.Answer, jitter func() float64) bool {
	date := s.observeDate(now, sent, a.Date)
	zoomNow := s.zoom.at(now)
	if date != dateAbsent && date != dateDoubtful {
		zoomNow = a.Date
	}
	throttled := a.Status == http.StatusTooManyRequests
	if throttled {
		s.coolDown(q, now, sent, zoomNow, a, jitter())
	} else if a.Status != 0 {
		s.windows[q].backoff.succeeded(sent)
	}
	if a.Limit == 0 || (a.Limit > 0 && a.Remaining > a.Limit) {
		return throttled
	}
	switch {
	// The day of an answer with a doubtful Date is unknown.
	case a.Scope == zoomapi.PerDay && date != dateDoubtful:
		s.dayLedger(q).applyHeader(zoomNow, s.gap(), a.Limit, a.Remaining)
	case a.Scope == windowScope(q):
		return s.applyWindowHeader(&s.windows[q], now, a) || throttled
	}
	return throttled
}

// cooldowns are what a 429 changes for later attempts.
type cooldowns struct {
	windows [queues]bool
	days    [3]bool
	halved  [queues]time.Duration
}

func (s *state) cooldowns(now time.Duration) cooldowns {
	var c cooldowns
	for q := range s.windows {
		c.windows[q] = now < s.windows[q].cooldown
		c.halved[q] = s.windows[q].pace.halved
	}
	for i, l := range s.allLedgers() {
		c.days[i] = now < l.cooldown
	}
	return c
}

func (s *state) observeDate(now, sent time.Duration, date zoomtime.Time) dateResult {
	result := s.zoom.observe(now, sent, date)
	if result != dateAgrees && result != dateMoved {
		return result
	}
	for _, l := range s.allLedgers() {
		if result == dateMoved {
			l.chargeJump(s.zoom.at(now))
		}
		l.confirm()
	}
	s.creditDowntime()
	return result
}

// windowScope is the scope of a queue's window in Zoom's headers.
func windowScope(q queue) zoomapi.LimitScope {
	if q == resourceIntensive {
		return zoomapi.PerMinute
	}
	return zoomapi.PerSecond
}

// applyWindowHeader uses the limit of the last header if it is below the configured
// one, and waits for a whole window if nothing remains.
func (s *state) applyWindowHeader(w *window, now time.Duration, a zoomapi.Answer) (changed bool) {
	if a.Limit > 0 && a.Limit != w.reported {
		w.setLimits(w.configured, a.Limit)
		changed = true
	}
	if a.Remaining == 0 {
		w.hold = max(w.hold, now+w.span)
	}
	return changed
}

// coolDown begins the cooldown of the pool that a 429 is about.
func (s *state) coolDown(q queue, now, sent time.Duration, zoomNow zoomtime.Time, a zoomapi.Answer, jitter float64) {
	retry := retryAfter(zoomNow, a)
	scope := a.Scope
	// Only a day's limit asks for so long a pause.
	if scope == zoomapi.UnknownScope && retry > longestCooldown {
		scope = zoomapi.PerDay
	}
	if scope == zoomapi.PerDay {
		l := s.dayLedger(q)
		l.throttled++
		l.cooldown = max(l.cooldown, now+spread(dayCooldown(zoomNow, retry), jitter))
		return
	}
	w := &s.windows[q]
	w.throttled++
	var pause time.Duration
	switch scope {
	case zoomapi.PerMinute:
		pause = time.Minute
	case zoomapi.PerSecond, zoomapi.Concurrency:
		pause = shortestCooldown
		if w.limit() == 0 { // there is no rate to lower
			pause = w.backoff.next(now, sent, pause)
		}
		w.pace.slowDown(now)
	default:
		pause = w.backoff.next(now, sent, w.span)
		if q == heavy {
			w.pace.slowDown(now)
		}
	}
	if retry > 0 {
		pause = max(shortestCooldown, min(retry, longestCooldown))
	}
	w.cooldown = max(w.cooldown, now+spread(pause, jitter))
}

// retryAfter returns the pause that Zoom asks for, measured by the answer's own Date
// if it has one; 0 if it asks for none, or for one that is over.
func retryAfter(zoomNow zoomtime.Time, a zoomapi.Answer) time.Duration {
	if !a.Date.IsZero() {
		zoomNow = a.Date
	}
	wait, _ := a.RetryAfter.Wait(zoomNow)
	return max(0, wait)
}

// dayCooldown returns how long a 429 of the day's limit lasts.
func dayCooldown(zoomNow zoomtime.Time, retry time.Duration) time.Duration {
	if retry > 0 {
		return max(shortestCooldown, min(retry, longestDayCooldown))
	}
	number := dayOf(zoomNow)
	// A 429 just after midnight may still be about the day before.
	if elapsed := zoomNow.Sub(dayStart(number)); elapsed < guard {
		return max(shortestCooldown, guard-elapsed)
	}
	return max(shortestCooldown, dayStart(number+1).Sub(zoomNow))
}

// spread prolongs a pause by up to half of it, at most 5 s, so that not all exporters
// and apps come back at once.
func spread(pause time.Duration, jitter float64) time.Duration {
	return pause + time.Duration(jitter*float64(min(pause/2, 5*time.Second)))
}
