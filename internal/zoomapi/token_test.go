package zoomapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// granter is a transport that serves tokens and, for the API, an empty page.
type granter struct {
	grant func(n int, r *http.Request) (*http.Response, error) // of the nth request for a token
	api   func(token string) *http.Response                    // nil: all is well

	mu   sync.Mutex
	n    int
	apiN int
}

func (g *granter) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/token") {
		g.mu.Lock()
		g.n++
		n := g.n
		g.mu.Unlock()
		return g.grant(n, r)
	}
	g.mu.Lock()
	g.apiN++
	g.mu.Unlock()
	if g.api != nil {
		return g.api(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")), nil
	}
	return response(200, `{"meetings":[]}`), nil
}

func (g *granter) tokenRequests() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.n
}

func (g *granter) apiRequests() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.apiN
}

func granted(n int) *http.Response {
	return response(200, fmt.Sprintf(`{"access_token":"secret-token-%d","expires_in":3599}`, n))
}

func grantAlways(n int, _ *http.Request) (*http.Response, error) { return granted(n), nil }

// inBubble runs f with a client of g, in a synctest bubble.
func inBubble(t *testing.T, g *granter, f func(t *testing.T, c *Client, r *recorder)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := new(recorder)
		c := newTestClient(t, Config{
			AccountID: testAccount, ClientID: testClient, ClientSecret: testSecret, Transport: g,
		}, r)
		f(t, c, r)
	})
}

// A token is renewed ahead of its expiry, once, and no caller waits for it.
func TestRenewAhead(t *testing.T) {
	release := make(chan struct{})
	g := &granter{grant: func(n int, r *http.Request) (*http.Response, error) {
		if n == 2 {
			select {
			case <-release:
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
		}
		return granted(n), nil
	}}
	synctest.Test(t, func(t *testing.T) {
		release = make(chan struct{})
		r := new(recorder)
		c := newTestClient(t, Config{AccountID: testAccount, ClientID: testClient, ClientSecret: testSecret, Transport: g}, r)
		get := func() Token {
			t.Helper()
			start := time.Now()
			token, err := c.Token(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if time.Since(start) != 0 {
				t.Errorf("it took %v", time.Since(start))
			}
			return token
		}
		first := get()
		time.Sleep(time.Until(first.Expiry) - renewAhead - time.Second)
		get()
		synctest.Wait()
		if n := g.tokenRequests(); n != 1 {
			t.Fatalf("%d token requests before it was time", n)
		}
		time.Sleep(time.Second)
		for range 10 {
			if token := get(); !token.Expiry.Equal(first.Expiry) {
				t.Error("a token is used before it came")
			}
		}
		synctest.Wait()
		if n := g.tokenRequests(); n != 2 {
			t.Fatalf("%d token requests, want one renewal", n)
		}
		close(release)
		synctest.Wait()
		if token := get(); !token.Expiry.After(first.Expiry) || !c.TokenExpiry().Equal(token.Expiry) {
			t.Errorf("the renewed token expires at %v", token.Expiry)
		}
		// Without callers nothing is renewed.
		time.Sleep(24 * time.Hour)
		if n := g.tokenRequests(); n != 2 {
			t.Errorf("%d token requests while nobody asked", n)
		}
		get()
		if n := g.tokenRequests(); n != 3 {
			t.Errorf("%d token requests, want one for the expired token", n)
		}
	})
}

// Ten waiting callers share one request; one that gives up does not cancel it.
func TestSingleFlight(t *testing.T) {
	g := &granter{grant: func(n int, r *http.Request) (*http.Response, error) {
		time.Sleep(10 * time.Second)
		return granted(n), r.Context().Err()
	}}
	inBubble(t, g, func(t *testing.T, c *Client, _ *recorder) {
		var wg sync.WaitGroup
		for i := range 10 {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(1+3*i)*time.Second)
				defer cancel()
				start := time.Now()
				_, err := c.Token(ctx)
				switch wait := time.Since(start); {
				case i < 3 && (ReasonOf(err) != ReasonCanceled || !errors.Is(err, context.DeadlineExceeded) || wait != time.Duration(1+3*i)*time.Second):
					t.Errorf("%d: got %v after %v", i, err, wait)
				case i > 3 && (err != nil || wait != 10*time.Second):
					t.Errorf("%d: got %v after %v", i, err, wait)
				}
			})
		}
		wg.Wait()
		if n := g.tokenRequests(); n != 1 {
			t.Errorf("%d token requests", n)
		}
	})
}

