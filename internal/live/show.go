package live

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// Advance has what is too old leave the state for good; from now on this refresh interval
// says what is. What is shown depends on when that changed, and not on who looked when.
func (s *State) Advance(now Now, interval time.Duration) {
	s.leaveOld(now)
	s.interval = interval
}

func (s *State) leaveOld(now Now) {
	c := s.cutoffs(now)
	for uuid, e := range s.departed {
		if forgetOld(e.people, c.minute); len(e.people) == 0 {
			delete(s.departed, uuid)
		}
	}
	for _, m := range s.meetings {
		s.advance(m, c)
	}
}

// View returns what is shown now.
func (s *State) View(now Now) View {
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
	s.leaveOld(now)
	c := s.cutoffs(now)
	v.Groups = s.groups(len(v.Kinds) > 0, c)
	for _, m := range s.order {
		if now.Time.Sub(m.listedAt) > s.listAge(m.kind) {
			continue // whether it is live is unknown
		}
		shown := s.show(m, c)
		v.Meetings = append(v.Meetings, shown)
		v.Groups.add(shown.Groups)
		v.Covered += shown.heldSince(now.Time.Add(-2 * s.interval))
		v.People += shown.People
		v.Dropped[DroppedLimit] += len(m.unheld)
		v.Unfollowed += shown.Unfollowed
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

// groups returns the groups that there are without the people of live meetings: those
// of configured sites and of places where people ever were, and the recent readings of
// people of ended meetings. There are none while nobody knows what is live.
func (s *State) groups(listed bool, c cutoffs) Groups {
	groups := make(Groups)
	if !listed {
		return groups
	}
	for _, rule := range s.settings.Converter.Sites {
		groups.at(Place{Site: rule.Site})
	}
	for place, seen := range s.places {
		groups.at(place).Seen = seen
	}
	for _, e := range s.departed {
		for _, d := range e.people {
			sums := sum(d.recent.since(c.minute))
			groups.at(d.place).addRecent(&sums)
		}
	}
	return groups
}

// Meeting returns one meeting as it is shown, with one participant only unless
// participant is "". It returns nil where the meeting is not live.
func (s *State) Meeting(uuid, participant string, now Now) *Meeting {
	m := s.meetings[uuid]
	if m == nil {
		return nil
	}
	c := s.cutoffs(now)
	s.advance(m, c)
	shown := s.show(m, c)
	if participant == "" {
		return shown
	}
	one := *shown
	one.Blocks = nil
	if p := m.people.get(participant); p != nil {
		one.Blocks = []*Block{{Participants: []Participant{m.participant(p, m.people.history(participant))}}}
	}
	return &one
}

// cutoffs are the ages at which something shown leaves.
type cutoffs struct {
	answer time.Time // of older answers no figures are shown
	minute int32     // no earlier minute is recent
}

func (s *State) cutoffs(now Now) cutoffs {
	minute := minuteOf(now.Zoom.Add(-recentAgeAt(s.interval)))
	// What was too old stays so when the interval grows, unless Zoom's clock was wrong.
	if s.recentFrom > minute && s.recentFrom <= minuteOf(now.Zoom) {
		minute = s.recentFrom
	}
	s.recentFrom = minute
	return cutoffs{now.Time.Add(-s.maxAge(s.interval)), minute}
}

// advance lets go of what is too old of a meeting.
func (s *State) advance(m *meeting, c cutoffs) {
	if v := m.view; v == nil || expired(v.oldest, c.answer) || v.oldestMinute != 0 && v.oldestMinute < c.minute {
		s.settle(m, c)
		m.view = nil
	}
}

// show returns a meeting as it is shown, made anew if something shown has changed since,
// or if more of its people can be followed.
func (s *State) show(m *meeting, c cutoffs) *Meeting {
	if v := m.view; v != nil && s.followed >= v.room {
		return v
	}
	v := &Meeting{Meeting: m.info, PolledAt: m.answeredAt, Looked: !m.stale, dropped: m.dropped}
	if !m.stale {
		v.keep(m.answeredAt)
	}
	if !m.outdated {
		v.keep(m.completeAt)
	}
	for _, u := range m.unheld {
		v.keep(u.heldAt)
	}
	s.aggregate(m, v, c.minute)
	v.People = m.indicated(v.Groups.people())
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

// settle has what is too old leave a meeting: minutes, one after the other, and people of
// whom nothing was received for too long, as where walks never complete.
func (s *State) settle(m *meeting, c cutoffs) {
	for m.oldestMinute != 0 && m.oldestMinute < c.minute {
		s.judge(m, m.oldestMinute+1, nil)
	}
	m.stale = m.stale || m.answeredAt.Before(c.answer)
	m.outdated = m.outdated || m.completeAt.Before(c.answer)
	for p := range m.people.all() {
		if p.HeldAt.Before(c.answer) {
			s.remove(m, p.ID)
		}
	}
	forgetOld(m.departed, c.minute)
	maps.DeleteFunc(m.unheld, func(_ string, u unheld) bool { return u.heldAt.Before(c.answer) })
}

// block shows some people.
func (m *meeting) block(people iter.Seq2[*qos.Participant, *history]) *Block {
	b := new(Block)
	for p, h := range people {
		b.Participants = append(b.Participants, m.participant(p, h))
		if !m.waits(p.ID) {
			b.present++
		}
		if len(b.Participants) == 1 || p.HeldAt.Before(b.oldest) {
			b.oldest = p.HeldAt
		}
		b.newest = later(b.newest, p.HeldAt)
	}
	return b
}

func (m *meeting) participant(p *qos.Participant, h *history) Participant {
	shown := Participant{
		Participant: p, Role: m.roles[p.ID].role, Status: m.roles[p.ID].status,
		Followed: h.followed != notFollowed,
	}
	if p.Newest != nil && p.AnsweredAt.Sub(p.Newest.At) <= maxLag {
		shown.Minute = p.Newest
	}
	return shown
}
