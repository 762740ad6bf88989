package poll

import (
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// A reload ends all pauses and keeps what is known of the tasks that stay; one that
// comes back begins anew, whatever was noted of its endpoint meanwhile.
func TestEndpointsOverReloads(t *testing.T) {
	const stays, goes, probed = zoomapi.ListMeetings, zoomapi.ListWebinars, zoomapi.GetWebinar
	e := make(endpoints)
	e.configure([]zoomapi.Endpoint{stays, goes}, noon)
	for _, name := range []zoomapi.Endpoint{stays, goes} {
		if state := e[name]; !state.task || state.success || !state.lastSuccess.Equal(noon) {
			t.Errorf("at first %+v", *state)
		}
	}
	later := noon.Add(time.Hour)
	for _, name := range []zoomapi.Endpoint{stays, goes, probed} {
		e.recordSuccess(name, later)
		e.pause(name, later.Add(time.Minute))
		e.pause(name, later) // does not shorten it
		if !e.paused(name, later.Add(time.Minute-1)) || e.paused(name, later.Add(time.Minute)) {
			t.Errorf("%s is not paused for a minute", name)
		}
	}
	e.configure([]zoomapi.Endpoint{stays}, later)
	if state := e[stays]; len(e) != 1 || !state.success || !state.lastSuccess.Equal(later) || e.paused(stays, later) || e.paused(probed, later) {
		t.Errorf("after a reload %+v of %d", *state, len(e))
	}
	e.recordSuccess(goes, later) // an answer under way
	if e.visible(goes) {
		t.Error("an endpoint that is no task any more has series")
	}
	latest := later.Add(time.Hour)
	e.configure([]zoomapi.Endpoint{stays, goes}, latest)
	if state := e[goes]; state.success || !state.lastSuccess.Equal(latest) || !e.visible(goes) {
		t.Errorf("back again %+v", *state)
	}
}

// Whether an account is up, and which of its endpoints have series.
func TestWhatEndpointsShow(t *testing.T) {
	const (
		token, list, pages = zoomapi.OAuthToken, zoomapi.ListMeetings, zoomapi.ListMeetingParticipantsQoS
		webinars, webinar  = zoomapi.ListWebinars, zoomapi.ListWebinarParticipantsQoS
		summary            = zoomapi.ListMeetingParticipantsQoSSummary
	)
	var (
		ok      = endpoint{task: true, success: true}
		failed  = endpoint{task: true}
		missing = endpoint{task: true, missing: true}
		noTask  = endpoint{}
	)
	for _, tt := range []struct {
		name   string
		states map[zoomapi.Endpoint]endpoint
		up     bool
		hidden []zoomapi.Endpoint
	}{
		{"nothing was asked for yet", map[zoomapi.Endpoint]endpoint{token: failed, list: failed}, false, nil},
		{"all is well", map[zoomapi.Endpoint]endpoint{token: ok, list: ok, webinars: ok}, true, nil},
		{"without a token", map[zoomapi.Endpoint]endpoint{token: failed, list: ok}, false, nil},
		{"a list fails", map[zoomapi.Endpoint]endpoint{token: ok, list: ok, webinars: failed}, false, nil},
		{"pages fail", map[zoomapi.Endpoint]endpoint{token: ok, list: ok, pages: failed}, true, nil},
		{"without webinars", map[zoomapi.Endpoint]endpoint{token: ok, list: ok, webinars: missing, webinar: failed}, true, []zoomapi.Endpoint{webinars, webinar}},
		{"without pages of webinars", map[zoomapi.Endpoint]endpoint{token: ok, list: ok, webinars: ok, webinar: missing}, true, []zoomapi.Endpoint{webinar}},
		{"without summaries", map[zoomapi.Endpoint]endpoint{token: ok, list: ok, summary: missing}, true, []zoomapi.Endpoint{summary}},
		{"a list that a reload has stopped fails", map[zoomapi.Endpoint]endpoint{token: ok, list: ok, webinars: noTask}, true, []zoomapi.Endpoint{webinars}},
	} {
		e := make(endpoints)
		for name, state := range tt.states {
			e[name] = &state
		}
		if got := e.up(); got != tt.up {
			t.Errorf("%s: up %v, want %v", tt.name, got, tt.up)
		}
		hidden := make(map[zoomapi.Endpoint]bool)
		for _, name := range tt.hidden {
			hidden[name] = true
		}
		for name := range e {
			if got := e.visible(name); got == hidden[name] {
				t.Errorf("%s: %s is visible %v", tt.name, name, got)
			}
		}
	}
}
