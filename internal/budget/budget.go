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
	// Journal, if not nil, is given what has to outlive the process: before an
	// attempt leaves, a record tells that it was sent. While it fails, attempts
	// are spread so thin that a restart's careful estimate covers them.
	Journal Journal
	// Wary is for a start that may be one of many which know nothing of each
	// other: it spends at most one minute's share of the day in its first.
	Wary bool
}

// Budget is the account's pools. It implements zoomapi.Limiter and is safe for
// use by many goroutines.
type Budget struct {
	clock  clock.Clock
	origin time.Time // elapsed time counts from here, on the monotonic clock
	jitter func() float64

	journal Journal
	wary    bool
	writing sync.Mutex // one record at a time; taken before mu

	mu      sync.Mutex
	keeping keeping
	last    time.Duration // elapsed time never goes back, whatever the clock does
	state   state
	queues  [lanes][]*waiter // first come, first served, by lane
}

var _ zoomapi.Limiter = (*Budget)(nil)

// New returns a Budget that knows nothing of the day so far: until Zoom's
// first daily header it takes the day's money as spent in proportion to the
// time that is over.
func New(o Options) *Budget {
	b := begin(o)
	b.state = newState(b.origin)
	b.state.configure(o.Limits, o.Reserve)
	return b
}

// Restore returns a Budget that goes on from the last record that a Journal
// was given. What Zoom's clock has not told yet it takes at its worst: that no
// time has passed since, and that the days the machine's clock claims to be
// over are not. Of the time in between it assumes what New does of the day's.
// Its error is ErrRecord.
func Restore(o Options, record []byte) (*Budget, error) {
	b := begin(o)
	s, err := restore(record, b.origin)
	if err != nil {
		return nil, err
	}
	b.state = s
	b.state.configure(o.Limits, o.Reserve)
	return b, nil
}

func begin(o Options) *Budget {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Jitter == nil {
		o.Jitter = rand.Float64
	}
	return &Budget{clock: o.Clock, origin: o.Clock.Now(), jitter: o.Jitter, journal: o.Journal, wary: o.Wary}
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

// Observe implements zoomapi.Limiter. An answer of no class tells Zoom's time
// and nothing else.
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
	if class == "" {
		b.state.observeDate(now, sent, answer.Date)
		b.recheck()
		return
	}
	closings := b.state.closings(now)
	if b.state.observe(laneOf(class), now, sent, answer, b.jitter) {
		b.recheck()
	}
	if b.journal != nil && b.state.closings(now) != closings {
		// What closes a pool is not to be forgotten; others only look again.
		_ = b.write(func() bool { return false })
	}
}

// waiter is one call that stands in line.
type waiter struct {
	kick context.CancelFunc // makes it look again
}

// wait stands in line until the turn comes. Only the first in line sleeps; it
// wakes the next one when it goes, so turns are taken at their real times and a
// late wake-up never crowds two windows into one.
func (b *Budget) wait(ctx context.Context, l lane) error {
	// While it has a record written it sleeps not, and looks again anyway.
	w := &waiter{kick: func() {}}
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
		if place == 0 && delay == 0 {
			// Its turn is now, but it is not written down. If that fails it
			// leaves all the same, when thrift lets it.
			_ = b.write(func() bool { _, now := b.now(); return b.ready(l, now) })
		} else {
			b.pause(ctx, w, place, delay)
		}
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

// try enters the attempt at the given place in line if its turn is now and the
// journal knows. Else it returns how long until then, or why there will be none
// in time.
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
	turn = max(turn, b.thrift(l, now, place, others))
	if bounded && patience <= turn-now {
		return false, 0, &Error{Pool: b.state.windows[l].pool, Until: b.state.zoom.at(turn), reason: ErrTooLate}
	}
	if place > 0 || turn > now {
		return false, turn - now, nil
	}
	if !b.ready(l, now) {
		return false, 0, nil
	}
	b.booked(l, now)
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
