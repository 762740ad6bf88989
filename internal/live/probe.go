package live

import (
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// probedLife is how long a meeting stays known that Zoom has answered a probe for
// and no list has named since.
const probedLife = 15 * time.Minute

// Find returns the live meeting of a UUID or number, and its kind; a number names the
// latest of its meetings. of is the kind wanted, "" for any.
func (s *State) Find(name string, of zoomapi.Kind, now Now) (uuid string, kind zoomapi.Kind, ok bool) {
	var found *meeting
	for _, m := range s.meetings {
		named := m.uuid == name || m.number == name
		if !named || of != "" && of != m.kind || now.Time.Sub(m.listedAt) > s.listAge(m.kind) {
			continue
		}
		if found == nil || m.info.Start.After(found.info.Start) {
			found = m
		}
	}
	if found == nil {
		return "", "", false
	}
	return found.uuid, found.kind, true
}

// Excluded reports whether the last walk over a kind's live list met a meeting of
// this UUID or number that the settings exclude.
func (s *State) Excluded(name string, kind zoomapi.Kind) bool { return s.lists[kind].excluded[name] }

// ListedLately reports whether a kind's live list is so recent that a meeting it
// does not name is not live.
func (s *State) ListedLately(kind zoomapi.Kind, now Now) bool {
	l := s.lists[kind]
	return !l.complete.IsZero() && now.Time.Sub(l.complete) <= 2*max(l.every, time.Minute)
}

// Presence is what is known of a probe's target.
type Presence uint8

// What can be known of a target. Only of Unknown does it help to ask Zoom.
const (
	Unknown    Presence = iota
	Present             // the answers are recent
	NotLive             // the meeting is over
	Absent              // the participant is not in the meeting
	Incomplete          // some of the people of a recent answer are not held
)

// Presence tells what answers younger than fresh tell of a participant of a
// meeting or, if participant is "", of all its people.
func (s *State) Presence(uuid, participant string, fresh time.Duration, now Now) Presence {
	m := s.meetings[uuid]
	if m == nil {
		return NotLive
	}
	one := participant != ""
	p := m.people.get(participant)
	whole := !m.completeAt.IsZero() && now.Time.Sub(m.completeAt) < fresh
	switch {
	case one && p != nil && now.Time.Sub(p.HeldAt) < fresh:
		return Present
	case !whole:
		return Unknown
	case len(m.unheld)+m.dropped[DroppedUnreadable] > 0:
		if one {
			return Unknown // it may be one of them
		}
		return Incomplete
	case one && p == nil:
		return Absent
	case one:
		return Unknown
	default:
		return Present
	}
}

// Askable reports whether a meeting can be asked for now, as far as its own
// failures go, and what that costs in requests.
func (s *State) Askable(uuid string, now Now) (kind zoomapi.Kind, cost int, ok bool) {
	m := s.meetings[uuid]
	if m == nil {
		return "", 0, false
	}
	return m.kind, s.cost(m, now), !m.notBefore.After(now.Time)
}

// HandleProbed takes an entry of a live list that Zoom gave for one meeting, and
// reports false where the settings exclude that, or where the entry names none.
func (s *State) HandleProbed(kind zoomapi.Kind, row *zoomapi.Live, now Now) (excluded, ok bool) {
	s.forgetProbed(now)
	if !s.settings.Collects(kind) || !s.settings.keeps(row) {
		return true, false
	}
	info, ok := s.settings.Converter.Meeting(kind, row, s.failures)
	if ok {
		s.enter(&info, row, now.Time, now)
		s.probed[info.UUID] = now.Time
	}
	return false, ok
}

// forgetProbed ends meetings that no list has named for long, as where there are
// probes only.
func (s *State) forgetProbed(now Now) {
	for uuid, at := range s.probed {
		if now.Time.Sub(at) < probedLife {
			continue
		}
		delete(s.probed, uuid)
		if m := s.meetings[uuid]; m != nil && !m.listedAt.After(at) {
			s.forget(m)
			s.awaitPast(m, now.Time, now)
		}
	}
}

// PersonVisit is a request for one participant of a meeting.
type PersonVisit struct {
	Kind zoomapi.Kind
	m    *meeting
	id   string
	address
}

// VisitPerson begins a request for one participant; nil if the meeting is not live.
func (s *State) VisitPerson(uuid, id string) *PersonVisit {
	m := s.meetings[uuid]
	if m == nil {
		return nil
	}
	// The answer to a number is believed: one person may have joined after everything
	// that is known of the meeting.
	return &PersonVisit{Kind: m.kind, m: m, id: id, address: address{ours: true}}
}

// NextPersonPage returns the name of the meeting in the next request.
func (s *State) NextPersonPage(v *PersonVisit, now Now) (meeting string) {
	return s.address(v.m, &v.address, now.Time)
}

// HandlePersonPage takes the answer, and returns what is known then.
func (s *State) HandlePersonPage(v *PersonVisit, page *zoomapi.Page[zoomapi.QoSRow], now Now) Presence {
	m := v.m
	if s.meetings[m.uuid] != m {
		return NotLive
	}
	s.understood(m, &v.address, page.Rows, now)
	w := m.walk // somebody who is there is no leaver to a walk that has not met them yet
	if w == nil {
		w = newQoSWalk(now.Time)
	}
	c := s.cutoffs(now)
	s.settle(m, c)
	met := make(map[identity]bool)
	defer func() { s.judge(m, c.minute, met) }()
	s.unreadable("qos_row", page.Unreadable)
	for i := range page.Rows {
		page.Rows[i].UserID = zoomapi.Text(v.id) // there is one row, and Zoom may leave its name out
		row, kept, ok := s.count(m.counted(), &page.Rows[i], m, now)
		if !ok {
			continue
		}
		s.put(m, w, row, kept)
		meet(met, row)
		if row.Left {
			return Absent
		}
	}
	if m.people.get(v.id) == nil {
		return Incomplete
	}
	return Present
}

// HandlePersonFailure reports whether to ask again, by another name.
func (s *State) HandlePersonFailure(v *PersonVisit, f Failure) (more bool) {
	return f.Reason == zoomapi.ReasonNotLive && v.retry()
}
