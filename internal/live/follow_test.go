package live

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/seeds"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

const goodLatency, poorLatency = "20 ms", "400 ms"

// talking is the row of somebody with this latency in each of the last five minutes.
func talking(id, user, latency string, now Now) zoomapi.QoSRow {
	row := rows(id)[0]
	row.ID = zoomapi.Text(user)
	for ago := range 5 {
		at := now.Zoom.Truncate(time.Minute).Add(-time.Duration(ago+1) * time.Minute)
		row.Minutes = append(row.Minutes, zoomapi.Minute{DateTime: zoomapi.Text(at.String()), Streams: []zoomapi.Stream{
			{Name: zoomapi.AudioInput, Figures: zoomapi.Figures{Latency: zoomapi.Text(latency)}},
		}})
	}
	return row
}

// crowd are the rows of so many people.
func crowd(n int, latency string, now Now) (people []zoomapi.QoSRow) {
	for i := range n {
		people = append(people, talking(fmt.Sprint(i), "", latency, now))
	}
	return people
}

// followed returns who is followed in a meeting as it is shown now.
func followed(s *State, uuid string, now Now) (ids []string) {
	for p := range s.meetingAt(uuid, "", now, time.Minute).Participants() {
		if p.Followed {
			ids = append(ids, p.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// Somebody who was degraded is followed until they leave.
func TestFollowUntilTheyLeave(t *testing.T) {
	settings := settings()
	settings.Converter.Privacy.User = qos.Plain
	s := begun(settings)
	for _, tt := range []struct {
		name string
		at   time.Duration
		rows func(now Now) []zoomapi.QoSRow
		want []string
	}{
		{"degraded", 10 * time.Minute, func(now Now) []zoomapi.QoSRow {
			return []zoomapi.QoSRow{talking("1", "a", poorLatency, now), talking("2", "b", goodLatency, now), talking("3", "", poorLatency, now)}
		}, []string{"1", "3"}},
		{"recovered, and in a breakout room, too", 20 * time.Minute, func(now Now) []zoomapi.QoSRow {
			return []zoomapi.QoSRow{talking("1", "a", goodLatency, now), talking("2", "b", goodLatency, now), talking("3", "", goodLatency, now), talking("4", "a", goodLatency, now)}
		}, []string{"1", "3", "4"}},
		{"degraded again", 30 * time.Minute, func(now Now) []zoomapi.QoSRow {
			return []zoomapi.QoSRow{talking("1", "a", poorLatency, now), talking("2", "b", poorLatency, now)}
		}, []string{"1", "2"}},
		{"rejoined at once", 31 * time.Minute, func(Now) []zoomapi.QoSRow { return rowsOf("a", "5") }, []string{"5"}},
		{"left", 40 * time.Minute, func(Now) []zoomapi.QoSRow { return nil }, nil},
		{"rejoined later", 41 * time.Minute, func(Now) []zoomapi.QoSRow { return rowsOf("a", "6") }, nil},
	} {
		now := at(tt.at)
		listed(t, s, zoomapi.Meeting, now, entry("known", ""))
		visited(t, s, "known", now, tt.rows(now)...)
		if got := followed(s, "known", now); !slices.Equal(got, tt.want) || s.followed != len(tt.want) {
			t.Errorf("%s: %v are followed and %d counted, want %v", tt.name, got, s.followed, tt.want)
		}
	}
}

// rowsOf is the row of a user's join, without figures.
func rowsOf(user, id string) []zoomapi.QoSRow {
	all := rows(id)
	all[0].ID = zoomapi.Text(user)
	return all
}

// A block is made anew where somebody in it is followed from now on, even if it is for
// what happens to them in a breakout room. Other blocks are not.
func TestFollowMakesOneBlockAnew(t *testing.T) {
	settings := settings()
	settings.Converter.Privacy.User = qos.Plain
	s := begun(settings)
	now := at(10 * time.Minute)
	listed(t, s, zoomapi.Meeting, now, entry("known", ""))
	people := crowd(3*blockSize, goodLatency, now)
	people[0].ID = "a"
	visited(t, s, "known", now, people...)
	before := s.meetingAt("known", "", now, time.Minute)
	v := s.VisitPerson("known", "breakout") // the same person, in the fourth block
	s.NextPersonPage(v, now)
	s.HandlePersonPage(v, &zoomapi.Page[zoomapi.QoSRow]{Rows: []zoomapi.QoSRow{talking("breakout", "a", poorLatency, now)}}, now)
	after := s.meetingAt("known", "", now, time.Minute)
	if got := followed(s, "known", now); !slices.Equal(got, []string{"0", "breakout"}) {
		t.Fatalf("%v are followed", got)
	}
	if before.Blocks[0] == after.Blocks[0] || before.Blocks[0].Participants[0].Followed {
		t.Error("a block that was shown has changed")
	}
	if before.Blocks[1] != after.Blocks[1] || before.Blocks[2] != after.Blocks[2] {
		t.Error("a block in which nobody is followed is another one")
	}
}

// The people of a meeting are followed as long as it is watched, and those degraded
// beyond that.
func TestFollowWatched(t *testing.T) {
	watching := settings()
	watching.Watched = func(l *zoomapi.Live) bool { return l.Topic == "board" }
	board, other := entry("known", ""), entry("known", "")
	board.Topic, other.Topic = "board", "renamed"
	reload := func(with Settings) func(*State, Now) {
		return func(s *State, now Now) { s.Configure(with, now) }
	}
	list := func(row zoomapi.Live) func(*State, Now) {
		return func(s *State, now Now) { listed(t, s, zoomapi.Meeting, now, row) }
	}
	hidden := watching // where topics are not shown, the meeting looks as before
	hidden.Converter = new(qos.Converter)
	for name, tt := range map[string]struct {
		from, to         func(*State, Now)
		before, expected []string
	}{
		"not any more": {reload(watching), reload(settings()), []string{"1", "2"}, []string{"1"}},
		"from now on":  {reload(settings()), reload(watching), []string{"1"}, []string{"1", "2"}},
		"renamed":      {reload(hidden), list(other), []string{"1", "2"}, []string{"1"}},
	} {
		s := begun(settings())
		now := at(10 * time.Minute)
		listed(t, s, zoomapi.Meeting, now, board)
		tt.from(s, now)
		visited(t, s, "known", now, talking("1", "", poorLatency, now), talking("2", "", goodLatency, now), talking("3", "", poorLatency, now))
		s.HandleRolesPage(s.WalkRoles("known", now), &zoomapi.Page[zoomapi.ParticipantRow]{
			Rows: []zoomapi.ParticipantRow{{UserID: "3", Status: statusWaiting}},
		}, now)
		if got := followed(s, "known", now); !slices.Equal(got, tt.before) || s.followed != len(tt.before) {
			t.Errorf("%s: %v are followed and %d counted, want %v", name, got, s.followed, tt.before)
		}
		now = at(10*time.Minute + 56*time.Second) // nothing is too old yet
		tt.to(s, now)
		if got := followed(s, "known", now); !slices.Equal(got, tt.expected) || s.followed != len(tt.expected) {
			t.Errorf("%s: then %v are followed and %d counted, want %v", name, got, s.followed, tt.expected)
		}
	}
}

// A bounded number of people are followed, those in watched meetings only while half
// of that are. Others are followed as soon as there is room.
func TestFollowIsBounded(t *testing.T) {
	const more = MaxFollowed/2 + 10
	settings := settings()
	settings.Watched = func(l *zoomapi.Live) bool { return l.UUID == "watched" }
	s := begun(settings)
	now := at(10 * time.Minute)
	listed(t, s, zoomapi.Meeting, now, entry("degraded", ""), entry("watched", ""))
	check := func(when string, watched, degraded, unfollowed int) {
		t.Helper()
		view := s.viewAt(now, time.Minute)
		got := make(map[string]int)
		for _, m := range view.Meetings {
			got[m.UUID] = len(followed(s, m.UUID, now))
		}
		if got["watched"] != watched || got["degraded"] != degraded || view.Unfollowed != unfollowed {
			t.Errorf("%s: of the watched %d are followed, of the degraded %d, and %d are not; want %d, %d, %d",
				when, got["watched"], got["degraded"], view.Unfollowed, watched, degraded, unfollowed)
		}
	}
	visited(t, s, "watched", now, crowd(more, goodLatency, now)...)
	check("watched", MaxFollowed/2, 0, 10)
	visited(t, s, "degraded", now, crowd(more, poorLatency, now)...)
	check("degraded", MaxFollowed/2, MaxFollowed/2, 20)
	visited(t, s, "watched", now, crowd(more-20, goodLatency, now)...)
	check("ten left", more-20, more, 0)
	visited(t, s, "watched", now, crowd(more, goodLatency, now)...)
	check("and came back", more-20, more, 20)
	s.markOver(s.meetings["degraded"], now)
	check("there is room", MaxFollowed/2, 0, 10)
}

// Whatever happens, those are followed who were degraded since they joined or whose
// meeting is watched.
func TestFollowInAnyOrder(t *testing.T) {
	recovered, released := 0, 0
	for seed := range seeds.Count(15) {
		c := newCompany(rand.New(rand.NewPCG(uint64(seed), 11)))
		was := make(map[*meeting]map[string]bool) // degraded since they joined
		follows := 0
		suffers := func(m *meeting, id string, cutoff int32) bool {
			return degraded(m.people.history(id).recent.since(cutoff), c.thresholds.Degraded) != Media[bool]{}
		}
		note := func(from int32) {
			for _, m := range c.meetings {
				if was[m] == nil {
					was[m] = make(map[string]bool)
				}
				for p := range m.people.all() {
					for cutoff := max(from, c.recentFrom-60); cutoff <= c.recentFrom; cutoff++ {
						was[m][p.ID] = was[m][p.ID] || suffers(m, p.ID, cutoff)
					}
				}
			}
		}
		age := func() {
			from := c.recentFrom
			c.leaveOld(c.at())
			note(from)
		}
		for i := range 150 {
			age()
			c.step()
			note(c.recentFrom)
			age()
			c.visit("meeting-0", 1000) // often enough to tell who is degraded
			note(c.recentFrom)
			interval := time.Duration(1+c.rng.IntN(10)) * time.Minute
			view := c.viewAt(c.at(), interval)
			before := follows
			follows = 0
			is := make(map[*meeting]map[string]bool)
			for _, m := range c.meetings { // those that are not shown, too
				maps.DeleteFunc(was[m], func(id string, _ bool) bool { return m.people.get(id) == nil })
				is[m] = was[m]
			}
			for _, shown := range view.Meetings {
				m := c.meetings[shown.UUID]
				is[m] = make(map[string]bool)
				for p := range shown.Participants() {
					suffers := suffers(m, p.ID, c.recentFrom)
					is[m][p.ID] = was[m][p.ID]
					if want := is[m][p.ID] || m.watched && !m.waits(p.ID); p.Followed != want {
						t.Fatalf("seed %d, step %d: %s in %s is followed: %v, want %v", seed, i, p.ID, shown.UUID, p.Followed, want)
					}
					if p.Followed {
						follows++
					}
					if is[m][p.ID] && !suffers {
						recovered++
					}
				}
			}
			if follows > c.followed { // people of meetings that are not shown count, too
				t.Fatalf("seed %d, step %d: %d are followed, the state says %d", seed, i, follows, c.followed)
			}
			if follows < before {
				released++
			}
			was = is
		}
	}
	if recovered < 100 || released == 0 {
		t.Fatalf("%d times somebody had recovered, %d times fewer were followed: the test proves nothing", recovered, released)
	}
}
