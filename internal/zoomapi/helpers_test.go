package zoomapi

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testAccount = "account-id-example"
	testClient  = "client-id+example"
	testSecret  = "client/secret=example"
)

// recorder is a Limiter and an Observer that records its calls.
type recorder struct {
	refuse error

	mu       sync.Mutex
	acquired []Class
	answers  []Answer
	dates    []Answer // of answers that no limit counts
	attempts []Attempt
}

func (r *recorder) Acquire(ctx context.Context, class Class) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refuse != nil {
		return r.refuse
	}
	r.acquired = append(r.acquired, class)
	return ctx.Err()
}

func (r *recorder) Observe(class Class, answer Answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if class == "" {
		r.dates = append(r.dates, answer)
		return
	}
	r.answers = append(r.answers, answer)
}

func (r *recorder) ObserveAttempt(attempt Attempt) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.attempts = append(r.attempts, attempt)
}

// of returns the attempts at an endpoint.
func (r *recorder) of(endpoint Endpoint) []Attempt {
	r.mu.Lock()
	defer r.mu.Unlock()
	var attempts []Attempt
	for _, a := range r.attempts {
		if a.Endpoint == endpoint {
			attempts = append(attempts, a)
		}
	}
	return attempts
}

// balanced fails the test unless every attempt was reported exactly once.
func (r *recorder) balanced(t *testing.T) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	counted := 0
	for _, a := range r.attempts {
		if a.Endpoint != OAuthToken {
			counted++
		}
	}
	if len(r.acquired) != len(r.answers) || len(r.acquired) != counted {
		t.Errorf("%d attempts were acquired, %d reported to the limiter, %d to the observer",
			len(r.acquired), len(r.answers), counted)
	}
}

// fakeZoom serves tokens, and the API by a handler.
type fakeZoom struct {
	*httptest.Server
	connections atomic.Int32

	mu     sync.Mutex
	tokens int
}

func newFakeZoom(t *testing.T, api http.HandlerFunc) *fakeZoom {
	t.Helper()
	z := new(fakeZoom)
	z.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/oauth/token" {
			z.mu.Lock()
			z.tokens++
			n := z.tokens
			z.mu.Unlock()
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"access_token":"secret-token-%d","token_type":"bearer","expires_in":3599,"scope":"dashboard:read:list_meetings:admin dashboard_webinars:read:admin"}`, n)
			return
		}
		api(w, r)
	}))
	z.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			z.connections.Add(1)
		}
	}
	z.Start()
	t.Cleanup(z.Close)
	return z
}

func (z *fakeZoom) tokenRequests() int {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.tokens
}

// client returns a client of z, with its configuration adjusted.
func (z *fakeZoom) client(t *testing.T, r *recorder, adjust ...func(*Config)) *Client {
	t.Helper()
	cfg := Config{
		AccountID: testAccount, ClientID: testClient, ClientSecret: testSecret,
		APIURL: z.URL + "/v2", OAuthURL: z.URL + "/oauth/token",
	}
	for _, f := range adjust {
		f(&cfg)
	}
	return newTestClient(t, cfg, r)
}

func newTestClient(t *testing.T, cfg Config, r *recorder) *Client {
	t.Helper()
	c, err := New(cfg, r, r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// answer returns a handler with a fixed answer.
func answer(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// tripper is a transport without a network.
type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func response(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{}, ContentLength: int64(len(body)),
		Body: io.NopCloser(strings.NewReader(body)),
	}
}

// mustNotReveal fails the test if text holds anything private.
func mustNotReveal(t *testing.T, text string) {
	t.Helper()
	for _, private := range []string{
		testAccount, testClient, testSecret, "secret-token", "example.com", "Ada", "192.0.2.", "81234567890", "2001:db8",
	} {
		if strings.Contains(text, private) {
			t.Errorf("%q reveals %q", text, private)
		}
	}
}
