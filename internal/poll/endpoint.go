package poll

import (
	"errors"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

const (
	// missingPause is how long an endpoint is left alone whose scope or plan is
	// missing, and webinarPause the same for optional webinars.
	missingPause = 5 * time.Minute
	webinarPause = time.Hour
	// summaryPause outlasts any process: without the add-on only a reload asks for
	// summaries again.
	summaryPause = 100 * 365 * 24 * time.Hour
)

// endpoints are the states of an account's endpoints.
type endpoints map[zoomapi.Endpoint]*endpoint

// endpoint is what is known of one of Zoom's endpoints over cycles. One that is
// asked in cycles has series, with the label task.
type endpoint struct {
	task bool
	// success is whether, in the last cycle that asked, an answer was received, or
	// that there was nothing to ask for.
	success bool
	// lastSuccess starts at the process's start, so that its age is an age from the
	// first second.
	lastSuccess time.Time
	// missing says that the account lacks what this optional endpoint needs.
	missing bool
	// gaveUp says that the last cycle left the endpoint alone after a row of failures.
	gaveUp      bool
	pausedUntil time.Time
}

// of returns the state of an endpoint; of one that only probes ask it begins it.
func (e endpoints) of(name zoomapi.Endpoint) *endpoint {
	if e[name] == nil {
		e[name] = new(endpoint)
	}
	return e[name]
}

// configure ends all pauses and forgets the endpoints that are no task any more.
func (e endpoints) configure(tasks []zoomapi.Endpoint, now time.Time) {
	was := make(endpoints, len(e))
	for name, state := range e {
		was[name] = state
		delete(e, name)
	}
	for _, name := range tasks {
		e[name] = was[name]
		if e[name] == nil || !e[name].task {
			e[name] = &endpoint{task: true, lastSuccess: now}
		}
		e[name].pausedUntil = time.Time{}
	}
}

func (e endpoints) paused(name zoomapi.Endpoint, now time.Time) bool {
	return e[name] != nil && now.Before(e[name].pausedUntil)
}

func (e endpoints) pause(name zoomapi.Endpoint, until time.Time) {
	state := e.of(name)
	if until.After(state.pausedUntil) {
		state.pausedUntil = until
	}
}

// recordSuccess notes an answer at once: a scrape may be answered before the cycle
// ends.
func (e endpoints) recordSuccess(name zoomapi.Endpoint, now time.Time) {
	state := e.of(name)
	state.success, state.lastSuccess, state.missing = true, now, false
}

// listMissing reports whether a kind's live list is one that the account does not
// have.
func (e endpoints) listMissing(kind zoomapi.Kind) bool {
	list := e[kind.List()]
	return list != nil && list.missing
}

// up reports whether the latest attempts at a token and at the live lists
// succeeded.
func (e endpoints) up() bool {
	if token := e[zoomapi.OAuthToken]; token == nil || !token.success {
		return false
	}
	for _, kind := range live.Kinds {
		if list := e[kind.List()]; list != nil && list.task && !list.success && !list.missing {
			return false
		}
	}
	return true
}

// visible reports whether an endpoint has series: optional ones that the account
// does not have raise no alarm.
func (e endpoints) visible(name zoomapi.Endpoint) bool {
	state := e[name]
	if !state.task || state.missing && (isSummary(name) || name.Kind() == zoomapi.Webinar) {
		return false
	}
	return name.Kind() != zoomapi.Webinar || !e.listMissing(zoomapi.Webinar)
}

// errUnpaid says that the allowance for now is spent; a walk goes on in a later
// cycle.
var errUnpaid = errors.New("the allowance is spent for now")

// errPaused says that an endpoint is not asked for the time being.
var errPaused = errors.New("endpoint is left alone for now")

// refused reports whether err is our own refusal to send a request, not Zoom's
// answer.
func refused(err error) bool {
	return errors.Is(err, budget.ErrExhausted) || errors.Is(err, budget.ErrCooldown) ||
		errors.Is(err, budget.ErrTooLate) || errors.Is(err, errPaused) || errors.Is(err, errUnpaid)
}

// passes reports whether a failure may be gone the next time.
func passes(err error) bool {
	switch zoomapi.ReasonOf(err) {
	case zoomapi.ReasonServer, zoomapi.ReasonBody, zoomapi.ReasonTimeout, zoomapi.ReasonNetwork, zoomapi.ReasonRateLimited:
		return true
	}
	return false
}
