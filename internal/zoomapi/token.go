package zoomapi

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
)

const (
	// renewAhead is how long before its expiry a token is renewed, but at most a
	// quarter of its life.
	renewAhead = 5 * time.Minute
	// expiryLeeway is the time that a request may take to reach Zoom.
	expiryLeeway = 10 * time.Second

	// Wrong credentials stay wrong until someone changes them.
	firstCredentialsRetry = 15 * time.Minute
	laterCredentialsRetry = 30 * time.Minute

	firstBackoff = time.Second
	maxBackoff   = time.Minute
	// maxTokenRetryAfter bounds the token endpoint's Retry-After.
	maxTokenRetryAfter = time.Hour

	// youngToken is the age below which a rejected token suggests that the next
	// one will be rejected, too.
	youngToken = time.Minute
)

// Token describes the client's token without the token itself.
type Token struct {
	// Expiry is when the token expires.
	Expiry time.Time
	// Scopes are the scopes that the app has.
	Scopes []string
	// APIURL is the address of the API, with its version.
	APIURL string
}

// Allows reports whether the token has a scope that permits endpoint.
func (t Token) Allows(endpoint Endpoint) bool {
	scopes := endpoint.Scopes()
	return len(scopes) == 0 || slices.ContainsFunc(scopes, func(s string) bool { return slices.Contains(t.Scopes, s) })
}

// accessToken is an immutable token.
type accessToken struct {
	secret  string
	issued  time.Time
	expiry  time.Time
	renewAt time.Time
	scopes  []string
	apiURL  string
}

// tokens holds the client's single token. It renews it in a goroutine, and only
// when a caller needs it: without scrapes there are no token requests either.
type tokens struct {
	request func(context.Context) (*accessToken, *Error)
	clock   clock.Clock
	jitter  func() float64 // in [0, 1)

	ctx    context.Context // of renewals, which outlive their callers
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	current *accessToken // nil before the first and after a rejection
	expiry  time.Time
	pending *renewal // in progress; nil if there is none

	failure    *Error // of the last renewal; nil if it succeeded
	failures   int    // in a row
	rejections int    // of young tokens, in a row
	retryAt    time.Time
}

// renewal is one renewal. Its result may be read once done is closed.
type renewal struct {
	done  chan struct{}
	token *accessToken
	err   error
}

func newTokens(clk clock.Clock, request func(context.Context) (*accessToken, *Error)) *tokens {
	ctx, cancel := context.WithCancel(context.Background())
	return &tokens{request: request, clock: clk, jitter: rand.Float64, ctx: ctx, cancel: cancel}
}

// get returns the token, at once if it is valid. Otherwise it waits for a
// renewal, unless the last one failed and may not be repeated yet: then it
// returns that failure.
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

// newer returns the token to send now: token, unless it has been replaced while
// its request waited for the limits.
func (t *tokens) newer(token *accessToken) *accessToken {
	t.mu.Lock()
	defer t.mu.Unlock()
	return cmp.Or(t.current, token)
}

// valid returns the current token while it may be sent. t.mu is held.
func (t *tokens) valid(now time.Time) *accessToken {
	if t.current == nil || !now.Before(t.current.expiry.Add(-expiryLeeway)) {
		return nil
	}
	return t.current
}

// renew starts a renewal. t.mu is held, t is open, and no renewal is pending.
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
			t.recordFailure(failure)
			r.err = failure
			return
		}
		if t.current != nil { // it was not rejected
			t.rejections = 0
		}
		r.token, t.current, t.expiry = token, token, token.expiry
		t.failure, t.failures, t.retryAt = nil, 0, time.Time{}
	})
}

// recordFailure keeps a failure until another attempt is due. t.mu is held.
func (t *tokens) recordFailure(failure *Error) {
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

// backoff returns the wait after the nth failure in a row: 1 s to 2 s, about
// twice as much each time, and 30 s to 1 min at most.
func (t *tokens) backoff(n int) time.Duration {
	ceiling := maxBackoff
	if n < 6 {
		ceiling = min(firstBackoff<<n, maxBackoff)
	}
	return ceiling/2 + time.Duration(t.jitter()*float64(ceiling/2))
}

// reject drops token, which Zoom did not accept, unless it has been replaced. If
// Zoom rejects one young token after another, the next one is requested only
// after a wait.
func (t *tokens) reject(token *accessToken, failure *Error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current != token {
		return
	}
	now := t.clock.Now()
	t.current, t.expiry = nil, now
	if now.Sub(token.issued) >= youngToken {
		t.rejections = 0
		return
	}
	t.rejections++
	if t.rejections > 1 {
		remembered := *failure
		t.retryAt = now.Add(t.backoff(t.rejections - 1))
		remembered.Endpoint, remembered.RetryAt = OAuthToken, t.retryAt // other endpoints get it, too
		t.failure = &remembered
	}
}

// lastExpiry returns when the last token expires or was rejected; zero before the
// first one.
func (t *tokens) lastExpiry() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.expiry
}

// close cancels the renewal in progress and waits for it.
func (t *tokens) close() {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.cancel()
	t.done.Wait()
}
