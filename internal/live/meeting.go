package live

import (
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

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

// size is how many people are in the meeting, as far as is known, with its waiting
// room.
func (m *meeting) size() int { return m.indicated(m.people.len() + len(m.unheld)) }

// indicated returns a known number of people or, while not all pages are known, what
// the live list indicates, if that is more.
func (m *meeting) indicated(known int) int {
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

const (
	// rolesPause is how long after a participants list was asked for, whether it was
	// answered or not, only a change of the meeting's size asks again.
	rolesPause = 5 * time.Minute
	// statusWaiting is Zoom's word for somebody who has not been let in yet.
	statusWaiting = "in_waiting_room"
	// summaryPages bounds a walk over a summary.
	summaryPages = maxRows / pageRows
)

// wantsRoles reports whether the meeting's participants list is to be asked for:
// it was not yet, the meeting's size has changed by a tenth since, or somebody was
// waiting to be let in. After a failure, and for a waiting room, it is left alone
// for a while.
func (m *meeting) wantsRoles(now time.Time) bool {
	if now.Sub(m.rolesAt) < rolesPause {
		return m.rolesSize >= 0 && m.resized()
	}
	return m.rolesSize < 0 || m.resized() || m.hasWaiting()
}

// wantsRoles reports whether a meeting's participants list is to be asked for now. A
// meeting that was large once stays so, or whoever was waiting then would wait for ever.
func (s *State) wantsRoles(m *meeting, now Now) bool {
	return (m.roles != nil || s.listsParticipants(m)) && m.wantsRoles(now.Time)
}

// listsParticipants reports whether the participants list of a meeting of this size is
// collected.
func (s *State) listsParticipants(m *meeting) bool {
	small := m.kind == zoomapi.Meeting && m.size() < s.settings.ParticipantsListFrom
	return s.settings.ParticipantsLists[m.kind] && !small
}

// waits reports whether somebody has not been let in yet.
func (m *meeting) waits(id string) bool { return m.roles[id].waits() }

func (m *meeting) resized() bool {
	change := m.total - m.rolesSize
	return max(change, -change) > m.rolesSize/10
}

func (m *meeting) hasWaiting() bool {
	for id, r := range m.roles {
		if r.waits() && m.people.get(id) != nil {
			return true
		}
	}
	return false
}

// cost is what asking for a meeting takes in requests or, where its walk is under
// way, the rest of it, the participants list included.
func (s *State) cost(m *meeting, now Now) int {
	pages := m.pages()
	if m.walk != nil {
		pages = m.walk.left(pages)
	}
	if s.wantsRoles(m, now) {
		pages += max(1, (m.rows()+listRows-1)/listRows)
	}
	return pages
}

// full reports whether the account holds as many participants as it may.
func (s *State) full() bool {
	return s.settings.MaxParticipants > 0 && s.held >= s.settings.MaxParticipants
}

func (s *State) remove(m *meeting, id string) {
	if m.people.get(id) == nil {
		return
	}
	if m.people.history(id).followed != notFollowed {
		s.followed--
	}
	m.people.remove(id)
	s.held--
}

func (s *State) forget(m *meeting) {
	s.held -= m.people.len()
	for _, h := range m.people.withHistory() {
		if h.followed != notFollowed {
			s.followed--
		}
	}
	delete(s.meetings, m.uuid)
	s.order = nil
}
