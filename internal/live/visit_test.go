package live

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// What a failure does to a meeting and to the walk over its pages.
func TestAVisitFails(t *testing.T) {
	const (
		none   = "none"    // under way any more
		anew   = "anew"    // from the first page
		goesOn = "goes on" // from its token
	)
	var (
		heldBack = Failure{HeldBack: true}
		server   = Failure{Reason: zoomapi.ReasonServer}
		noAccess = Failure{Reason: zoomapi.ReasonNoAccess}
		notLive  = Failure{Reason: zoomapi.ReasonNotLive}
	)
	for _, tt := range []struct {
		name     string
		first    bool // the request is for the first page
		stumbles int  // before
		renewed  bool // before
		failure  Failure
		more     bool
		walk     string
		asked    bool          // it was, and so has to wait its turn
		pause    time.Duration // that it is left alone for
		over     bool
	}{
		{"held back at first", true, 0, false, heldBack, false, none, false, 0, false},
		{"held back later", false, 0, false, heldBack, false, goesOn, true, 0, false},
		{"fails at first", true, 0, false, server, false, none, true, 55 * time.Second, false},
		{"fails later", false, 0, false, server, false, goesOn, true, 55 * time.Second, false},
		{"fails again", false, 1, false, server, false, goesOn, true, 110 * time.Second, false},
		{"fails a third time", false, 2, false, server, false, none, true, 220 * time.Second, false},
		{"fails a fourth time", false, 3, false, server, false, none, true, 5 * time.Minute, false},
		{"fails for ever", false, 1000, false, server, false, none, true, 5 * time.Minute, false},
		{"no access", true, 0, false, noAccess, false, none, true, 10 * time.Minute, false},
		{"no access later, as a token has expired", false, 0, false, noAccess, true, anew, true, 0, false},
		{"no access later, again", false, 0, true, noAccess, false, none, true, 10 * time.Minute, false},
		{"over at first", true, 0, false, notLive, false, none, true, 0, true},
		{"over later", false, 0, false, notLive, false, none, true, 0, true},
	} {
		s := begun(settings())
		listed(t, s, zoomapi.Meeting, at(0), entry("known", ""))
		m := s.meetings["known"]
		v := s.Visit("known", false, at(0))
		s.NextPage(v, at(0))
		if !tt.first && !s.HandlePage(v, &zoomapi.Page[zoomapi.QoSRow]{NextPageToken: "a"}, at(0)) {
			t.Fatal("a page with a token was the last")
		}
		m.stumbles, v.walk.renewed = tt.stumbles, tt.renewed
		now := at(time.Second)
		if more := s.HandleFailure(v, tt.failure, now); more != tt.more || m.visiting != tt.more {
			t.Errorf("%s: ask again %v, visiting %v; want %v", tt.name, more, m.visiting, tt.more)
		}
		if over := s.meetings["known"] != m; over != tt.over || (s.backfills["known"] != nil) != tt.over || (s.tombstones["known"].times == 1) != tt.over {
			t.Errorf("%s: over %v, want %v", tt.name, over, tt.over)
		}
		if tt.over {
			continue
		}
		walk := none
		if m.walk != nil && v.walk != m.walk {
			t.Errorf("%s: the visit is of another walk", tt.name)
		}
		switch {
		case m.walk != nil && m.walk.token == "a":
			walk = goesOn
		case m.walk != nil && m.walk.renewed:
			walk = anew
		}
		if walk != tt.walk || m.askedAt.IsZero() == tt.asked {
			t.Errorf("%s: the walk is %s, asked %v; want %s, %v", tt.name, walk, !m.askedAt.IsZero(), tt.walk, tt.asked)
		}
		if pause := max(0, m.notBefore.Sub(now.Time)); pause != tt.pause {
			t.Errorf("%s: it is left alone for %v, want %v", tt.name, pause, tt.pause)
		}
	}
}

// An answer or a failure that comes when the meeting is no longer live changes
// nothing, and nothing more is asked for it.
func TestAVisitOfAMeetingThatIsGone(t *testing.T) {
	gone := map[string]func(s *State){
		"ended": func(s *State) { s.endUnlisted(zoomapi.Meeting, at(time.Minute).Time, at(time.Minute)) },
		"came back": func(s *State) {
			s.forget(s.meetings["known"])
			listed(t, s, zoomapi.Meeting, at(time.Minute), entry("known", ""))
		},
		"excluded": func(s *State) {
			none := settings()
			none.Keep = func(*zoomapi.Live) bool { return false }
			s.Configure(none, at(time.Minute))
		},
	}
	for name, leave := range gone {
		for outcome, end := range map[string]func(s *State, v *Visit) bool{
			"page": func(s *State, v *Visit) bool {
				return s.HandlePage(v, &zoomapi.Page[zoomapi.QoSRow]{Rows: rows("1"), NextPageToken: "b"}, at(time.Minute))
			},
			"failure": func(s *State, v *Visit) bool {
				return s.HandleFailure(v, Failure{Reason: zoomapi.ReasonNotLive}, at(time.Minute))
			},
			"expired token": func(s *State, v *Visit) bool {
				return s.HandleFailure(v, Failure{Reason: zoomapi.ReasonNoAccess}, at(time.Minute))
			},
		} {
			s := begun(settings())
			listed(t, s, zoomapi.Meeting, at(0), entry("known", ""))
			v := s.Visit("known", false, at(0))
			s.NextPage(v, at(0))
			s.HandlePage(v, &zoomapi.Page[zoomapi.QoSRow]{NextPageToken: "a"}, at(0))
			leave(s)
			backfill := s.backfills["known"]
			if end(s, v) {
				t.Errorf("%s, %s: there is more to ask for", name, outcome)
			}
			if m := s.meetings["known"]; s.held != 0 || m != nil && (!m.answeredAt.IsZero() || m.visiting) {
				t.Errorf("%s, %s: %d people are held, the meeting is %+v", name, outcome, s.held, m)
			}
			if len(s.tombstones) != 0 || s.backfills["known"] != backfill {
				t.Errorf("%s, %s: it ended again", name, outcome)
			}
		}
	}
}

