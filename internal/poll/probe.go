package poll

import (
	"context"
	"errors"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

const (
	// probeFresh is how old an answer may be that serves a probe: a little less than a
	// minute, as probes are not exactly a minute apart.
	probeFresh = 55 * time.Second
	// probeMemory is how long a probe's failure is remembered, and probeMemories how
	// many failures.
	probeMemory   = probeFresh
	probeMemories = 1000
)

func newProbes(now time.Time) probes {
	p := probes{flights: make(map[question]*flight), failed: make(map[question]memory)}
	p.bucket.Fill(now, 0, 0) // from now on by the clock
	return p
}

// Probe tells of one meeting or participant. What is not known well enough is asked
// for within the probes' share of the allowance; the same question at the same time
// once. What was begun goes on when ctx has ended, and serves the next probe.
func (a *Account) Probe(ctx context.Context, t Target) Probe {
	uuid, failure := a.probe(ctx, t)
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	return Probe{
		Account: a.name, Target: t, Failure: failure,
		Meeting: a.live.Meeting(uuid, t.Participant, now),
	}
}

func (a *Account) probe(ctx context.Context, t Target) (uuid string, failure ProbeFailure) {
	uuid, kind, failure := a.find(t)
	if uuid == "" && failure == "" {
		wanted := Target{Meeting: t.Meeting, Kind: kind}
		failure = a.share(ctx, question{wanted, true}, func(c *cycle) ProbeFailure { return c.resolve(wanted) })
		if failure == "" {
			uuid, kind, failure = a.find(t)
		}
	}
	switch {
	case uuid == "" && failure == "": // Zoom calls it by another name than we were given
		return "", ProbeUnknownMeeting
	case uuid == "":
		return "", failure
	}
	if failure, known := a.known(uuid, t.Participant); known {
		return uuid, failure
	}
	return uuid, a.share(ctx, question{Target: Target{uuid, kind, t.Participant}}, func(c *cycle) ProbeFailure {
		if t.Participant == "" {
			return c.askMeeting(uuid)
		}
		return c.askParticipant(uuid, t.Participant)
	})
}

// find looks for the target among the live meetings. If it returns neither a UUID
// nor a failure, Zoom is to be asked for a meeting of that kind.
func (a *Account) find(t Target) (uuid string, kind zoomapi.Kind, failure ProbeFailure) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.opts.Single == nil {
		return "", "", ProbeDisabled
	}
	now := a.now()
	if uuid, kind, ok := a.live.Find(t.Meeting, t.Kind, now); ok {
		return uuid, kind, ""
	}
	// A recent list without it says that it is not live; else Zoom is to be asked.
	failure = ProbeExcluded
	for _, k := range live.Kinds {
		list := a.endpoints[k.List()]
		if list == nil || !list.task || list.missing || t.Kind != "" && t.Kind != k {
			continue
		}
		switch {
		case a.live.Excluded(t.Meeting, k):
			return "", "", ProbeExcluded
		case a.live.ListedLately(k, now):
			failure = ProbeUnknownMeeting
		case kind == "":
			kind = k
		}
	}
	if kind != "" {
		return "", kind, ""
	}
	return "", "", failure
}

// known reports whether what is held answers a probe, and with what.
func (a *Account) known(uuid, participant string) (failure ProbeFailure, known bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return failureOf(a.live.Presence(uuid, participant, probeFresh, a.now()))
}

// failureOf returns what a target's presence means for a probe, unless it is
// unknown.
func failureOf(p live.Presence) (failure ProbeFailure, known bool) {
	switch p {
	case live.Present:
		return "", true
	case live.NotLive:
		return ProbeUnknownMeeting, true
	case live.Absent:
		return ProbeUnknownParticipant, true
	case live.Incomplete:
		return ProbeIncomplete, true
	}
	return "", false
}

// share has a question answered once for all who ask it at the same time, and waits
// until it is or ctx ends. What may not be paid for, or would be in vain, is not
// begun.
func (a *Account) share(ctx context.Context, q question, ask func(*cycle) ProbeFailure) ProbeFailure {
	f, failure := a.join(ctx, q, ask)
	if f == nil {
		return failure
	}
	select {
	case <-f.done:
		return f.failure
	case <-ctx.Done():
		return ProbeTimeout
	}
}

// join joins the flight of a question, or begins one; without one it returns why.
func (a *Account) join(ctx context.Context, q question, ask func(*cycle) ProbeFailure) (*flight, ProbeFailure) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.clock.Now()
	a.fillProbeBucket(now)
	f, memory := a.probes.flights[q], a.probes.failed[q]
	switch {
	case f != nil:
		return f, ""
	case a.opts.Single == nil: // since a reload
		return nil, ProbeDisabled
	case now.Before(memory.until):
		return nil, memory.failure
	case ctx.Err() != nil || a.closed:
		return nil, ProbeTimeout
	case !a.probes.bucket.CanTake():
		return nil, ProbeNoBudget
	}
	f = &flight{done: make(chan struct{})}
	a.probes.flights[q] = f
	c := a.newCycle(&a.probes.bucket)
	c.probe = true
	a.cycles.Go(func() {
		defer a.commit() // nobody need wait for it
		defer close(f.done)
		f.failure = ProbeZoomError
		if c.token() {
			f.failure = ask(c)
		}
		a.land(q, f.failure)
	})
	return f, ""
}

