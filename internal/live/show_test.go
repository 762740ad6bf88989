package live

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/seeds"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// company is a state and what Zoom would answer, driven by events at random.
type company struct {
	*State
	rng    *rand.Rand
	now    time.Time
	people map[string][]string // IDs by meeting
	joined int
}

func newCompany(rng *rand.Rand) *company {
	c := &company{rng: rng, now: start, people: make(map[string][]string)}
	c.State = New(settings(), readings.New(readings.Config{Volatile: true}), false, start)
	c.Begin(c.at())
	return c
}

func settings() Settings {
	return Settings{
		Converter: &qos.Converter{Privacy: qos.Privacy{UserName: qos.Plain, Topic: qos.Plain}, CPU: true},
		Meetings:  true, ParticipantsLists: map[zoomapi.Kind]bool{zoomapi.Meeting: true},
	}
}

// at is now; Zoom's clock is two minutes ahead of ours.
func (c *company) at() Now {
	return Now{Time: c.now, Zoom: zoomtime.Of(c.now.Add(2 * time.Minute))}
}

// list has the live list name all meetings.
func (c *company) list() {
	l := c.WalkList(zoomapi.Meeting, c.now, time.Minute)
	if l == nil {
		return
	}
	var page zoomapi.Page[zoomapi.Live]
	for _, uuid := range slices.Sorted(maps.Keys(c.people)) {
		page.Rows = append(page.Rows, zoomapi.Live{
			UUID: zoomapi.Text(uuid), ID: "98765432101", Topic: "standup", StartTime: "2026-03-02T08:55:00Z",
			Participants: zoomapi.Count(len(c.people[uuid])),
		})
	}
	c.HandleListPage(l, &page, c.at())
}

// visit has Zoom answer for a meeting, or for as many of its pages as that.
func (c *company) visit(uuid string, pages int) {
	v := c.Visit(uuid, false, c.at())
	if v == nil {
		return
	}
	ids := c.people[uuid]
	for i := 0; ; i++ {
		c.NextPage(v, c.at())
		if i == pages {
			c.HandleFailure(v, Failure{HeldBack: true}, c.at())
			return
		}
		page := zoomapi.Page[zoomapi.QoSRow]{TotalRecords: len(ids)}
		for _, id := range ids[min(10*i, len(ids)):min(10*i+10, len(ids))] {
			page.Rows = append(page.Rows, c.row(id))
		}
		if 10*i+10 < len(ids) {
			page.NextPageToken = fmt.Sprint("page ", i+1)
		}
		if !c.HandlePage(v, &page, c.at()) {
			return
		}
	}
}

func (c *company) row(id string) zoomapi.QoSRow {
	at := c.at().Zoom.Truncate(time.Minute).Add(-time.Minute)
	return zoomapi.QoSRow{
		UserID: zoomapi.Text(id), UserName: "Example Name", JoinTime: "2026-03-02T08:56:00Z",
		Minutes: []zoomapi.Minute{{DateTime: zoomapi.Text(at.String()), Streams: []zoomapi.Stream{
			{Name: zoomapi.AudioInput, Figures: zoomapi.Figures{Latency: zoomapi.Text(fmt.Sprint(c.rng.IntN(400), " ms"))}},
		}}},
	}
}

// roles has Zoom answer with a meeting's participants list.
func (c *company) roles(uuid string) {
	w := c.WalkRoles(uuid, c.at())
	if w == nil {
		return
	}
	var page zoomapi.Page[zoomapi.ParticipantRow]
	for _, id := range c.people[uuid] {
		page.Rows = append(page.Rows, zoomapi.ParticipantRow{UserID: zoomapi.Text(id), Role: "attendee", Status: "in_meeting"})
	}
	c.HandleRolesPage(w, &page, c.at())
}

// commit has what was counted shown.
func (c *company) commit() {
	c.engine.Commit(c.engine.Encode(c.now, c.at().Zoom), c.now)
}

