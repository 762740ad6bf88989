package live

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/seeds"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// workers is a state and the walks of its workers, each between a request and its
// answer.
type workers struct {
	*State
	rng       *rand.Rand
	now       Now
	listWalks []*ListWalk
	visits    []*Visit
	roles     []*RolesWalk
	persons   []*PersonVisit
	chosen    []*Backfill
	fetches   []*Backfill
	answered  []*Backfill // to the end, and not closed yet
	summaries []*SummaryWalk
}

func newWorkers(rng *rand.Rand) *workers {
	w := &workers{rng: rng, now: Now{Time: start, Zoom: zoomtime.Of(start)}}
	w.State = New(w.reloaded(), readings.New(readings.Config{Volatile: true}), false, start)
	w.Begin(w.now)
	return w
}

// reloaded are any settings that a reload may bring.
func (w *workers) reloaded() Settings {
	s := Settings{
		Converter: &qos.Converter{Privacy: qos.Privacy{UserName: qos.Mode(w.rng.IntN(3))}},
		Meetings:  w.rng.IntN(4) > 0, Webinars: w.rng.IntN(4) > 0,
		ParticipantsLists: map[zoomapi.Kind]bool{zoomapi.Meeting: w.rng.IntN(2) > 0, zoomapi.Webinar: w.rng.IntN(2) > 0},
		MaxParticipants:   w.rng.IntN(3) * 10,
		Readings:          readings.Config{Volatile: true},
		Probing:           w.rng.IntN(2) > 0,
	}
	watched := w.uuid()
	s.Watched = func(l *zoomapi.Live) bool { return string(l.UUID) == watched }
	if excluded := w.uuid(); w.rng.IntN(2) == 0 {
		s.Keep = func(l *zoomapi.Live) bool { return string(l.UUID) != excluded }
	}
	return s
}

func (w *workers) uuid() string { return fmt.Sprint("uuid-", w.rng.IntN(4)) }

func (w *workers) kind() zoomapi.Kind { return Kinds[w.rng.IntN(len(Kinds))] }

// token leads to a page, back to an earlier one or to the end.
func (w *workers) token() string { return [...]string{"", "", "a", "b", "c"}[w.rng.IntN(5)] }

func (w *workers) failure() Failure {
	reasons := [...]zoomapi.Reason{zoomapi.ReasonNotLive, zoomapi.ReasonNoAccess, zoomapi.ReasonServer}
	if w.rng.IntN(3) == 0 {
		return Failure{HeldBack: true, Unpaid: w.rng.IntN(2) == 0}
	}
	return Failure{Reason: reasons[w.rng.IntN(len(reasons))]}
}

func (w *workers) entry() zoomapi.Live {
	return zoomapi.Live{
		UUID: zoomapi.Text(w.uuid()), ID: zoomapi.Text(fmt.Sprint("8500000000", w.rng.IntN(2))),
		Participants: zoomapi.Count(w.rng.IntN(30)), StartTime: zoomapi.Text(w.now.Zoom.Add(-time.Hour).String()),
	}
}

func (w *workers) listPage() *zoomapi.Page[zoomapi.Live] {
	p := &zoomapi.Page[zoomapi.Live]{NextPageToken: w.token(), Unreadable: w.rng.IntN(10) / 9}
	for range w.rng.IntN(4) {
		p.Rows = append(p.Rows, w.entry())
	}
	return p
}

func (w *workers) page() *zoomapi.Page[zoomapi.QoSRow] {
	p := &zoomapi.Page[zoomapi.QoSRow]{NextPageToken: w.token(), TotalRecords: w.rng.IntN(3) * 12, Unreadable: w.rng.IntN(10) / 9}
	for range w.rng.IntN(10) {
		row := zoomapi.QoSRow{
			UserID: zoomapi.Text(fmt.Sprint(w.rng.IntN(30))), UserName: "Example Name",
			JoinTime: zoomapi.Text(w.now.Zoom.Add(time.Duration(w.rng.IntN(120)-100) * time.Minute).String()),
		}
		if w.rng.IntN(5) == 0 {
			row.LeaveTime = zoomapi.Text(w.now.Zoom.String())
		}
		p.Rows = append(p.Rows, row)
	}
	return p
}

