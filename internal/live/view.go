package live

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

const (
	// minMaxAge and maxMaxAge bound the age at which an answer's figures leave.
	minMaxAge = 10 * time.Minute
	maxMaxAge = time.Hour
	// maxLag is how far an answer's newest minute may lie behind it.
	maxLag = 5 * time.Minute
)

// View is what is shown of the live meetings at one instant, without what is too
// old to pass for current.
type View struct {
	// Meetings are in the order of their UUIDs. A meeting of which nothing shown has
	// changed is the same pointer as in the view before.
	Meetings []*Meeting
	// Kinds holds the totals of each kind that is collected and listed.
	Kinds map[zoomapi.Kind]Totals
	// Covered is how many of the People in the meetings have an answer that is not
	// older than two refresh intervals.
	Covered, People int
	// Dropped counts the participants of the latest answers that are not held.
	Dropped map[string]int
}

// Totals are sums over the live meetings of a kind.
type Totals struct{ Meetings, Participants int }

// Meeting is a live meeting as it is shown. It is immutable.
type Meeting struct {
	*qos.Meeting
	// People is how many are in it: counted where all its pages are known, else as
	// the live list indicates.
	People int
	// PolledAt is when its latest answer was received; zero before the first.
	PolledAt time.Time
	// Blocks are its participants. A block in which nothing has changed is the same
	// pointer as in the meeting before.
	Blocks []*Block
	// Beyond counts by site the people in it that are not held, as the account holds
	// as many as it may.
	Beyond map[string]int
	// Recent are its recent readings; nil where there are none, or where its latest
	// answer is too old.
	Recent *readings.Recent

	dropped map[string]int
	counted *readings.Recent // what Recent was made of
	oldest  time.Time        // of the instants by whose age something shown leaves; zero is none
}

// Block is up to 64 participants of a meeting, in no order. It is immutable.
type Block struct {
	Participants []Participant

	oldest, newest time.Time // HeldAt
}

// Participant is somebody in a meeting as they are shown.
type Participant struct {
	*qos.Participant
	Role, Status string // "" where the participants list is not collected
	// Minute is the newest minute, nil where it is missing or too old.
	Minute *qos.Minute
}

// Participants yields the participants of all blocks.
func (m *Meeting) Participants() iter.Seq[*Participant] {
	return func(yield func(*Participant) bool) {
		for _, b := range m.Blocks {
			for i := range b.Participants {
				if !yield(&b.Participants[i]) {
					return
				}
			}
		}
	}
}

// Held returns how many participants are held.
func (m *Meeting) Held() (n int) {
	for _, b := range m.Blocks {
		n += len(b.Participants)
	}
	return n
}

// heldSince counts the participants of whom something was received since then.
func (m *Meeting) heldSince(then time.Time) (n int) {
	for _, b := range m.Blocks {
		switch {
		case !b.oldest.Before(then):
			n += len(b.Participants)
		case !b.newest.Before(then):
			for i := range b.Participants {
				if !b.Participants[i].HeldAt.Before(then) {
					n++
				}
			}
		}
	}
	return n
}

// maxAge is how old an answer's figures may be and still be shown, at this refresh
// interval. While a pool is closed the interval is as long as it stays so.
func (s *State) maxAge(interval time.Duration) time.Duration {
	return min(max(s.settings.MaxAge, minMaxAge, 4*interval), maxMaxAge)
}

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
	if v := m.view; v != nil && v.counted == recent && !expired(v.oldest, cutoff) {
		return v
	}
	s.expire(m, cutoff)
	v := &Meeting{Meeting: m.info, People: m.size(), PolledAt: m.answeredAt, dropped: m.dropped, counted: recent}
	if !m.answeredAt.Before(cutoff) {
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

// expire lets go of people of whom nothing was received since cutoff, as where
// walks never complete.
func (s *State) expire(m *meeting, cutoff time.Time) {
	m.outdated = m.outdated || m.completeAt.Before(cutoff)
	for p := range m.people.all() {
		if p.HeldAt.Before(cutoff) {
			s.remove(m, p.ID)
		}
	}
	maps.DeleteFunc(m.unheld, func(_ string, u unheld) bool { return u.heldAt.Before(cutoff) })
}

// keep notes an instant by whose age something shown leaves.
func (m *Meeting) keep(at time.Time) {
	if !at.IsZero() && (m.oldest.IsZero() || at.Before(m.oldest)) {
		m.oldest = at
	}
}

func expired(oldest, cutoff time.Time) bool { return !oldest.IsZero() && oldest.Before(cutoff) }

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
