package live

import (
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

func TestMaxAge(t *testing.T) {
	for _, tt := range []struct{ configured, interval, want time.Duration }{
		{0, time.Minute, 10 * time.Minute},
		{0, 150 * time.Second, 10 * time.Minute},
		{0, 3 * time.Minute, 12 * time.Minute},
		{0, 15 * time.Minute, time.Hour},
		{0, 20 * time.Hour, time.Hour},
		{5 * time.Minute, time.Minute, 10 * time.Minute},
		{30 * time.Minute, time.Minute, 30 * time.Minute},
		{2 * time.Hour, time.Minute, time.Hour},
	} {
		s := &State{settings: Settings{MaxAge: tt.configured}}
		if got := s.maxAge(tt.interval); got != tt.want {
			t.Errorf("%+v: %v", tt, got)
		}
	}
}

// A list may be as old as figures, or a little older than its interval.
func TestListAge(t *testing.T) {
	for _, tt := range []struct{ every, shown, proves time.Duration }{
		{time.Minute, 10 * time.Minute, 2 * time.Minute},
		{8 * time.Minute, 16 * time.Minute, 16 * time.Minute},
		{time.Hour, 70 * time.Minute, 2 * time.Hour},
	} {
		s := begun(settings())
		if s.Listed(zoomapi.Meeting, at(0)) || s.ListedLately(zoomapi.Meeting, at(0)) {
			t.Error("listed before the first list")
		}
		l := s.WalkList(zoomapi.Meeting, start, tt.every)
		s.HandleListPage(l, &zoomapi.Page[zoomapi.Live]{NextPageToken: "a"}, at(0))
		if s.Listed(zoomapi.Meeting, at(0)) {
			t.Error("listed before the last page")
		}
		s.HandleListPage(l, &zoomapi.Page[zoomapi.Live]{}, at(10*time.Second)) // its age counts from its begin
		for _, age := range []time.Duration{0, tt.shown, tt.shown + 1, tt.proves, tt.proves + 1} {
			if got, want := s.Listed(zoomapi.Meeting, at(age)), age <= tt.shown; got != want {
				t.Errorf("walked every %v, after %v: listed %v, want %v", tt.every, age, got, want)
			}
			if got, want := s.ListedLately(zoomapi.Meeting, at(age)), age <= tt.proves; got != want {
				t.Errorf("walked every %v, after %v: listed lately %v, want %v", tt.every, age, got, want)
			}
		}
	}
}

// What is shown leaves when it is older than it may be, and not an instant earlier;
// who is there is not known any longer, either.
func TestExpiry(t *testing.T) {
	const interval = time.Minute
	settings := settings()
	settings.MaxParticipants = 2
	s := begun(settings)
	row := entry("known", "")
	row.Participants = 7
	listed(t, s, zoomapi.Meeting, at(0), row)
	visited(t, s, "known", at(0), rows("1", "2", "3")...)
	// One page later: of whom it has told they stay.
	const later = 3 * time.Minute
	v := s.Visit("known", false, at(later))
	s.NextPage(v, at(later))
	s.HandlePage(v, &zoomapi.Page[zoomapi.QoSRow]{Rows: rows("1"), NextPageToken: "a"}, at(later))
	s.HandleFailure(v, Failure{HeldBack: true}, at(later))
	for _, tt := range []struct {
		at           time.Duration
		held, people int
		beyond       int
		stale        bool
		covered      int
	}{
		{later, 2, 3, 1, false, 1},
		{minMaxAge, 2, 3, 1, false, 0},
		{minMaxAge + 1, 1, 7, 0, false, 0},
		{later + minMaxAge, 1, 7, 0, false, 0},
		{later + minMaxAge + 1, 0, 7, 0, true, 0},
	} {
		s.meetings["known"].listedAt = start.Add(tt.at) // as lists go on
		view := s.viewAt(at(tt.at), interval)
		m := view.Meetings[0]
		if m.Held() != tt.held || m.People != tt.people || m.Groups.at(Place{}).People != tt.held+tt.beyond || view.Dropped[DroppedLimit] != tt.beyond || s.held != tt.held {
			t.Errorf("after %v: %d held, %d people, %+v; want %+v", tt.at, m.Held(), m.People, m.Groups.at(Place{}), tt)
		}
		if s.meetings["known"].stale != tt.stale || view.Covered != tt.covered || m.PolledAt != start.Add(later) {
			t.Errorf("after %v: stale %v, %d covered, polled at %v; want %+v", tt.at, s.meetings["known"].stale, view.Covered, m.PolledAt, tt)
		}
	}
	now := at(later + minMaxAge + time.Minute)
	visited(t, s, "known", now, rows("1")...)
	if m := s.viewAt(now, interval).Meetings[0]; m.Held() != 1 || m.People != 1 || s.meetings["known"].stale {
		t.Errorf("after another answer %d people are held of %d", m.Held(), m.People)
	}
}

// Slots are used again, so that many who come and go take no more than those who are
// there at once.
func TestRosterOfManyRejoins(t *testing.T) {
	s := begun(settings())
	listed(t, s, zoomapi.Meeting, at(0), entry("known", ""))
	id := rune('A')
	for i := range 1000 {
		var ids []string
		for range 10 {
			id++
			ids = append(ids, string(id))
		}
		visited(t, s, "known", at(time.Duration(i)*time.Second), rows(ids...)...)
	}
	m := s.meetings["known"]
	if m.people.len() != 10 || len(m.people.slots) > 20 || len(m.people.free)+10 != len(m.people.slots) || len(m.people.blocks) != 1 {
		t.Errorf("%d people in %d slots, %d free, %d blocks", m.people.len(), len(m.people.slots), len(m.people.free), len(m.people.blocks))
	}
}
