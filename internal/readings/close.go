package readings

import (
	"maps"
	"slices"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// Leave notes that a row left at about at, where Zoom does not say when. A
// leave time in an answer takes precedence.
func (e *Engine) Leave(uuid string, p Person, at zoomtime.Time) {
	if m, s := e.find(uuid, &p); s != nil && s.state == open && s.leave == 0 {
		s.leave = max(at.Unix(), s.join)
		m.revision++
	}
}

// EndMeeting notes that a meeting ended at about at. Nothing is lost yet: its
// backfill is still to come.
func (e *Engine) EndMeeting(uuid string, at zoomtime.Time) {
	e.setEnd(uuid, at.Unix())
}

// Resume reverts EndMeeting: the meeting is live again.
func (e *Engine) Resume(uuid string) { e.setEnd(uuid, 0) }

func (e *Engine) setEnd(uuid string, end int64) {
	if m := e.meetings[uuid]; m != nil && m.end != end {
		m.end = end
		m.revision++
	}
}

// Summarize replaces the average figures of a session by those of Zoom's own
// summary. If a stream is reported via several paths, the same one counts as in
// a minute.
func (e *Engine) Summarize(uuid string, p Person, averages []qos.Reading) {
	m, s := e.find(uuid, &p)
	if s == nil || s.state == closed {
		return
	}
	for stream, r := range qos.Choose(averages) {
		if r == nil {
			continue
		}
		given := s.sum(stream)
		*given = sum{stream: given.stream, given: true}
		given.add(r.Latency, r.Jitter, r.Loss)
		m.revision++
	}
}

// CloseSession counts a session that is over: its length, its verdicts and,
// unless a past answer settled it, the minutes that were never received as lost
// for the reason given. No further minute of it counts. Close does this for all
// remaining sessions of a meeting; CloseSession is for people who left a meeting
// that goes on for days.
func (e *Engine) CloseSession(uuid string, p Person, why Reason, now zoomtime.Time) {
	if m, s := e.find(uuid, &p); s != nil && s.state != closed {
		e.close(m, s, why, now)
		m.revision++
	}
}

// Close ends the counting of a meeting, once its backfill has come or is given
// up. It closes the remaining sessions, those without a past answer with a loss
// for the reason given, and estimates the loss for people who are in no row,
// unless MetAll says that there are none. A tombstone remains of the meeting.
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
			e.close(m, s, why, now)
		}
	}
	delete(e.meetings, uuid)
	e.deletes[meetingKey(uuid)] = e.encodes
	e.tombstones.add(hash(uuid), now)
}

// close counts a session that is over.
func (e *Engine) close(m *meeting, s *session, why Reason, now zoomtime.Time) {
	defer s.close()
	last, ok := s.stop(m.end)
	if !ok || last < m.floor {
		return // it was over before the counting began
	}
	if s.state == open {
		e.lost[why] += uint64(s.missing(m.end))
	}
	day := dayOf(now)
	for i := range s.sums {
		sum := &s.sums[i]
		if verdict, ok := e.verdict(sum.averages()); ok {
			tally, _ := e.entries(s.labels, int(sum.stream))
			tally.data.sessions[verdict]++
			e.tallies.touch(tally, day)
		}
	}
	if length, ok := s.length(m.end); ok {
		entry := e.lengths.get(s.labels.key)
		entry.data.observe(lengthBounds, length.Seconds())
		e.lengths.touch(entry, day)
	}
}

// OpenMeeting is a meeting that is not closed.
type OpenMeeting struct {
	UUID, Kind string
	End        zoomtime.Time // zero unless it is known to have ended
	Sessions   int           // rows, including those of people who left
}

// Open returns the meetings that are not closed, by UUID: after a restart, those
// that are still live, or whose backfill is still to come.
func (e *Engine) Open() []OpenMeeting {
	list := make([]OpenMeeting, 0, len(e.meetings))
	for _, uuid := range slices.Sorted(maps.Keys(e.meetings)) {
		m := e.meetings[uuid]
		o := OpenMeeting{UUID: uuid, Kind: m.kind, Sessions: len(m.sessions)}
		if m.end != 0 {
			o.End = zoomtime.Unix(m.end)
		}
		list = append(list, o)
	}
	return list
}
