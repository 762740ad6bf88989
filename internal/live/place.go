package live

import (
	"maps"
	"slices"
	"strings"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
)

// Place is where people are: a configured site, "" for none, and a network type.
type Place struct{ Site, NetworkType string }

func placeOf(f *qos.Facts) Place { return Place{f.Site, f.NetworkType} }

// Group is what is known of the people at a place.
type Group struct {
	People int
	// Recent are the recent readings, and Degraded the people degraded.
	Recent   Media[Counts]
	Degraded Media[int]
	// Machine counts the people by the load of their machine, and WiFi those on
	// Wi-Fi by its signal, as far as Zoom tells.
	Machine, WiFi Split
	// Seen says for which media there ever were readings.
	Seen Media[bool]
}

// Split counts people within a threshold and beyond it.
type Split struct{ Within, Beyond int }

// Plus returns the sum of two.
func (s Split) Plus(o Split) Split { return Split{s.Within + o.Within, s.Beyond + o.Beyond} }

func (s *Split) add(value float64, beyond bool) {
	switch {
	case !qos.Present(value):
	case beyond:
		s.Beyond++
	default:
		s.Within++
	}
}

// Groups are the groups of people by place.
type Groups map[Place]*Group

func (g Groups) at(p Place) *Group {
	if g[p] == nil {
		g[p] = new(Group)
	}
	return g[p]
}

func (g Groups) people() (n int) {
	for _, group := range g {
		n += group.People
	}
	return n
}

// add adds other groups.
func (g Groups) add(others Groups) {
	for place, other := range others {
		group := g.at(place)
		group.People += other.People
		for media := range group.Recent {
			group.Recent[media].add(&other.Recent[media])
			group.Degraded[media] += other.Degraded[media]
			group.Seen[media] = group.Seen[media] || other.Seen[media]
		}
		group.Machine, group.WiFi = group.Machine.Plus(other.Machine), group.WiFi.Plus(other.WiFi)
	}
}

// addRecent adds somebody's recent readings.
func (g *Group) addRecent(sums *Media[Counts]) {
	for media := range sums {
		g.Recent[media].add(&sums[media])
		g.Seen[media] = g.Seen[media] || sums[media].all() > 0
	}
}

// departed is somebody who has left: their recent readings stay those of the place
// until they are too old, or a place where everybody hangs up would look healed.
type departed struct {
	user    string
	place   Place
	recent  recent
	waiting bool // they left from the waiting room, and count nowhere
}

// depart keeps the recent readings of somebody who leaves a meeting.
func (m *meeting) depart(p *qos.Participant, r *recent) {
	if r[0].minute != 0 {
		waiting := m.waits(p.ID) || m.departed[p.ID].waiting
		m.departed[p.ID] = departed{p.Facts.User, placeOf(&p.Facts), *r, waiting}
	}
}

// departAll returns all people of a meeting that ends, and those who left before.
func (m *meeting) departAll() map[string]departed {
	for p, h := range m.people.withHistory() {
		m.depart(p, &h.recent)
	}
	maps.DeleteFunc(m.departed, func(_ string, d departed) bool { return d.waiting })
	return m.departed
}

// forgetOld forgets those of whom nothing is recent any more. Those who left from the
// waiting room must be told from others while their meeting lasts.
func forgetOld(left map[string]departed, cutoff int32) {
	maps.DeleteFunc(left, func(_ string, d departed) bool { return !d.waiting && d.recent[0].minute < cutoff })
}

// Role is a part that people have in a meeting.
type Role string

// The roles whose audio and video the others depend on.
const (
	Host     Role = "host" // or co-host
	Panelist Role = "panelist"
)

// Speakers counts the hosts and panelists who send audio or video, by the verdict of
// their newest five minutes in which they did.
type Speakers map[Role]Counts

// add adds a speaker, unless they sent nothing that can be judged.
func (s Speakers) add(role Role, sent qos.Quality) {
	if sent != qos.QualityUnknown {
		counts := s[role]
		counts[sent-qos.Good]++
		s[role] = counts
	}
}

// identity tells the people of a meeting apart: by their user, or by the join where
// that is unknown.
type identity struct{ user, join string }

