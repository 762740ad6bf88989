package budget

import (
	"math"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// state is all that is known of the pools: plain data, advanced by functions of
// the elapsed time since the start.
type state struct {
	zoom    zoomClock
	reserve float64
	windows [lanes]window
	shared  ledger        // PerDay
	single  [lanes]ledger // HeavyPerDay, ResourceIntensivePerDay
	// since is when the last that is known of a process before was written
	// down, on Zoom's clock; zero where nothing is.
	since   zoomtime.Time
	carried carried
}

// lane is where attempts of one class stand in line.
type lane int

const (
	heavy lane = iota
	resourceIntensive
	lanes
)

// laneOf takes an unknown class for heavy, the dearer one.
func laneOf(class zoomapi.Class) lane {
	if class == zoomapi.ResourceIntensive {
		return resourceIntensive
	}
	return heavy
}

// newState begins at wall by the machine's clock.
func newState(wall time.Time) state {
	return state{
		// A guess, until a Date tells.
		zoom: zoomClock{start: zoomtime.Of(wall)},
		windows: [lanes]window{
			// Answers and attempts bunch on their way: half the limit is safe.
			heavy:             {pool: HeavyPerSecond, span: time.Second, most: 0.5},
			resourceIntensive: {pool: ResourceIntensivePerMinute, span: time.Minute, most: 1},
		},
		shared: ledger{pool: PerDay},
		single: [lanes]ledger{
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
	for l, limit := range [lanes]int{heavy: limits.HeavyPerSecond, resourceIntensive: limits.ResourceIntensivePerMinute} {
		w := &s.windows[l]
		w.setLimits(max(0, limit), w.told)
	}
	s.shared.configured = max(0, limits.PerDay)
	s.single[heavy].configured = max(0, limits.HeavyPerDay)
	s.single[resourceIntensive].configured = max(0, limits.ResourceIntensivePerDay)
}

// ledgers are those an attempt in lane l is charged to, whether limited or not:
// a reload may bring a limit.
func (s *state) ledgers(l lane) [2]*ledger { return [2]*ledger{&s.shared, &s.single[l]} }

// daily is the ledger that Zoom means by a daily limit of lane l.
func (s *state) daily(l lane) *ledger {
	if s.single[l].configured > 0 {
		return &s.single[l]
	}
	return &s.shared
}

// all are the ledgers.
func (s *state) all() [3]*ledger {
	return [...]*ledger{&s.shared, &s.single[heavy], &s.single[resourceIntensive]}
}

// gap is the time before the start of which nothing is known, by what we think
// of Zoom's clock now.
func (s *state) gap() gap { return gap{from: s.since, to: s.zoom.at(0)} }

// admit returns when the attempt at a place in line may leave. others is how
// many more from elsewhere may want the day's money first. A closing of the
// window is waited for by who has the patience, which is 0 for who did not say.
func (s *state) admit(l lane, now, patience time.Duration, place, others int) (time.Duration, *Error) {
	w := &s.windows[l]
	if w.closed-now >= max(patience, 1) {
		return 0, &Error{Pool: w.pool, Until: s.zoom.at(w.closed), reason: ErrClosed}
	}
	for _, g := range s.ledgers(l) {
		if now < g.closed {
			return 0, &Error{Pool: g.pool, Until: s.zoom.at(g.closed), reason: ErrClosed}
		}
	}
	turn, ok := w.turn(now, s.reserve, place)
	if !ok {
		return 0, &Error{Pool: w.pool, reason: ErrExhausted}
	}
	span := s.zoom.days(turn)
	var refused *Error
	for _, g := range s.ledgers(l) {
		for n := range g.concerned(span) {
			if g.account(n, s.gap(), s.reserve).spendable <= place+others {
				refused = later(refused, s.exhausted(g, n, now))
			}
		}
	}
	if refused != nil {
		return 0, refused
	}
	return turn, nil
}

// later is the refusal that stands longer; the zero Until stands for ever.
func later(a, b *Error) *Error {
	if a == nil || (!a.Until.IsZero() && (b.Until.IsZero() || b.Until.After(a.Until))) {
		return b
	}
	return a
}

func (s *state) exhausted(g *ledger, number int64, now time.Duration) *Error {
	e := &Error{Pool: g.pool, reason: ErrExhausted}
	if s.reserve < 1 {
		e.Until = dayStart(number + 1).Add(guard)
		if span := s.zoom.days(now); span.doubts(number) {
			// Over by the machine's clock; it is so for sure once the floor says so.
			e.Until = s.zoom.at(now).Add(dayStart(number + 1).Sub(s.zoom.floor.Add(now)))
		}
	}
	return e
}

func (s *state) enter(l lane, now time.Duration) {
	s.windows[l].enter(now)
	span := s.zoom.days(now)
	for _, g := range s.ledgers(l) {
		g.enter(span)
	}
}

// left is what may still be sent today, and how long the day lasts.
func (s *state) left(l lane, now time.Duration) (int, time.Duration) {
	number := dayOf(s.zoom.at(now))
	end := dayStart(number + 1)
	// The guard around midnight is no doubt: for a minute yesterday's rest bounds
	// what may be sent, but it is not what the new day has.
	span := days{doubted: number, first: number, last: number}
	if around := s.zoom.days(now); around.doubted < around.first {
		span.doubted = min(number, around.doubted)
	}
	n := math.MaxInt
	for _, g := range s.ledgers(l) {
		for day := range g.concerned(span) {
			n = min(n, g.account(day, s.gap(), s.reserve).spendable)
		}
		if now < g.closed && !s.zoom.at(g.closed).Before(end) {
			n = 0
		}
	}
	likely := s.zoom.likely(now)
	return n, dayStart(dayOf(likely) + 1).Sub(likely)
}
