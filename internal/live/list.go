package live

import (
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// early is how much sooner than its interval a list may be walked again, as
// scrapes are not exactly a minute apart.
const early = 5 * time.Second

// WalkList begins a walk over a kind's live list, or takes up one that stopped, in a
// cycle that began at start. It returns nil while none is due: one begins every so
// often on average, however often and however unevenly scrapes come, and however
// long the token before it takes. It ends with HandleListPage or HandleListFailure
// returning false.
func (s *State) WalkList(kind zoomapi.Kind, start time.Time, every time.Duration) *ListWalk {
	l := s.lists[kind]
	if !s.settings.Collects(kind) || l.walking {
		return nil
	}
	if l.walk == nil || !l.walk.alive(start) {
		if start.Before(l.next) {
			return nil
		}
		l.every = every
		l.next = later(l.next.Add(every), start.Add(every-early))
		l.walk = &ListWalk{Kind: kind, walk: newWalk(start), list: l, excluded: make(map[string]bool)}
	}
	l.walking = true
	return l.walk
}

// Token returns the page token of the next request.
func (w *ListWalk) Token() string { return w.token }

// HandleListPage takes a page and reports whether there is another to ask for.
func (s *State) HandleListPage(w *ListWalk, page *zoomapi.Page[zoomapi.Live], now Now) (more bool) {
	l := w.list
	if s.lists[w.Kind] != l {
		return false // a reload has stopped collecting the kind
	}
	for i := range page.Rows {
		s.handleListed(w, &page.Rows[i], now)
	}
	w.unreadable = w.unreadable || page.Unreadable > 0
	s.unreadable("list_row", page.Unreadable)
	step := w.advance(page.NextPageToken, now.Time)
	if step == onward {
		return true
	}
	l.walk, l.walking, l.pages, l.complete, l.excluded = nil, false, w.pages, w.begun, w.excluded
	if step == last && !w.unreadable {
		s.endUnlisted(w.Kind, w.begun, now)
	}
	return false
}

// handleListed takes an entry of a live list.
func (s *State) handleListed(w *ListWalk, row *zoomapi.Live, now Now) {
	if !s.settings.keeps(row) {
		if s.settings.Probing {
			w.excluded[qos.Label(row.UUID)], w.excluded[qos.Label(row.ID)] = true, true
		}
		return
	}
	if info, ok := s.settings.Converter.Meeting(w.Kind, row, s.failures); ok {
		s.enter(&info, row, w.begun, now)
	} else {
		s.failures.Add("uuid", reasonMissing, 1)
	}
}

// HandleListFailure ends a walk for now. One that was held back goes on from its
// token later.
func (s *State) HandleListFailure(w *ListWalk, f Failure) (more bool) {
	w.list.walking = false
	if !f.HeldBack {
		w.list.walk = nil
	}
	return false
}

// ListPages returns how many requests a walk over a kind's live list takes.
func (s *State) ListPages(kind zoomapi.Kind) int { return max(1, s.lists[kind].pages) }

// enter notes a meeting that a live list begun at listedAt names.
func (s *State) enter(info *qos.Meeting, row *zoomapi.Live, listedAt time.Time, now Now) {
	m := s.meetings[info.UUID]
	begun := m == nil
	if begun {
		t, over := s.tombstones[info.UUID]
		if over && !listedAt.After(t.at) {
			return // the list is older than its end
		}
		m = newMeeting(info, listedAt)
		if over {
			m.notBefore, m.wasLive = t.at.Add(t.wait()), t.live
		}
		s.meetings[m.uuid], s.order = m, nil
	}
	if m.kind == info.Kind { // a meeting that is on both lists keeps its first kind
		watched := s.settings.watches(row)
		if *m.info != *info || m.watched != watched {
			m.info, m.view = info, nil
		}
		m.live, m.listedAt, m.watched = row, listedAt, watched
	}
	s.engine.Expect(m.counted(), m.info.Indicated, s.countsFrom(m, now.zoom(m.since)))
	if begun {
		s.resume(m)
	}
}

// resume notes that a meeting is live, or live again.
func (s *State) resume(m *meeting) {
	if e, ok := s.departed[m.uuid]; ok {
		m.departed = e.people
		delete(s.departed, m.uuid)
	}
	s.engine.Resume(m.uuid)
	delete(s.backfills, m.uuid)
	delete(s.unlisted, m.uuid)
	for _, b := range s.backfills {
		if b.number == m.number {
			b.number = "" // it names this instance now
		}
	}
}

// endUnlisted ends the meetings of a kind that a complete walk begun at begun did
// not name.
func (s *State) endUnlisted(kind zoomapi.Kind, begun time.Time, now Now) {
	var ended []*meeting
	for _, m := range s.meetings {
		if m.kind == kind && m.listedAt.Before(begun) {
			s.forget(m)
			ended = append(ended, m)
		}
	}
	for _, m := range ended {
		s.awaitPast(m, begun, now)
	}
	for uuid, t := range s.tombstones {
		if t.kind == kind && s.meetings[uuid] == nil && t.at.Before(begun) {
			delete(s.tombstones, uuid)
		}
	}
	for uuid, k := range s.unlisted {
		if k == kind {
			delete(s.unlisted, uuid)
			s.engine.EndMeeting(uuid, now.zoom(begun))
			s.backfills[uuid] = newBackfill(uuid, kind, begun, 0)
		}
	}
}
