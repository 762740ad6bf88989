package zoomsim

import (
	"slices"
	"strconv"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// meeting is one instance of a meeting or webinar.
type meeting struct {
	key    hash
	slot   slot
	uuid   string
	number int64
	topic  string
	host   *person
	// hostIndex is the host's place in the directory.
	hostIndex int
	size      int
	planned   time.Time // when it began or, before the world did, would have
	start     time.Time
	end       time.Time // zero: not before it is ended by hand
	byHand    bool
	touched   bool // changed by hand, which cannot be drawn again

	joined []*join // by time; drawn when first asked for
	drawn  bool
	users  int // user_ids given
	people int // persons drawn

	words       qualityWords // of the minute below
	wordsMinute int64
}

// join is one row: a person from joining to leaving.
type join struct {
	key             hash
	index           int // the person's within the meeting; 0 is the host
	userID          string
	participantUUID string
	person          *person
	role            string
	viewOnly        bool      // without minutes
	at              time.Time // never changed
	leave           time.Time // zero: with the end
	sentUpTo        int64     // the newest minute that was sent, for HistorySince
}

func (m *meeting) live(now time.Time) bool {
	return !m.start.After(now) && (m.end.IsZero() || m.end.After(now))
}

// settled tells whether Zoom has made a past meeting of it.
func (m *meeting) settled(now time.Time, delay time.Duration) bool {
	return !m.end.IsZero() && !m.end.Add(max(delay, 0)).After(now)
}

// left is when the person left; zero while they are in.
func (m *meeting) left(j *join, now time.Time) time.Time {
	leave := j.leave
	if leave.IsZero() || !m.end.IsZero() && leave.After(m.end) {
		leave = m.end
	}
	if leave.After(now) {
		return time.Time{}
	}
	return leave
}

// rows are the joins up to now, in their order.
func (w *world) rows(m *meeting, now time.Time) []*join {
	w.draw(m)
	n, _ := slices.BinarySearchFunc(m.joined, now, func(j *join, t time.Time) int {
		if j.at.After(t) {
			return 1
		}
		return -1
	})
	return m.joined[:n]
}

// draw peoples the meeting.
func (w *world) draw(m *meeting) {
	if m.drawn {
		return
	}
	m.drawn = true
	for range m.size {
		w.invite(m)
	}
	slices.SortStableFunc(m.joined, func(a, b *join) int { return a.at.Compare(b.at) })
	for _, j := range m.joined {
		j.userID = m.nextUserID()
	}
}

// nextUserID is per join, and the same in every meeting's order, as Zoom's.
func (m *meeting) nextUserID() string {
	m.users++
	return strconv.Itoa(16778240 + 1024*(m.users-1))
}

// invite draws the next person and their joins.
func (w *world) invite(m *meeting) {
	first := w.newcomer(m)
	h := first.key
	if m.byHand {
		first.at = m.start
		m.joined = append(m.joined, first)
		return
	}
	length := int(m.end.Sub(m.planned).Seconds())
	arrive := h.text("arrive").below(min(180, length/4))
	if h.text("late").one(6) {
		arrive = h.text("very late").below(length / 2)
	}
	if first.index == 0 {
		arrive = 0
	}
	second := func(n int) time.Time { return m.planned.Add(time.Duration(n) * time.Second) }
	first.at = second(arrive)
	if w.opts.Moods.Plain || first.index == 0 {
		m.sitDown(first)
		return
	}
	stay := length - arrive
	switch roll := h.text("leave").below(100); {
	case roll < 20: // leaves early
		first.leave = second(arrive + stay/4 + h.text("leave at").below(stay*3/4))
		m.sitDown(first)
	case roll < 30: // falls out and comes back
		out := arrive + stay/4 + h.text("out").below(stay/4)
		first.leave = second(out)
		m.sitDown(first)
		again := first.again(1)
		again.at = second(out + h.text("back").between(15, 120))
		m.sitDown(again)
	default:
		m.sitDown(first)
	}
}

// sitDown enters a join unless it was over before the world began.
func (m *meeting) sitDown(j *join) {
	if j.at.Before(m.start) {
		j.at = m.start
	}
	if (j.leave.IsZero() || j.leave.After(j.at)) && j.at.Before(m.end) {
		m.joined = append(m.joined, j)
	}
}

// newcomer draws the meeting's next person.
func (w *world) newcomer(m *meeting) *join {
	i := m.people
	m.people++
	h := m.key.text("person").with(uint64(i))
	j := &join{key: h, index: i, participantUUID: h.participantUUID(), role: "participant"}
	panel := panelOf(m)
	switch {
	case i == 0:
		j.role = "host"
	case m.slot.kind == zoomapi.Webinar && i < panel:
		j.role = "panelist"
	case m.slot.kind == zoomapi.Webinar:
		j.role = "attendee"
	}
	plain := w.opts.Moods.Plain
	switch roll := h.text("who").below(100); {
	case i == 0:
		j.person = m.host
	case !plain && roll < 10:
		j.person = w.company.guest(h)
	case !plain && roll < 13 && m.slot.kind == zoomapi.Meeting:
		j.person = w.company.room(h)
	default:
		j.person = w.company.member(w.memberFor(m, i))
	}
	j.viewOnly = !plain && j.role == "attendee" && h.text("view").below(10) < 3
	return j
}

// memberFor never names one member twice within a meeting, and in a fixed
// world not in two.
func (w *world) memberFor(m *meeting, i int) int {
	step := 1
	if !m.byHand {
		step += m.key.text("step").below(w.company.size - 1)
	}
	return (m.hostIndex + i*step) % w.company.size
}

// panelOf is how many of a webinar's people send: the host and panelists.
func panelOf(m *meeting) int {
	if m.slot.kind == zoomapi.Meeting {
		return m.size
	}
	return max(1, min(m.size/5, 12))
}

// again is another join of the same person: another user_id, under the same
// participant_uuid.
func (j *join) again(nth uint64) *join {
	twin := *j
	twin.key = j.key.text("again").with(nth)
	twin.userID, twin.leave, twin.sentUpTo = "", time.Time{}, 0
	return &twin
}