func identityOf(p *qos.Participant) identity {
	if p.Facts.User == "" {
		return identity{join: p.ID}
	}
	return identity{user: p.Facts.User}
}

// someone is one person in a meeting, over rejoins and breakout rooms.
type someone struct {
	row      *qos.Participant // the newest of their rows that are present; nil if none is
	minutes  []recentMinute   // of all rows
	degraded bool             // in any medium, now or since one of the rows present began
}

// add returns somebody with another row's minutes.
func (o someone) add(minutes []recentMinute) someone {
	if o.minutes == nil {
		o.minutes = minutes // most people have one row: nothing is copied
	} else {
		o.minutes = slices.Concat(o.minutes, minutes)
	}
	return o
}

// aggregate computes what is shown of a meeting's people together.
func (s *State) aggregate(m *meeting, v *Meeting, cutoff int32) {
	v.Groups, v.Speakers = make(Groups), make(Speakers)
	people, follows := s.gather(m, v, cutoff)
	for who, one := range people {
		if one.row != nil && s.addDegraded(v, one.row, newest(one.minutes)) {
			one.degraded, follows = true, true
			people[who] = one
		}
	}
	if follows {
		s.follow(m, v, people)
	}
	for id, u := range m.unheld {
		if !m.waits(id) {
			v.Groups.at(u.place).People++
		}
	}
	for media, counts := range v.Recent {
		m.seen[media] = m.seen[media] || counts.all() > 0
	}
	v.Seen = m.seen
}

// gather adds a meeting's people one by one, and returns them as persons with their
// recent minutes. follows says that somebody is followed, or is to be.
func (s *State) gather(m *meeting, v *Meeting, cutoff int32) (people map[identity]someone, follows bool) {
	people, follows = make(map[identity]someone, m.people.len()), m.watched
	for _, d := range m.departed {
		if d.waiting {
			continue
		}
		minutes := d.recent.since(cutoff)
		v.keepMinute(minutes)
		sums := sum(minutes)
		v.Groups.at(d.place).addRecent(&sums)
		if d.user != "" {
			who := identity{user: d.user}
			people[who] = people[who].add(minutes)
		}
	}
	for p, h := range m.people.withHistory() {
		follows = follows || h.followed != notFollowed
		if m.waits(p.ID) {
			continue
		}
		minutes, sent := h.recent.since(cutoff), h.sent.since(cutoff)
		v.keepMinute(minutes)
		v.keepMinute(sent)
		s.addPresent(v, m.participant(p, h), minutes, sent)
		who := identityOf(p)
		one := people[who].add(minutes)
		if one.row == nil || p.Join.After(one.row.Join) {
			one.row = p
		}
		one.degraded = one.degraded || h.followed == wasDegraded
		people[who] = one
	}
	return people, follows
}

// addPresent adds somebody who is present, with their recent minutes and those in which
// they sent something.
func (s *State) addPresent(v *Meeting, p Participant, minutes, sent []recentMinute) {
	group, sums := v.Groups.at(placeOf(&p.Facts)), sum(minutes)
	group.People++
	group.addRecent(&sums)
	for media := range sums {
		v.Recent[media].add(&sums[media])
	}
	if p.Minute != nil {
		load, signal := p.Minute.CPU.SystemMax, p.Minute.WiFi.Avg
		group.Machine.add(load, s.thresholds.HighCPU(load))
		group.WiFi.add(signal, s.thresholds.WeakWiFi(signal))
	}
	if role := roleOf(p.Role); role != "" {
		v.Speakers.add(role, sentQuality(sent, s.thresholds.Degraded))
	}
}

// addDegraded counts somebody whose newest row this is if they are degraded, and
// reports whether they are.
func (s *State) addDegraded(v *Meeting, row *qos.Participant, minutes []recentMinute) (anywhere bool) {
	for media, is := range degraded(minutes, s.thresholds.Degraded) {
		if is {
			v.Groups.at(placeOf(&row.Facts)).Degraded[media]++
			anywhere = true
		}
	}
	return anywhere
}

// roleOf returns the role of Zoom's word for it, "" for any other.
func roleOf(word string) Role {
	switch strings.ToLower(word) {
	case "host", "co-host", "cohost":
		return Host
	case "panelist":
		return Panelist
	}
	return ""
}
