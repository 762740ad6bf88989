package poll

import (
	"slices"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// task is an endpoint's state over cycles.
type task struct {
	// success is whether, in the last cycle that asked, an answer was had, or
	// that there was nothing to ask.
	success bool
	// lastSuccess starts at the process's start, so that its age is an age
	// from the first second.
	lastSuccess time.Time
	// missing says that the account lacks what this optional task needs.
	missing bool
	// gaveUp says that the last cycle left the endpoint alone after a row of
	// failures.
	gaveUp bool
}

// succeeded books an answer at once: a scrape may be answered before the
// cycle ends.
func (a *Account) succeeded(endpoint zoomapi.Endpoint) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if t := a.tasks[endpoint]; t != nil {
		t.success, t.lastSuccess, t.missing = true, a.clock.Now(), false
	}
}

// passed books the end of a walk over a live list.
func (a *Account) passed(endpoint zoomapi.Endpoint, ok bool) {
	if ok {
		a.succeeded(endpoint)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if t := a.tasks[endpoint]; t != nil {
		t.success = false
	}
}

func isList(endpoint zoomapi.Endpoint) bool {
	return endpoint == zoomapi.ListMeetings || endpoint == zoomapi.ListWebinars
}

// settle books what a whole cycle shows: that an endpoint answered nothing but
// failures, or that there was nothing to ask.
func (c *cycle) settle() {
	c.Account.mu.Lock()
	defer c.Account.mu.Unlock()
	now := c.clock.Now()
	for endpoint, t := range c.tasks {
		r := c.results[endpoint]
		if r == nil {
			continue // collected since a change of configuration meanwhile
		}
		t.gaveUp = r.inRow >= giveUp || t.gaveUp && r.succeeded == 0
		if t.gaveUp && r.failed > 0 {
			// However often scrapes come, it is tried once a minute.
			c.pauses[endpoint] = later(c.pauses[endpoint], c.start.Add(admission))
		}
		switch {
		case r.succeeded > 0 || isList(endpoint): // a list's success is its pass's
		case r.failed > 0:
			t.success = false
		case r.refused == 0 && c.idle(endpoint):
			t.success, t.lastSuccess = true, now
		}
	}
}

// idle reports whether an endpoint that was not asked had nothing to be asked
// for, as opposed to being held back. The account's mutex is held.
func (c *cycle) idle(endpoint zoomapi.Endpoint) bool {
	for _, kind := range kinds {
		list := c.tasks[listEndpoint(kind)]
		if list == nil || !list.success || c.clock.Now().Before(c.pauses[endpoint]) {
			continue
		}
		switch endpoint {
		case qosEndpoint(kind):
			return c.store.count(kind) == 0
		case summaryEndpoint(kind):
			return true // no meeting has ended
		case participantsEndpoint(kind):
			return !c.store.rolesWanted(kind, c.clock.Now())
		}
	}
	return false
}

// up reports whether the latest attempts at a token and at the live lists
// succeeded. The account's mutex is held.
func (a *Account) up() bool {
	if t := a.tasks[zoomapi.OAuthToken]; t == nil || !t.success {
		return false
	}
	for _, kind := range kinds {
		if t := a.tasks[listEndpoint(kind)]; t != nil && !t.success && !t.missing {
			return false
		}
	}
	return true
}

// visible reports whether a task has series: what is collected only if the
// account can, and it can't, raises no alarm. The account's mutex is held.
func (a *Account) visible(endpoint zoomapi.Endpoint) bool {
	if isSummary(endpoint) && a.tasks[endpoint].missing {
		return false
	}
	if !slices.Contains(webinarEndpoints, endpoint) {
		return true
	}
	list := a.tasks[zoomapi.ListWebinars]
	return !a.tasks[endpoint].missing && (list == nil || !list.missing)
}
