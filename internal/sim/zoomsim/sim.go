// Package zoomsim is a simulated Zoom over real HTTP, for the demo, the tests
// and the benchmarks: the token endpoint, the Dashboard's meetings and
// webinars, and an account full of clearly artificial people.
//
// It is as strict as Zoom, and as moody as Options ask. Its world follows from
// the seed and the clock alone: the same seed, options and times give the same
// figures, whatever was asked before and in whatever order. (What is told of
// requests by their number is not of the world: tokens, which answers carry
// headers, and HistorySince.)
//
// Beside /oauth/token and /v2/metrics/… the handler serves /admin/…, open to
// whoever reaches it: it belongs on loopback. GET /admin/ lists what it does.
package zoomsim

import (
	"context"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// Sim is a simulated Zoom. Its methods may be called from many goroutines; it
// has none of its own and needs no closing.
type Sim struct {
	opts     Options
	world    *world
	tokens   tokens
	limiter  limiter
	counter  *counter
	faults   faults
	words    *vocabulary
	buffers  sync.Pool
	requests atomic.Uint64
}

// New makes a simulated Zoom.
func New(opts Options) *Sim {
	opts = opts.withDefaults()
	s := &Sim{
		opts:    opts,
		world:   newWorld(opts),
		tokens:  tokens{expiry: map[string]time.Time{}},
		counter: newCounter(),
		words:   newVocabulary(),
		limiter: limiter{
			limits: *opts.Limits,
			born:   opts.Now(),
			heavy:  window{span: time.Second},
			list:   window{span: time.Minute},
		},
	}
	s.faults.seed = hash(opts.Seed).text("faults")
	s.buffers.New = func() any { return new([]byte) }
	return s
}

// Credentials are those that the token endpoint accepts.
func (s *Sim) Credentials() Credentials { return s.opts.Credentials }

// Env is the five assignments ZOOM_…=… that point a client to this Zoom when
// Handler is served at baseURL, such as http://127.0.0.1:8080.
func (s *Sim) Env(baseURL string) []string {
	base := strings.TrimSuffix(baseURL, "/")
	c := s.opts.Credentials
	return []string{
		"ZOOM_ACCOUNT_ID=" + c.AccountID,
		"ZOOM_CLIENT_ID=" + c.ClientID,
		"ZOOM_CLIENT_SECRET=" + c.ClientSecret,
		"ZOOM_API_URL=" + base + "/v2",
		"ZOOM_OAUTH_URL=" + base + "/oauth/token",
	}
}

// Handler serves the simulated Zoom.
func (s *Sim) Handler() http.Handler { return http.HandlerFunc(s.serve) }

// serve routes by the escaped path: a ServeMux would unescape and clean what
// Zoom takes literally.
func (s *Sim) serve(w http.ResponseWriter, r *http.Request) {
	path := r.URL.EscapedPath()
	w.Header()["Date"] = []string{s.opts.Now().UTC().Format(http.TimeFormat)}
	switch {
	case path == "/admin", strings.HasPrefix(path, "/admin/"):
		s.admin(w, r)
	case path == "/oauth/token":
		s.serveToken(w, r)
	default:
		s.serveAPI(w, r, path)
	}
}

func (s *Sim) serveToken(w http.ResponseWriter, r *http.Request) {
	x := exchange{sim: s, w: w, r: r, endpoint: zoomapi.OAuthToken}
	x.fault = s.faults.take(zoomapi.OAuthToken, r.URL.EscapedPath())
	if x.fault.is(FaultRevoke) {
		s.tokens.revoke()
	}
	if f := x.fault.failure(s, endpoint{}); f != nil {
		x.fail(f)
		return
	}
	if !x.wait() {
		return
	}
	body, f := s.token(r)
	if f != nil {
		x.fail(f)
		return
	}
	x.send(http.StatusOK, body)
}

// serveAPI answers an endpoint. The order of the checks is Zoom's as far as it
// can be seen: the token, the limits, then what the app may and wants.
func (s *Sim) serveAPI(w http.ResponseWriter, r *http.Request, path string) {
	e, id, userID, ok := route(path)
	x := exchange{sim: s, w: w, r: r, endpoint: e.name}
	if !ok {
		x.endpoint = Elsewhere
		x.fail(notLive())
		return
	}
	if r.Method != http.MethodGet {
		x.fail(&failure{status: http.StatusMethodNotAllowed, code: 405, message: "Method is not allowed."})
		return
	}
	now := s.opts.Now()
	if f := s.authorise(r); f != nil {
		x.fail(f)
		return
	}
	x.fault = s.faults.take(e.name, path)
	if x.fault.is(FaultRevoke) {
		s.tokens.revoke()
		x.fail(badToken("Access token is expired."))
		return
	}
	s.counter.arrived(e.class, now)
	nth := hash(s.opts.Seed).text("headers").with(s.requests.Add(1))
	verdict := s.limiter.admit(e.class, now, nth.one(2))
	if s.opts.Headers == HeadersNever || s.opts.Headers == HeadersOften && nth.text("skip").one(5) {
		verdict.kind, verdict.retryAt = "", time.Time{}
	}
	verdict.write(w.Header(), s.opts.RetryAfter, now)
	if verdict.failure != nil {
		x.fail(verdict.failure)
		return
	}
	defer s.limiter.done()
	x.answer(query{endpoint: e, id: id, userID: userID})
}

// answer is what comes of an admitted request.
func (x *exchange) answer(q query) {
	s := x.sim
	if f := x.fault.failure(s, q.endpoint); f != nil {
		if f.status == http.StatusTooManyRequests && s.opts.Headers != HeadersNever {
			now := s.opts.Now()
			// What the limits that hold have to say is not this refusal's.
			maps.DeleteFunc(x.w.Header(), func(name string, _ []string) bool { return strings.HasPrefix(name, "X-Ratelimit-") })
			x.fault.headers(q.endpoint.class, now).write(x.w.Header(), s.opts.RetryAfter, now)
		}
		x.fail(f)
		return
	}
	f := s.allowed(q.endpoint)
	if f == nil {
		f = q.read(x.r.URL.Query(), s.opts.Now(), s.opts.Moods)
	}
	if !x.wait() {
		return
	}
	if f != nil {
		x.write(f.status, f.body(s.words))
		return
	}
	buffer := s.buffers.Get().(*[]byte)
	defer s.buffers.Put(buffer)
	e := encoder{b: (*buffer)[:0], words: s.words}
	f = q.endpoint.answer(s, &q, &e)
	*buffer = e.b
	if f != nil {
		x.write(f.status, f.body(s.words))
		return
	}
	x.send(http.StatusOK, e.b)
}

// allowed checks the account's plan and the app's scopes.
func (s *Sim) allowed(e endpoint) *failure {
	if s.opts.NoDashboard {
		return &failure{status: http.StatusBadRequest, code: 200, message: "Dashboard feature is not enabled for this account."}
	}
	if s.opts.NoWebinars && e.kind == zoomapi.Webinar {
		return &failure{status: http.StatusBadRequest, code: 200, message: "Webinar plan is missing for this account."}
	}
	return s.permit(e)
}

// exchange is one request and how it is answered.
type exchange struct {
	sim      *Sim
	w        http.ResponseWriter
	r        *http.Request
	endpoint zoomapi.Endpoint
	fault    *Fault // nil for none
}

// wait takes the time that an answer takes; false if nobody waits for it.
func (x *exchange) wait() bool {
	d := x.sim.opts.Latency
	if x.fault.is(FaultLatency) {
		d += time.Duration(x.fault.Delay)
	}
	ok := sleep(x.r.Context(), d)
	if !ok {
		x.sim.counter.answered(x.endpoint, 0)
	}
	return ok
}

func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (x *exchange) fail(f *failure) {
	if x.wait() {
		x.w.Header().Set("X-Zm-Trackingid", "v=2.0;clid=sim") // tells Zoom's errors from a gateway's
		x.write(f.status, f.body(x.sim.words))
	}
}

// write sends a whole body.
func (x *exchange) write(status int, body []byte) {
	x.sim.counter.answered(x.endpoint, status)
	h := x.w.Header()
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/json;charset=UTF-8")
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	x.w.WriteHeader(status)
	_, _ = x.w.Write(body) // who asked may have gone
}
