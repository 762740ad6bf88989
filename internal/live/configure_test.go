package live

import (
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// restored is a state after a restart at start: one meeting was live and one had
// ended ten minutes before.
func restored(t *testing.T, settings Settings) *State {
	t.Helper()
	before := readings.New(readings.Config{})
	before.Begin(at(-time.Hour).Zoom)
	for _, uuid := range []string{"was live", "ended"} {
		before.Expect(readings.Meeting{UUID: uuid, Kind: string(zoomapi.Meeting)}, 3, at(-time.Hour).Zoom)
	}
	before.EndMeeting("ended", at(-10*time.Minute).Zoom)
	engine := readings.New(readings.Config{})
	if err := engine.Restore(before.Encode(start, at(0).Zoom).Records); err != nil {
		t.Fatal(err)
	}
	return New(settings, engine, true, start)
}

// What was known before a restart is waited for from the start on, by Zoom's clock.
func TestRestored(t *testing.T) {
	s := restored(t, settings())
	if n, _ := s.Backfills(); n != 1 || s.unlisted["was live"] != zoomapi.Meeting || s.Begun() {
		t.Fatalf("%d backfills, %v unlisted", n, s.unlisted)
	}
	now := at(time.Minute)
	now.Zoom = now.Zoom.Add(30 * time.Minute) // Zoom's clock is that much ahead
	s.Begin(now)
	b := s.backfills["ended"]
	if want := start.Add(-40 * time.Minute); !b.ended.Equal(want) || !b.next.Equal(start.Add(backfillTries[0])) {
		t.Errorf("ended at %v and asked for at %v, want %v and five minutes after the start", b.ended, b.next, want)
	}
	if !s.countedFrom.IsZero() {
		t.Errorf("counts from %v, though the records know", s.countedFrom)
	}
	s.Begin(at(time.Hour))
	if !b.ended.Equal(start.Add(-40 * time.Minute)) {
		t.Error("it began twice")
	}
	listed(t, s, zoomapi.Meeting, now)
	if n, _ := s.Backfills(); n != 2 || len(s.unlisted) != 0 {
		t.Errorf("after a list that names none there are %d backfills, %v unlisted", n, s.unlisted)
	}
	listed(t, s, zoomapi.Meeting, at(2*time.Minute), entry("was live", ""), entry("ended", ""))
	if n, _ := s.Backfills(); n != 0 || s.Meetings() != 2 {
		t.Errorf("after a list that names both there are %d backfills and %d meetings", n, s.Meetings())
	}
}

// What the settings exclude is closed, but not before the counting begins.
func TestRestoredAndExcluded(t *testing.T) {
	none := settings()
	none.Meetings = false
	for name, configure := range map[string]func() *State{
		"from the start": func() *State { return restored(t, none) },
		"before the counting": func() *State {
			s := restored(t, settings())
			s.Configure(none, at(0))
			return s
		},
	} {
		s := configure()
		if n, _ := s.Backfills(); n != 1 || len(s.unlisted) != 1 {
			t.Errorf("%s: %d backfills, %v unlisted before the counting", name, n, s.unlisted)
		}
		s.Begin(at(time.Minute))
		if n, _ := s.Backfills(); n != 0 || len(s.unlisted) != 0 || len(s.engine.Open()) != 0 {
			t.Errorf("%s: %d backfills, %v unlisted, %d open", name, n, s.unlisted, len(s.engine.Open()))
		}
	}
}

// What a reload leaves of a meeting and of one that has ended.
func TestConfigure(t *testing.T) {
	for name, tt := range map[string]struct {
		change   func(s *Settings)
		meetings int
		awaited  int
		held     int
		roles    bool
		topic    string
		name     string
		watched  bool
	}{
		"nothing":    {func(*Settings) {}, 1, 1, 2, true, "standup", "Example Name", false},
		"the kind":   {func(s *Settings) { s.Meetings, s.Webinars = false, true }, 0, 0, 0, false, "", "", false},
		"both":       {func(s *Settings) { s.Keep = func(*zoomapi.Live) bool { return false } }, 0, 0, 0, false, "", "", false},
		"the live":   {func(s *Settings) { s.Keep = func(l *zoomapi.Live) bool { return l.UUID != "live" } }, 0, 1, 0, false, "", "", false},
		"the ended":  {func(s *Settings) { s.Keep = func(l *zoomapi.Live) bool { return l.UUID != "ended" } }, 1, 0, 2, true, "standup", "Example Name", false},
		"roles":      {func(s *Settings) { s.ParticipantsLists = nil }, 1, 1, 2, false, "standup", "Example Name", false},
		"names":      {func(s *Settings) { s.Converter = new(qos.Converter) }, 1, 1, 2, true, "", "", false},
		"the limit":  {func(s *Settings) { s.MaxParticipants = 1 }, 1, 1, 1, true, "standup", "Example Name", false},
		"is watched": {func(s *Settings) { s.Watched = func(l *zoomapi.Live) bool { return l.Topic == "standup" } }, 1, 1, 2, true, "standup", "Example Name", true},
	} {
		s := begun(settings())
		row := entry("live", "85000000001")
		row.Topic = "standup"
		listed(t, s, zoomapi.Meeting, at(0), row, entry("ended", ""))
		people := rows("1", "2")
		people[0].UserName, people[1].UserName = "Example Name", "Example Name"
		visited(t, s, "live", at(0), people...)
		s.HandleRolesPage(s.WalkRoles("live", at(0)), &zoomapi.Page[zoomapi.ParticipantRow]{
			Rows: []zoomapi.ParticipantRow{{UserID: "1", Role: "host"}, {UserID: "2", Role: "host"}},
		}, at(0))
		listed(t, s, zoomapi.Meeting, at(time.Minute), row)
		s.viewAt(at(time.Minute), time.Minute) // must not be shown again
		settings := settings()
		tt.change(&settings)
		s.Configure(settings, at(time.Minute))
		view := s.viewAt(at(time.Minute), time.Minute)
		if n, _ := s.Backfills(); len(view.Meetings) != tt.meetings || n != tt.awaited || s.held != tt.held || len(s.engine.Open()) != tt.meetings+tt.awaited {
			t.Errorf("%s: %d meetings with %d people, %d backfills, %d open; want %+v", name, len(view.Meetings), s.held, n, len(s.engine.Open()), tt)
		}
		for _, m := range view.Meetings {
			if m.Facts.Topic != tt.topic || s.meetings["live"].watched != tt.watched {
				t.Errorf("%s: topic %q, watched %v; want %+v", name, m.Facts.Topic, s.meetings["live"].watched, tt)
			}
			for p := range m.Participants() {
				if p.Facts.UserName != tt.name || (p.Role == "host") != tt.roles {
					t.Errorf("%s: name %q, role %q; want %+v", name, p.Facts.UserName, p.Role, tt)
				}
			}
		}
	}
}
