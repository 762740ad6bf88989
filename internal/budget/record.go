package budget

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// ErrRecord says that what was kept of a budget can't be read; reachable through
// errors.Is.
var ErrRecord = errors.New("not a record of a budget")

const recordVersion = 1

// record is a state as it is written down. Elapsed times, in nanoseconds, count
// from the moment of writing: what is past is negative.
type record struct {
	Version int `json:"version"`
	// At is Zoom's clock at the time of writing, Sure whether a Date had told,
	// and Least what it was at least; zero where that is not known.
	At      time.Time           `json:"at"`
	Sure    bool                `json:"sure"`
	Least   time.Time           `json:"least,omitzero"`
	Windows [lanes]windowRecord `json:"windows"`
	Shared  ledgerRecord        `json:"shared"`
	Single  [lanes]ledgerRecord `json:"single"`
}

type windowRecord struct {
	Configured int           `json:"configured,omitzero"`
	Told       int           `json:"told,omitzero"`
	Sent       []int64       `json:"sent,omitzero"`
	Hold       int64         `json:"hold,omitzero"`
	Closed     int64         `json:"closed,omitzero"`
	Pace       paceRecord    `json:"pace,omitzero"`
	Backoff    backoffRecord `json:"backoff,omitzero"`
}

type paceRecord struct {
	Part    float64 `json:"part"`
	Halved  int64   `json:"halved"`
	Changed int64   `json:"changed"`
}

type backoffRecord struct {
	Streak int   `json:"streak"`
	Since  int64 `json:"since"`
}

type ledgerRecord struct {
	Entered     uint64      `json:"entered,omitzero"`
	Unconfirmed uint64      `json:"unconfirmed,omitzero"`
	Closed      int64       `json:"closed,omitzero"`
	Days        []dayRecord `json:"days,omitzero"`
}

type dayRecord struct {
	Number      int64  `json:"number"`
	Own         int    `json:"own,omitzero"`
	Before      int    `json:"before,omitzero"`
	Foreign     int    `json:"foreign,omitzero"`
	Limit       int    `json:"limit,omitzero"`
	Unknown     int64  `json:"unknown,omitzero"`
	Mark        uint64 `json:"mark,omitzero"`
	Unconfirmed uint64 `json:"unconfirmed,omitzero"`
}

// encode writes a state down as if it had been granted more attempts, which may
// leave before the next time.
func (s *state) encode(now time.Duration, granted [lanes]int) ([]byte, error) {
	c := s.clone()
	span := s.zoom.days(now)
	for l, n := range granted {
		for range n {
			// Not as window.enter does it, which drops what is beyond a limit
			// that may have been told a moment ago.
			c.windows[l].sent = append(c.windows[l].sent, now)
			for _, g := range c.ledgers(lane(l)) {
				g.enter(span)
			}
		}
	}
	c.shift(-now)
	r := record{Version: recordVersion, At: s.zoom.at(now).UTC(), Sure: s.zoom.sure, Least: s.zoom.least(now).UTC()}
	for l := range c.windows {
		r.Windows[l] = c.windows[l].record()
		r.Single[l] = c.single[l].record(c.gap())
	}
	r.Shared = c.shared.record(c.gap())
	data, err := json.Marshal(&r)
	if err != nil {
		return nil, fmt.Errorf("budget: write down: %w", err)
	}
	return data, nil
}

func (s *state) clone() *state {
	c := *s
	for l := range c.windows {
		c.windows[l].sent = slices.Clone(c.windows[l].sent)
	}
	for _, g := range c.all() {
		g.days = slices.Clone(g.days)
	}
	return &c
}

func (w *window) record() windowRecord {
	r := windowRecord{
		Configured: w.configured, Told: w.told,
		Hold: max(0, int64(w.hold)), Closed: max(0, int64(w.closed)),
		Backoff: backoffRecord{Streak: w.backoff.streak, Since: past(w.backoff.since)},
	}
	for _, at := range w.sent {
		r.Sent = append(r.Sent, past(at))
	}
	if w.pace.slow {
		r.Pace = paceRecord{Part: w.pace.part, Halved: past(w.pace.halved), Changed: past(w.pace.changed)}
	}
	return r
}

// past bounds how long ago something was, so that sums of it stay durations.
func past(at time.Duration) int64 { return int64(max(min(at, 0), -maxSpan)) }

func (l *ledger) record(g gap) ledgerRecord {
	r := ledgerRecord{Entered: l.entered, Unconfirmed: l.unconfirmed, Closed: max(0, int64(l.closed))}
	for i := range l.days {
		d := &l.days[i]
		kept := dayRecord{
			Number: d.number, Own: d.own, Before: d.before, Foreign: d.foreign, Limit: d.limit,
			Mark: d.mark, Unconfirmed: d.unconfirmed,
		}
		if !d.told {
			kept.Unknown = int64(min(d.unknown+g.on(d.number), dayLength))
		}
		r.Days = append(r.Days, kept)
	}
	return r
}

