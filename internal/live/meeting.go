package live

import (
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// meeting is a live meeting and the people in it. It is live as long as it is
// what State.meetings holds under its UUID: an answer that comes later is not its.
type meeting struct {
	uuid, number string
	kind         zoomapi.Kind
	info         *qos.Meeting  // replaced, never written
	live         *zoomapi.Live // what info was made of, for other settings to judge
	watched      bool
	poor         bool // by its people's figures

	since    time.Time // when it was first listed
	listedAt time.Time // when the newest walk that named it began
	wasLive  time.Time // of a meeting that Zoom once said was over: when it had last been live

	people  roster
	unheld  map[string]unheld // people beyond the limit
	dropped map[string]int    // rows of the last walk that identify nobody, by reason
	roles   map[string]role
	// rolesSize is the number of rows when the roles were last received; -1 before.
	rolesSize int
	rolesAt   time.Time // when they were last asked for

	walk       *qosWalk // under way, or stopped between two pages
	visiting   bool     // a worker is at it
	total      int      // rows ever joined, by the last answer
	askedAt    time.Time
	answeredAt time.Time // the last answer of any page
	completeAt time.Time // the end of the last walk
	outdated   bool      // that was too long ago to tell who is there
	notBefore  time.Time // no request earlier than this
	stumbles   int       // failures since the last walk that ended
	byNumber   bool      // Zoom understands its number, and not its UUID

	view *Meeting // as last shown; nil when something shown has changed since
}

// unheld is somebody in a meeting beyond the limit on participants.
type unheld struct {
	heldAt time.Time // as a participant's HeldAt
	site   string
}

func newMeeting(info *qos.Meeting, since time.Time) *meeting {
	return &meeting{
		uuid: info.UUID, number: info.Number, kind: info.Kind, since: since,
		people: newRoster(), unheld: make(map[string]unheld), rolesSize: -1,
	}
}

// counted names the meeting to the readings engine.
func (m *meeting) counted() readings.Meeting {
	return readings.Meeting{UUID: m.uuid, Kind: string(m.kind), Department: m.info.Facts.Department}
}

// liveAt is when the meeting was last known to be live. A list may be late, and
// still name it when its number means another instance already.
func (m *meeting) liveAt() time.Time {
	switch {
	case !m.answeredAt.IsZero():
		return m.answeredAt
	case !m.wasLive.IsZero():
		return m.wasLive
	}
	return m.listedAt
}

// rows is how many rows a walk over the meeting brings, as far as is known.
func (m *meeting) rows() int {
	if m.answeredAt.IsZero() {
		return m.info.Indicated
	}
	return m.total
}

// pages is what a walk over the meeting costs in requests.
func (m *meeting) pages() int { return pagesOf(m.rows()) }

// age is how old the last complete answer is or, before the first, how long the
// meeting has gone on. Time before it could be listed counts for a minute at most,
// or after a restart every meeting would be as old as it is.
func (m *meeting) age(now Now) time.Duration {
	if !m.completeAt.IsZero() {
		return now.Time.Sub(m.completeAt)
	}
	known := now.Time.Sub(m.since)
	if m.info.Start.IsZero() {
		return known
	}
	return max(known, min(now.Zoom.Sub(m.info.Start), known+time.Minute))
}

// size is how many people are in the meeting, as far as is known.
func (m *meeting) size() int {
	known := m.people.len() + len(m.unheld)
	if m.completeAt.IsZero() || m.outdated {
		return max(m.info.Indicated, known)
	}
	return known
}

// maxBefore is how long before it was first listed a meeting may have begun: one
// implausible date must not become years of lost minutes.
const maxBefore = 48 * time.Hour

// countsFrom is when a meeting's minutes began to count, as far as is known. since
// is when it was first listed.
func (s *State) countsFrom(m *meeting, since zoomtime.Time) zoomtime.Time {
	start := m.info.Start
	switch {
	case start.IsZero() || !start.Before(since) || since.Sub(start) >= maxBefore:
		return since
	case start.Before(s.countedFrom):
		return s.countedFrom
	}
	return start
}

const (
	// poorWord is the best of Zoom's words that makes a meeting worth more requests.
	poorWord = qos.Poor
	// poorShare of the people with figures make a meeting a poor one: one poor
	// connection among many is not the meeting's.
	poorShare = 0.25
)

// poor reports whether people's figures call for a closer look at their meeting.
func poor(people *roster, thresholds *qos.Thresholds) bool {
	withFigures, suffering := 0, 0
	for p := range people.all() {
		if p.Newest == nil || len(p.Newest.Readings) == 0 {
			continue
		}
		withFigures++
		for i := range p.Newest.Readings {
			f := &p.Newest.Readings[i].Figures
			if thresholds.Quality(f.Latency, f.Jitter, f.Loss) >= qos.Poor {
				suffering++
				break
			}
		}
	}
	return withFigures > 0 && float64(suffering) >= poorShare*float64(withFigures)
}

func (s *State) weight(m *meeting) float64 {
	return s.settings.Weights.Of(m.info.Quality >= poorWord || m.poor, m.watched)
}
