package live

import (
	"slices"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
)

// identity tells the people of a meeting apart: by their user, or by the join where
// that is unknown.
type identity struct{ user, join string }

func identityOf(user, join string) identity {
	if user == "" {
		return identity{join: join}
	}
	return identity{user: user}
}

// meet adds whose row it is; of people beyond the limit only the join is remembered.
func meet(met map[identity]bool, row *qos.Participant) {
	met[identity{join: row.ID}], met[identityOf(row.Facts.User, row.ID)] = true, true
}

// someone is one person in a meeting, over rejoins and breakout rooms.
type someone struct {
	row         *qos.Participant // the newest of their rows that are present; nil if none is
	minutes     []recentMinute   // of all rows
	wasDegraded bool             // since one of the rows present began
}

// add returns somebody with another row's minutes.
func (o someone) add(minutes []recentMinute) someone {
	if o.minutes == nil {
		o.minutes = slices.Clip(minutes) // most people have one row: nothing is copied
	} else {
		o.minutes = append(o.minutes, minutes...)
	}
	return o
}

// degraded reports in which media they are degraded.
func (o someone) degraded(share float64) Media[bool] { return degraded(newest(o.minutes), share) }

// persons returns the people of a meeting with their recent minutes, or only some of
// them, but nobody in its waiting room.
func (m *meeting) persons(cutoff int32, some map[identity]bool) map[identity]someone {
	people := make(map[identity]someone, min(m.people.len(), max(len(some), 64)))
	for id, d := range m.departed {
		if who := identityOf(d.user, id); !d.waiting && (some == nil || some[who]) {
			people[who] = people[who].add(d.recent.since(cutoff))
		}
	}
	for p, h := range m.people.withHistory() {
		who := identityOf(p.Facts.User, p.ID)
		if some != nil && !some[who] || m.waits(p.ID) {
			continue
		}
		one := people[who].add(h.recent.since(cutoff))
		if one.row == nil || p.Join.After(one.row.Join) {
			one.row = p
		}
		one.wasDegraded = one.wasDegraded || h.degraded
		people[who] = one
	}
	return people
}

// judge remembers what the recent minutes of a meeting's people say, or of some of
// them: who has been degraded, and where there were readings. It is called whenever
// that may have changed, as what is remembered must not depend on who looks when.
func (s *State) judge(m *meeting, cutoff int32, some map[identity]bool) {
	if some == nil {
		m.oldestMinute = 0
	}
	degraded := make(map[identity]bool)
	for who, one := range m.persons(cutoff, some) {
		for _, r := range one.minutes {
			if m.oldestMinute == 0 || r.minute < m.oldestMinute {
				m.oldestMinute = r.minute
			}
		}
		if one.row != nil && (one.wasDegraded || one.degraded(s.thresholds.Degraded) != Media[bool]{}) {
			degraded[who] = true
		}
	}
	for id, d := range m.departed {
		if !d.waiting && (some == nil || some[identityOf(d.user, id)]) {
			if minutes := d.recent.since(cutoff); len(minutes) > 0 {
				s.notePlace(d.place, minutes)
			}
		}
	}
	for p, h := range m.people.withHistory() {
		who := identityOf(p.Facts.User, p.ID)
		if some != nil && !some[who] {
			continue
		}
		// What was said of somebody before it was known that they wait does not count.
		h.degraded = degraded[who] || h.degraded && !m.waits(p.ID)
		if !m.waits(p.ID) {
			m.seen = join(m.seen, s.notePlace(placeOf(&p.Facts), h.recent.since(cutoff)))
		}
	}
	for id, u := range m.unheld {
		if !m.waits(id) && (some == nil || some[identity{join: id}]) {
			s.notePlace(u.place, nil)
		}
	}
}

// maxPlaces bounds the places that are remembered: network types are Zoom's words.
const maxPlaces = 10_000

// notePlace remembers a place where somebody is or was, unless a reload has removed
// its site, and the media in which these minutes have readings. It returns those.
func (s *State) notePlace(place Place, minutes []recentMinute) Media[bool] {
	sums := sum(minutes)
	seen := seenIn(&sums)
	was, known := s.places[place]
	if known || len(s.places) < maxPlaces && s.settings.hasSite(place.Site) {
		if now := join(was, seen); !known || now != was {
			s.places[place] = now
		}
	}
	return seen
}
