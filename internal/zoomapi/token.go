package zoomapi

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
)

const (
	// renewAhead is how long before its end a token is renewed, at most a
	// quarter of its life.
	renewAhead = 5 * time.Minute
	// expiryLeeway covers the way of a request that leaves just in time.
	expiryLeeway = 10 * time.Second

	// Credentials stay wrong until someone changes them.
	firstCredentialsRetry = 15 * time.Minute
	laterCredentialsRetry = 30 * time.Minute

	firstBackoff = time.Second
	maxBackoff   = time.Minute
	// maxTokenRetryAfter bounds what the token endpoint's Retry-After may ask.
	maxTokenRetryAfter = time.Hour

	// A token that is rejected at so young an age says that the next one may
	// fare no better.
	young = time.Minute
)

// Token is what may be known of the client's token; the token itself may not.
type Token struct {
	// Expiry is when the token ends.
	Expiry time.Time
	// Scopes are the scopes that the app has.
	Scopes []string
	// APIURL is the address that the API is asked at, with its version.
	APIURL string
}

// Allows reports whether the token has a scope that lets it ask endpoint.
func (t Token) Allows(endpoint Endpoint) bool {
	scopes := endpoint.Scopes()
	return len(scopes) == 0 || slices.ContainsFunc(scopes, func(s string) bool { return slices.Contains(t.Scopes, s) })
}

// accessToken is a token in use; immutable.
type accessToken struct {
	secret  string
	issued  time.Time
	expiry  time.Time
	renewAt time.Time
	scopes  []string
	apiURL  string
}

// tokens holds the client's one token and has it renewed, in a goroutine of
// its own and only when somebody asks for it: without scrapes there are no
// token requests either.
type tokens struct {
	request func(context.Context) (*accessToken, *Error)
	clock   clock.Clock
	jitter  func() float64 // in [0, 1)

	ctx    context.Context // of renewals: a caller's end is not theirs
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	current *accessToken // nil before the first and after a rejection
	expiry  time.Time
	pending *renewal // nil where none is under way

	failure    *Error // the last renewal's; nil if it went well
	failures   int    // in a row
	rejections int    // of young tokens, in a row
	retryAt    time.Time
}

// renewal is one renewal; its results are to be read when done is closed.
type renewal struct {
	done  chan struct{}
	token *accessToken
	err   error
}

func newTokens(clk clock.Clock, request func(context.Context) (*accessToken, *Error)) *tokens {
	ctx, cancel := context.WithCancel(context.Background())
	return &tokens{request: request, clock: clk, jitter: rand.Float64, ctx: ctx, cancel: cancel}
}

// get returns the token, at once while it is valid. Otherwise it waits for
// the renewal under way, starts one, or, when the last one failed not long
// ago, returns that failure.
func (t *tokens) get(ctx context.Context) (*accessToken, error) {
	t.mu.Lock()
	now := t.clock.Now()
	if t.closed {
		t.mu.Unlock()
		return nil, &Error{Endpoint: OAuthToken, Reason: ReasonCanceled, Message: ErrClosed.Error(), err: ErrClosed}
	}
	if current := t.valid(now); current != nil {
		if t.pending == nil && !now.Before(current.renewAt) && !now.Before(t.retryAt) {
			t.renew()
		}
		t.mu.Unlock()
		return current, nil
	}
	if t.pending == nil {
		if t.failure != nil && now.Before(t.retryAt) {
			defer t.mu.Unlock()
			return nil, t.failure
		}
		t.renew()
	}
	pending := t.pending
	t.mu.Unlock()

	select {
	case <-pending.done:
		return pending.token, pending.err
	case <-ctx.Done():
		return nil, &Error{Endpoint: OAuthToken, Reason: ReasonCanceled, err: ctx.Err()}
	}
}

// newer returns the token to send now: other, unless it has been replaced
// while its request waited for the limits.
func (t *tokens) newer(other *accessToken) *accessToken {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current != nil {
		return t.current
	}
	return other
}

// valid returns the current token while it may be sent. t.mu is held.
func (t *tokens) valid(now time.Time) *accessToken {
	if t.current == nil || !now.Before(t.current.expiry.Add(-expiryLeeway)) {
		return nil
	}
	return t.current
}

// renew starts a renewal. t.mu is held, and nothing is pending or closed.
func (t *tokens) renew() {
	r := &renewal{done: make(chan struct{})}
	t.pending = r
	t.done.Go(func() {
		token, failure := t.request(t.ctx)
		t.mu.Lock()
		defer t.mu.Unlock()
		defer close(r.done)
		t.pending = nil
		if failure != nil {
			t.failed(failure)
			r.err = failure
			return
		}
		if t.current != nil { // which was not rejected
			t.rejections = 0
		}
		r.token, t.current, t.expiry = token, token, token.expiry
		t.failure, t.failures, t.retryAt = nil, 0, time.Time{}
	})
}

// failed remembers a failure until it is worth another attempt. t.mu is held.
func (t *tokens) failed(failure *Error) {
	if t.failure != nil && (t.failure.Reason == ReasonCredentials) != (failure.Reason == ReasonCredentials) {
		t.failures = 0
	}
	t.failures++
	now := t.clock.Now()
	wait := t.backoff(t.failures)
	if failure.Reason == ReasonCredentials {
		wait = laterCredentialsRetry
		if t.failures == 1 {
			wait = firstCredentialsRetry
		}
	}
	wait = max(wait, min(failure.RetryAt.Sub(now), maxTokenRetryAfter))
	t.retryAt = now.Add(wait)
	failure.RetryAt = t.retryAt
	t.failure = failure
}

// backoff is the wait after the nth failure in a row: 1 s to 2 s, then about
// twice as much each time, up to between 30 s and 1 min.
func (t *tokens) backoff(n int) time.Duration {
	ceiling := maxBackoff
	if n < 6 {
		ceiling = min(firstBackoff<<n, maxBackoff)
	}
	return ceiling/2 + time.Duration(t.jitter()*float64(ceiling/2))
}

// reject drops token, which Zoom has not accepted, unless another has taken
// its place. If Zoom rejects one young token after the other, the next is not
// asked for at once.
func (t *tokens) reject(token *accessToken, failure *Error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current != token {
		return
	}
	now := t.clock.Now()
	t.current, t.expiry = nil, now
	if now.Sub(token.issued) >= young {
		t.rejections = 0
		return
	}
	t.rejections++
	if t.rejections > 1 {
		remembered := *failure
		t.retryAt = now.Add(t.backoff(t.rejections - 1))
		remembered.Endpoint, remembered.RetryAt = OAuthToken, t.retryAt // it is given to other endpoints, too
		t.failure = &remembered
	}
}

// lastExpiry is when the last token ends or was rejected; zero before the
// first.
func (t *tokens) lastExpiry() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.expiry
}

// close ends the renewal under way and waits for it.
func (t *tokens) close() {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.cancel()
	t.done.Wait()
}
