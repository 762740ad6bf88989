package readings

import "github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"

// unmet counts the people of a meeting who are in no row, although the live list
// indicated them. Their minutes are lost, estimated by their number.
type unmet struct {
	first  minute // everybody there before it is in a row or in beyond; 0 is unknown
	people int64  // the most that were indicated since, whether in a row or not
	limit  int64  // of them, those that exceed what may be held
	beyond int64  // lost minutes before first of people who exceeded it
}

// minutes returns how many full minutes there are from first to end, in Unix
// seconds.
func (u *unmet) minutes(end int64) int64 {
	if u.first == 0 {
		return 0
	}
	return max(0, int64(minuteOfUnix(end)-u.first)+1)
}

// unmetMinutes returns the lost minutes of unmet people by the meeting's end: of
// those that exceed what may be held, and of the others.
func (m *meeting) unmetMinutes() (beyond, others uint64) {
	u := &m.unmet
	minutes, people := u.minutes(m.end), u.people
	for _, s := range m.sessions {
		if s.leave == 0 || s.leave >= int64(u.first-1)*60 {
			people--
		}
	}
	people = max(0, people)
	limit := min(people, u.limit)
	return uint64(u.beyond + limit*minutes), uint64((people - limit) * minutes)
}

// Expect opens a live meeting that began at from and has so many people in it
// now. So it is among the open ones, whose past answers are asked for, even if
// it ends before any row is taken; and people who are in no row are a known
// loss.
func (e *Engine) Expect(in Meeting, people int, from zoomtime.Time) {
	if in.UUID == "" {
		return
	}
	m := e.meeting(in)
	if m.unmet.first == 0 {
		m.unmet.first = max(minuteFrom(from), m.floor)
		m.revision++
	}
	if n := int64(people); n > m.unmet.people {
		m.unmet.people = n
		m.revision++
	}
}

// Met notes that the rows taken up to at are those of everybody in a live
// meeting, except for so many people beyond what may be held.
func (e *Engine) Met(uuid string, beyond int, at zoomtime.Time) {
	m := e.meetings[uuid]
	if m == nil {
		return
	}
	u := &m.unmet
	u.beyond += int64(beyond) * u.minutes(at.Unix())
	u.first, u.limit, u.people = max(minuteOf(at)+1, m.floor), int64(beyond), int64(beyond)
	for _, s := range m.sessions {
		if s.leave == 0 {
			u.people++
		}
	}
	m.revision++
}

// MetAll notes that past answers had a row of everybody who ever was in a
// meeting.
func (e *Engine) MetAll(uuid string) {
	if m := e.meetings[uuid]; m != nil {
		m.unmet = unmet{}
		m.revision++
	}
}
