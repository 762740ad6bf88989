package poll

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/plan"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

const (
	// admission is how long a cycle may begin new requests. It is shorter than
	// a minute, so that the next scrape finds a cycle of its own to begin.
	admission = 55 * time.Second
	// listPatience is how long known meetings wait for the live lists, which
	// may have to queue for their own, much smaller pool.
	listPatience = 5 * time.Second
	// workers is how many meetings are asked side by side, at most.
	workers = 16
	// pageRows is the page size of the QoS list, Zoom's maximum.
	pageRows = 10
	// listRows is the page size of the other lists.
	listRows = 300
	// tokenLife is how long a page token is used; Zoom says 15 minutes.
	tokenLife = 14 * time.Minute
	// missingPause is how long a missing scope or plan is left alone, and
	// webinarPause the same for webinars that are collected if they can be.
	missingPause = 5 * time.Minute
	webinarPause = time.Hour
	// summaryPause outlasts any process: without the add-on only a reload asks
	// for summaries again.
	summaryPause = 100 * 365 * 24 * time.Hour
	// giveUp is how many requests in a row may fail before a cycle leaves an
	// endpoint alone. The next cycle tries with one request, and goes on if
	// that is answered: an outage must not cost the day's money.
	giveUp = 8
)

// cycle is one round of asking: token, live lists, then the meetings' pages.
type cycle struct {
	*Account
	opts  *Options
	start time.Time
	end   time.Time   // no request is begun after it
	crew  int         // how many meetings are asked side by side
	purse payer       // of what it asks about live meetings
	probe *probeMoney // its purse where the cycle is a probe's, else nil
	// visited are those asked in this cycle: what failed is not asked again in
	// it. The account's mutex guards it.
	visited map[*meeting]bool

	mu      sync.Mutex
	results map[zoomapi.Endpoint]*result
}

// result counts a cycle's requests to an endpoint.
type result struct {
	succeeded, failed, refused int
	inRow                      int // failures since the last success
}

// newCycle makes a cycle that begins now. The account's mutex is held.
func newCycle(a *Account, opts *Options) *cycle {
	now := a.clock.Now()
	a.counting.committed = now // a short cycle commits once, at its end
	c := &cycle{
		Account: a, opts: opts, start: now, end: now.Add(admission), crew: cmp.Or(opts.Workers, workers),
		purse:   liveMoney{a},
		visited: make(map[*meeting]bool),
		results: make(map[zoomapi.Endpoint]*result),
	}
	for _, endpoint := range opts.Endpoints() {
		r := new(result)
		if t := a.tasks[endpoint]; t != nil && t.gaveUp {
			r.inRow = giveUp - 1
			if endpoint == qosEndpoint(zoomapi.Meeting) || endpoint == qosEndpoint(zoomapi.Webinar) {
				c.crew = 1
			}
		}
		c.results[endpoint] = r
	}
	return c
}

// result is an endpoint's, which the cycle may not have known when it began: a
// probe can bring what a reload has begun to collect. The cycle's mutex is held.
func (c *cycle) result(endpoint zoomapi.Endpoint) *result {
	r := c.results[endpoint]
	if r == nil {
		r = new(result)
		c.results[endpoint] = r
	}
	return r
}

// requestContext outlives the cycle's end, so that an answer that was paid for
// is waited for; only the admission of requests ends with the cycle.
func (c *cycle) requestContext() context.Context { return budget.Until(c.ctx, c.end) }

func (c *cycle) run() {
	defer c.flushLog()
	defer c.commit()
	defer c.settle()
	if !c.token() {
		return
	}
	var lists sync.WaitGroup
	for _, kind := range kinds {
		if l := c.listDue(kind); l != nil {
			lists.Go(func() { c.list(kind, l) })
		}
	}
	listed := make(chan struct{})
	go func() { lists.Wait(); close(listed) }()

	patience, cancel := c.clock.WithDeadline(c.ctx, c.start.Add(listPatience))
	defer cancel()
	select {
	case <-listed:
	case <-patience.Done():
		c.visitDue()
		<-listed
	}
	c.visitDue()
}

func (c *cycle) token() bool {
	_, err := c.opts.Zoom.Token(c.requestContext())
	if c.ctx.Err() != nil {
		return false
	}
	c.attempted(zoomapi.OAuthToken, err)
	if err != nil {
		return false
	}
	c.Account.mu.Lock()
	defer c.Account.mu.Unlock()
	c.beginCounting()
	return true
}

