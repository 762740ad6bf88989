package live

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// View returns what is shown now, at this refresh interval. What is too old leaves
// the state for good.
func (s *State) View(now Now, interval time.Duration) View {
	v := View{
		Meetings: make([]*Meeting, 0, len(s.meetings)),
		Kinds:    make(map[zoomapi.Kind]Totals),
		Dropped:  map[string]int{DroppedLimit: 0, DroppedNoID: 0, DroppedUnreadable: 0},
	}
	for _, kind := range Kinds {
		if s.Listed(kind, now) {
			v.Kinds[kind] = Totals{}
		}
	}
	if s.order == nil {
		s.order = slices.SortedFunc(maps.Values(s.meetings), func(x, y *meeting) int { return cmp.Compare(x.uuid, y.uuid) })
	}
	counted, cutoff := s.engine.View(), now.Time.Add(-s.maxAge(interval))
	for _, m := range s.order {
		if now.Time.Sub(m.listedAt) > s.listAge(m.kind) {
			continue // whether it is live is unknown
		}
		shown := s.advance(m, counted, cutoff)
		v.Meetings = append(v.Meetings, shown)
		v.Covered += shown.heldSince(now.Time.Add(-2 * interval))
		v.People += shown.People
		v.Dropped[DroppedLimit] += len(m.unheld)
		for reason, n := range shown.dropped {
			v.Dropped[reason] += n
		}
		if totals, ok := v.Kinds[m.kind]; ok {
			totals.Meetings++
			totals.Participants += shown.People
			v.Kinds[m.kind] = totals
		}
	}
	return v
}

// Meeting returns one meeting as it is shown, with one participant only unless
// participant is "". It returns nil where the meeting is not live.
func (s *State) Meeting(uuid, participant string, now Now, interval time.Duration) *Meeting {
	m := s.meetings[uuid]
	if m == nil {
		return nil
	}
	shown := s.advance(m, s.engine.View(), now.Time.Add(-s.maxAge(interval)))
	if participant == "" {
		return shown
	}
	one := *shown
	one.Blocks = nil
	if p := m.people.get(participant); p != nil {
		one.Blocks = []*Block{{Participants: []Participant{m.participant(p)}}}
	}
	return &one
}

// advance returns a meeting as it is shown, made anew if something shown has
// changed or become older than cutoff since.
func (s *State) advance(m *meeting, counted *readings.View, cutoff time.Time) *Meeting {
	recent := counted.Recent(m.uuid)
	if v := m.view; v != nil && (m.stale || same(v.Recent, recent)) && !expired(v.oldest, cutoff) {
		return v
	}
	s.expire(m, cutoff)
	v := &Meeting{Meeting: m.info, People: m.size(), PolledAt: m.answeredAt, dropped: m.dropped}
	if !m.stale {
		v.Recent = recent
		v.keep(m.answeredAt)
	}
	if !m.outdated {
		v.keep(m.completeAt)
	}
	if len(m.unheld) > 0 {
		v.Beyond = make(map[string]int)
	}
	for _, u := range m.unheld {
		v.Beyond[u.site]++
		v.keep(u.heldAt)
	}
	for i := range m.people.blocks {
		if m.people.blocks[i] == nil {
			m.people.blocks[i] = m.block(m.people.members(i))
		}
		if b := m.people.blocks[i]; len(b.Participants) > 0 {
			v.Blocks = append(v.Blocks, b)
			v.keep(b.oldest)
		}
	}
	m.view = v
	return v
}

// same reports whether two recent readings are: each commit makes some anew.
func same(a, b *readings.Recent) bool { return a == b || a != nil && b != nil && *a == *b }

// expire lets go of people of whom nothing was received since cutoff, as where
// walks never complete.
func (s *State) expire(m *meeting, cutoff time.Time) {
	m.stale = m.stale || m.answeredAt.Before(cutoff)
	m.outdated = m.outdated || m.completeAt.Before(cutoff)
	for p := range m.people.all() {
		if p.HeldAt.Before(cutoff) {
			s.remove(m, p.ID)
		}
	}
	maps.DeleteFunc(m.unheld, func(_ string, u unheld) bool { return u.heldAt.Before(cutoff) })
}

// block shows some people.
func (m *meeting) block(people []*qos.Participant) *Block {
	b := new(Block)
	for _, p := range people {
		if p == nil {
			continue
		}
		b.Participants = append(b.Participants, m.participant(p))
		if len(b.Participants) == 1 || p.HeldAt.Before(b.oldest) {
			b.oldest = p.HeldAt
		}
		b.newest = later(b.newest, p.HeldAt)
	}
	return b
}

func (m *meeting) participant(p *qos.Participant) Participant {
	shown := Participant{Participant: p, Role: m.roles[p.ID].role, Status: m.roles[p.ID].status}
	if p.Newest != nil && p.AnsweredAt.Sub(p.Newest.At) <= maxLag {
		shown.Minute = p.Newest
	}
	return shown
}
