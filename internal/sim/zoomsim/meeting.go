package zoomsim

import (
	"slices"
	"strconv"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// meeting is one instance of a meeting or webinar. Its people are drawn when first
// needed, and again if they were dropped; one that was changed by hand keeps them.
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
	planned   time.Time // as start, but it may be before the world began
	start     time.Time
	end       time.Time // zero until it is ended by hand
	byHand    bool
	touched   bool // changed by hand, so that its people cannot be drawn again

	joined []*join // by time
	drawn  bool
	users  int // user_ids assigned
	people int // drawn

	words       qualityWords // as of wordsMinute
	wordsMinute int64
}

// join is one row: one person from joining to leaving.
type join struct {
	key             hash
	index           int // the person's within the meeting; 0 is the host
	userID          string
	participantUUID string
	person          *person
	role            string
	viewOnly        bool      // without minutes
	at              time.Time // constant
	leave           time.Time // zero for the end of the meeting
	sentUpTo        int64     // the newest minute that was sent, for HistorySince
}

func (m *meeting) live(now time.Time) bool {
	return !m.start.After(now) && (m.end.IsZero() || m.end.After(now))
}

// settled reports whether it is among the past meetings.
func (m *meeting) settled(now time.Time, delay time.Duration) bool {
	return !m.end.IsZero() && !m.end.Add(max(delay, 0)).After(now)
}

// left returns when the person left; zero while present.
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

// rows returns the joins up to now in their order.
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

// draw draws the people of a meeting.
func (w *world) draw(m *meeting) {
	if m.drawn {
		return
	}
	m.drawn = true
	for range m.size {
		w.drawPerson(m)
	}
	slices.SortStableFunc(m.joined, func(a, b *join) int { return a.at.Compare(b.at) })
	for _, j := range m.joined {
		j.userID = m.nextUserID()
	}
}

// nextUserID returns the id of the next join: the same sequence in every meeting,
// as Zoom's.
func (m *meeting) nextUserID() string {
	m.users++
	return strconv.Itoa(16778240 + 1024*(m.users-1))
}

// drawPerson draws the next person and all their joins.
func (w *world) drawPerson(m *meeting) {
	first := w.newcomer(m)
	h := first.key
	if m.byHand {
		first.at = m.start
		m.joined = append(m.joined, first)
		return
	}
	length := int(m.end.Sub(m.planned).Seconds())
	arrive := h.text("arrive").below(min(180, length/4))
	if h.text("late").oneIn(6) {
		arrive = h.text("very late").below(length / 2)
	}
	if first.index == 0 {
		arrive = 0
	}
	second := func(n int) time.Time { return m.planned.Add(time.Duration(n) * time.Second) }
	first.at = second(arrive)
	if w.opts.Moods.Plain || first.index == 0 {
		m.enter(first)
		return
	}
	stay := length - arrive
	switch roll := h.text("leave").below(100); {
	case roll < 20: // leaves early
		first.leave = second(arrive + stay/4 + h.text("leave at").below(stay*3/4))
		m.enter(first)
	case roll < 30: // is disconnected, or goes to a breakout room, and joins again
		out := arrive + stay/4 + h.text("out").below(stay/4)
		first.leave = second(out)
		m.enter(first)
		again := first.rejoin(1)
		again.at = first.leave
		if breakout := roll >= 26; !breakout {
			again.at = second(out + h.text("back").between(15, 120))
		}
		m.enter(again)
	default:
		m.enter(first)
	}
}

// enter adds a join unless it was over before the world began.
func (m *meeting) enter(j *join) {
	if j.at.Before(m.start) {
		j.at = m.start
	}
	if (j.leave.IsZero() || j.leave.After(j.at)) && j.at.Before(m.end) {
		m.joined = append(m.joined, j)
	}
}

// coHosted is the number of people from which a meeting has a co-host, too.
const coHosted = 8

// newcomer draws the next person of a meeting.
func (w *world) newcomer(m *meeting) *join {
	i := m.people
	m.people++
	h := m.key.text("person").with(uint64(i))
	j := &join{key: h, index: i, participantUUID: h.participantUUID(), role: "participant"}
	panel := panelOf(m)
	switch {
	case i == 0:
		j.role = "host"
	case i == 1 && m.slot.kind == zoomapi.Meeting && m.size >= coHosted:
		j.role = "co-host"
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

// memberFor returns the number of a member who is not in the meeting yet nor, in a
// fixed world, in any other.
func (w *world) memberFor(m *meeting, i int) int {
	step := 1
	if !m.byHand {
		step += m.key.text("step").below(w.company.size - 1)
	}
	return (m.hostIndex + i*step) % w.company.size
}

// panelOf returns how many people may send: in a webinar, the host and panelists.
func panelOf(m *meeting) int {
	if m.slot.kind == zoomapi.Meeting {
		return m.size
	}
	return max(1, min(m.size/5, 12))
}

// rejoin returns another join of the same person, with the same participant_uuid
// and a user_id of its own.
func (j *join) rejoin(nth uint64) *join {
	again := *j
	again.key = j.key.text("again").with(nth)
	again.userID, again.leave, again.sentUpTo = "", time.Time{}, 0
	return &again
}