// restore takes up a state that was written down, at a start at wall by the
// machine's clock.
func restore(data []byte, wall time.Time) (state, error) {
	var r record
	if err := json.Unmarshal(data, &r, json.RejectUnknownMembers(true)); err != nil {
		return state{}, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	if r.Version != recordVersion {
		return state{}, fmt.Errorf("%w: it is of version %d, not %d", ErrRecord, r.Version, recordVersion)
	}
	if err := r.check(); err != nil {
		return state{}, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	s := newState(wall)
	at, least := zoomtime.Of(r.At), zoomtime.Of(r.Least)
	s.zoom.floor = least
	if s.zoom.start.Before(least) {
		s.zoom.start = least // the machine's clock was set back
	}
	s.since = least
	if r.Sure {
		s.since = at
	}
	for l := range s.windows {
		s.windows[l].restore(&r.Windows[l])
		s.single[l].restore(&r.Single[l])
	}
	s.shared.restore(&r.Shared)
	for _, g := range s.all() {
		g.jumped(s.zoom.start)
	}
	if r.Sure {
		s.carry(at)
	}
	return s, nil
}

func (w *window) restore(r *windowRecord) {
	w.configured, w.told = r.Configured, r.Told
	w.hold, w.closed = time.Duration(r.Hold), time.Duration(r.Closed)
	for _, at := range r.Sent {
		w.sent = append(w.sent, time.Duration(at))
	}
	w.carried = len(w.sent)
	if r.Pace != (paceRecord{}) {
		w.pace = pace{slow: true, part: r.Pace.Part, halved: time.Duration(r.Pace.Halved), changed: time.Duration(r.Pace.Changed)}
	}
	w.backoff = backoff{streak: r.Backoff.Streak, since: time.Duration(r.Backoff.Since)}
}

func (l *ledger) restore(r *ledgerRecord) {
	l.entered, l.unconfirmed, l.closed = r.Entered, r.Unconfirmed, time.Duration(r.Closed)
	for _, d := range r.Days {
		l.days = append(l.days, day{
			number: d.Number, own: d.Own, before: d.Before, foreign: d.Foreign, limit: d.Limit,
			unknown: time.Duration(d.Unknown), mark: d.Mark, unconfirmed: d.Unconfirmed,
		})
	}
}

// The widest that a sound record can hold. Beyond them sums might overflow.
const (
	mostRequests = 1 << 40
	mostSent     = 1 << 20
	mostStreak   = 1 << 30
)

var (
	earliestRecord = zoomtime.Of(time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC))
	latestRecord   = zoomtime.Of(time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC))
)

var errRange = errors.New("a value is out of its range")

func (r *record) check() error {
	sound := isTime(r.At) && (r.Least.IsZero() || isTime(r.Least)) && r.Shared.sound()
	for l := range r.Windows {
		sound = sound && r.Windows[l].sound() && r.Single[l].sound()
	}
	if !sound {
		return errRange
	}
	return nil
}

func isTime(t time.Time) bool {
	at := zoomtime.Of(t)
	return at.After(earliestRecord) && at.Before(latestRecord)
}

func (w *windowRecord) sound() bool {
	return isCount(w.Configured) && isCount(w.Told) && isAhead(w.Hold) && isAhead(w.Closed) &&
		len(w.Sent) <= mostSent && slices.IsSorted(w.Sent) && !slices.ContainsFunc(w.Sent, isNotPast) &&
		w.Pace.Part >= 0 && w.Pace.Part <= 1 && !isNotPast(w.Pace.Halved) && !isNotPast(w.Pace.Changed) &&
		w.Backoff.Streak >= 0 && w.Backoff.Streak <= mostStreak && !isNotPast(w.Backoff.Since)
}

func (l *ledgerRecord) sound() bool {
	if l.Entered > mostRequests || l.Unconfirmed > l.Entered || !isAhead(l.Closed) || len(l.Days) > keptDays {
		return false
	}
	seen := make(map[int64]bool)
	for i := range l.Days {
		d := &l.Days[i]
		if seen[d.Number] || d.Number < dayOf(earliestRecord) || d.Number > dayOf(latestRecord) ||
			!isCount(d.Own) || !isCount(d.Before) || !isCount(d.Foreign) || !isCount(d.Limit) ||
			d.Unknown < 0 || d.Unknown > int64(dayLength) || d.Mark > l.Entered || d.Unconfirmed > l.Unconfirmed {
			return false
		}
		seen[d.Number] = true
	}
	return true
}

func isCount(n int) bool { return n >= 0 && n <= mostRequests }

// isAhead reports whether a wait is none or one that a closing can last.
func isAhead(at int64) bool { return at >= 0 && at <= int64(maxSpan) }

func isNotPast(at int64) bool { return at > 0 || at < -int64(maxSpan) }