// visitDue asks for the meetings that are due. Where that takes a while, and
// there is money for all, it looks again: some that were asked late in the last
// cycle are due only then. Where there is not, what the purse takes in meanwhile
// is the next cycle's, or no scrape would ever see this one's end.
func (c *cycle) visitDue() {
	for begun := c.clock.Now(); c.visitRound() && c.ctx.Err() == nil; begun = c.clock.Now() {
		if now := c.clock.Now(); now.Sub(begun) < time.Second || !now.Before(c.end) {
			return
		}
	}
}

// tailEvery is how many live meetings are asked for before a tail is: tails
// yield, but must not starve where the live meetings take all the time.
const tailEvery = 8

// visitRound asks for what the plan chooses now, the most worthwhile first, and
// reports whether there was something and there is money for all.
func (c *cycle) visitRound() bool {
	due, tails, plenty := c.due()
	if c.profileDue() {
		c.saveProfile() // before it is spent, or each of many starts would look at everything
	}
	next := make(chan func())
	var crew sync.WaitGroup
	for range min(c.crew, len(due)+len(tails)) {
		crew.Go(func() {
			for visit := range next {
				visit()
			}
		})
	}
	for i, m := range due {
		if i%tailEvery == tailEvery-1 && len(tails) > 0 {
			t := tails[0]
			tails = tails[1:]
			next <- func() { c.visitTail(t) }
		}
		next <- func() { c.visit(m) }
	}
	for _, t := range tails {
		next <- func() { c.visitTail(t) }
	}
	close(next)
	crew.Wait()
	return plenty && len(due) > 0
}

// due chooses the meetings and the tails to ask for now and hands out the money
// for them. plenty says that there is enough for every live meeting.
func (c *cycle) due() (due []*meeting, tails []*tail, plenty bool) {
	c.Account.mu.Lock()
	defer c.Account.mu.Unlock()
	now := c.clock.Now()
	demand := c.demand(now)
	c.pacing.profile.Observe(c.zoomNow().UTC(), demand)
	outlook := c.outlook(&demand)
	candidates := c.candidates(now)
	look := 0.0 // what looking at everything costs, the participants lists included
	for i := range candidates {
		look += float64(candidates[i].Pages)
	}
	c.handOut(now, &demand, look, &outlook)
	if !c.pacing.sized && demand.Pages() > 0 {
		c.size(&outlook, &demand)
		c.pacing.sized = true
	}
	allowance := c.pacing.purse.Requests
	if c.pacing.unbound {
		allowance = math.Inf(1)
	}
	chosen := plan.Choose(candidates, allowance, c.interval(now, &demand, &outlook))
	for _, d := range chosen {
		due = append(due, c.store.meetings[d.Key])
	}
	return due, c.dueTails(now), c.pacing.unbound
}

// candidates are the live meetings as the plan sees them. The mutex is held.
func (c *cycle) candidates(now time.Time) []plan.Candidate {
	zoomNow := c.zoomNow()
	candidates := make([]plan.Candidate, 0, len(c.store.meetings))
	for uuid, m := range c.store.meetings {
		if m.visiting || c.visited[m] || !c.askable(m, now) {
			continue
		}
		asked := time.Duration(-1)
		if !m.askedAt.IsZero() {
			asked = now.Sub(m.askedAt)
		}
		candidates = append(candidates, plan.Candidate{
			Key: uuid, Weight: c.weight(m), People: m.people(), Pages: c.cost(m),
			Age: m.age(now, zoomNow), Unseen: m.completeAt.IsZero(), Asked: asked, Underway: m.pass != nil && !m.pass.probed,
		})
	}
	return candidates
}

// cost is what asking for a meeting takes in requests, or the rest of what was
// begun. The mutex is held.
func (c *cycle) cost(m *meeting) int {
	pages := m.pages()
	if m.pass != nil {
		pages = max(1, pages-m.pass.pages)
	}
	if c.opts.ParticipantsLists[m.kind] && m.wantsRoles(c.clock.Now()) {
		pages += max(1, (m.rows()+listRows-1)/listRows)
	}
	return pages
}

// try makes one request, and once more where the failure is one that passes.
// Retries are made nowhere else: each is an attempt that Zoom may count.
func try[T any](c *cycle, endpoint zoomapi.Endpoint, from payer, request func(context.Context) (T, error)) (T, error) {
	for again := false; ; again = true {
		if c.paused(endpoint) {
			var none T
			return none, errLeftAlone
		}
		if !from.pay() {
			var none T
			return none, errSpent
		}
		answer, err := request(c.requestContext())
		if refused(err) {
			from.payBack()
		}
		if c.ctx.Err() != nil {
			return answer, c.ctx.Err()
		}
		c.attempted(endpoint, err)
		if err == nil || again || !passes(err) {
			return answer, err
		}
		if err := c.clock.Sleep(c.ctx, retryAfter); err != nil {
			return answer, err
		}
	}
}

