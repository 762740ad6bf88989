package live

import (
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// RolesWanted reports whether a participants list of a kind is to be asked for.
func (s *State) RolesWanted(kind zoomapi.Kind, now Now) bool {
	for _, m := range s.meetings {
		if m.kind == kind && s.wantsRoles(m, now) {
			return true
		}
	}
	return false
}

// RolesWalk is a walk over a live meeting's participants list.
type RolesWalk struct {
	Kind  zoomapi.Kind
	m     *meeting
	walk  walk
	id    string
	roles map[string]role
	size  int       // of the meeting that it answers for
	asked time.Time // when the list was asked for before
}

// WalkRoles begins a walk over a meeting's participants list, if that is to be
// asked for; else, and before the meeting's size is known, it returns nil. Until the
// list is answered only time asks again, or a meeting that has grown would ask at
// every visit for what always fails.
func (s *State) WalkRoles(uuid string, now Now) *RolesWalk {
	m := s.meetings[uuid]
	if m == nil || m.completeAt.IsZero() || !s.wantsRoles(m, now) {
		return nil
	}
	w := &RolesWalk{
		Kind: m.kind, m: m, walk: newWalk(now.Time), id: s.address(m, new(address), now.Time),
		roles: make(map[string]role), size: m.total, asked: m.rolesAt,
	}
	m.rolesAt, m.rolesSize = now.Time, -1
	return w
}

// NextPage returns the name of the meeting and the page token of the next request.
func (w *RolesWalk) NextPage() (id, token string) { return w.id, w.walk.token }

// HandleRolesPage takes a page and reports whether there is another to ask for.
func (s *State) HandleRolesPage(w *RolesWalk, page *zoomapi.Page[zoomapi.ParticipantRow], now Now) (more bool) {
	if s.meetings[w.m.uuid] != w.m || !s.settings.ParticipantsLists[w.Kind] {
		return false // it ended, or a reload excludes it or its roles
	}
	for i := range page.Rows {
		row := &page.Rows[i]
		if id := qos.RowID(row.UserID, row.ParticipantUUID); id != "" {
			w.roles[id] = role{qos.Label(row.Role), qos.Label(row.Status)}
		} else {
			s.failures.Add("user_id", reasonMissing, 1)
		}
	}
	s.unreadable("participant_row", page.Unreadable)
	if w.walk.advance(page.NextPageToken, now.Time) == onward {
		return true
	}
	c := s.cutoffs(now)
	s.settle(w.m, c)
	w.m.setRoles(w.roles)
	w.m.rolesSize = w.size
	s.judge(w.m, c.minute, nil)
	return false
}

// HandleRolesFailure ends a walk that failed. A list that could not be paid for is asked
// for again as soon as it can be; pages that were would be paid for twice.
func (s *State) HandleRolesFailure(w *RolesWalk, f Failure) (more bool) {
	if f.Unpaid && w.walk.pages == 0 {
		w.m.rolesAt = w.asked
	}
	return false
}

// setRoles replaces the roles, and has made anew what shows those that differ.
func (m *meeting) setRoles(roles map[string]role) {
	for slot, p := range m.people.slots {
		if p != nil && m.roles[p.ID] != roles[p.ID] {
			m.people.blocks[slot/blockSize], m.view = nil, nil
		}
	}
	for id := range m.unheld {
		if m.waits(id) != roles[id].waits() {
			m.view = nil
		}
	}
	m.roles = roles
}

// SummaryWalk is a walk over Zoom's summary of an ended meeting's sessions.
type SummaryWalk struct {
	b    *Backfill
	walk walk
	id   string
}

// WalkSummary begins a walk over the summary of a backfill that was answered; nil
// if that is no longer awaited.
func (s *State) WalkSummary(b *Backfill, now Now) *SummaryWalk {
	if !s.Awaits(b) {
		return nil
	}
	return &SummaryWalk{b: b, walk: newWalk(now.Time), id: s.pastID(b)}
}

// NextPage returns the name of the meeting and the page token of the next request.
func (w *SummaryWalk) NextPage() (id, token string) { return w.id, w.walk.token }

// HandleSummaryPage takes a page and reports whether there is another to ask for.
func (s *State) HandleSummaryPage(w *SummaryWalk, page *zoomapi.Page[zoomapi.SummaryRow], now Now) (more bool) {
	if !s.Awaits(w.b) {
		return false
	}
	for i := range page.Rows {
		if summary, ok := s.settings.Converter.Summary(&page.Rows[i], s.failures); ok {
			s.engine.Summarize(w.b.UUID, readings.Person{ID: summary.ID}, summary.Averages)
		} else {
			s.failures.Add("participant_id", reasonMissing, 1)
		}
	}
	s.unreadable("summary_row", page.Unreadable)
	return w.walk.advance(page.NextPageToken, now.Time) == onward && w.walk.pages < summaryPages
}
