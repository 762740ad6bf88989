// Package budget is the admission control of one account's requests to Zoom. A
// [rate limiter] with sliding windows keeps the limits per second and per minute, a
// ledger of the requests that were sent keeps those of a UTC day, and requests that
// have to wait do so in first-in, first-out queues.
//
// Every attempt is entered before it leaves, so that never more than limit − reserve
// leave, whatever Zoom answers. A [write-ahead log] of one record makes that hold
// over restarts and crashes.
//
// [rate limiter]: https://en.wikipedia.org/wiki/Rate_limiting
// [write-ahead log]: https://en.wikipedia.org/wiki/Write-ahead_logging
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

// Options configure a Budget.
type Options struct {
	// Limits are Zoom's limits of the account.
	Limits Limits
	// Reserve is the share of every limit, 0 to 1, that is left to the account's
	// other apps. At 1 nothing is ever sent.
	Reserve float64
	// Clock is the system's if nil.
	Clock clock.Clock
	// Jitter returns a number in [0, 1) that spreads the ends of cooldowns; it is
	// math/rand/v2's if nil. It is called with the Budget's mutex held.
	Jitter func() float64
	// Journal, if not nil, saves what has to outlive the process. A record with an
	// attempt is saved before the attempt leaves. While the journal fails, attempts
	// are spread so thin that the estimate of a restart covers them.
	Journal Journal
	// Conservative is for a start that may be one of many that know nothing of each
	// other: in its first minute it spends at most one minute's share of the day.
	Conservative bool
}

// Budget is what an account may send. It implements zoomapi.Limiter and is safe for
// concurrent use.
type Budget struct {
	clock  clock.Clock
	origin time.Time // elapsed time counts from here, on the monotonic clock
	jitter func() float64

	journal      Journal
	conservative bool
	saving       sync.Mutex // one record at a time; locked before mu

	// mu guards what follows. It is not held while a caller sleeps or the journal
	// saves, so a slow disk delays attempts only.
	mu      sync.Mutex
	ahead   prerecorded
	last    time.Duration // elapsed time never goes back, whatever the clock does
	state   state
	waiters [queues][]*waiter
}

var _ zoomapi.Limiter = (*Budget)(nil)

// New returns a Budget that knows nothing of the day so far: until Zoom's first
// daily header it assumes that the elapsed share of the day's requests was spent.
func New(o Options) *Budget {
	b := newBudget(o)
	b.state = newState(b.origin)
	b.state.configure(o.Limits, o.Reserve)
	return b
}

// Restore returns a Budget that goes on from the last record that a Journal saved.
// Until Zoom's clock is known it assumes the worst: that no time has passed since,
// and that a day that the machine's clock claims to be over is not. For the time
// between it assumes what New assumes for the day. Its error wraps ErrRecord.
func Restore(o Options, record []byte) (*Budget, error) {
	b := newBudget(o)
	s, err := decode(record, b.origin)
	if err != nil {
		return nil, err
	}
	b.state = s
	b.state.configure(o.Limits, o.Reserve)
	return b, nil
}

func newBudget(o Options) *Budget {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Jitter == nil {
		o.Jitter = rand.Float64
	}
	return &Budget{clock: o.Clock, origin: o.Clock.Now(), jitter: o.Jitter, journal: o.Journal, conservative: o.Conservative}
}

// Configure replaces limits and reserve; what was sent stays entered.
func (b *Budget) Configure(limits Limits, reserve float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.state.configure(limits, reserve)
	b.wakeAll()
}

// Acquire implements zoomapi.Limiter. It enters the attempt when its turn comes; an
// attempt that is given up before costs nothing. The error is an *Error, or ctx's if
// that ended during the wait. A context from Until bounds only the turn.
func (b *Budget) Acquire(ctx context.Context, class zoomapi.Class) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("budget: no attempt entered: %w", err)
	}
	q := queueOf(class)
	b.mu.Lock()
	defer b.mu.Unlock()

	if len(b.waiters[q]) == 0 {
		entered, _, err := b.try(ctx, q, 0, b.waitingElsewhere(q))
		if entered || err != nil {
			return err
		}
	}
	return b.wait(ctx, q)
}

