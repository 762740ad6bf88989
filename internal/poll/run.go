package poll

import (
	"math"
	"sync"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/plan"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

const (
	// listWait is how long known meetings wait for the live lists, which may have to
	// queue for their own, much smaller pool.
	listWait = 5 * time.Second
	// backfillEvery is how many live meetings are asked for before a backfill is:
	// backfills yield, but must not starve where the live meetings take all the time.
	// bench/workday shows other values: see docs/benchmarks.md.
	backfillEvery = 8
)

func (c *cycle) run() {
	a := c.account
	defer a.commit()
	defer c.settle()
	if !c.token() {
		return
	}
	var lists sync.WaitGroup
	for _, kind := range live.Kinds {
		if l := c.dueList(kind); l != nil {
			lists.Go(func() { c.walkList(l) })
		}
	}
	listed := make(chan struct{})
	go func() { lists.Wait(); close(listed) }()

	wait, cancel := a.clock.WithDeadline(a.ctx, c.start.Add(listWait))
	defer cancel()
	select {
	case <-listed:
	case <-wait.Done():
		c.visitDue()
		<-listed
	}
	c.visitDue()
}

// visitDue asks for the meetings that are due. Where that takes a while, and the
// allowance is enough for all, it looks again: some that were asked late in the last
// cycle are due only then. Where it is not, tokens that the bucket receives
// meanwhile are the next cycle's, or no scrape would ever see this one's end.
func (c *cycle) visitDue() {
	clock := c.account.clock
	for begun := clock.Now(); c.visitRound() && !c.stopping(); begun = clock.Now() {
		if now := clock.Now(); now.Sub(begun) < time.Second || !now.Before(c.end) {
			return
		}
	}
}

// visitRound asks for what the plan chooses now, the most worthwhile first, and
// reports whether there was something and the allowance is enough for all.
func (c *cycle) visitRound() bool {
	due, backfills, plenty := c.due()
	c.account.saveProfileIfDue() // before it is spent, or each of many starts would ask for everything
	next := make(chan func())
	var group sync.WaitGroup
	for range min(c.workers, len(due)+len(backfills)) {
		group.Go(func() {
			for visit := range next {
				visit()
			}
		})
	}
	for i, uuid := range due {
		if i%backfillEvery == backfillEvery-1 && len(backfills) > 0 {
			b := backfills[0]
			backfills = backfills[1:]
			next <- func() { c.fetchPast(b) }
		}
		next <- func() { c.visit(uuid) }
	}
	for _, b := range backfills {
		next <- func() { c.fetchPast(b) }
	}
	close(next)
	group.Wait()
	return plenty && len(due) > 0
}

// due chooses the meetings, by UUID, and the backfills to ask for now and fills the
// buckets for them. plenty says that the allowance is enough for every live meeting.
func (c *cycle) due() (due []string, backfills []*live.Backfill, plenty bool) {
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	demand := a.demand(now)
	a.pacing.profile.Observe(now.Zoom.UTC(), demand)
	outlook := a.outlook(now, &demand)
	paused := func(kind zoomapi.Kind) bool { return a.endpoints.paused(kind.QoS(), now.Time) }
	candidates := a.live.Candidates(now, paused, c.visited)
	all := 0.0 // what asking for all of them costs, the participants lists included
	for i := range candidates {
		all += float64(candidates[i].Pages)
	}
	a.fillBuckets(now, &demand, all, &outlook)
	a.logSizing(&outlook, &demand)
	p := &a.pacing
	tokens := p.live.Tokens()
	if p.live.Unlimited {
		tokens = math.Inf(1)
	}
	interval := a.interval(&demand, &outlook)
	a.pace(now, &demand, interval)
	for _, chosen := range plan.Choose(candidates, tokens, interval) {
		due = append(due, chosen.Key)
	}
	backfills = a.live.DueBackfills(now, p.backfills.Tokens(), !p.backfills.Unlimited, paused)
	return due, backfills, p.live.Unlimited
}