// retryAfter is long enough for a load balancer to look elsewhere; the waits
// that Zoom asks for are the limiter's.
const retryAfter = 500 * time.Millisecond

// errSpent says that what may be spent by now has been; a pass goes on in a
// later cycle.
var errSpent = errors.New("the allowance is spent for now")

// errLeftAlone says that an endpoint is not asked for the time being.
var errLeftAlone = errors.New("endpoint is left alone for now")

func passes(err error) bool {
	switch zoomapi.ReasonOf(err) {
	case zoomapi.ReasonServer, zoomapi.ReasonBody, zoomapi.ReasonTimeout, zoomapi.ReasonNetwork, zoomapi.ReasonRateLimited:
		return true
	}
	return false
}

// refused reports whether err is our own budget's refusal and not Zoom's
// answer: nothing was sent.
func refused(err error) bool {
	return errors.Is(err, budget.ErrExhausted) || errors.Is(err, budget.ErrCooldown) ||
		errors.Is(err, budget.ErrTooLate) || errors.Is(err, errLeftAlone) || errors.Is(err, errSpent)
}

func (c *cycle) paused(endpoint zoomapi.Endpoint) bool {
	c.Account.mu.Lock()
	until := c.pauses[endpoint]
	c.Account.mu.Unlock()
	if c.clock.Now().Before(until) {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.result(endpoint).inRow >= giveUp
}

// attempted books the outcome of a request: for the tasks' series, the log,
// and for leaving alone what can't work for now.
func (c *cycle) attempted(endpoint zoomapi.Endpoint, err error) {
	reason := zoomapi.ReasonOf(err)
	ofMeeting := reason == zoomapi.ReasonNotLive || reason == zoomapi.ReasonNoAccess
	known := err == nil || ofMeeting && !isList(endpoint) // a meeting's state is no failure

	c.mu.Lock()
	r := c.result(endpoint)
	switch {
	case refused(err):
		r.refused++
	case known:
		r.succeeded, r.inRow = r.succeeded+1, 0
	default:
		r.failed, r.inRow = r.failed+1, r.inRow+1
	}
	c.mu.Unlock()

	switch {
	case known:
		if !isList(endpoint) {
			c.succeeded(endpoint)
		}
		if err == nil {
			c.faults.succeeded(endpoint)
		} else if reason == zoomapi.ReasonNoAccess {
			c.faults.failed(endpoint, err)
		}
	case errors.Is(err, budget.ErrTooLate): // the next cycle asks
	case reason == zoomapi.ReasonScope || reason == zoomapi.ReasonPlan:
		c.leaveAlone(endpoint, err)
	default:
		c.faults.failed(endpoint, err)
	}
}

func (c *cycle) leaveAlone(endpoint zoomapi.Endpoint, err error) {
	c.Account.mu.Lock()
	defer c.Account.mu.Unlock()
	t := c.tasks[endpoint]
	if isSummary(endpoint) {
		c.pauses[endpoint] = c.clock.Now().Add(summaryPause)
		if t != nil && !t.missing {
			t.missing = true
			c.log.Info("sessions are judged by their readings: Zoom's own summaries need the Quality of Service Subscription, an add-on; not asking again until a reload",
				zap.String("endpoint", string(endpoint)), zap.Error(err))
		}
		return
	}
	optional := c.opts.Webinars == Auto && slices.Contains(webinarEndpoints, endpoint)
	if !optional || t == nil {
		c.pauses[endpoint] = c.clock.Now().Add(missingPause)
		c.faults.failed(endpoint, err)
		return
	}
	c.pauses[endpoint] = c.clock.Now().Add(webinarPause)
	if !t.missing {
		t.missing = true
		c.log.Info("webinars are not collected: the account or the app lacks something they need; asking again every hour",
			zap.String("endpoint", string(endpoint)), zap.Error(err))
	}
}

var webinarEndpoints = []zoomapi.Endpoint{
	zoomapi.ListWebinars, zoomapi.ListWebinarParticipants, zoomapi.ListWebinarParticipantsQoS,
	zoomapi.ListWebinarParticipantsQoSSummary,
}

func isSummary(endpoint zoomapi.Endpoint) bool {
	return endpoint == summaryEndpoint(zoomapi.Meeting) || endpoint == summaryEndpoint(zoomapi.Webinar)
}
