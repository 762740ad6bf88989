package live

import (
	"maps"
	"reflect"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// New returns a state that knows nothing but what the engine restored of earlier
// lives: open are its meetings that are not closed. Nothing counts before Begin.
func New(settings Settings, engine *readings.Engine, restored bool, now time.Time) *State {
	s := &State{
		settings: settings, thresholds: settings.thresholds(),
		engine: engine, failures: qos.NewFailures(),
		meetings:   make(map[string]*meeting),
		tombstones: make(map[string]tombstone),
		lists:      make(map[zoomapi.Kind]*list),
		backfills:  make(map[string]*Backfill),
		unlisted:   make(map[string]zoomapi.Kind),
		departed:   make(map[string]ended),
		places:     make(map[Place]Media[bool]),
		probed:     make(map[string]time.Time),
		started:    now, restored: restored, interval: time.Minute,
	}
	for _, kind := range Kinds {
		s.lists[kind] = new(list)
	}
	for _, m := range engine.Open() {
		if m.End.IsZero() {
			s.unlisted[m.UUID] = zoomapi.Kind(m.Kind)
		} else {
			s.backfills[m.UUID] = newBackfill(m.UUID, zoomapi.Kind(m.Kind), time.Time{}, m.Sessions)
		}
	}
	return s
}

// Begin starts the counting, once Zoom's clock is known: minutes count from the
// start of the process by that clock. Later calls do nothing.
func (s *State) Begin(now Now) {
	if s.begun {
		return
	}
	s.begun = true
	start := now.zoom(s.started)
	s.engine.Begin(start)
	if !s.restored {
		s.countedFrom = start
	}
	for _, m := range s.engine.Open() {
		if b := s.backfills[m.UUID]; b != nil {
			b.ended = s.started.Add(m.End.Sub(start))
			// How often it was asked for before the restart is unknown. Many short
			// lives must not ask more often than a long one.
			b.next = later(b.ended, s.started).Add(backfillTries[0])
		}
	}
	s.closeExcluded(now)
}

// Configure applies new settings. What they exclude is gone at once; under another
// privacy the facts of people are gone, too, until the next answers.
func (s *State) Configure(settings Settings, now Now) {
	s.leaveOld(now)
	was := s.settings
	s.settings, s.thresholds = settings, settings.thresholds()
	samePrivacy := reflect.DeepEqual(was.Converter.Privacy, settings.Converter.Privacy)
	if !samePrivacy {
		s.forgetFacts()
	}
	maps.DeleteFunc(s.places, func(p Place, _ Media[bool]) bool { return !samePrivacy || !settings.hasSite(p.Site) })
	if !reflect.DeepEqual(was.Readings, settings.Readings) {
		s.engine.Reconfigure(settings.Readings)
	}
	for kind := range s.lists {
		if !settings.Collects(kind) {
			s.lists[kind] = new(list)
		}
	}
	for _, m := range s.meetings {
		s.reconfigure(m, now)
	}
	if was.ParticipantsListFrom != settings.ParticipantsListFrom || !maps.Equal(was.ParticipantsLists, settings.ParticipantsLists) {
		s.dropRoles()
	}
	maps.DeleteFunc(s.departed, func(_ string, e ended) bool { return !settings.Collects(e.kind) || !settings.keeps(e.live) })
	for _, m := range s.meetings {
		s.enforceLimit(m)
		if !m.completeAt.IsZero() {
			m.poor = poor(&m.people, &s.thresholds)
		}
		m.people.touch()
		m.view = nil
		s.judge(m, s.recentFrom, nil)
	}
	for _, e := range s.departed {
		for _, d := range e.people {
			s.notePlace(d.place, d.recent.since(s.recentFrom))
		}
	}
	s.closeExcluded(now)
}

// reconfigure applies the settings to a meeting, or forgets it.
func (s *State) reconfigure(m *meeting, now Now) {
	if !s.settings.Collects(m.kind) || !s.settings.keeps(m.live) {
		s.forget(m)
		s.exclude(m.uuid, now)
		return
	}
	m.watched = s.settings.watches(m.live)
	if info, ok := s.settings.Converter.Meeting(m.kind, m.live, nil); ok {
		m.info = &info
	}
}

// dropRoles drops the roles of meetings whose participants lists are not collected.
func (s *State) dropRoles() {
	for _, m := range s.meetings {
		if !s.listsParticipants(m) {
			m.roles, m.rolesSize = nil, -1
		}
	}
}

// forgetFacts drops the facts that earlier privacy settings let through.
func (s *State) forgetFacts() {
	for _, m := range s.meetings {
		for p := range m.people.all() {
			bare := *p
			bare.Facts = qos.Facts{}
			m.people.put(&bare)
		}
		for id, u := range m.unheld {
			m.unheld[id] = unheld{heldAt: u.heldAt}
		}
		forgetPlaces(m.departed)
	}
	for _, e := range s.departed {
		forgetPlaces(e.people)
	}
}

func forgetPlaces(left map[string]departed) {
	for id, d := range left {
		left[id] = departed{recent: d.recent, waiting: d.waiting}
	}
}

// enforceLimit lets go of people of a meeting while the account holds too many.
func (s *State) enforceLimit(m *meeting) {
	for p := range m.people.all() {
		if limit := s.settings.MaxParticipants; limit == 0 || s.held <= limit {
			return
		}
		s.remove(m, p.ID)
		m.unheld[p.ID] = unheld{p.HeldAt, placeOf(&p.Facts)}
	}
}

// closeExcluded closes the ended meetings that the settings exclude. Begin calls
// it again, as the engine can close nothing before.
func (s *State) closeExcluded(now Now) {
	if !s.begun {
		return
	}
	for uuid, b := range s.backfills {
		if !s.settings.Collects(b.Kind) || b.live != nil && !s.settings.keeps(b.live) {
			delete(s.backfills, uuid)
			s.exclude(uuid, now)
		}
	}
	for uuid, kind := range s.unlisted {
		if !s.settings.Collects(kind) {
			delete(s.unlisted, uuid)
			s.exclude(uuid, now)
		}
	}
}

// exclude closes a meeting that is no longer collected. People of whom nothing
// was told are not wanted, and so not lost.
func (s *State) exclude(uuid string, now Now) {
	delete(s.departed, uuid)
	s.engine.MetAll(uuid)
	s.engine.Close(uuid, readings.NoAnswer, now.Zoom)
}
