package live

import (
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

func TestPresence(t *testing.T) {
	const fresh = 55 * time.Second
	for _, tt := range []struct {
		name        string
		answered    time.Duration // ago; the walk was complete then
		held        time.Duration // when somebody was held, ago
		beyond      int           // people over the limit
		unreadable  int           // rows
		all         Presence
		one, absent Presence // of somebody held, and of somebody else
	}{
		{"never answered", -1, -1, 0, 0, Unknown, Unknown, Unknown},
		{"recent", fresh - 1, fresh - 1, 0, 0, Present, Present, Absent},
		{"old", fresh, fresh, 0, 0, Unknown, Unknown, Unknown},
		{"a probe held one lately", fresh, fresh - 1, 0, 0, Unknown, Present, Unknown},
		{"a walk did not meet one", fresh - 1, fresh, 0, 0, Present, Unknown, Absent},
		{"some beyond the limit", 0, 0, 1, 0, Incomplete, Present, Unknown},
		{"some unreadable", 0, 0, 0, 1, Incomplete, Present, Unknown},
		{"some beyond the limit, old", fresh, fresh, 1, 0, Unknown, Unknown, Unknown},
	} {
		now := at(time.Hour)
		s := begun(settings())
		listed(t, s, zoomapi.Meeting, at(0), entry("known", ""))
		m := s.meetings["known"]
		if tt.answered >= 0 {
			visited(t, s, "known", at(time.Hour-tt.answered), rows("1")...)
			m.people.get("1").HeldAt = now.Time.Add(-tt.held)
		}
		for range tt.beyond {
			m.unheld["2"] = unheld{}
		}
		if tt.unreadable > 0 {
			m.dropped[DroppedUnreadable] = tt.unreadable
		}
		for participant, want := range map[string]Presence{"": tt.all, "1": tt.one, "9": tt.absent} {
			if got := s.Presence("known", participant, fresh, now); got != want {
				t.Errorf("%s: %q is %v, want %v", tt.name, participant, got, want)
			}
		}
	}
	if got := begun(settings()).Presence("unknown", "1", fresh, at(0)); got != NotLive {
		t.Errorf("without the meeting: %v, want %v", got, NotLive)
	}
}

// What is found where the name is one of several meetings'.
func TestFind(t *testing.T) {
	const number = "85000000001"
	s := begun(Settings{Converter: settings().Converter, Meetings: true, Webinars: true})
	later := entry("later", number)
	later.StartTime = "2026-03-02T08:56:00Z"
	listed(t, s, zoomapi.Meeting, at(0), later, entry("earlier", number))
	listed(t, s, zoomapi.Webinar, at(0), entry("webinar", "85000000002"))
	for _, tt := range []struct {
		name string
		of   zoomapi.Kind
		at   time.Duration
		want string
	}{
		{"later", "", 0, "later"},
		{"earlier", "", 0, "earlier"},
		{number, "", 0, "later"},
		{number, zoomapi.Meeting, 0, "later"},
		{number, zoomapi.Webinar, 0, ""},
		{"85000000002", "", 0, "webinar"},
		{"webinar", zoomapi.Webinar, 0, "webinar"},
		{"webinar", zoomapi.Meeting, 0, ""},
		{"unknown", "", 0, ""},
		{number, "", minMaxAge, "later"},
		{number, "", minMaxAge + 1, ""}, // whether it is live is unknown
	} {
		uuid, kind, ok := s.Find(tt.name, tt.of, at(tt.at))
		if uuid != tt.want || ok != (tt.want != "") || tt.of != "" && ok && kind != tt.of {
			t.Errorf("%s of kind %q after %v is %q of kind %q, want %q", tt.name, tt.of, tt.at, uuid, kind, tt.want)
		}
	}
}

// What a probe brings is known for a while without a list, and ends as if one no
// longer named it.
func TestWhatAProbeBrings(t *testing.T) {
	s := begun(settings())
	row := entry("probed", "85000000001")
	if excluded, ok := s.HandleProbed(zoomapi.Meeting, &row, at(0)); excluded || !ok {
		t.Fatalf("excluded %v, ok %v", excluded, ok)
	}
	if excluded, ok := s.HandleProbed(zoomapi.Webinar, &row, at(0)); !excluded || ok {
		t.Errorf("of a kind that is not collected: excluded %v, ok %v", excluded, ok)
	}
	if excluded, ok := s.HandleProbed(zoomapi.Meeting, &zoomapi.Live{}, at(0)); excluded || ok {
		t.Errorf("without a UUID: excluded %v, ok %v", excluded, ok)
	}
	other := entry("other", "85000000002")
	s.HandleProbed(zoomapi.Meeting, &other, at(probedLife-1))
	if s.meetings["probed"] == nil {
		t.Error("it has ended too soon")
	}
	s.HandleProbed(zoomapi.Meeting, &other, at(probedLife))
	if s.meetings["probed"] != nil || s.backfills["probed"] == nil || len(s.probed) != 1 {
		t.Errorf("it has not ended; %d are known by probes", len(s.probed))
	}
	listed(t, s, zoomapi.Meeting, at(probedLife+time.Minute), other)
	s.HandleProbed(zoomapi.Meeting, &row, at(3*probedLife))
	if s.meetings["other"] == nil || len(s.probed) != 1 {
		t.Errorf("one that a list has named since has ended; %d are known by probes", len(s.probed))
	}
}

func TestOnePersonIsAnswered(t *testing.T) {
	here, left := rows("1"), rows("1")
	left[0].LeaveTime = "2026-03-02T09:00:30Z"
	for _, tt := range []struct {
		name  string
		limit int
		held  bool // before
		rows  []zoomapi.QoSRow
		want  Presence
		holds int
	}{
		{"there", 0, false, here, Present, 1},
		{"without an ID", 0, false, rows(""), Present, 1},
		{"gone", 0, true, left, Absent, 0},
		{"no row", 0, false, nil, Incomplete, 0},
		{"no row of somebody held", 0, true, nil, Present, 1},
		{"beyond the limit", 1, false, here, Incomplete, 1},
	} {
		settings := settings()
		settings.MaxParticipants = tt.limit
		s := begun(settings)
		listed(t, s, zoomapi.Meeting, at(0), entry("known", ""))
		if tt.held {
			visited(t, s, "known", at(0), rows("1")...)
		} else if tt.limit > 0 {
			visited(t, s, "known", at(0), rows("2")...)
		}
		walk := s.Visit("known", false, at(0)).walk
		v := s.VisitPerson("known", "1")
		s.NextPersonPage(v, at(0))
		if got := s.HandlePersonPage(v, &zoomapi.Page[zoomapi.QoSRow]{Rows: tt.rows}, at(0)); got != tt.want || s.held != tt.holds {
			t.Errorf("%s: %v and %d are held, want %v and %d", tt.name, got, s.held, tt.want, tt.holds)
		}
		if walk.seen["1"] != (len(tt.rows) > 0) {
			t.Errorf("%s: the walk under way has met them: %v", tt.name, walk.seen["1"])
		}
		s.forget(s.meetings["known"])
		if got := s.HandlePersonPage(v, &zoomapi.Page[zoomapi.QoSRow]{Rows: tt.rows}, at(0)); got != NotLive || s.held != 0 {
			t.Errorf("%s: %v and %d are held after the end", tt.name, got, s.held)
		}
	}
}