// land ends a flight, and remembers for a while what it would be in vain to ask for
// again.
func (a *Account) land(q question, failure ProbeFailure) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.probes.flights, q)
	switch failure {
	case "", ProbeNoBudget, ProbeTimeout:
		return
	}
	now := a.clock.Now()
	for other, memory := range a.probes.failed {
		if !now.Before(memory.until) {
			delete(a.probes.failed, other)
		}
	}
	if len(a.probes.failed) < probeMemories {
		a.probes.failed[q] = memory{failure, now.Add(probeMemory)}
	}
}

// resolve asks Zoom for a meeting that no recent list names.
func (c *cycle) resolve(t Target) (failure ProbeFailure) {
	a := c.account
	(&walk[zoomapi.Live]{
		endpoint: t.Kind.Get(),
		bucket:   c.bucket,
		next:     func(live.Now) (id, token string) { return t.Meeting, "" },
		send: func(ctx context.Context, id, _ string) (page zoomapi.Page[zoomapi.Live], err error) {
			entry, err := c.opts.Single.Meeting(ctx, t.Kind, id)
			page.Rows = []zoomapi.Live{entry}
			return page, err
		},
		handle: func(page *zoomapi.Page[zoomapi.Live], now live.Now) bool {
			excluded, ok := a.live.HandleProbed(t.Kind, &page.Rows[0], now)
			switch {
			case excluded:
				failure = ProbeExcluded
			case !ok:
				failure = ProbeZoomError
			}
			return false
		},
		fail: func(_ live.Failure, err error, _ live.Now) bool {
			failure = probeFailure(err, ProbeUnknownMeeting)
			return false
		},
	}).run(c)
	return failure
}

// askMeeting walks over a meeting's pages as the plan does, unless a worker visits
// it already: its answers are as good.
func (c *cycle) askMeeting(uuid string) ProbeFailure {
	a := c.account
	ends, cancel := a.clock.WithDeadline(a.ctx, c.end)
	defer cancel()
	for {
		failure, done, busy := c.look(uuid)
		switch {
		case done:
			return failure
		case busy == nil:
			c.visit(uuid)
			continue
		}
		select {
		case <-busy:
		case <-ends.Done():
			return ProbeTimeout
		}
	}
}

// look tells what there is to do about a meeting: nothing, and why, or to wait for
// the end of a visit, or else to visit it.
func (c *cycle) look(uuid string) (failure ProbeFailure, done bool, busy <-chan struct{}) {
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	if failure, known := failureOf(a.live.Presence(uuid, "", probeFresh, now)); known {
		return failure, true, nil
	}
	if busy := a.visits[uuid]; busy != nil {
		return "", false, busy
	}
	kind, cost, askable := a.live.Askable(uuid, now)
	switch {
	case c.visited[uuid] && (c.unpaid || c.result(kind.QoS()).refused > 0):
		return ProbeNoBudget, true, nil
	case c.visited[uuid] || !askable || a.endpoints.paused(kind.QoS(), now.Time):
		return ProbeZoomError, true, nil
	}
	a.fillProbeBucket(now.Time)
	b := &a.probes.bucket
	c.noRoles = !b.Unlimited && b.Tokens() < float64(cost) // the pages come first; the plan asks for roles
	return "", false, nil
}

// askParticipant asks for one participant.
func (c *cycle) askParticipant(uuid, id string) (failure ProbeFailure) {
	a := c.account
	a.mu.Lock()
	v := a.live.VisitPerson(uuid, id)
	a.mu.Unlock()
	if v == nil {
		return ProbeUnknownMeeting
	}
	(&walk[zoomapi.QoSRow]{
		endpoint: v.Kind.ParticipantQoS(),
		bucket:   c.bucket,
		next:     func(now live.Now) (id, token string) { return a.live.NextPersonPage(v, now), "" },
		send: func(ctx context.Context, meeting, _ string) (zoomapi.Page[zoomapi.QoSRow], error) {
			return c.opts.Single.ParticipantQoS(ctx, v.Kind, meeting, id)
		},
		handle: func(page *zoomapi.Page[zoomapi.QoSRow], now live.Now) bool {
			failure, _ = failureOf(a.live.HandlePersonPage(v, page, now))
			return false
		},
		fail: func(f live.Failure, err error, _ live.Now) bool {
			failure = probeFailure(err, ProbeUnknownParticipant)
			return a.live.HandlePersonFailure(v, f)
		},
	}).run(c)
	return failure
}

// probeFailure is what a request's error means for a probe; unknown is what it means
// that Zoom does not know what it was asked for.
func probeFailure(err error, unknown ProbeFailure) ProbeFailure {
	switch {
	case refused(err) && !errors.Is(err, errPaused):
		return ProbeNoBudget
	case zoomapi.ReasonOf(err) == zoomapi.ReasonNotLive:
		return unknown
	default:
		return ProbeZoomError
	}
}
