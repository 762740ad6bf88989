package live

import (
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

func TestWhenRolesAreWanted(t *testing.T) {
	for _, tt := range []struct {
		name    string
		size    int           // when they were received; -1 is that they never were
		since   time.Duration // the last request
		total   int
		waiting bool
		want    bool
	}{
		{"never asked for", -1, 1000 * time.Hour, 10, false, true},
		{"failed lately", -1, rolesPause - 1, 10, false, false},
		{"failed lately, and the meeting has grown", -1, rolesPause - 1, 1000, false, false},
		{"failed a while ago", -1, rolesPause, 10, false, true},
		{"nothing has changed", 20, 1000 * time.Hour, 20, false, false},
		{"grown by a tenth", 20, time.Second, 22, false, false},
		{"grown by more", 20, time.Second, 23, false, true},
		{"smaller by more", 20, time.Second, 17, false, true},
		{"somebody waits", 20, rolesPause, 20, true, true},
		{"somebody waits, asked for lately", 20, rolesPause - 1, 20, true, false},
	} {
		s := begun(settings())
		listed(t, s, zoomapi.Meeting, at(0), entry("known", ""))
		visited(t, s, "known", at(0), rows("1")...)
		m := s.meetings["known"]
		m.rolesSize, m.total, m.rolesAt = tt.size, tt.total, start.Add(-tt.since)
		m.roles = map[string]role{"1": {"host", "in_meeting"}, "left": {"attendee", statusWaiting}}
		if tt.waiting {
			m.roles["1"] = role{"attendee", statusWaiting}
		}
		if got := m.wantsRoles(start); got != tt.want || s.RolesWanted(zoomapi.Meeting, at(0)) != tt.want || (s.WalkRoles("known", at(0)) != nil) != tt.want {
			t.Errorf("%s: wanted %v, want %v", tt.name, got, tt.want)
		}
		if tt.want && m.wantsRoles(start.Add(rolesPause-1)) {
			t.Errorf("%s: wanted again at once", tt.name)
		}
	}
}

// A meeting that came back while the one before was visited waits for its own visit.
func TestRolesBeforeTheFirstAnswer(t *testing.T) {
	s := begun(settings())
	listed(t, s, zoomapi.Meeting, at(0), entry("known", ""))
	if s.WalkRoles("known", at(0)) != nil {
		t.Error("roles are asked for before the size is known")
	}
	visited(t, s, "known", at(0), rows("1")...)
	if s.WalkRoles("known", at(0)) == nil {
		t.Error("roles are not asked for after that")
	}
}

// Only a list of which nothing was asked for is wanted again at once.
func TestRolesFail(t *testing.T) {
	for name, tt := range map[string]struct {
		pages  int
		fail   Failure
		wanted bool
	}{
		"unpaid":                 {0, Failure{HeldBack: true, Unpaid: true}, true},
		"unpaid after a page":    {1, Failure{HeldBack: true, Unpaid: true}, false},
		"the endpoint is paused": {0, Failure{HeldBack: true}, false},
		"refused":                {0, Failure{Reason: zoomapi.ReasonNoAccess}, false},
	} {
		s := begun(settings())
		listed(t, s, zoomapi.Meeting, at(0), entry("known", ""))
		visited(t, s, "known", at(0), rows("1")...)
		w := s.WalkRoles("known", at(0))
		for range tt.pages {
			s.HandleRolesPage(w, &zoomapi.Page[zoomapi.ParticipantRow]{NextPageToken: "a"}, at(0))
		}
		if s.HandleRolesFailure(w, tt.fail) || s.RolesWanted(zoomapi.Meeting, at(time.Second)) != tt.wanted {
			t.Errorf("%s: wanted %v, want %v", name, !tt.wanted, tt.wanted)
		}
	}
}

// Roles are of the meeting that they were asked for, as long as that is live and its
// list is collected.
func TestRolesArrive(t *testing.T) {
	for name, tt := range map[string]struct {
		meanwhile func(s *State)
		want      string
		more      bool
	}{
		"in time": {func(*State) {}, "host", true},
		"too late": {func(s *State) {
			s.forget(s.meetings["known"])
			listed(t, s, zoomapi.Meeting, at(time.Minute), entry("known", ""))
			visited(t, s, "known", at(time.Minute), rows("1")...)
		}, "", false},
		"after a reload": {func(s *State) {
			without := settings()
			without.ParticipantsLists = nil
			s.Configure(without, at(0))
		}, "", false},
	} {
		s := begun(settings())
		listed(t, s, zoomapi.Meeting, at(0), entry("known", ""))
		visited(t, s, "known", at(0), rows("1")...)
		w := s.WalkRoles("known", at(0))
		tt.meanwhile(s)
		page := zoomapi.Page[zoomapi.ParticipantRow]{Rows: []zoomapi.ParticipantRow{{UserID: "1", Role: "host"}}, NextPageToken: "a"}
		if more := s.HandleRolesPage(w, &page, at(time.Minute)); more != tt.more {
			t.Errorf("%s: there is more to ask for: %v, want %v", name, more, tt.more)
		}
		if tt.more && s.HandleRolesPage(w, &zoomapi.Page[zoomapi.ParticipantRow]{}, at(time.Minute)) {
			t.Errorf("%s: there is more than the last page", name)
		}
		for p := range s.viewAt(at(time.Minute), time.Minute).Meetings[0].Participants() {
			if p.Role != tt.want {
				t.Errorf("%s: role %q, want %q", name, p.Role, tt.want)
			}
		}
	}
}
