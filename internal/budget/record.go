package budget

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// ErrRecord says that the saved record of a budget cannot be decoded.
var ErrRecord = errors.New("not a record of a budget")

const recordVersion = 1

// record is the saved form of a state. Elapsed times, in nanoseconds, count from the
// moment of saving: the past is negative. The store checks its integrity.
type record struct {
	Version int `json:"version"`
	// At is Zoom's time of saving, Sure whether a Date had confirmed it, and Least the
	// earliest that it can have been; zero if unknown.
	At      time.Time            `json:"at"`
	Sure    bool                 `json:"sure"`
	Least   time.Time            `json:"least,omitzero"`
	Windows [queues]windowRecord `json:"windows"`
	Shared  ledgerRecord         `json:"shared"`
	Single  [queues]ledgerRecord `json:"single"`
}

type windowRecord struct {
	Configured int           `json:"configured,omitzero"`
	Reported   int           `json:"told,omitzero"`
	Sent       []int64       `json:"sent,omitzero"`
	Hold       int64         `json:"hold,omitzero"`
	Cooldown   int64         `json:"closed,omitzero"`
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
	Cooldown    int64       `json:"closed,omitzero"`
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

// encode returns the record of a state as if it had entered the granted attempts,
// which may leave before the next record.
func (s *state) encode(now time.Duration, granted [queues]int) ([]byte, error) {
	c := s.clone()
	span := s.zoom.days(now)
	for q, n := range granted {
		for range n {
			// Not by window.enter, which drops what is beyond a limit that may be as
			// new as the last header.
			c.windows[q].sent = append(c.windows[q].sent, now)
			for _, l := range c.ledgers(queue(q)) {
				l.enter(span)
			}
		}
	}
	c.shift(-now)
	r := record{Version: recordVersion, At: s.zoom.at(now).UTC(), Sure: s.zoom.sure, Least: s.zoom.least(now).UTC()}
	for q := range c.windows {
		r.Windows[q] = c.windows[q].record()
		r.Single[q] = c.single[q].record(c.gap())
	}
	r.Shared = c.shared.record(c.gap())
	data, err := json.Marshal(&r)
	if err != nil {
		return nil, fmt.Errorf("budget: encode the record: %w", err)
	}
	return data, nil
}

func (s *state) clone() *state {
	c := *s
	for q := range c.windows {
		c.windows[q].sent = slices.Clone(c.windows[q].sent)
	}
	for _, l := range c.allLedgers() {
		l.days = slices.Clone(l.days)
	}
	return &c
}

func (w *window) record() windowRecord {
	r := windowRecord{
		Configured: w.configured, Reported: w.reported,
		Hold: max(0, int64(w.hold)), Cooldown: max(0, int64(w.cooldown)),
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

// past bounds an instant of the past, so that sums with it remain Durations over any
// number of restarts.
func past(at time.Duration) int64 { return int64(max(min(at, 0), -maxSpan)) }

func (l *ledger) record(g gap) ledgerRecord {
	r := ledgerRecord{Entered: l.entered, Unconfirmed: l.unconfirmed, Cooldown: max(0, int64(l.cooldown))}
	for i := range l.days {
		d := &l.days[i]
		saved := dayRecord{
			Number: d.number, Own: d.own, Before: d.before, Foreign: d.foreign, Limit: d.limit,
			Mark: d.mark, Unconfirmed: d.unconfirmed,
		}
		if !d.reported {
			saved.Unknown = int64(min(d.unknown+g.on(d.number), dayLength))
		}
		r.Days = append(r.Days, saved)
	}
	return r
}

// decode returns the state of a record, at a start at wall by the machine's clock.
func decode(data []byte, wall time.Time) (state, error) {
	var r record
	if err := json.Unmarshal(data, &r, json.RejectUnknownMembers(true)); err != nil {
		return state{}, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	if r.Version != recordVersion {
		return state{}, fmt.Errorf("%w: version %d, want %d", ErrRecord, r.Version, recordVersion)
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
	for q := range s.windows {
		s.windows[q].restore(&r.Windows[q])
		s.single[q].restore(&r.Single[q])
	}
	s.shared.restore(&r.Shared)
	for _, l := range s.allLedgers() {
		l.chargeJump(s.zoom.start)
	}
	if r.Sure {
		s.carry(at)
	}
	return s, nil
}

func (w *window) restore(r *windowRecord) {
	w.configured, w.reported = r.Configured, r.Reported
	w.hold, w.cooldown = time.Duration(r.Hold), time.Duration(r.Cooldown)
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
	l.entered, l.unconfirmed, l.cooldown = r.Entered, r.Unconfirmed, time.Duration(r.Cooldown)
	for _, d := range r.Days {
		l.days = append(l.days, day{
			number: d.Number, own: d.Own, before: d.Before, foreign: d.Foreign, limit: d.Limit,
			unknown: time.Duration(d.Unknown), mark: d.Mark, unconfirmed: d.Unconfirmed,
		})
	}
}
