package readings

import (
	"cmp"
	"slices"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// Leave notes that a row left at about at, where Zoom does not say when. A
// leave time in an answer wins over it.
func (e *Engine) Leave(uuid string, p Person, at zoomtime.Time) {
	if m, s := e.find(uuid, &p); s != nil && s.state == open && s.leave == 0 {
		s.leave = max(at.Unix(), s.join)
		m.revision++
	}
}

// EndMeeting notes that a meeting ended at about at. Nothing is lost yet: its
// tail is still to be had.
func (e *Engine) EndMeeting(uuid string, at zoomtime.Time) {
	if m := e.meetings[uuid]; m != nil && m.end != at.Unix() {
		m.end = at.Unix()
		m.revision++
	}
}

// Resume takes an end back: the meeting is live again.
func (e *Engine) Resume(uuid string) {
	if m := e.meetings[uuid]; m != nil && m.end != 0 {
		m.end = 0
		m.revision++
	}
}

// Summarize gives the average figures of a session as Zoom sums them up; they
// replace those of its readings. Of the roads of one media and direction the
// same counts as in a minute.
func (e *Engine) Summarize(uuid string, p Person, averages []qos.Reading) {
	m, s := e.find(uuid, &p)
	if s == nil || s.state == closed {
		return
	}
	for stream, r := range choose(averages) {
		if r == nil {
			continue
		}
		given := s.sum(stream)
		*given = sum{stream: given.stream, given: true}
		given.add(r.Latency, r.Jitter, r.Loss)
		m.revision++
	}
}

func (e *Engine) find(uuid string, p *Person) (*meeting, *session) {
	m := e.meetings[uuid]
	if m == nil {
		return nil, nil
	}
	s, _ := m.find(p, m.end != 0)
	return m, s
}

// CloseSession books a session as over: its length, its verdicts and, if no
// past answer has settled it, the minutes that were never seen as lost for the
// reason given. Nothing of it counts any more. A meeting's Close does it for
// all that are left; this is for those who left a meeting that goes on for
// days.
func (e *Engine) CloseSession(uuid string, p Person, why Reason, now zoomtime.Time) {
	if m, s := e.find(uuid, &p); s != nil && s.state != closed {
		e.book(m, s, why, now)
		m.revision++
	}
}

// Close is the last word on a meeting: its tail is in or given up. It closes
// the sessions that are left, those without a past answer with a loss for the
// reason given, books an estimate for people who were never told of unless
// MetAll says that there are none, and forgets the meeting but for its having
// been there.
func (e *Engine) Close(uuid string, why Reason, now zoomtime.Time) {
	m := e.meetings[uuid]
	if m == nil {
		return
	}
	beyond, others := m.unmetMinutes()
	e.lost[Limit] += beyond
	e.lost[why] += others
	for _, s := range m.sessions {
		if s.state != closed {
			e.book(m, s, why, now)
		}
	}
	delete(e.meetings, uuid)
	e.deletes[meetingKey(uuid)] = e.encodes
	e.over.bury(hash(uuid), now)
}

// book books a session that is over.
func (e *Engine) book(m *meeting, s *session, why Reason, now zoomtime.Time) {
	defer s.close()
	last, ok := s.stop(m.end)
	if !ok || last < m.floor {
		return // it was over before we began
	}
	if s.state == open {
		e.lost[why] += uint64(s.missing(m.end))
	}
	day := now.Unix() / 86400
	for i := range s.sums {
		sum := &s.sums[i]
		if verdict, ok := e.verdict(sum.averages()); ok {
			tally, _ := e.entries(s.labels, int(sum.stream))
			tally.data.sessions[verdict]++
			e.tallies.touch(tally, day)
		}
	}
	if length, ok := s.length(m.end); ok {
		entry := e.lengths.at(s.labels.key)
		entry.data.observe(lengthBounds, length.Seconds())
		e.lengths.touch(entry, day)
	}
}

// OpenMeeting is a meeting that is not closed.
type OpenMeeting struct {
	UUID, Kind string
	End        zoomtime.Time // zero while it has not ended, as far as is known
	Sessions   int           // rows, with those who left
}

// Open are the meetings that are not closed, by UUID: after a restart, those
// whose tails are still to be had or given up.
func (e *Engine) Open() []OpenMeeting {
	list := make([]OpenMeeting, 0, len(e.meetings))
	for _, m := range e.meetings {
		o := OpenMeeting{UUID: m.uuid, Kind: m.kind, Sessions: len(m.sessions)}
		if m.end != 0 {
			o.End = zoomtime.Unix(m.end)
		}
		list = append(list, o)
	}
	slices.SortFunc(list, func(a, b OpenMeeting) int { return cmp.Compare(a.UUID, b.UUID) })
	return list
}

// graveyard remembers the meetings that are over for 48 hours, by the hour.
type graveyard map[int64]*graves

type graves struct {
	floors          map[uint64]minute // by the hash of the UUID
	revision, saved uint64
	fingerprint     uint64 // of the record that was saved
}

const buried = 48 // hours

// bury remembers that up to now everything of a meeting was counted.
func (g graveyard) bury(uuid uint64, now zoomtime.Time) {
	hour := now.Unix() / 3600
	if g[hour] == nil {
		g[hour] = &graves{floors: make(map[uint64]minute)}
	}
	g[hour].floors[uuid] = minuteOf(now) + 1
	g[hour].revision++
}

func (g graveyard) find(uuid uint64) (floor minute, found bool) {
	for _, graves := range g {
		if f, ok := graves.floors[uuid]; ok {
			floor, found = max(floor, f), true
		}
	}
	return floor, found
}