// Only a complete walk during which nobody joined proves that somebody has left.
func TestWhoHasLeft(t *testing.T) {
	type page = zoomapi.Page[zoomapi.QoSRow]
	gone := rows("2")
	gone[0].LeaveTime = "2026-03-02T09:00:30Z"
	for name, tt := range map[string]struct {
		pages []page
		want  []string
	}{
		"one page":             {[]page{{Rows: rows("1")}}, []string{"1"}},
		"two pages":            {[]page{{Rows: rows("1"), NextPageToken: "a", TotalRecords: 2}, {Rows: rows("3"), TotalRecords: 2}}, []string{"1", "3"}},
		"says so":              {[]page{{Rows: slices.Concat(rows("1"), gone), NextPageToken: "a"}}, []string{"1"}},
		"not ended":            {[]page{{Rows: rows("1"), NextPageToken: "a"}}, []string{"1", "2"}},
		"total changed":        {[]page{{Rows: rows("1"), NextPageToken: "a", TotalRecords: 2}, {TotalRecords: 3}}, []string{"1", "2"}},
		"total came later":     {[]page{{Rows: rows("1"), NextPageToken: "a"}, {TotalRecords: 3}}, []string{"1"}},
		"token again":          {[]page{{Rows: rows("1"), NextPageToken: "a"}, {NextPageToken: "a"}}, []string{"1", "2"}},
		"unreadable row":       {[]page{{Rows: rows("1"), Unreadable: 1}}, []string{"1", "2"}},
		"row without an ID":    {[]page{{Rows: rows("1", "")}}, []string{"1"}},
		"unreadable, at first": {[]page{{Rows: rows("1"), Unreadable: 1, NextPageToken: "a"}, {}}, []string{"1", "2"}},
	} {
		s := begun(settings())
		listed(t, s, zoomapi.Meeting, at(0), entry("known", ""))
		visited(t, s, "known", at(0), rows("1", "2")...)
		v := s.Visit("known", false, at(time.Minute))
		s.NextPage(v, at(time.Minute))
		for i := range tt.pages {
			s.HandlePage(v, &tt.pages[i], at(time.Minute))
		}
		m := s.meetings["known"]
		if got := slices.Sorted(maps.Keys(m.people.index)); !slices.Equal(got, tt.want) || s.held != len(tt.want) {
			t.Errorf("%s: %v are held, want %v", name, got, tt.want)
		}
	}
}

// The limit is on the whole account; those beyond it are known, and are held as soon
// as there is room.
func TestPeopleBeyondTheLimit(t *testing.T) {
	limited := func(n int) Settings {
		s := settings()
		s.MaxParticipants = n
		return s
	}
	s := begun(limited(3))
	listed(t, s, zoomapi.Meeting, at(0), entry("one", "1"), entry("two", "2"))
	visited(t, s, "one", at(0), rows("1", "2")...)
	visited(t, s, "two", at(0), rows("1", "2")...)
	check := func(when string, held, unheld int) {
		t.Helper()
		v := s.viewAt(at(time.Minute), time.Minute)
		if s.held != held || v.Dropped[DroppedLimit] != unheld || v.People != held+unheld {
			t.Errorf("%s: %d people are held, %d are not, %d are in the meetings; want %d and %d", when, s.held, v.Dropped[DroppedLimit], v.People, held, unheld)
		}
	}
	check("at first", 3, 1)
	visited(t, s, "one", at(time.Minute), rows("1")...)
	check("when one has left", 2, 1)
	visited(t, s, "two", at(time.Minute), rows("1", "2")...)
	check("when there is room", 3, 0)
	s.Configure(limited(1), at(time.Minute))
	check("under a lower limit", 1, 2)
	s.Configure(limited(0), at(time.Minute))
	check("under a higher limit, before the next answer", 1, 2)
	visited(t, s, "one", at(time.Minute), rows("1")...)
	visited(t, s, "two", at(time.Minute), rows("1", "2")...)
	check("without a limit", 3, 0)
}
