package live

import (
	"cmp"
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

// addRecent adds somebody's recent minutes.
func (g *Group) addRecent(minutes []recentMinute) {
	for media, counts := range sum(minutes) {
		g.Recent[media].add(&counts)
		g.Seen[media] = g.Seen[media] || counts.all() > 0
	}
}

// departed is somebody who has left: their recent readings stay those of the place
// until they are too old, or a place where everybody hangs up would look healed.
type departed struct {
	user   string
	place  Place
	recent recent
}

// depart keeps the recent readings of somebody who leaves a meeting.
func (m *meeting) depart(p *qos.Participant, r *recent) {
	if r[0].minute != 0 {
		m.departed[p.ID] = departed{p.Facts.User, placeOf(&p.Facts), *r}
	}
}

// departAll hands over the recent readings of all people of a meeting that ends.
func (m *meeting) departAll() []departed {
	for p := range m.people.all() {
		m.depart(p, m.people.recent(p.ID))
	}
	return slices.Collect(maps.Values(m.departed))
}

// old reports whether nothing is recent any more of somebody who has left.
func (d *departed) old(cutoff int32) bool { return d.recent[0].minute < cutoff }

// Role is a part that people have in a meeting.
type Role string

// The roles whose audio and video the others depend on.
const (
	Host     Role = "host" // or co-host
	Panelist Role = "panelist"
)

// Speakers counts the hosts and panelists who send audio or video, by the verdict of
// what they sent in their recent minutes.
type Speakers map[Role]Counts

// someone is one person in a meeting, over rejoins and breakout rooms.
type someone struct {
	minutes []recentMinute
	place   Place // where they are now
	present bool
}

// aggregate computes what is shown of a meeting's people together.
func (s *State) aggregate(m *meeting, v *Meeting, cutoff int32) {
	v.Groups, v.Speakers = make(Groups), make(Speakers)
	people := make(map[string]*someone)
	note := func(user string, place Place, minutes []recentMinute, present bool) {
		one := people[user]
		if one == nil {
			one = new(someone)
			people[user] = one
		}
		if present || !one.present {
			one.place, one.present = place, present
		}
		one.minutes = append(one.minutes, minutes...)
	}
	for _, d := range m.departed {
		minutes := d.recent.since(cutoff)
		v.Groups.at(d.place).addRecent(minutes)
		v.keepMinute(minutes)
		if d.user != "" {
			note(d.user, d.place, minutes, false)
		}
	}
	for p := range m.people.all() {
		if m.roles[p.ID].status == statusWaiting {
			continue
		}
		minutes := m.people.recent(p.ID).since(cutoff)
		v.keepMinute(minutes)
		place := placeOf(&p.Facts)
		group := v.Groups.at(place)
		group.People++
		group.addRecent(minutes)
		for media, counts := range sum(minutes) {
			v.Recent[media].add(&counts)
		}
		if shown := m.participant(p).Minute; shown != nil {
			group.Machine.add(shown.CPU.SystemMax, s.thresholds.HighCPU(shown.CPU.SystemMax))
			group.WiFi.add(shown.WiFi.Avg, s.thresholds.WeakWiFi(shown.WiFi.Avg))
		}
		if role := roleOf(m.roles[p.ID].role); role != "" {
			if q := sentQuality(minutes, s.thresholds.Degraded); q != qos.QualityUnknown {
				counts := v.Speakers[role]
				counts[q-qos.Good]++
				v.Speakers[role] = counts
			}
		}
		// Somebody whom nothing tells from others is a person for each join.
		note(cmp.Or(p.Facts.User, "\x00"+p.ID), place, minutes, true)
	}
	for _, one := range people {
		if !one.present {
			continue
		}
		for media, degraded := range degraded(one.minutes, s.thresholds.Degraded) {
			if degraded {
				v.Groups.at(one.place).Degraded[media]++
			}
		}
	}
	for _, u := range m.unheld {
		v.Groups.at(u.place).People++
	}
	for media, counts := range v.Recent {
		m.seen[media] = m.seen[media] || counts.all() > 0
	}
	v.Seen = m.seen
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