// draw returns the index of one of n, or false if there are none.
func (w *workers) draw(n int) (int, bool) {
	if n == 0 {
		return 0, false
	}
	return w.rng.IntN(n), true
}

// answer calls more for one of the walks and removes that unless there is more to ask
// for.
func answer[W any](w *workers, walks *[]W, more func(W) bool) {
	if i, ok := w.draw(len(*walks)); ok && !more((*walks)[i]) {
		*walks = slices.Delete(*walks, i, i+1)
	}
}

func (w *workers) step() {
	fails := w.rng.IntN(3) == 0
	switch w.rng.IntN(16) {
	case 0, 1:
		if l := w.WalkList(w.kind(), w.now.Time, time.Minute); l != nil {
			w.listWalks = append(w.listWalks, l)
		}
	case 2, 3, 4:
		answer(w, &w.listWalks, func(l *ListWalk) bool {
			if fails {
				return w.HandleListFailure(l, w.failure())
			}
			return w.HandleListPage(l, w.listPage(), w.now)
		})
	case 5:
		if v := w.Visit(w.uuid(), w.rng.IntN(2) == 0, w.now); v != nil {
			w.NextPage(v, w.now)
			w.visits = append(w.visits, v)
		}
	case 6, 7:
		answer(w, &w.visits, func(v *Visit) (more bool) {
			if fails {
				more = w.HandleFailure(v, w.failure(), w.now)
			} else {
				more = w.HandlePage(v, w.page(), w.now)
			}
			if more {
				w.NextPage(v, w.now)
			}
			return more
		})
	case 8:
		if r := w.WalkRoles(w.uuid(), w.now); r != nil {
			w.roles = append(w.roles, r)
		}
		answer(w, &w.roles, func(r *RolesWalk) bool {
			return w.HandleRolesPage(r, &zoomapi.Page[zoomapi.ParticipantRow]{NextPageToken: w.token()}, w.now)
		})
	case 9:
		if v := w.VisitPerson(w.uuid(), "7"); v != nil {
			w.NextPersonPage(v, w.now)
			w.persons = append(w.persons, v)
		}
		answer(w, &w.persons, func(v *PersonVisit) bool {
			if fails {
				return w.HandlePersonFailure(v, w.failure())
			}
			w.HandlePersonPage(v, w.page(), w.now)
			return false
		})
	case 10:
		row := w.entry()
		w.HandleProbed(w.kind(), &row, w.now)
	case 11, 12:
		w.stepBackfill(fails)
	case 13:
		if w.rng.IntN(4) == 0 {
			w.Configure(w.reloaded(), w.now)
		}
	case 14:
		w.viewAt(w.now, time.Minute)
	default:
		w.now.Time = w.now.Time.Add(time.Duration(w.rng.IntN(180)) * time.Second)
		w.now.Zoom = zoomtime.Of(w.now.Time).Add(time.Duration(w.rng.IntN(10)) * time.Second)
	}
}

func (w *workers) stepBackfill(fails bool) {
	short := w.rng.IntN(2) == 0
	due := w.DueBackfills(w.now, float64(w.rng.IntN(5)), short, func(k zoomapi.Kind) bool { return k == zoomapi.Webinar && short })
	w.chosen = append(w.chosen, due...) // possibly again, as by a second cycle before the first begins
	for range 3 {
		answer(w, &w.chosen, func(b *Backfill) bool {
			if w.StartBackfill(b, w.now) {
				w.NextPastPage(b)
				w.fetches = append(w.fetches, b)
			}
			return false
		})
	}
	answer(w, &w.fetches, func(b *Backfill) (more bool) {
		whole := false
		if fails {
			more = w.HandlePastFailure(b, w.failure(), w.now)
		} else {
			more, whole = w.HandlePastPage(b, w.page(), w.now)
		}
		switch {
		case more:
			w.NextPastPage(b)
		case whole:
			w.answered = append(w.answered, b)
			if s := w.WalkSummary(b, w.now); s != nil {
				w.summaries = append(w.summaries, s)
			}
		}
		return more
	})
	answer(w, &w.summaries, func(s *SummaryWalk) bool {
		return w.HandleSummaryPage(s, &zoomapi.Page[zoomapi.SummaryRow]{NextPageToken: w.token()}, w.now)
	})
	answer(w, &w.answered, func(b *Backfill) bool {
		w.CloseBackfill(b, w.now)
		return false
	})
}

