package poll

import (
	"context"
	"errors"
	"reflect"
	"time"

	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/plan"
)

// New returns an account that has not asked for anything yet. It logs with a mutex held
// that scrapes need, so that log must not block.
func New(name string, opts Options, clk clock.Clock, log *zap.Logger) *Account {
	ctx, cancel := context.WithCancel(context.Background())
	log = log.With(zap.String("account", name))
	a := &Account{
		name: name, clock: clk, log: log, store: opts.ReadingsStore,
		ctx: ctx, cancel: cancel,
		opts:      opts,
		endpoints: make(endpoints),
		failures:  newFailureLog(log),
		probes:    newProbes(clk.Now()),
		visits:    make(map[string]chan struct{}),
	}
	a.endpoints.configure(opts.Endpoints(), clk.Now())
	a.loadProfile()
	a.loadReadings()
	return a
}

// Configure applies new options without losing what is known. What they exclude is
// gone from the next snapshot on; under another privacy the facts of people and
// meetings are gone, too, until they are asked for again.
func (a *Account) Configure(opts Options) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if zone := opts.TimeZone; zoneName(zone) != zoneName(a.opts.TimeZone) {
		a.pacing.profile = plan.NewProfile(zone) // its hours are the account's
	}
	a.pacing.sized = false
	if !reflect.DeepEqual(opts.Readings, a.opts.Readings) {
		a.overflowed.networkType, a.overflowed.all = false, false
	}
	a.opts = opts
	a.endpoints.configure(opts.Endpoints(), a.clock.Now())
	a.live.Configure(a.settings(), a.now())
}

func zoneName(zone *time.Location) string {
	if zone == nil {
		return time.UTC.String()
	}
	return zone.String()
}

// Poll starts a cycle, or joins the one under way, and waits for its end or for
// ctx's. It reports whether the cycle ended first; if not, the cycle goes on, and
// its answers serve the next scrape.
func (a *Account) Poll(ctx context.Context) bool {
	c := a.startCycle()
	if c == nil {
		return false
	}
	select {
	case <-c.done:
		return true
	case <-ctx.Done():
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		a.mu.Lock()
		a.deadlineExceeded++
		a.mu.Unlock()
	}
	return false
}

// startCycle starts a cycle, or returns the one that still begins requests; nil if
// the account is closed.
func (a *Account) startCycle() *cycle {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return nil
	}
	// A cycle that waits for its last answers begins no more requests, and must not
	// keep the next minute from being asked for.
	if a.running != nil && a.clock.Now().Before(a.running.end) {
		return a.running
	}
	c := a.newCycle(&a.pacing.live)
	a.running = c
	a.cycles.Go(func() {
		defer a.endCycle(c)
		c.run()
	})
	return c
}

func (a *Account) endCycle(c *cycle) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.running == c {
		a.running = nil
	}
	close(c.done)
}

// Close ends the cycle under way, waits for it and saves what is known.
func (a *Account) Close() {
	a.mu.Lock()
	a.closed = true
	a.mu.Unlock()
	a.cancel()
	a.cycles.Wait()
	a.commit()
	a.saveProfile()
}
