package readings

import (
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// Known tells which minutes of a row need not be converted and taken. It refers
// to the engine's state and is valid until the engine's next change.
type Known struct{ session *session }

// Has reports whether taking the minute at t would change nothing.
func (k Known) Has(t zoomtime.Time) bool { return !k.session.wants(minuteOf(t)) }

// Told reports whether the minute at t was taken before, without a figure that
// counts. A restart forgets that.
func (k Known) Told(t zoomtime.Time) bool { return k.session.blank.has(minuteOf(t)) }

// Known returns what is known of a row, so that only its other minutes need be
// converted.
func (e *Engine) Known(uuid string, p Person, from Source) Known {
	m := e.meetings[uuid]
	if m == nil {
		return Known{&session{floor: e.countFrom}}
	}
	s, doubt := m.find(&p, from)
	if s == nil || doubt { // Take needs all minutes to resolve the doubt
		return Known{&session{floor: m.floor}}
	}
	return Known{s}
}

// Unread returns those of an answer's unreadable values of a row that no answer
// had before, so that each is reported once. A restart forgets them.
func (e *Engine) Unread(uuid string, p Person, from Source, values []qos.Unread) (fresh []qos.Unread) {
	m := e.meetings[uuid]
	if m == nil || len(values) == 0 {
		return values
	}
	s, _ := m.find(&p, from)
	if s == nil {
		return values
	}
	if s.unread == nil {
		s.unread = make(map[uint32]uint16)
	}
	had := make(map[uint32]uint16)
	for _, v := range values {
		if had[v.Digest]++; had[v.Digest] > s.unread[v.Digest] {
			s.unread[v.Digest] = had[v.Digest]
			fresh = append(fresh, v)
		}
	}
	return fresh
}
