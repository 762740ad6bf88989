package budget

import (
	"math"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// state is all that is known of the pools: plain data, without locks or I/O. Its
// functions take the time elapsed since the start, which never goes back.
type state struct {
	zoom    zoomClock
	reserve float64 // 0 to 1
	windows [queues]window
	shared  ledger         // PerDay
	single  [queues]ledger // HeavyPerDay, ResourceIntensivePerDay
	// since is Zoom's time of an earlier process's last record; zero if unknown.
	since   zoomtime.Time
	carried carried
}

// queue is where attempts of one class wait.
type queue int

const (
	heavy queue = iota
	resourceIntensive
	queues
)

// queueOf treats an unknown class as heavy, the class with the lower limits.
func queueOf(class zoomapi.Class) queue {
	if class == zoomapi.ResourceIntensive {
		return resourceIntensive
	}
	return heavy
}

// newState returns the state of a start at wall by the machine's clock, which is a
// guess of Zoom's until a Date is known.
func newState(wall time.Time) state {
	return state{
		zoom: zoomClock{start: zoomtime.Of(wall)},
		windows: [queues]window{
			// Answers and attempts bunch on their way: half of the limit is safe.
			heavy:             {pool: HeavyPerSecond, span: time.Second, most: 0.5},
			resourceIntensive: {pool: ResourceIntensivePerMinute, span: time.Minute, most: 1},
		},
		shared: ledger{pool: PerDay},
		single: [queues]ledger{
			heavy:             {pool: HeavyPerDay},
			resourceIntensive: {pool: ResourceIntensivePerDay},
		},
	}
}

func (s *state) configure(limits Limits, reserve float64) {
	// Written so that NaN reserves everything.
	if !(reserve <= 1) {
		reserve = 1
	}
	s.reserve = max(0, reserve)
	for q, limit := range [queues]int{heavy: limits.HeavyPerSecond, resourceIntensive: limits.ResourceIntensivePerMinute} {
		w := &s.windows[q]
		w.setLimits(max(0, limit), w.reported)
	}
	s.shared.configured = max(0, limits.PerDay)
	s.single[heavy].configured = max(0, limits.HeavyPerDay)
	s.single[resourceIntensive].configured = max(0, limits.ResourceIntensivePerDay)
}

// ledgers are those that an attempt is charged to, limited or not: a reload may bring
// a limit.
func (s *state) ledgers(q queue) [2]*ledger { return [2]*ledger{&s.shared, &s.single[q]} }

// dayLedger is the ledger that Zoom's daily headers are about.
func (s *state) dayLedger(q queue) *ledger {
	if s.single[q].configured > 0 {
		return &s.single[q]
	}
	return &s.shared
}

func (s *state) allLedgers() [3]*ledger {
	return [...]*ledger{&s.shared, &s.single[heavy], &s.single[resourceIntensive]}
}

// gap is the time before the start of which nothing is known, by the present reading
// of Zoom's clock.
func (s *state) gap() gap { return gap{from: s.since, to: s.zoom.at(0)} }

// admit returns when the attempt at a place in its queue (0 is next) may leave. others
// counts the attempts elsewhere that may take the day's requests first. A cooldown of
// the window refuses it unless that is over within maxWait; 0 is a caller without a
// deadline, who does not wait for it.
func (s *state) admit(q queue, now, maxWait time.Duration, place, others int) (time.Duration, *Error) {
	w := &s.windows[q]
	if w.cooldown-now >= max(maxWait, 1) {
		return 0, &Error{Pool: w.pool, Until: s.zoom.at(w.cooldown), reason: ErrCooldown}
	}
	for _, l := range s.ledgers(q) {
		if now < l.cooldown {
			return 0, &Error{Pool: l.pool, Until: s.zoom.at(l.cooldown), reason: ErrCooldown}
		}
	}
	turn, ok := w.turn(now, s.reserve, place)
	if !ok {
		return 0, &Error{Pool: w.pool, reason: ErrExhausted}
	}
	span := s.zoom.days(turn)
	var refused *Error
	for _, l := range s.ledgers(q) {
		for n := range l.daysOf(span) {
			if l.balance(n, s.gap(), s.reserve).spendable <= place+others {
				refused = later(refused, s.exhausted(l, n, now))
			}
		}
	}
	if refused != nil {
		return 0, refused
	}
	return turn, nil
}

// later returns the refusal that lasts longer; one without Until lasts for ever.
func later(a, b *Error) *Error {
	if a == nil || (!a.Until.IsZero() && (b.Until.IsZero() || b.Until.After(a.Until))) {
		return b
	}
	return a
}

func (s *state) exhausted(l *ledger, number int64, now time.Duration) *Error {
	e := &Error{Pool: l.pool, reason: ErrExhausted}
	if s.reserve < 1 {
		e.Until = dayStart(number + 1).Add(guard)
		if span := s.zoom.days(now); span.doubts(number) {
			// It is over by the machine's clock, and surely once the floor is past it.
			e.Until = s.zoom.at(now).Add(dayStart(number + 1).Sub(s.zoom.floor.Add(now)))
		}
	}
	return e
}

func (s *state) enter(q queue, now time.Duration) {
	s.windows[q].enter(now)
	span := s.zoom.days(now)
	for _, l := range s.ledgers(q) {
		l.enter(span)
	}
}

// left returns how many requests may still be sent today, and how long the day lasts.
func (s *state) left(q queue, now time.Duration) (int, time.Duration) {
	number := dayOf(s.zoom.at(now))
	end := dayStart(number + 1)
	// The guard around midnight is left out: for a minute what is left of yesterday
	// bounds what may be sent, but it is not what the new day has.
	span := days{doubted: number, first: number, last: number}
	if around := s.zoom.days(now); around.doubted < around.first {
		span.doubted = min(number, around.doubted)
	}
	n := math.MaxInt
	for _, l := range s.ledgers(q) {
		for day := range l.daysOf(span) {
			n = min(n, l.balance(day, s.gap(), s.reserve).spendable)
		}
		if now < l.cooldown && !s.zoom.at(l.cooldown).Before(end) {
			n = 0
		}
	}
	likely := s.zoom.likely(now)
	return n, dayStart(dayOf(likely) + 1).Sub(likely)
}
