package poll

import (
	"context"
	"errors"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

const (
	// probeShare is the probes' share of the day's requests.
	probeShare = 0.05
	// probeSaved is how much of it may be saved up.
	probeSaved = 10 * time.Minute
)

// newProbe makes a probe's cycle. The account's mutex is held.
func newProbe(a *Account) *cycle {
	opts := a.opts
	c := newCycle(a, &opts)
	c.probe = &probeMoney{Account: a}
	c.purse = c.probe
	return c
}

// ProbeEndpoints are the endpoints that only probes ask.
func (o *Options) ProbeEndpoints() []zoomapi.Endpoint {
	var endpoints []zoomapi.Endpoint
	for _, kind := range kinds {
		if o.Single != nil && o.collects(kind) {
			endpoints = append(endpoints, meetingEndpoint(kind), participantEndpoint(kind))
		}
	}
	return endpoints
}

// fillProbes fills the probes' purse by the clock; it is unlimited where the day
// has no limit. The mutex is held.
func (a *Account) fillProbes(now time.Time) {
	share, bound := 0.0, false
	for _, pool := range a.opts.Ledger.Status() {
		if (pool.Pool == budget.PerDay || pool.Pool == budget.HeavyPerDay) && pool.Limit > 0 {
			ours := probeShare * float64(pool.Limit-pool.Reserved)
			if !bound || ours < share {
				share, bound = ours, true
			}
		}
	}
	// A day that begins with a full purse must not see more than its share.
	rate := share / (24*time.Hour + probeSaved).Seconds()
	a.probes.purse.Fill(now, rate, max(1, rate*probeSaved.Seconds()))
	a.probes.purse.Unlimited = !bound
}

// canProbe reports whether a request of a probe can be paid. The mutex is held.
func (a *Account) canProbe(now time.Time) bool {
	a.fillProbes(now)
	return a.probes.purse.CanTake()
}

// probeMoney pays for a probe out of the probes' own purse.
type probeMoney struct {
	*Account
	broke bool // the purse was empty
}

func (m *probeMoney) pay() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fillProbes(m.clock.Now())
	taken := m.probes.purse.Take()
	m.broke = m.broke || !taken
	return taken
}

func (m *probeMoney) payBack() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.probes.purse.Return()
}

// resolve asks Zoom for a meeting that no recent list tells of. What the
// configuration leaves out stays out.
func (c *cycle) resolve(t Target) ProbeFailure {
	live, err := try(c, meetingEndpoint(t.Kind), c.purse, func(ctx context.Context) (zoomapi.Live, error) {
		return c.opts.Single.Meeting(ctx, t.Kind, t.Meeting)
	})
	if err != nil {
		return probeFailure(err, ProbeUnknownMeeting)
	}
	c.Account.mu.Lock()
	defer c.Account.mu.Unlock()
	now := c.clock.Now()
	c.forgetResolved(now)
	opts := &c.Account.opts // of now: see listed
	if !opts.collects(t.Kind) || opts.Keep != nil && !opts.Keep(&live) {
		return ProbeExcluded
	}
	m, ok := opts.Converter.Meeting(t.Kind, &live, c.store.failures)
	if !ok {
		return ProbeZoomError
	}
	if m := c.store.list(&m, &live, now, opts.watches(&live)); m != nil {
		c.began(m)
	}
	c.probes.resolved[m.UUID] = now
	return ""
}

// forgetResolved forgets meetings that no list has named for long, as where
// there are probes only. The mutex is held.
func (a *Account) forgetResolved(now time.Time) {
	for uuid, at := range a.probes.resolved {
		if now.Sub(at) < listMemory {
			continue
		}
		delete(a.probes.resolved, uuid)
		if m := a.store.meetings[uuid]; m != nil && !m.listedAt.After(at) {
			a.store.forget(uuid)
		}
	}
	a.ended(now)
}

// askMeeting walks over a meeting's pages as the plan does, unless somebody is
// at it: what that brings is as good.
func (c *cycle) askMeeting(m *meeting) ProbeFailure {
	ends, cancel := c.clock.WithDeadline(c.ctx, c.end)
	defer cancel()
	for {
		failure, done, busy := c.look(m)
		switch {
		case done:
			return failure
		case busy == nil:
			c.visit(m)
			continue
		}
		select {
		case <-busy:
		case <-ends.Done():
			return ProbeTimeout
		}
	}
}

// look tells what there is to do about a meeting: nothing, and why, or to wait
// for its visitor, or else to visit it.
func (c *cycle) look(m *meeting) (failure ProbeFailure, done bool, busy <-chan struct{}) {
	c.Account.mu.Lock()
	defer c.Account.mu.Unlock()
	now := c.clock.Now()
	failure, done = c.knownAt(m, "", now)
	switch {
	case done:
		return failure, true, nil
	case m.visiting:
		return "", false, m.departed
	case c.visited[m] && (c.probe.broke || c.result(qosEndpoint(m.kind)).refused > 0):
		return ProbeNoBudget, true, nil
	case c.visited[m] || !c.askable(m, now):
		return ProbeZoomError, true, nil
	}
	if c.fillProbes(now); !c.probes.purse.Unlimited && c.probes.purse.Tokens() < float64(c.cost(m)) {
		c.opts.ParticipantsLists = nil // the pages come first; the plan asks for roles
	}
	return "", false, nil
}

// askParticipant asks for one participant.
func (c *cycle) askParticipant(m *meeting, id string) ProbeFailure {
	page, err := c.byAddress(m, func(meeting string) (zoomapi.Page[zoomapi.QoSRow], error) {
		return try(c, participantEndpoint(m.kind), c.purse, func(ctx context.Context) (zoomapi.Page[zoomapi.QoSRow], error) {
			return c.opts.Single.ParticipantQoS(ctx, m.kind, meeting, id)
		})
	})
	if err != nil {
		return probeFailure(err, ProbeUnknownParticipant)
	}
	c.Account.mu.Lock()
	defer c.Account.mu.Unlock()
	if c.store.meetings[m.uuid] != m {
		return ProbeUnknownMeeting
	}
	for i := range page.Rows { // there is one, and Zoom may leave its name out
		page.Rows[i].UserID = zoomapi.Text(id)
	}
	p := m.pass // who is there is no leaver to a walk under way that has not met them
	if p == nil {
		p = newPass()
	}
	participants := c.convert(m, p, &page, c.clock.Now())
	for i := range participants {
		c.store.put(m, p, &participants[i])
		if participants[i].Left {
			return ProbeUnknownParticipant
		}
	}
	if m.participants[id] == nil {
		return ProbeIncomplete
	}
	return ""
}

// probeFailure is what a request's error means for a probe; unknown is what it
// means that Zoom does not know what it was asked for.
func probeFailure(err error, unknown ProbeFailure) ProbeFailure {
	switch {
	case refused(err) && !errors.Is(err, errLeftAlone):
		return ProbeNoBudget
	case zoomapi.ReasonOf(err) == zoomapi.ReasonNotLive:
		return unknown
	default:
		return ProbeZoomError
	}
}

func meetingEndpoint(kind zoomapi.Kind) zoomapi.Endpoint {
	return ofKind(kind, zoomapi.GetMeeting, zoomapi.GetWebinar)
}

func participantEndpoint(kind zoomapi.Kind) zoomapi.Endpoint {
	return ofKind(kind, zoomapi.MeetingParticipantQoS, zoomapi.WebinarParticipantQoS)
}
