// Package zoomsim is a deterministic simulator of Zoom's API over HTTP, for the
// demo, the tests and the benchmarks: the token endpoint, the Dashboard's meetings
// and webinars, and an account of clearly artificial people.
//
// It is as strict as Zoom, and deviates from the documentation as Options say. Its
// world is a function of the seed, the options and the time: the same ones give
// the same figures, whatever was requested before. Only tokens, which answers have
// headers, and HistorySince depend on earlier requests.
//
// Besides /oauth/token and /v2/metrics/ the handler serves /admin/, without
// authentication: it should be reachable on loopback only. GET /admin/ lists its
// actions.
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

// Sim is a simulated Zoom. It is safe for concurrent use, has no goroutines of its
// own and needs no closing.
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

// New returns a simulated Zoom.
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
			began:  opts.Now(),
			heavy:  window{span: time.Second},
			list:   window{span: time.Minute},
		},
	}
	s.faults.seed = hash(opts.Seed).text("faults")
	s.buffers.New = func() any { return new([]byte) }
	return s
}

// Credentials returns those that the token endpoint accepts.
func (s *Sim) Credentials() Credentials { return s.opts.Credentials }

// Env returns the environment variables (NAME=VALUE) by which the exporter uses
// this Zoom when Handler is served at baseURL, such as http://127.0.0.1:8080.
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

// Handler returns the HTTP handler of the simulated Zoom.
func (s *Sim) Handler() http.Handler { return http.HandlerFunc(s.serve) }

// serve routes by the escaped path, which Zoom takes literally; a ServeMux would
// unescape and clean it.
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

// serveAPI answers an endpoint. It checks in Zoom's order, as far as that can be
// observed: the token, the limits, the scopes, the parameters.
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
	admitted := s.limiter.admit(e.class, now, nth.oneIn(2))
	if s.opts.Headers == HeadersNever || s.opts.Headers == HeadersOften && nth.text("skip").oneIn(5) {
		admitted.kind, admitted.retryAt = "", time.Time{}
	}
	admitted.write(w.Header(), s.opts.RetryAfter, now)
	if admitted.failure != nil {
		x.fail(admitted.failure)
		return
	}
	defer s.limiter.done()
	x.answer(query{endpoint: e, id: id, userID: userID})
}

// answer answers an admitted request.
func (x *exchange) answer(q query) {
	s := x.sim
	if f := x.fault.failure(s, q.endpoint); f != nil {
		if f.status == http.StatusTooManyRequests && s.opts.Headers != HeadersNever {
			now := s.opts.Now()
			// The headers of the real limits do not belong to this refusal.
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

// allowed checks the account's plan and the app's scopes for an endpoint.
func (s *Sim) allowed(e endpoint) *failure {
	if s.opts.NoDashboard {
		return &failure{status: http.StatusBadRequest, code: 200, message: "Dashboard feature is not enabled for this account."}
	}
	if s.opts.NoWebinars && e.kind == zoomapi.Webinar {
		return &failure{status: http.StatusBadRequest, code: 200, message: "Webinar plan is missing for this account."}
	}
	return s.permit(e)
}

// exchange is one request and its answer.
type exchange struct {
	sim      *Sim
	w        http.ResponseWriter
	r        *http.Request
	endpoint zoomapi.Endpoint
	fault    *Fault // nil for none
}

// wait waits for as long as an answer takes, and reports whether the client still
// waits.
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

// write sends an answer.
func (x *exchange) write(status int, body []byte) {
	x.sim.counter.answered(x.endpoint, status)
	h := x.w.Header()
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/json;charset=UTF-8")
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	x.w.WriteHeader(status)
	_, _ = x.w.Write(body) // the client may be gone
}