// Observe implements zoomapi.Limiter. An answer without a class only sets Zoom's clock.
func (b *Budget) Observe(class zoomapi.Class, answer zoomapi.Answer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, now := b.now()
	sent := answer.Sent.Sub(b.origin)
	if sent < 0 || sent > now {
		// It is missing, or of a wall clock that was set since: it was sent some time
		// after the start.
		sent = 0
	}
	if class == "" {
		b.state.observeDate(now, sent, answer.Date)
		b.wakeAll()
		return
	}
	before := b.state.cooldowns(now)
	if b.state.observe(queueOf(class), now, sent, answer, b.jitter) {
		b.wakeAll()
	}
	if b.journal != nil && b.state.cooldowns(now) != before {
		// A restart must know of a cooldown. If this fails, a later attempt saves it.
		_ = b.prerecord(func() bool { return false })
	}
}

// waiter is a call of Acquire that waits for its turn.
type waiter struct {
	wake context.CancelFunc // makes it look again
}

// wait waits in a queue until the turn comes. Only the first of a queue sleeps; it
// wakes the next when it leaves. So turns are taken at their real times, and a late
// wake-up never crowds two windows into one.
func (b *Budget) wait(ctx context.Context, q queue) error {
	// While the waiter has a record saved it does not sleep, and looks again anyway.
	w := &waiter{wake: func() {}}
	others := b.waitingElsewhere(q)
	b.waiters[q] = append(b.waiters[q], w)
	defer b.leave(q, w)
	for {
		place := slices.Index(b.waiters[q], w)
		entered, delay, err := b.try(ctx, q, place, others)
		if entered || err != nil {
			return err
		}
		// A waiter is not refused because of others that came later.
		others = 0
		if place == 0 && delay == 0 {
			// Its turn has come, but no record has it. If saving fails it leaves all the
			// same, as soon as conservative spending allows.
			_ = b.prerecord(func() bool { _, now := b.now(); return b.mayLeave(q, now) })
		} else {
			b.sleep(ctx, w, place, delay)
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("budget: gave up waiting for a turn in %s, nothing entered: %w", b.state.windows[q].pool, err)
		}
	}
}

// sleep releases mu and waits: the first of a queue for delay, the others until they
// are woken, all of them until ctx ends.
func (b *Budget) sleep(ctx context.Context, w *waiter, place int, delay time.Duration) {
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	w.wake = cancel
	b.mu.Unlock()
	defer b.mu.Lock()
	if place > 0 {
		<-waiting.Done()
		return
	}
	// Its error says that ctx ended or that w was woken, which the caller finds out.
	_ = b.clock.Sleep(waiting, delay)
}

// leave removes w from its queue and wakes the one that is first now.
func (b *Budget) leave(q queue, w *waiter) {
	first := b.waiters[q][0] == w
	b.waiters[q] = slices.DeleteFunc(b.waiters[q], func(o *waiter) bool { return o == w })
	if first && len(b.waiters[q]) > 0 {
		b.waiters[q][0].wake()
	}
}

// wakeAll makes all waiters look again, so that a cooldown refuses them at once.
func (b *Budget) wakeAll() {
	for _, waiters := range b.waiters {
		for _, w := range waiters {
			w.wake()
		}
	}
}

// try enters the attempt at a place in its queue if its turn is now and a record has
// it. Otherwise it returns the time until then, or the error that refuses it.
func (b *Budget) try(ctx context.Context, q queue, place, others int) (entered bool, delay time.Duration, err error) {
	at, now := b.now()
	last, bounded := lastTurn(ctx)
	maxWait := time.Duration(0)
	if bounded {
		maxWait = last.Sub(at)
	}
	turn, refused := b.state.admit(q, now, maxWait, place, others)
	if refused != nil {
		return false, 0, refused
	}
	turn = max(turn, b.conservativeTurn(q, now, place, others))
	if bounded && maxWait <= turn-now {
		return false, 0, &Error{Pool: b.state.windows[q].pool, Until: b.state.zoom.at(turn), reason: ErrTooLate}
	}
	if place > 0 || turn > now {
		return false, turn - now, nil
	}
	if !b.mayLeave(q, now) {
		return false, 0, nil
	}
	b.usePrerecorded(q, now)
	b.state.enter(q, now)
	return true, 0, nil
}

// waitingElsewhere counts the waiters of the other queues: they may want the same
// requests of the day.
func (b *Budget) waitingElsewhere(q queue) int {
	n := 0
	for other, waiters := range b.waiters {
		if queue(other) != q {
			n += len(waiters)
		}
	}
	return n
}

// now returns the clock's time and the time elapsed since the start.
func (b *Budget) now() (time.Time, time.Duration) {
	at := b.clock.Now()
	b.last = max(b.last, at.Sub(b.origin))
	return at, b.last
}
