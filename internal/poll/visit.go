package poll

import (
	"context"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/plan"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// dueList returns the walk over a kind's live list that is due now, or nil.
func (c *cycle) dueList(kind zoomapi.Kind) *live.ListWalk {
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.endpoints.paused(kind.List(), c.start) {
		return nil
	}
	allowance := a.allowance()
	return a.live.WalkList(kind, c.start, plan.ListInterval(a.listPages(), allowance.Lists, allowance.Reset))
}

// walkList asks for the rest of a live list.
func (c *cycle) walkList(l *live.ListWalk) {
	a, name := c.account, l.Kind.List()
	(&walk[zoomapi.Live]{
		endpoint: name,
		next:     func(live.Now) (id, token string) { return "", l.Token() },
		send: func(ctx context.Context, _, token string) (zoomapi.Page[zoomapi.Live], error) {
			return c.opts.Zoom.List(ctx, l.Kind, token)
		},
		handle: func(page *zoomapi.Page[zoomapi.Live], now live.Now) bool {
			more := a.live.HandleListPage(l, page, now)
			if !more {
				a.endpoints.recordSuccess(name, now.Time)
			}
			return more
		},
		fail: func(f live.Failure, _ error, _ live.Now) bool {
			if !f.HeldBack {
				a.endpoints.of(name).success = false
			}
			return a.live.HandleListFailure(l, f)
		},
	}).run(c)
}

// visit asks for the rest of a live meeting's pages and, when it has met the last
// one, for its participants list if that is wanted.
func (c *cycle) visit(uuid string) {
	v, done := c.startVisit(uuid)
	if v == nil {
		return
	}
	a, whole := c.account, false
	(&walk[zoomapi.QoSRow]{
		endpoint: v.Kind.QoS(),
		bucket:   c.bucket,
		next:     func(now live.Now) (id, token string) { return a.live.NextPage(v, now) },
		send: func(ctx context.Context, id, token string) (zoomapi.Page[zoomapi.QoSRow], error) {
			return c.opts.Zoom.QoS(ctx, v.Kind, id, token)
		},
		handle: func(page *zoomapi.Page[zoomapi.QoSRow], now live.Now) bool {
			more := a.live.HandlePage(v, page, now)
			whole = !more
			return a.orEndVisit(uuid, done, more)
		},
		fail: func(f live.Failure, _ error, now live.Now) bool {
			return a.orEndVisit(uuid, done, a.live.HandleFailure(v, f, now))
		},
	}).run(c)
	if whole && !c.noRoles {
		c.walkRoles(uuid)
	}
}

// startVisit begins a visit, if there is something to visit, and returns the channel
// to be closed at its end.
func (c *cycle) startVisit(uuid string) (v *live.Visit, done chan struct{}) {
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	v = a.live.Visit(uuid, c.probe, a.now())
	if v != nil {
		done = make(chan struct{})
		c.visited[uuid], a.visits[uuid] = true, done
	}
	return v, done
}

// orEndVisit tells the probes that wait for the end of a visit, unless there is
// more. By then a.visits may hold a later one: the meeting was forgotten and is live
// again. The mutex is held.
func (a *Account) orEndVisit(uuid string, done chan struct{}, more bool) bool {
	if !more {
		close(done)
		if a.visits[uuid] == done {
			delete(a.visits, uuid)
		}
	}
	return more
}

// walkRoles asks for a live meeting's participants list, if it is wanted.
func (c *cycle) walkRoles(uuid string) {
	a := c.account
	a.mu.Lock()
	r := a.live.WalkRoles(uuid, a.now())
	a.mu.Unlock()
	if r == nil {
		return
	}
	(&walk[zoomapi.ParticipantRow]{
		endpoint: r.Kind.Participants(),
		bucket:   c.bucket,
		next:     func(live.Now) (id, token string) { return r.NextPage() },
		send: func(ctx context.Context, id, token string) (zoomapi.Page[zoomapi.ParticipantRow], error) {
			return c.opts.Zoom.Participants(ctx, r.Kind, id, token)
		},
		handle: func(page *zoomapi.Page[zoomapi.ParticipantRow], now live.Now) bool {
			return a.live.HandleRolesPage(r, page, now)
		},
		fail: func(f live.Failure, _ error, _ live.Now) bool { return a.live.HandleRolesFailure(r, f) },
	}).run(c)
}

// fetchPast asks for the rest of an ended meeting's past answer and, when that was
// the last page, for Zoom's summary of its sessions.
func (c *cycle) fetchPast(b *live.Backfill) {
	a := c.account
	a.mu.Lock()
	started := a.live.StartBackfill(b, a.now())
	a.mu.Unlock()
	if !started {
		return
	}
	whole := false
	(&walk[zoomapi.QoSRow]{
		endpoint: b.Kind.QoS(),
		bucket:   &a.pacing.backfills,
		sent:     a.observeBackfill,
		next:     func(live.Now) (id, token string) { return a.live.NextPastPage(b) },
		send: func(ctx context.Context, id, token string) (zoomapi.Page[zoomapi.QoSRow], error) {
			return c.opts.Zoom.PastQoS(ctx, b.Kind, id, token)
		},
		handle: func(page *zoomapi.Page[zoomapi.QoSRow], now live.Now) (more bool) {
			more, whole = a.live.HandlePastPage(b, page, now)
			return more
		},
		fail: func(f live.Failure, _ error, now live.Now) bool { return a.live.HandlePastFailure(b, f, now) },
	}).run(c)
	if !whole {
		return
	}
	if c.opts.Summaries {
		c.walkSummary(b)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.live.CloseBackfill(b, a.now())
}

// walkSummary asks for Zoom's own summary of an ended meeting's sessions, once: what
// fails is not asked for again, as the readings tell as well.
func (c *cycle) walkSummary(b *live.Backfill) {
	a := c.account
	a.mu.Lock()
	s := a.live.WalkSummary(b, a.now())
	a.mu.Unlock()
	if s == nil {
		return
	}
	(&walk[zoomapi.SummaryRow]{
		endpoint: b.Kind.QoSSummary(),
		bucket:   &a.pacing.backfills,
		sent:     a.observeBackfill,
		next:     func(live.Now) (id, token string) { return s.NextPage() },
		send: func(ctx context.Context, id, token string) (zoomapi.Page[zoomapi.SummaryRow], error) {
			return c.opts.Zoom.QoSSummary(ctx, b.Kind, id, token)
		},
		handle: func(page *zoomapi.Page[zoomapi.SummaryRow], now live.Now) bool {
			return a.live.HandleSummaryPage(s, page, now)
		},
		fail: func(live.Failure, error, live.Now) bool { return false },
	}).run(c)
}