// Ten callers whose token is rejected renew it once, and all succeed.
func TestRejectedTokenIsRenewedOnce(t *testing.T) {
	g := &granter{grant: grantAlways}
	var gate sync.WaitGroup
	gate.Add(10)
	g.api = func(token string) *http.Response {
		if token == "secret-token-1" {
			gate.Done()
			gate.Wait()
			return response(401, `{"code":124,"message":"Invalid access token."}`)
		}
		return response(200, `{"meetings":[]}`)
	}
	inBubble(t, g, func(t *testing.T, c *Client, r *recorder) {
		gate = sync.WaitGroup{}
		gate.Add(10)
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				if _, err := c.List(t.Context(), Meeting, ""); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n, sent := g.tokenRequests(), g.apiRequests(); n != 2 || sent != 20 {
			t.Errorf("%d token requests and %d others, want 2 and 20", n, sent)
		}
		r.balanced(t)
	})
}

// A request whose token is replaced while it waits for the limits is sent with
// the new one.
func TestTokenReplacedWhileWaiting(t *testing.T) {
	var sent []string
	g := &granter{grant: grantAlways, api: func(token string) *http.Response {
		sent = append(sent, token)
		return response(200, `{"meetings":[]}`)
	}}
	synctest.Test(t, func(t *testing.T) {
		slow := slowLimiter{recorder: new(recorder), wait: 2 * renewAhead}
		c, err := New(Config{AccountID: testAccount, ClientID: testClient, ClientSecret: testSecret, Transport: g}, slow, slow)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		token, err := c.Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Until(token.Expiry) - renewAhead)
		if _, err := c.List(t.Context(), Meeting, ""); err != nil {
			t.Fatal(err)
		}
		if len(sent) != 1 || sent[0] != "secret-token-2" {
			t.Errorf("sent with %q", sent)
		}
	})
}

// slowLimiter delays each request.
type slowLimiter struct {
	*recorder
	wait time.Duration
}

func (l slowLimiter) Acquire(ctx context.Context, class Class) error {
	time.Sleep(l.wait)
	return l.recorder.Acquire(ctx, class)
}

// If Zoom rejects every token, not every request asks for a new one.
func TestTokensRejectedForEver(t *testing.T) {
	g := &granter{grant: grantAlways, api: func(string) *http.Response { return response(401, `{"code":124}`) }}
	inBubble(t, g, func(t *testing.T, c *Client, r *recorder) {
		for range 100 {
			if _, err := c.List(t.Context(), Meeting, ""); !errors.Is(err, ErrToken) {
				t.Fatalf("got %v", err)
			}
		}
		if n, sent := g.tokenRequests(), g.apiRequests(); n != 2 || sent != 2 {
			t.Errorf("%d token requests and %d others at once", n, sent)
		}
		// The error of another endpoint does not name the one that was rejected.
		_, err := c.List(t.Context(), Webinar, "")
		if e, ok := errors.AsType[*Error](err); !ok || e.Endpoint != OAuthToken {
			t.Errorf("the error of another endpoint: %v", err)
		}
		if c.TokenExpiry().After(time.Now()) {
			t.Error("a rejected token expires in the future")
		}
		for range 3600 {
			time.Sleep(time.Second)
			if _, err := c.List(t.Context(), Meeting, ""); !errors.Is(err, ErrToken) {
				t.Fatalf("got %v", err)
			}
		}
		if n := g.tokenRequests(); n > 130 || n < 50 {
			t.Errorf("%d token requests in an hour", n)
		}
		r.balanced(t)

		g.api = nil // it is well again
		time.Sleep(maxBackoff)
		if _, err := c.List(t.Context(), Meeting, ""); err != nil {
			t.Errorf("recovered, yet %v", err)
		}
	})
}

func TestWrongCredentials(t *testing.T) {
	tests := []struct {
		name   string
		status int
		body   string
		want   string
	}{
		{"wrong client", 401, `{"reason":"Invalid client_id or client_secret","error":"invalid_client"}`, "invalid_client: Invalid client_id or client_secret"},
		{"wrong client, older", 400, `{"reason":"Invalid client_id or client_secret","error":"invalid_client"}`, "invalid_client"},
		{"wrong account", 400, `{"reason":"Bad Request for account-id-example","error":"invalid_request"}`, "invalid_request: Bad Request for […]"},
		{"deactivated", 403, `{"reason":"The app has been disabled","error":"invalid_client"}`, "disabled"},
		{"without a body", 401, ``, "Zoom refuses the credentials"},
		{"echo of it all", 400, `{"reason":"` + testAccount + `,` + testClient + `,` + testSecret + ` of ada@example.com","error":"invalid_client"}`, "invalid_client: […],[…],[…] of […]"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g := &granter{grant: func(int, *http.Request) (*http.Response, error) { return response(test.status, test.body), nil }}
			inBubble(t, g, func(t *testing.T, c *Client, r *recorder) {
				start := time.Now()
				for time.Since(start) < time.Hour {
					_, err := c.List(t.Context(), Meeting, "")
					e, ok := errors.AsType[*Error](err)
					if !ok || !errors.Is(err, ErrCredentials) || e.Endpoint != OAuthToken || e.Status != test.status {
						t.Fatalf("got %v", err)
					}
					if !strings.Contains(err.Error(), test.want) {
						t.Fatalf("%q does not say %q", err, test.want)
					}
					mustNotReveal(t, err.Error())
					time.Sleep(time.Second)
				}
				if n := g.tokenRequests(); n != 3 { // at 0, 15 and 45 minutes
					t.Errorf("%d token requests in an hour, want 3", n)
				}
				if g.apiRequests() != 0 || len(r.acquired) != 0 {
					t.Error("the API was asked")
				}
			})
		})
	}
}