// check reports what is inconsistent.
func (w *workers) check() error {
	held, followed := 0, 0
	for uuid, m := range w.meetings {
		held += m.people.len()
		visits := 0
		for _, v := range w.visits {
			if v.m == m {
				visits++
			}
		}
		people := 0
		for p := range m.people.all() {
			people++
			if m.people.history(p.ID).followed != notFollowed {
				followed++
			}
			if _, unheld := m.unheld[p.ID]; unheld || m.people.get(p.ID) != p {
				return fmt.Errorf("somebody in %s is held and is not", uuid)
			}
		}
		switch {
		case visits > 1 || m.visiting != (visits == 1):
			return fmt.Errorf("%d workers visit %s, which says %v", visits, uuid, m.visiting)
		case people != m.people.len() || len(m.people.blocks) != (len(m.people.slots)+blockSize-1)/blockSize:
			return fmt.Errorf("%s has %d people in %d slots and %d blocks, and says %d", uuid, people, len(m.people.slots), len(m.people.blocks), m.people.len())
		case w.backfills[uuid] != nil || w.unlisted[uuid] != "":
			return fmt.Errorf("%s is live and has ended", uuid)
		case !w.settings.Collects(m.kind):
			return fmt.Errorf("%s is of a kind that is not collected", uuid)
		}
	}
	if limit := w.settings.MaxParticipants; held != w.held || limit > 0 && held > limit {
		return fmt.Errorf("%d people are held, the state says %d of %d", held, w.held, limit)
	}
	if followed != w.followed {
		return fmt.Errorf("%d people are followed, the state says %d", followed, w.followed)
	}
	for kind, l := range w.lists {
		if walked := slices.ContainsFunc(w.listWalks, func(o *ListWalk) bool { return o.list == l }); l.walking != walked {
			return fmt.Errorf("a worker is at the list of %ss: %v, which says %v", kind, walked, l.walking)
		}
	}
	for uuid, b := range w.backfills {
		if busy := slices.Contains(w.fetches, b) || slices.Contains(w.answered, b); b.busy != busy || b.UUID != uuid {
			return fmt.Errorf("a worker is at the past answer of %s: %v, which says %v", uuid, busy, b.busy)
		}
	}
	return nil
}

// In whatever order answers, failures and reloads come, no flag says that a worker is
// at something that none is at, and the counts of people are right.
func TestEventsInAnyOrder(t *testing.T) {
	visits, backfills, orphans := 0, 0, 0
	for seed := range seeds.Count(400) {
		w := newWorkers(rand.New(rand.NewPCG(uint64(seed), 1)))
		for i := range 600 {
			w.step()
			if err := w.check(); err != nil {
				t.Fatalf("seed %d, step %d: %v", seed, i, err)
			}
			visits = max(visits, len(w.visits))
			backfills = max(backfills, len(w.fetches))
			for _, v := range w.visits {
				if w.meetings[v.m.uuid] != nil && w.meetings[v.m.uuid] != v.m {
					orphans++
				}
			}
		}
	}
	if visits < 3 || backfills < 2 || orphans < 100 {
		t.Fatalf("%d visits and %d backfills at once, %d times of a meeting that came back: the test proves nothing", visits, backfills, orphans)
	}
}
