package live

import (
	"maps"
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
		}
		group.Seen = join(group.Seen, other.Seen)
		group.Machine, group.WiFi = group.Machine.Plus(other.Machine), group.WiFi.Plus(other.WiFi)
	}
}

// addRecent adds somebody's recent readings.
func (g *Group) addRecent(sums *Media[Counts]) {
	for media := range sums {
		g.Recent[media].add(&sums[media])
	}
	g.Seen = join(g.Seen, seenIn(sums))
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

// aggregate computes what is shown of a meeting's people together.
func (s *State) aggregate(m *meeting, v *Meeting, cutoff int32) {
	v.Groups, v.Speakers, v.Seen = make(Groups), make(Speakers), m.seen
	for _, d := range m.departed {
		if d.waiting {
			continue
		}
		minutes := d.recent.since(cutoff)
		v.keepMinute(minutes)
		sums := sum(minutes)
		v.Groups.at(d.place).addRecent(&sums)
	}
	follows := m.watched // or somebody is, or is to be
	for p, h := range m.people.withHistory() {
		follows = follows || h.degraded || h.followed != notFollowed
		if m.waits(p.ID) {
			continue
		}
		minutes, sent := h.recent.since(cutoff), h.sent.since(cutoff)
		v.keepMinute(minutes)
		s.addPresent(v, m.participant(p, h), minutes, sent)
	}
	for id, u := range m.unheld {
		if !m.waits(id) {
			v.Groups.at(u.place).People++
		}
	}
	for _, one := range m.persons(cutoff, nil) {
		if one.row != nil {
			s.addDegraded(v, one)
		}
	}
	if follows {
		s.follow(m, v)
	}
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
		v.keepMinute(sent)
		v.Speakers.add(role, sentQuality(sent, s.thresholds.Degraded))
	}
}

// addDegraded counts somebody who is degraded at the place of their newest row.
func (s *State) addDegraded(v *Meeting, one someone) {
	for media, is := range one.degraded(s.thresholds.Degraded) {
		if is {
			v.Groups.at(placeOf(&one.row.Facts)).Degraded[media]++
		}
	}
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