func TestTransientTokenFailures(t *testing.T) {
	tests := []struct {
		name     string
		response *http.Response // nil: none comes
		want     Reason
		most     int // token requests in 10 minutes
	}{
		{"server error", response(503, `<html>`), ReasonServer, 24},
		{"proxy", response(403, `<html>`), ReasonOther, 24},
		{"rate", response(429, ``), ReasonRateLimited, 24},
		{"rate, until", retryAfter(response(429, ``), "300"), ReasonRateLimited, 2},
		{"rate, for ever", retryAfter(response(429, ``), "999999"), ReasonRateLimited, 1},
		{"network", nil, ReasonNetwork, 24},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var well bool
			g := &granter{grant: func(n int, _ *http.Request) (*http.Response, error) {
				switch {
				case well:
					return granted(n), nil
				case test.response == nil:
					return nil, errors.New(`dial "https://zoom.example/secret-token": broken`)
				}
				again := *test.response
				again.Body = io.NopCloser(strings.NewReader("<html>Ada</html>"))
				return &again, nil
			}}
			inBubble(t, g, func(t *testing.T, c *Client, r *recorder) {
				ask := func() error { _, err := c.Token(t.Context()); return err }
				start := time.Now()
				for time.Since(start) < 10*time.Minute {
					if err := ask(); ReasonOf(err) != test.want {
						t.Fatalf("got %v of reason %q", err, ReasonOf(err))
					} else {
						mustNotReveal(t, err.Error())
					}
					time.Sleep(100 * time.Millisecond)
				}
				if n := g.tokenRequests(); n > test.most || n < (test.most+1)/2 {
					t.Errorf("%d token requests, want about %d", n, test.most)
				}
				well = true
				time.Sleep(maxTokenRetryAfter)
				if err := ask(); err != nil {
					t.Errorf("recovered, yet %v", err)
				}
			})
		})
	}
}

func retryAfter(r *http.Response, value string) *http.Response {
	r.Header.Set("Retry-After", value)
	return r
}

// While the old token is valid, a failed renewal affects no caller.
func TestRenewalFails(t *testing.T) {
	g := &granter{grant: func(n int, _ *http.Request) (*http.Response, error) {
		if n == 1 {
			return granted(n), nil
		}
		return response(401, `{"error":"invalid_client"}`), nil
	}}
	inBubble(t, g, func(t *testing.T, c *Client, _ *recorder) {
		token, err := c.Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for time.Now().Before(token.Expiry.Add(-expiryLeeway)) {
			if _, err := c.List(t.Context(), Meeting, ""); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		if _, err := c.List(t.Context(), Meeting, ""); !errors.Is(err, ErrCredentials) {
			t.Errorf("got %v", err)
		}
		if n := g.tokenRequests(); n != 2 {
			t.Errorf("%d token requests", n)
		}
	})
}

func TestBackoff(t *testing.T) {
	for _, jitter := range []float64{0, 0.5, 0.999999} {
		tokens := &tokens{jitter: func() float64 { return jitter }}
		last := time.Duration(0)
		for n := 1; n < 1000; n++ {
			wait := tokens.backoff(n)
			if wait < last || wait < firstBackoff || wait > maxBackoff {
				t.Fatalf("after %d failures %v, with jitter %v", n, wait, jitter)
			}
			last = wait
		}
		if last < maxBackoff/2 {
			t.Errorf("the longest wait is %v", last)
		}
	}
}

// Close cancels a renewal in progress, waits for it, and fails later calls.
func TestClose(t *testing.T) {
	started, ended := make(chan struct{}), false
	g := &granter{grant: func(_ int, r *http.Request) (*http.Response, error) {
		close(started)
		<-r.Context().Done()
		ended = true
		return nil, r.Context().Err()
	}}
	synctest.Test(t, func(t *testing.T) {
		started = make(chan struct{})
		c := newTestClient(t, Config{AccountID: testAccount, ClientID: testClient, ClientSecret: testSecret, Transport: g}, new(recorder))
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := c.Token(t.Context()); !errors.Is(err, ErrCanceled) {
				t.Errorf("the waiting caller got %v", err)
			}
		})
		<-started
		c.Close()
		if !ended {
			t.Error("Close did not wait")
		}
		wg.Wait()
		if _, err := c.List(t.Context(), Meeting, ""); !errors.Is(err, ErrClosed) || ReasonOf(err) != ReasonCanceled {
			t.Errorf("a closed client returned %v", err)
		}
		c.Close()
	})
}
