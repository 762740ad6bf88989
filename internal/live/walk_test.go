package live

import (
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

func TestWalk(t *testing.T) {
	w := newWalk(start)
	if !w.alive(start.Add(tokenLife-1)) || w.alive(start.Add(tokenLife)) {
		t.Error("a walk without a token lives as long as with one, from its begin")
	}
	now := start
	for i, tt := range []struct {
		token    string
		want     step
		newest   string // token of the next page
		left     int    // of 4 pages
		lifetime bool   // whether it begins anew
	}{
		{"a", onward, "a", 3, true},
		{"b", onward, "b", 2, true},
		{"a", circled, "b", 1, false},
		{"b", circled, "b", 1, false},
		{"c", onward, "c", 1, true},
		{"", last, "c", 1, false},
	} {
		now = now.Add(time.Minute)
		if got := w.advance(tt.token, now); got != tt.want || w.token != tt.newest || w.pages != i+1 || w.left(4) != tt.left {
			t.Errorf("page %d, token %q: step %v to %q, %d of 4 pages are left; want %v to %q, %d", i+1, tt.token, got, w.token, w.left(4), tt.want, tt.newest, tt.left)
		}
		if w.tokenAt.Equal(now) != tt.lifetime {
			t.Errorf("page %d, token %q: the newest token is of %v at %v", i+1, tt.token, w.tokenAt, now)
		}
	}
}

// A walk begins so often on average: one that comes late does not delay the others,
// and none comes much sooner than its interval.
func TestListsAreDue(t *testing.T) {
	s := begun(settings())
	every := 2 * time.Minute
	for _, tt := range []struct {
		at   time.Duration
		want bool
	}{
		{0, true},
		{every - early - 1, false},
		{every - early, true},
		{2*every - early - 1, false},
		{3 * every, true}, // late by an interval
		{4*every - early - 1, false},
		{4*every - early, true},
	} {
		l := s.WalkList(zoomapi.Meeting, at(tt.at).Time, every)
		if (l != nil) != tt.want {
			t.Errorf("after %v: due %v, want %v", tt.at, l != nil, tt.want)
		}
		if l != nil {
			s.HandleListPage(l, &zoomapi.Page[zoomapi.Live]{}, at(tt.at))
		}
	}
	if s.WalkList(zoomapi.Webinar, at(time.Hour).Time, every) != nil {
		t.Error("a walk over the list of a kind that is not collected is due")
	}
}

// A walk over a list that was held back goes on from its token while that is good,
// whenever the next is due; one that failed does not.
func TestAListWalkGoesOn(t *testing.T) {
	for name, tt := range map[string]struct {
		failure Failure
		after   time.Duration
		want    string // token; "-" is no walk
	}{
		"held back":                  {Failure{HeldBack: true}, time.Second, "a"},
		"held back, for the last":    {Failure{HeldBack: true}, tokenLife - 1, "a"},
		"held back for too long":     {Failure{HeldBack: true}, tokenLife, ""},
		"failed":                     {Failure{Reason: zoomapi.ReasonServer}, time.Second, "-"},
		"failed, and the next is on": {Failure{Reason: zoomapi.ReasonServer}, time.Minute, ""},
	} {
		s := begun(settings())
		l := s.WalkList(zoomapi.Meeting, start, time.Minute)
		if !s.HandleListPage(l, &zoomapi.Page[zoomapi.Live]{NextPageToken: "a"}, at(0)) {
			t.Fatal("a page with a token was the last")
		}
		if s.WalkList(zoomapi.Meeting, start.Add(time.Hour), time.Minute) != nil {
			t.Error("two workers walk over one list")
		}
		s.HandleListFailure(l, tt.failure)
		got := "-"
		if l := s.WalkList(zoomapi.Meeting, at(tt.after).Time, time.Minute); l != nil {
			got = l.Token()
		}
		if got != tt.want {
			t.Errorf("%s: after %v the walk goes on from %q, want %q", name, tt.after, got, tt.want)
		}
	}
}

// Only a complete walk ends the meetings that it does not name.
func TestWhatAListEnds(t *testing.T) {
	type page = zoomapi.Page[zoomapi.Live]
	for name, tt := range map[string]struct {
		pages []page
		ends  bool
	}{
		"all read":          {[]page{{NextPageToken: "a"}, {}}, true},
		"named at last":     {[]page{{NextPageToken: "a"}, {Rows: []zoomapi.Live{entry("known", "85000000001")}}}, false},
		"unreadable entry":  {[]page{{NextPageToken: "a", Unreadable: 1}, {}}, false},
		"token again":       {[]page{{NextPageToken: "a"}, {NextPageToken: "a"}}, false},
		"only the first":    {[]page{{NextPageToken: "a"}}, false},
		"names another one": {[]page{{Rows: []zoomapi.Live{entry("other", "85000000002")}}}, true},
	} {
		s := begun(settings())
		listed(t, s, zoomapi.Meeting, at(0), entry("known", "85000000001"))
		s.unlisted["earlier"] = zoomapi.Meeting
		l := s.WalkList(zoomapi.Meeting, at(time.Minute).Time, time.Minute)
		for i := range tt.pages {
			s.HandleListPage(l, &tt.pages[i], at(time.Minute))
		}
		if ended := s.meetings["known"] == nil; ended != tt.ends || (s.backfills["known"] != nil) != tt.ends {
			t.Errorf("%s: ended %v, want %v", name, ended, tt.ends)
		}
		if lost := s.unlisted["earlier"] == ""; lost == (name == "unreadable entry" || name == "token again" || name == "only the first") {
			t.Errorf("%s: what was live before the start has ended: %v", name, lost)
		}
	}
}

// Of a meeting that Zoom says is over an older list proves nothing, and a newer one
// has it asked for again after a while that grows.
func TestTombstones(t *testing.T) {
	s := begun(settings())
	now := at(0)
	var waits []time.Duration
	for range 7 {
		listed(t, s, zoomapi.Meeting, now, entry("known", ""))
		m := s.meetings["known"]
		if m == nil {
			t.Fatal("a newer list does not bring it back")
		}
		if len(waits) < 6 && !m.notBefore.IsZero() {
			waits = append(waits, m.notBefore.Sub(s.tombstones["known"].at))
		}
		now = at(now.Time.Sub(start) + 20*time.Minute)
		v := s.Visit("known", false, now)
		s.NextPage(v, now)
		s.HandleFailure(v, Failure{Reason: zoomapi.ReasonNotLive}, now)
		if s.HandleProbed(zoomapi.Meeting, &zoomapi.Live{UUID: "known"}, now); s.meetings["known"] != nil {
			t.Fatal("a list that is not newer than the end brings it back")
		}
		now = at(now.Time.Sub(start) + time.Minute)
	}
	want := []time.Duration{1, 2, 4, 8, 15, 15}
	for i := range want {
		if waits[i] != want[i]*time.Minute {
			t.Errorf("after %d times it is left alone for %v, want %v", i+1, waits[i], want[i]*time.Minute)
		}
	}
	listed(t, s, zoomapi.Meeting, now)
	if len(s.tombstones) != 0 || s.backfills["known"] == nil {
		t.Errorf("%d tombstones after a list that does not name it", len(s.tombstones))
	}
}
