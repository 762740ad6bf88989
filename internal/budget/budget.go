// Package budget keeps one account within Zoom's rate limits: per second, per
// minute and per UTC day. Every attempt is entered before it leaves, and what
// leaves stays within limit − reserve whatever Zoom's answers say.
package budget

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// Options make a Budget.
type Options struct {
	// Limits are Zoom's limits of the account.
	Limits Limits
	// Reserve is the share of every limit, 0 to 1, left to the account's other
	// apps. At 1 nothing is ever sent.
	Reserve float64
	// Clock is the system's where nil.
	Clock clock.Clock
	// Jitter returns a number in [0, 1) that spreads the ends of closings;
	// math/rand/v2's where nil. It is called under the Budget's lock.
	Jitter func() float64
}

// Budget is the account's pools. It implements zoomapi.Limiter and is safe for
// use by many goroutines.
type Budget struct {
	clock  clock.Clock
	origin time.Time // elapsed time counts from here, on the monotonic clock
	jitter func() float64

	mu     sync.Mutex
	last   time.Duration // elapsed time never goes back, whatever the clock does
	state  state
	queues [lanes][]*waiter // first come, first served, by lane
}

var _ zoomapi.Limiter = (*Budget)(nil)

// New returns a Budget that knows nothing of the day so far: until Zoom's
// first daily header it takes the day's money as spent in proportion to the
// time that is over.
func New(o Options) *Budget {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Jitter == nil {
		o.Jitter = rand.Float64
	}
	origin := o.Clock.Now()
	b := &Budget{clock: o.Clock, origin: origin, jitter: o.Jitter, state: newState(origin)}
	b.state.configure(o.Limits, o.Reserve)
	return b
}

// Configure replaces limits and reserve; what was sent stays entered.
func (b *Budget) Configure(limits Limits, reserve float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.state.configure(limits, reserve)
	b.recheck()
}

// Acquire implements zoomapi.Limiter. Its errors are an *Error, or ctx's where
// that ended during the wait. A context from Until bounds the turn alone. A caller who waits has entered nothing yet: the
// attempt is entered at the moment its turn comes, and one that is given up
// before costs nothing.
func (b *Budget) Acquire(ctx context.Context, class zoomapi.Class) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("budget: no attempt entered: %w", err)
	}
	l := laneOf(class)
	b.mu.Lock()
	defer b.mu.Unlock()

	if len(b.queues[l]) == 0 {
		entered, _, err := b.try(ctx, l, 0, b.queued(l))
		if entered || err != nil {
			return err
		}
	}
	return b.wait(ctx, l)
}

// Observe implements zoomapi.Limiter.
func (b *Budget) Observe(class zoomapi.Class, answer zoomapi.Answer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, now := b.now()
	sent := answer.Sent.Sub(b.origin)
	if sent < 0 || sent > now {
		// Missing, or read from a wall clock that was set since: all we know is
		// that it was after the start.
		sent = 0
	}
	if b.state.observe(laneOf(class), now, sent, answer, b.jitter) {
		b.recheck()
	}
}

// waiter is one call that stands in line.
type waiter struct {
	kick context.CancelFunc // makes it look again; set while it waits
}

// wait stands in line until the turn comes. Only the first in line sleeps; it
// wakes the next one when it goes, so turns are taken at their real times and a
// late wake-up never crowds two windows into one.
func (b *Budget) wait(ctx context.Context, l lane) error {
	w := &waiter{}
	others := b.queued(l)
	b.queues[l] = append(b.queues[l], w)
	defer b.leave(l, w)
	for {
		place := slices.Index(b.queues[l], w)
		entered, delay, err := b.try(ctx, l, place, others)
		if entered || err != nil {
			return err
		}
		// Who was let into line is not turned away for those who came later.
		others = 0
		b.pause(ctx, w, place, delay)
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("budget: gave up waiting for a turn in %s, nothing entered: %w", b.state.windows[l].pool, err)
		}
	}
}

// pause gives the lock back and waits: the first in line for delay, the others
// until they are kicked, all of them until ctx ends.
func (b *Budget) pause(ctx context.Context, w *waiter, place int, delay time.Duration) {
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	w.kick = cancel
	b.mu.Unlock()
	defer b.mu.Lock()
	if place > 0 {
		<-waiting.Done()
		return
	}
	// Its error says that ctx ended or that we were kicked; the caller looks.
	_ = b.clock.Sleep(waiting, delay)
}

// leave takes w out of the line and wakes who is first now.
func (b *Budget) leave(l lane, w *waiter) {
	first := b.queues[l][0] == w
	b.queues[l] = slices.DeleteFunc(b.queues[l], func(o *waiter) bool { return o == w })
	if first && len(b.queues[l]) > 0 {
		b.queues[l][0].kick()
	}
}

// recheck makes all who wait look again, so that a closed pool turns them away
// at once.
func (b *Budget) recheck() {
	for _, queue := range b.queues {
		for _, w := range queue {
			w.kick()
		}
	}
}

// try enters the attempt at the given place in line if its turn is now. Else it
// returns how long until then, or why there will be none in time.
func (b *Budget) try(ctx context.Context, l lane, place, others int) (entered bool, delay time.Duration, err error) {
	at, now := b.now()
	last, bounded := lastTurn(ctx)
	patience := time.Duration(0)
	if bounded {
		patience = last.Sub(at)
	}
	turn, refused := b.state.admit(l, now, patience, place, others)
	if refused != nil {
		return false, 0, refused
	}
	if bounded && patience <= turn-now {
		return false, 0, &Error{Pool: b.state.windows[l].pool, Until: b.state.zoom.at(turn), reason: ErrTooLate}
	}
	if place > 0 || turn > now {
		return false, turn - now, nil
	}
	b.state.enter(l, now)
	return true, 0, nil
}

// queued counts who waits in the other lanes: they may want the same day's
// money.
func (b *Budget) queued(l lane) int {
	n := 0
	for other, queue := range b.queues {
		if lane(other) != l {
			n += len(queue)
		}
	}
	return n
}

// now is the clock's time and the time elapsed since New.
func (b *Budget) now() (time.Time, time.Duration) {
	at := b.clock.Now()
	b.last = max(b.last, at.Sub(b.origin))
	return at, b.last
}
