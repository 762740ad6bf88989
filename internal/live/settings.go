package live

import (
	"cmp"
	"slices"
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
	// ParticipantsListFrom is how many people a meeting must have, at least, for its
	// participants list to be asked for; webinars have no such bound.
	ParticipantsListFrom int
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

func (s *Settings) keeps(live *zoomapi.Live) bool { return s.Keep == nil || s.Keep(live) }

func (s *Settings) watches(live *zoomapi.Live) bool { return s.Watched != nil && s.Watched(live) }

// hasSite reports whether a site is configured; "" is the place of those at none.
func (s *Settings) hasSite(site string) bool {
	return site == "" || slices.ContainsFunc(s.Converter.Sites, func(r qos.SiteRule) bool { return r.Site == site })
}

// thresholds are those by which readings are counted.
func (s *Settings) thresholds() qos.Thresholds {
	return cmp.Or(s.Readings.Thresholds, qos.DefaultThresholds())
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
