package poll

import (
	"cmp"
	"context"
	"errors"
	"math"
	"time"

	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/plan"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

const (
	// admission is how long a cycle may begin new requests. It is shorter than a
	// minute, so that the next scrape finds a cycle of its own to begin.
	admission = 55 * time.Second
	// workers is how many meetings are asked for concurrently, at most.
	workers = 16
	// giveUp is how many requests in a row may fail before a cycle leaves an endpoint
	// alone. The next cycle tries with one request, and goes on if that is answered:
	// an outage must not cost the day's allowance.
	giveUp = 8
)

// newCycle returns a cycle that begins now, whose requests about live meetings take
// from bucket. The mutex is held.
func (a *Account) newCycle(bucket *plan.Bucket) *cycle {
	now := a.clock.Now()
	a.committed = now // a short cycle commits once, at its end
	c := &cycle{
		account: a, opts: a.opts, start: now, end: now.Add(admission), workers: cmp.Or(a.opts.Workers, workers),
		bucket:  bucket,
		visited: make(map[string]bool),
		results: make(map[zoomapi.Endpoint]*result),
		done:    make(chan struct{}),
	}
	for name, state := range a.endpoints {
		r := c.result(name)
		if state.gaveUp {
			r.inRow = giveUp - 1
			if name == zoomapi.Meeting.QoS() || name == zoomapi.Webinar.QoS() {
				c.workers = 1
			}
		}
	}
	return c
}

func (c *cycle) result(name zoomapi.Endpoint) *result {
	r := c.results[name]
	if r == nil {
		r = new(result)
		c.results[name] = r
	}
	return r
}

// requestContext outlives the cycle's end, so that an answer that was paid for is
// waited for: only the admission of requests ends with the cycle.
func (c *cycle) requestContext() context.Context { return budget.Until(c.account.ctx, c.end) }

// stopping reports whether the account is being closed.
func (c *cycle) stopping() bool { return c.account.ctx.Err() != nil }

// token renews the access token, if necessary, and begins the counting with the
// first one: its answer tells Zoom's clock.
func (c *cycle) token() bool {
	_, err := c.opts.Zoom.Token(c.requestContext())
	if c.stopping() {
		return false
	}
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	c.record(zoomapi.OAuthToken, err)
	if err != nil {
		return false
	}
	a.live.Begin(a.now())
	return true
}

// admit reports whether a request may be sent: nil, or an error that refused knows
// unless the account is being closed. It takes a token from the bucket; nil is free
// of charge. The mutex is held.
func (c *cycle) admit(name zoomapi.Endpoint, bucket *plan.Bucket) error {
	now := c.account.clock.Now()
	if c.probe {
		c.account.fillProbeBucket(now)
	}
	switch {
	case c.stopping():
		return c.account.ctx.Err()
	case c.account.endpoints.paused(name, now), c.result(name).inRow >= giveUp:
		return errPaused
	case bucket != nil && !bucket.Take():
		c.unpaid = true
		return errUnpaid
	}
	return nil
}

// record notes the outcome of a request: for the task's series, for the log, and to
// leave alone what cannot work for now. The mutex is held.
func (c *cycle) record(name zoomapi.Endpoint, err error) {
	a, now := c.account, c.account.clock.Now()
	reason := zoomapi.ReasonOf(err)
	// The state of one meeting is no failure of the endpoint.
	ofMeeting := reason == zoomapi.ReasonNotLive || reason == zoomapi.ReasonNoAccess
	r := c.result(name)
	switch {
	case refused(err):
		r.refused++
		if !errors.Is(err, budget.ErrTooLate) { // else the next cycle asks
			a.failures.recordFailure(name, err, now)
		}
	case err == nil || ofMeeting && !isList(name):
		r.succeeded, r.inRow = r.succeeded+1, 0
		if !isList(name) { // a list's success is its walk's
			a.endpoints.recordSuccess(name, now)
		}
		if err == nil {
			a.failures.recordSuccess(name, now)
		} else if reason == zoomapi.ReasonNoAccess {
			a.failures.recordFailure(name, err, now)
		}
	default:
		r.failed, r.inRow = r.failed+1, r.inRow+1
		if reason == zoomapi.ReasonScope || reason == zoomapi.ReasonPlan {
			a.leaveAlone(name, err, now)
		} else {
			a.failures.recordFailure(name, err, now)
		}
	}
}

// settle notes what a whole cycle shows: that an endpoint answered nothing but
// failures, or that there was nothing to ask it for.
func (c *cycle) settle() {
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	for name, r := range c.results {
		e := a.endpoints[name]
		if e == nil || !e.task {
			continue
		}
		e.gaveUp = r.inRow >= giveUp || e.gaveUp && r.succeeded == 0
		if e.gaveUp && r.failed > 0 {
			// However often scrapes come, it is tried once a minute.
			a.endpoints.pause(name, c.start.Add(admission))
		}
		switch {
		case r.succeeded > 0 || isList(name):
		case r.failed > 0:
			e.success = false
		case r.refused == 0 && c.idle(name, now):
			e.success, e.lastSuccess = true, now.Time
		}
	}
}

// idle reports whether an endpoint that was not asked had nothing to be asked for,
// as opposed to being held back. The mutex is held.
func (c *cycle) idle(name zoomapi.Endpoint, now live.Now) bool {
	a := c.account
	for _, kind := range live.Kinds {
		list := a.endpoints[kind.List()]
		if list == nil || !list.success || a.endpoints.paused(name, now.Time) {
			continue
		}
		switch name {
		case kind.QoS():
			return a.live.Live(kind) == 0
		case kind.QoSSummary():
			return true // no meeting has ended
		case kind.Participants():
			return !a.live.RolesWanted(kind, now)
		}
	}
	return false
}

// leaveAlone pauses an endpoint whose scope or plan is missing. The mutex is held.
func (a *Account) leaveAlone(name zoomapi.Endpoint, err error, now time.Time) {
	state := a.endpoints.of(name)
	var pause time.Duration
	var message string
	switch {
	case isSummary(name):
		pause = summaryPause
		message = "sessions are judged by their readings: Zoom's own summaries need the Quality of Service Subscription, an add-on; not asking again until a reload"
	case a.opts.WebinarsOptional && name.Kind() == zoomapi.Webinar && state.task:
		pause = webinarPause
		message = "webinars are not collected: the account or the app lacks something they need; asking again every hour"
	default:
		state.pausedUntil = now.Add(missingPause)
		a.failures.recordFailure(name, err, now)
		return
	}
	state.pausedUntil = now.Add(pause)
	if state.task && !state.missing {
		state.missing = true
		a.log.Info(message, zap.String("endpoint", string(name)), zap.Error(err))
	}
}

const (
	// probeShare is the probes' share of the day's requests.
	probeShare = 0.05
	// probeSaved is how much of it may be saved up.
	probeSaved = 10 * time.Minute
)

// fillProbeBucket fills the probes' bucket by the clock; it is unlimited where the
// day is. The mutex is held.
func (a *Account) fillProbeBucket(now time.Time) {
	share := math.Inf(1)
	for _, pool := range a.opts.Budget.Status() {
		if (pool.Pool == budget.PerDay || pool.Pool == budget.HeavyPerDay) && pool.Limit > 0 {
			share = min(share, probeShare*float64(pool.Limit-pool.Reserved))
		}
	}
	b := &a.probes.bucket
	b.Unlimited = math.IsInf(share, 1)
	if b.Unlimited {
		share = 0
	}
	// A day that begins with a full bucket must not see more than its share.
	rate := share / (24*time.Hour + probeSaved).Seconds()
	b.Fill(now, rate, max(1, rate*probeSaved.Seconds()))
}
