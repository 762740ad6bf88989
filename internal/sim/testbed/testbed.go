// Package testbed joins a simulated Zoom, the real client, the real budget and
// the real poller in memory, so that tests can run them for days under the fake
// clock of testing/synctest. Only tests import it.
package testbed

import (
	"cmp"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/asynclog"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// Options describe a bed; the zero value polls an empty account of a business
// plan with everything collected and nothing hidden.
type Options struct {
	Name string // of the account; "" is "test"
	Sim  zoomsim.Options
	// Before is a bed whose Zoom and limiter this one takes over, as after a
	// restart; Sim and Limits then mean nothing.
	Before *Bed
	// Limits are what the exporter believes Zoom grants; nil is the business
	// plan's.
	Limits  *budget.Limits
	Reserve float64
	// Poll, if not nil, changes the poller's options.
	Poll func(*poll.Options)
	// Intercept, if not nil, may answer a request in Zoom's place; nil from it
	// lets the request through.
	Intercept func(*http.Request) (*http.Response, error)
	// Secret replaces the client secret, to be a wrong one.
	Secret string
	// Observer is told of the client's attempts; nil is nobody.
	Observer zoomapi.Observer
	// Log, if not nil, gets each log line before Bed.Log does.
	Log zapcore.Core
	// Clock is the exporter's; nil is the system's.
	Clock clock.Clock
}

// Bed is one account and its Zoom.
type Bed struct {
	*poll.Account
	Sim     *zoomsim.Sim
	Budget  *budget.Budget
	Options poll.Options
	Log     *observer.ObservedLogs
}

// New makes a bed that ends with the test. Under synctest it must be made
// within the bubble, whose clock it moves to Midnight.
func New(t testing.TB, o Options) *Bed {
	t.Helper()
	Midnight()
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	sim, limiter := zoomAndBudget(o)
	credentials := sim.Credentials()
	if o.Secret != "" {
		credentials.ClientSecret = o.Secret
	}
	watch := o.Observer
	if watch == nil {
		watch = nobody{}
	}
	client, err := zoomapi.New(zoomapi.Config{
		AccountID: credentials.AccountID, ClientID: credentials.ClientID, ClientSecret: credentials.ClientSecret,
		APIURL: "http://zoom.example.com/v2", OAuthURL: "http://zoom.example.com/oauth/token",
		Transport: &transport{handler: sim.Handler(), intercept: o.Intercept},
		Clock:     o.Clock,
	}, limiter, watch)
	if err != nil {
		t.Fatal(err)
	}
	core, logs := observer.New(zapcore.DebugLevel)
	if o.Log != nil {
		core = asynclog.New(zapcore.NewTee(o.Log, core))
	}
	opts := poll.Options{
		Settings: live.Settings{
			Converter: &qos.Converter{Privacy: Open(), Sites: Sites(), CRC: true, RWG: true, CPU: true, WiFi: true},
			Meetings:  true, Webinars: true,
			ParticipantsLists: map[zoomapi.Kind]bool{zoomapi.Webinar: true},
		},
		Zoom: client, Budget: limiter, Single: client, WebinarsOptional: true,
	}
	if o.Poll != nil {
		o.Poll(&opts)
	}
	bed := &Bed{
		Account: poll.New(cmp.Or(o.Name, "test"), opts, o.Clock, zap.New(core)),
		Sim:     sim, Budget: limiter, Options: opts, Log: logs,
	}
	t.Cleanup(func() {
		bed.Close()
		client.Close()
	})
	return bed
}

func zoomAndBudget(o Options) (*zoomsim.Sim, *budget.Budget) {
	if o.Before != nil {
		return o.Before.Sim, o.Before.Budget
	}
	limits := budget.Business.Limits()
	if o.Limits != nil {
		limits = *o.Limits
	}
	return zoomsim.New(o.Sim), budget.New(budget.Options{Limits: limits, Reserve: o.Reserve, Clock: o.Clock})
}

// Open is a privacy that hides nothing.
func Open() qos.Privacy {
	return qos.Privacy{
		User: qos.Plain, UserName: qos.Plain, Email: qos.Plain, IPAddress: qos.Plain, InternalIPAddress: qos.Plain,
		PCName: qos.Plain, Domain: qos.Plain, Location: qos.Plain, Device: qos.Plain,
		MeetingID: qos.Plain, Topic: qos.Plain, Host: qos.Plain, Department: qos.Plain,
	}
}

// Sites are the simulated company's.
func Sites() qos.Sites {
	var sites qos.Sites
	for _, s := range zoomsim.Sites() {
		sites = append(sites, qos.SiteRule{
			Site: s.Name, Internal: []netip.Prefix{s.Internal}, Public: []netip.Prefix{s.Public},
		})
	}
	return sites
}

type nobody struct{}

func (nobody) ObserveAttempt(zoomapi.Attempt) {}

// transport carries requests to a handler without a network.
type transport struct {
	handler   http.Handler
	intercept func(*http.Request) (*http.Response, error)
}

// RoundTrip implements http.RoundTripper.
func (tr *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if tr.intercept != nil {
		if resp, err := tr.intercept(req); resp != nil || err != nil {
			return resp, err
		}
	}
	served := make(chan *http.Response, 1)
	go func() {
		defer close(served)
		defer func() { _ = recover() }() // http.ErrAbortHandler: the connection broke
		recorder := httptest.NewRecorder()
		tr.handler.ServeHTTP(recorder, serverSide(req))
		served <- recorder.Result()
	}()
	select {
	case resp := <-served:
		if resp == nil {
			return nil, io.ErrUnexpectedEOF
		}
		resp.Request = req
		return resp, nil
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
}

// serverSide is a client's request as a server would see it.
func serverSide(req *http.Request) *http.Request {
	in := req.Clone(req.Context())
	in.RequestURI = req.URL.RequestURI()
	in.Host = req.URL.Host
	if in.Body == nil {
		in.Body = http.NoBody
	}
	return in
}

// Answer makes an answer for Intercept.
func Answer(status int, header http.Header, body string) *http.Response {
	recorder := httptest.NewRecorder()
	for name, values := range header {
		recorder.Header()[name] = values
	}
	if recorder.Header().Get("Content-Type") == "" {
		recorder.Header().Set("Content-Type", "application/json;charset=UTF-8")
	}
	recorder.WriteHeader(status)
	_, _ = recorder.WriteString(body) // a recorder takes everything
	return recorder.Result()
}

// IsQoS reports whether a request asks for a page of figures.
func IsQoS(req *http.Request) bool { return strings.HasSuffix(req.URL.Path, "/participants/qos") }

// Switch is an intercepting function that can be changed while requests run.
type Switch struct {
	mu sync.Mutex
	f  func(*http.Request) (*http.Response, error)
}

// Set changes the function; nil lets everything through.
func (s *Switch) Set(f func(*http.Request) (*http.Response, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.f = f
}

// Intercept is for Options.Intercept.
func (s *Switch) Intercept(req *http.Request) (*http.Response, error) {
	s.mu.Lock()
	f := s.f
	s.mu.Unlock()
	if f == nil {
		return nil, nil
	}
	return f(req)
}

// Midnight moves a bubble's clock to the beginning of its first day. Bubbles begin
// on a Saturday of the year 2000, and the budget believes no Date of that year;
// this is a Saturday of 2026. New calls it.
func Midnight() { time.Sleep(time.Until(time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC))) }

// Noon moves a bubble's clock to noon of its first day, so that a fresh
// start's share of the requests is half.
func Noon() {
	Midnight()
	time.Sleep(12 * time.Hour)
}

// Rewrite is what a simulated Zoom answers, with a body changed by change.
func Rewrite(sim *zoomsim.Sim, req *http.Request, change func(string) string) *http.Response {
	recorder := httptest.NewRecorder()
	sim.Handler().ServeHTTP(recorder, serverSide(req))
	header := recorder.Header().Clone()
	header.Del("Content-Length")
	return Answer(recorder.Code, header, change(recorder.Body.String()))
}
