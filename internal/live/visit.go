package live

import (
	"maps"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

const (
	// noAccessPause is how long a meeting that Zoom will not show is left alone.
	noAccessPause = 10 * time.Minute
	// firstPause and longestPause are how long a meeting whose pages fail is left
	// alone.
	firstPause   = 55 * time.Second
	longestPause = 5 * time.Minute
)

// Reasons why participants of an answer are not held.
const (
	DroppedLimit      = "limit"      // the account holds as many as it may
	DroppedNoID       = "no_id"      // the row identifies nobody
	DroppedUnreadable = "unreadable" // the row is no JSON object
)

// Visit is a worker's walk over a live meeting's pages, or a part of it. It ends
// with a method that handles an answer or a failure and returns false.
type Visit struct {
	Kind zoomapi.Kind
	m    *meeting
	walk *qosWalk
}

// Visit begins a walk over a meeting's pages or takes up the one that stopped. It
// returns nil if the meeting is not live or another worker visits it.
func (s *State) Visit(uuid string, probe bool, now Now) *Visit {
	m := s.meetings[uuid]
	if m == nil || m.visiting {
		return nil
	}
	if m.walk == nil || !m.walk.alive(now.Time) {
		m.walk, m.askedAt = newQoSWalk(now.Time), now.Time
		m.walk.probed = probe
	}
	m.visiting = true
	m.walk.probed = m.walk.probed && probe
	return &Visit{m.kind, m, m.walk}
}

// NextPage returns the name of the meeting and the page token of the next request.
func (s *State) NextPage(v *Visit, now Now) (id, token string) {
	return s.address(v.m, &v.walk.address, now.Time), v.walk.token
}

// HandlePage takes a page and reports whether there is another to ask for.
func (s *State) HandlePage(v *Visit, page *zoomapi.Page[zoomapi.QoSRow], now Now) (more bool) {
	m, w := v.m, v.walk
	if s.meetings[m.uuid] != m { // it ended, or a reload excludes it
		m.visiting = false
		return false
	}
	if !s.understood(m, &w.address, page.Rows, now) {
		return s.HandleFailure(v, Failure{Reason: zoomapi.ReasonNotLive}, now)
	}
	c := s.cutoffs(now)
	s.settle(m, c)
	met := make(map[identity]bool, len(page.Rows))
	defer func() { s.judge(m, c.minute, met) }()
	m.answeredAt, m.stale, m.view = now.Time, false, nil
	if total := min(page.TotalRecords, maxRows); total > 0 {
		w.shifted = w.shifted || w.total > 0 && w.total != total
		w.total, m.total = total, total
	}
	for i := range page.Rows {
		if row, kept, ok := s.count(m.counted(), &page.Rows[i], m, now); ok {
			s.put(m, w, row, kept)
			meet(met, row)
		} else {
			w.dropped[DroppedNoID]++
		}
	}
	w.dropped[DroppedUnreadable] += page.Unreadable
	step := w.advance(page.NextPageToken, now.Time)
	if step == onward {
		return true
	}
	// People who were not met may be on pages or in rows that were not read, or have
	// moved between pages.
	if step == last && !w.shifted && w.dropped[DroppedUnreadable] == 0 {
		s.removeUnseen(m, w, now)
	}
	m.completeAt, m.outdated, m.dropped, m.walk, m.stumbles = now.Time, false, w.dropped, nil, 0
	m.total = len(w.seen) // whatever Zoom said
	m.visiting = false
	return false
}

// removeUnseen removes the people whom a complete walk did not meet.
func (s *State) removeUnseen(m *meeting, w *qosWalk, now Now) {
	for p := range m.people.all() {
		if !w.seen[p.ID] {
			s.engine.Leave(m.uuid, person(p), now.Zoom)
			m.depart(p, &m.people.history(p.ID).recent)
			s.remove(m, p.ID)
		}
	}
	maps.DeleteFunc(m.unheld, func(id string, _ unheld) bool { return !w.seen[id] })
	s.engine.Met(m.uuid, len(m.unheld), now.Zoom)
	m.poor = poor(&m.people, &s.thresholds)
}

// HandleFailure decides what a failed request means for a meeting and reports
// whether to ask again at once.
func (s *State) HandleFailure(v *Visit, f Failure, now Now) (more bool) {
	more = s.meetings[v.m.uuid] == v.m && s.handleFailure(v, f, now)
	v.m.visiting = more
	return more
}

func (s *State) handleFailure(v *Visit, f Failure, now Now) (more bool) {
	m, w := v.m, v.walk
	switch {
	case f.HeldBack:
		if w.token == "" { // it was not asked
			m.walk, m.askedAt = nil, time.Time{}
		}
	case f.Reason == zoomapi.ReasonNotLive:
		if w.retry() {
			return true
		}
		s.markOver(m, now)
	case f.Reason == zoomapi.ReasonNoAccess && w.token != "" && !w.renewed:
		// The page token is no longer good.
		m.walk, m.askedAt = newQoSWalk(now.Time), now.Time
		m.walk.renewed = true
		v.walk = m.walk
		return true
	case f.Reason == zoomapi.ReasonNoAccess:
		m.walk, m.notBefore = nil, now.Time.Add(noAccessPause)
	default:
		m.stumbles++
		m.notBefore = now.Time.Add(min(firstPause<<min(m.stumbles-1, 3), longestPause))
		// A walk goes on from its token, but from some failures on it begins anew
		// each time, so that a page that is never answered does not hide those
		// before it.
		if w.token == "" || m.stumbles >= 3 {
			m.walk = nil
		}
	}
	return false
}

// markOver ends a meeting of which Zoom says that it is over.
func (s *State) markOver(m *meeting, now Now) {
	s.forget(m)
	s.tombstones[m.uuid] = tombstone{kind: m.kind, at: now.Time, times: s.tombstones[m.uuid].times + 1, live: m.liveAt()}
	s.awaitPast(m, now.Time, now)
}

// put holds a row of a meeting and its recent minutes, or lets go of somebody who has
// left.
func (s *State) put(m *meeting, w *qosWalk, row *qos.Participant, kept rings) {
	m.view = nil
	w.seen[row.ID] = true
	delete(m.unheld, row.ID)
	was := m.people.get(row.ID)
	switch {
	case row.Left:
		m.depart(row, &kept.recent)
		s.remove(m, row.ID)
		return
	case was == nil && s.full():
		m.unheld[row.ID] = unheld{row.HeldAt, placeOf(&row.Facts)}
		return
	case was == nil:
		s.held++
	case older(row, was):
		// Of a row met twice in a walk, as pages shift, and of an answer that brings
		// no new minute, the newer minute counts.
		row.Newest = was.Newest
	}
	delete(m.departed, row.ID)
	m.people.put(row)
	m.people.history(row.ID).rings = kept
}

func older(a, b *qos.Participant) bool {
	return b.Newest != nil && (a.Newest == nil || a.Newest.At.Before(b.Newest.At))
}
