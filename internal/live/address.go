package live

import (
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

const (
	// believeNumbers is how many meetings must have answered to their number only
	// before the others are called by theirs at once. A meeting that ends between the
	// two requests looks the same, so one is not enough; each costs a request.
	believeNumbers = 3
	// doubtNumbers is how long that is believed before a UUID is tried again.
	doubtNumbers = time.Hour
)

// next returns what to call a meeting in the next request.
func (s *State) address(m *meeting, a *address, now time.Time) string {
	if a.trying {
		a.id, a.fallback, a.trying = a.fallback, "", false
		return a.id
	}
	known := s.naming.of(m.uuid)
	byNumber := m.byNumber || known.numbers >= believeNumbers
	a.id, a.fallback = m.uuid, ""
	switch {
	case known.uuids || m.number == "" || m.number == m.uuid || s.shared(m):
	case byNumber && now.Sub(known.triedAt) < doubtNumbers:
		a.id = m.number
	default:
		known.triedAt = now
		a.fallback = m.number
	}
	return a.id
}

// understood notes that Zoom answered to an address with rows. It reports false
// where they are those of another meeting: the number names a newer instance.
func (s *State) understood(m *meeting, a *address, rows []zoomapi.QoSRow, now Now) bool {
	byNumber := a.id != m.uuid
	if byNumber {
		a.ours = a.ours || ofInstance(rows, now.zoom(m.liveAt()))
		if !a.ours {
			return false
		}
	}
	known := s.naming.of(m.uuid)
	if byNumber && !m.byNumber {
		known.numbers++
	}
	known.uuids = known.uuids || !byNumber
	m.byNumber = byNumber
	return true
}

// retry reports whether to ask again, by another name, after Zoom said that there
// is no such meeting.
func (a *address) retry() bool {
	a.trying = a.fallback != ""
	return a.trying
}

// shared reports whether another live meeting has the same number, which then
// names the latest of them only.
func (s *State) shared(m *meeting) bool {
	for _, other := range s.meetings {
		if other != m && other.number == m.number {
			return true
		}
	}
	return false
}

// ofInstance reports whether an answer to a number is of the instance that was
// live at live: everybody joins a later instance later.
func ofInstance(rows []zoomapi.QoSRow, live zoomtime.Time) bool {
	for i := range rows {
		if joined, err := time.Parse(time.RFC3339, string(rows[i].JoinTime)); err != nil || !zoomtime.Of(joined).After(live) {
			return true
		}
	}
	return len(rows) == 0
}