// step lets something happen, and reports whether that may make views anew that show
// the same: an answer that says what the one before said, or a reload.
func (c *company) step() (anew bool) {
	uuid := fmt.Sprint("meeting-", c.rng.IntN(6))
	ids := c.people[uuid]
	what := c.rng.IntN(12)
	switch what {
	case 0:
		c.joined++
		for range c.rng.IntN(150) {
			c.joined++
			ids = append(ids, fmt.Sprint(c.joined))
		}
		c.people[uuid] = ids
	case 1:
		if len(ids) > 0 {
			i := c.rng.IntN(len(ids))
			c.people[uuid] = slices.Delete(slices.Clone(ids), i, i+1)
		}
	case 2:
		if c.rng.IntN(3) == 0 {
			delete(c.people, uuid)
		}
	case 3, 4:
		c.list()
	case 5:
		c.roles(uuid)
	case 6:
		c.commit()
	case 7:
		s := settings()
		s.MaxParticipants = c.rng.IntN(2) * 200
		if c.rng.IntN(2) == 0 {
			s.Converter = &qos.Converter{CPU: true}
		}
		if c.rng.IntN(2) == 0 {
			s.Watched = func(l *zoomapi.Live) bool { return string(l.UUID) == uuid }
		}
		c.Configure(s, c.at())
	case 8:
		c.visit(uuid, c.rng.IntN(3))
	default:
		c.visit(uuid, 1000)
	}
	c.now = c.now.Add(time.Duration(c.rng.IntN(200)) * time.Second)
	return what >= 7
}

// afresh is a view that shares nothing with the ones before.
func (c *company) afresh(interval time.Duration) View {
	for _, m := range c.meetings {
		m.view = nil
		m.people.blocks = make([]*Block, len(m.people.blocks))
	}
	return c.viewAt(c.at(), interval)
}

// A view is what it would be if it was made afresh, and what was shown before never
// changes. What has not changed is the same pointer, and what has is another.
func TestViews(t *testing.T) {
	same, sameBlocks, changed := 0, 0, 0
	for seed := range seeds.Count(40) {
		c := newCompany(rand.New(rand.NewPCG(uint64(seed), 9)))
		type shown struct {
			meeting *Meeting
			copied  Meeting
			blocks  []Block
		}
		var before map[string]shown
		for range 120 {
			anew := c.step()
			interval := time.Duration(1+c.rng.IntN(20)) * time.Minute
			view := c.viewAt(c.at(), interval)
			again := c.viewAt(c.at(), interval)
			if !slices.Equal(view.Meetings, again.Meetings) {
				t.Fatal("nothing has happened, and another meeting is shown")
			}
			after := make(map[string]shown)
			for _, m := range view.Meetings {
				s := shown{meeting: m, copied: *m}
				for _, b := range m.Blocks {
					s.blocks = append(s.blocks, Block{Participants: slices.Clone(b.Participants)})
				}
				after[m.UUID] = s
				was, ok := before[m.UUID]
				switch {
				case ok && was.meeting == m:
					same++
				case ok && !anew && !expired(was.copied.oldest, c.now.Add(-c.maxAge(interval))) && alike(&was.copied, m):
					t.Fatalf("nothing that is shown of %s has changed, and another meeting is shown: %+v, %+v", m.UUID, was.copied, *m)
				default:
					changed++
				}
				for _, b := range m.Blocks {
					if ok && slices.Contains(was.meeting.Blocks, b) && was.meeting != m {
						sameBlocks++
					}
				}
			}
			for uuid, was := range before {
				if !alike(&was.copied, was.meeting) {
					t.Fatalf("%s was shown, and has changed since", uuid)
				}
				for i, b := range was.meeting.Blocks {
					if !reflect.DeepEqual(was.blocks[i].Participants, b.Participants) {
						t.Fatalf("a block of %s was shown, and has changed since", uuid)
					}
				}
			}
			fresh := c.afresh(interval)
			if len(fresh.Meetings) != len(view.Meetings) || fresh.Covered != view.Covered || fresh.People != view.People ||
				!maps.Equal(fresh.Kinds, view.Kinds) || !maps.Equal(fresh.Dropped, view.Dropped) || !reflect.DeepEqual(fresh.Groups, view.Groups) {
				t.Fatalf("made afresh the view is %+v, not %+v", fresh, view)
			}
			for i, m := range fresh.Meetings {
				if !alike(m, view.Meetings[i]) {
					t.Fatalf("made afresh %s is %+v, not %+v", m.UUID, m, view.Meetings[i])
				}
			}
			// Fresh pointers are the ones before from here on.
			before = make(map[string]shown)
			for _, m := range fresh.Meetings {
				s := after[m.UUID]
				s.meeting, s.copied = m, *m
				before[m.UUID] = s
			}
		}
	}
	if same < 100 || changed < 100 || sameBlocks < 10 {
		t.Fatalf("%d meetings stayed, %d changed, %d blocks stayed: the test proves nothing", same, changed, sameBlocks)
	}
}

// alike reports whether two meetings show the same.
func alike(a, b *Meeting) bool {
	x, y := *a, *b
	x.oldest, y.oldest = time.Time{}, time.Time{}
	return reflect.DeepEqual(x, y)
}
