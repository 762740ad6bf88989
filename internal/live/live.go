// Package live is the in-memory model of one account's live meetings: a state
// machine that takes Zoom's answers as events and derives what is shown of them.
// A [State] is plain data. It has no mutex, clock, logger or goroutine and does no
// I/O: its owner serialises the calls, makes the requests that the methods ask for
// and passes the time in as a [Now].
//
// The data takes one way through the package:
//
//	live list  ─▶ ListWalk ─▶ meetings ─▶ Candidates, Demand (for the plan)
//	QoS page   ─▶ Visit    ─▶ participants ─▶ the readings engine
//	past pages ─▶ Backfill ─▶ the readings engine
//	meetings   ─▶ Meeting  (immutable, for the collector and the page)
package live

import (
	"cmp"
	"reflect"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/plan"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// Kinds are the kinds of meetings there are.
var Kinds = [...]zoomapi.Kind{zoomapi.Meeting, zoomapi.Webinar}

// Now is one instant by both clocks: ours measures what waits and ages, Zoom's
// dates what Zoom tells.
type Now struct {
	Time time.Time
	Zoom zoomtime.Time
}

// zoom returns what Zoom's clock showed at an instant of ours.
func (n Now) zoom(at time.Time) zoomtime.Time { return n.Zoom.Add(at.Sub(n.Time)) }

// Settings say what is collected, kept and shown.
type Settings struct {
	Converter *qos.Converter
	// Meetings and Webinars say which kinds are collected.
	Meetings, Webinars bool
	// ParticipantsLists holds the kinds whose participants list is asked for, too:
	// it alone has roles and waiting rooms.
	ParticipantsLists map[zoomapi.Kind]bool
	// Keep says which live meetings are collected; nil keeps all.
	Keep func(*zoomapi.Live) bool
	// Watched says which live meetings are weighted as watched; nil is none.
	Watched func(*zoomapi.Live) bool
	Weights plan.Weights
	// MaxParticipants bounds the participants held of the account; 0 is no bound.
	MaxParticipants int
	// MaxAge is how old an answer may be at least and still be shown; no answer
	// older than an hour is.
	MaxAge time.Duration
	// Readings configures what is counted; by its thresholds meetings are judged,
	// too.
	Readings readings.Config
	// Probing says that probes ask for meetings by name, so that those the
	// settings exclude are remembered.
	Probing bool
}

// Collects reports whether meetings of a kind are collected.
func (s *Settings) Collects(kind zoomapi.Kind) bool {
	if kind == zoomapi.Webinar {
		return s.Webinars
	}
	return s.Meetings
}

func (s *Settings) keeps(live *zoomapi.Live) bool   { return s.Keep == nil || s.Keep(live) }
func (s *Settings) watches(live *zoomapi.Live) bool { return s.Watched != nil && s.Watched(live) }

// thresholds are those by which readings are counted.
func (s *Settings) thresholds() qos.Thresholds {
	return cmp.Or(s.Readings.Thresholds, qos.DefaultThresholds())
}

// State is what is known of an account's live meetings, and of the ended ones
// whose past answers are still awaited. It is not safe for concurrent use. What
// it hands out as Meeting, Block and Participant is never written again.
type State struct {
	settings   Settings
	thresholds qos.Thresholds
	engine     *readings.Engine
	failures   qos.Failures

	meetings   map[string]*meeting
	order      []*meeting // by UUID; nil when meetings came or went
	tombstones map[string]tombstone
	lists      map[zoomapi.Kind]*list
	naming     naming
	held       int // participants over all meetings

	backfills map[string]*Backfill
	// unlisted are meetings that were live before the start and have not been
	// listed since.
	unlisted map[string]zoomapi.Kind
	// probed are the meetings that no list has named but Zoom has answered a
	// probe for, and when.
	probed map[string]time.Time

	started  time.Time // by our clock; Begin translates it
	begun    bool
	restored bool
	// countedFrom is the instant from which minutes count; zero where the restored
	// records know.
	countedFrom zoomtime.Time
}

// tombstone is what is remembered of a meeting that Zoom says is over, while an
// older list may still name it.
type tombstone struct {
	kind  zoomapi.Kind
	at    time.Time
	times int
	live  time.Time // when it was last known to be live
}

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
		probed:     make(map[string]time.Time),
		started:    now, restored: restored,
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

// Begun reports whether Begin was called.
func (s *State) Begun() bool { return s.begun }

// Configure applies new settings. What they exclude is gone at once; under another
// privacy the facts of people are gone, too, until the next answers.
func (s *State) Configure(settings Settings, now Now) {
	was := s.settings
	s.settings, s.thresholds = settings, settings.thresholds()
	if !reflect.DeepEqual(was.Converter.Privacy, settings.Converter.Privacy) {
		s.forgetFacts()
	}
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
	for _, m := range s.meetings {
		s.enforceLimit(m)
		if !m.completeAt.IsZero() {
			m.poor = poor(&m.people, &s.thresholds)
		}
		m.people.touch()
		m.view = nil
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
	if !s.settings.ParticipantsLists[m.kind] {
		m.roles, m.rolesSize = nil, -1
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
	s.engine.MetAll(uuid)
	s.engine.Close(uuid, readings.NoAnswer, now.Zoom)
}

// Failures counts the values of Zoom's answers that could not be read. It is the
// state's own.
func (s *State) Failures() qos.Failures { return s.failures }

// Thresholds are those that readings, meetings and people are judged by.
func (s *State) Thresholds() qos.Thresholds { return s.thresholds }

// Reasons of unreadable fields beyond the parser's own.
const (
	reasonMissing   = "missing"
	reasonMalformed = "malformed"
)

// unreadable counts rows of a page that are no JSON objects.
func (s *State) unreadable(row string, n int) {
	if n > 0 {
		s.failures.Add(row, reasonMalformed, uint64(n))
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
