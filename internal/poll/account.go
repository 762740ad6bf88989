// Package poll asks Zoom for what a scrape wants to know and keeps what it
// answered. A scrape sets a cycle off; the cycle belongs to the account, not to
// the scrape, so that what was paid for is kept when the scrape's time is up.
package poll

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/plan"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// Zoom is what the poller asks; *zoomapi.Client is one. Every counted attempt
// it makes goes through the account's ledger first.
type Zoom interface {
	Token(ctx context.Context) (zoomapi.Token, error)
	TokenExpiry() time.Time
	List(ctx context.Context, kind zoomapi.Kind, page string) (zoomapi.Page[zoomapi.Live], error)
	QoS(ctx context.Context, kind zoomapi.Kind, id, page string) (zoomapi.Page[zoomapi.QoSRow], error)
	Participants(ctx context.Context, kind zoomapi.Kind, id, page string) (zoomapi.Page[zoomapi.ParticipantRow], error)
	PastQoS(ctx context.Context, kind zoomapi.Kind, id, page string) (zoomapi.Page[zoomapi.QoSRow], error)
	QoSSummary(ctx context.Context, kind zoomapi.Kind, id, page string) (zoomapi.Page[zoomapi.SummaryRow], error)
}

// Ledger tells what may still be spent, and the time by Zoom's clock, which days
// and minutes follow; *budget.Budget is one.
type Ledger interface {
	ZoomTime() zoomtime.Time
	Left(class zoomapi.Class) (requests int, reset time.Duration)
	Status() []budget.PoolStatus
}

// Switch says whether webinars are asked for.
type Switch string

// Auto asks for webinars while the account has the add-on and the scope, and
// looks again every hour where it has not.
const (
	Off  Switch = "off"
	On   Switch = "on"
	Auto Switch = "auto"
)

// Options are what an account's poller works with; Configure may change them.
type Options struct {
	Zoom      Zoom
	Ledger    Ledger
	Converter *qos.Converter
	Meetings  bool
	Webinars  Switch
	// ParticipantsLists holds the kinds whose participants list is asked too,
	// which alone tells roles and waiting rooms.
	ParticipantsLists map[zoomapi.Kind]bool
	// Summaries says that Zoom is asked for its own summary of the sessions of
	// ended meetings, while the account has the add-on.
	Summaries bool
	// Keep says which live meetings are collected; nil keeps them all.
	Keep func(*zoomapi.Live) bool
	// MaxParticipants bounds what is held of the account; 0 is no bound.
	MaxParticipants int
	// MaxAge is how old an answer may be and still be shown, at least; no answer
	// is shown that is older than an hour.
	MaxAge time.Duration
	// Watched says which live meetings are to be seen more closely, by
	// Weights; nil is none of them.
	Watched func(*zoomapi.Live) bool
	Weights plan.Weights
	// TimeZone is where the account's working day is; nil is UTC.
	TimeZone *time.Location
	// Profile keeps what was learned of demand over restarts; nil forgets it.
	// It is used from New on: Configure does not change it.
	Profile ProfileStore
	// Readings says what is counted under which labels; its Volatile is the
	// account's own affair. By its Thresholds the plan judges meetings, too.
	Readings readings.Config
	// Counted keeps what was counted over restarts; nil counts from 0 at each
	// start. It is used from New on: Configure does not change it.
	Counted ReadingsStore
	// SlowStart says that the ledger does not know what was spent before this
	// process started, so that the first cycle spends a minute's share at most.
	SlowStart bool
	// Workers is how many meetings are asked side by side; 0 is 16.
	Workers int
	// Single is what probes are asked of; nil is without them.
	Single Single
}

// Account polls one Zoom account and holds what is known of it.
type Account struct {
	name   string
	clock  clock.Clock
	log    *logger
	faults *faults

	ctx    context.Context // ends with the account, not with a scrape
	cancel context.CancelFunc
	cycles sync.WaitGroup

	mu               sync.Mutex
	opts             Options
	running          chan struct{} // closed at the end of the newest cycle
	runningUntil     time.Time     // when that one begins no more requests
	closed           bool
	deadlineExceeded uint64
	tasks            map[zoomapi.Endpoint]*task
	pauses           map[zoomapi.Endpoint]time.Time
	lists            map[zoomapi.Kind]*listing
	store            *store
	addressing       addressing
	pacing           pacing
	counting         counting
	probes           probes
}

// New makes an account that has not asked anything yet.
func New(name string, opts Options, clk clock.Clock, log *zap.Logger) *Account {
	ctx, cancel := context.WithCancel(context.Background())
	lines := newLogger(log.With(zap.String("account", name)))
	a := &Account{
		name:   name,
		clock:  clk,
		log:    lines,
		faults: newFaults(lines, clk),
		ctx:    ctx,
		cancel: cancel,
		tasks:  make(map[zoomapi.Endpoint]*task),
		pauses: make(map[zoomapi.Endpoint]time.Time),
		lists:  map[zoomapi.Kind]*listing{zoomapi.Meeting: {}, zoomapi.Webinar: {}},
		store:  newStore(),
		probes: newProbes(clk.Now()),
	}
	a.opts = opts
	a.loadProfile()
	a.loadReadings()
	a.Configure(opts)
	return a
}

// Name is the account's label.
func (a *Account) Name() string { return a.name }

// Configure takes new options without losing what is known. What they leave
// out is gone from the next snapshot on; under another privacy the facts of
// people and meetings are gone too, until they are asked for again.
func (a *Account) Configure(opts Options) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if was := a.opts.Converter; was != nil && !reflect.DeepEqual(was.Privacy, opts.Converter.Privacy) {
		a.store.forgetFacts()
	}
	if zone := opts.TimeZone; zoneName(zone) != zoneName(a.opts.TimeZone) {
		a.pacing.profile = plan.NewProfile(zone) // its hours are the account's
	}
	a.opts = opts
	a.store.judge(&opts)
	if !reflect.DeepEqual(a.counting.config, opts.Readings) {
		a.counting.config = opts.Readings
		a.counting.engine.Reconfigure(a.readingsConfig())
	}
	clear(a.pauses)
	now := a.clock.Now()
	wanted := make(map[zoomapi.Endpoint]bool)
	for _, e := range opts.Endpoints() {
		wanted[e] = true
		if a.tasks[e] == nil {
			a.tasks[e] = &task{lastSuccess: now}
		}
	}
	for e := range a.tasks {
		if !wanted[e] {
			delete(a.tasks, e)
		}
	}
	for kind := range a.lists {
		if !opts.collects(kind) {
			a.lists[kind] = &listing{}
			a.store.forgetKind(kind)
		}
	}
	a.excluded()
	for _, m := range a.store.meetings {
		if !opts.ParticipantsLists[m.kind] {
			m.roles, m.rolesSize = nil, -1
		}
	}
	a.pacing.sized = false
}

// zoomNow is the time by Zoom's clock.
func (a *Account) zoomNow() zoomtime.Time { return a.opts.Ledger.ZoomTime() }

// zoomTime is what Zoom's clock showed at an instant of ours.
func (a *Account) zoomTime(at time.Time) zoomtime.Time {
	return a.zoomNow().Add(at.Sub(a.clock.Now()))
}

func zoneName(zone *time.Location) string {
	if zone == nil {
		return time.UTC.String()
	}
	return zone.String()
}

func (o *Options) watches(live *zoomapi.Live) bool { return o.Watched != nil && o.Watched(live) }

func (o *Options) collects(kind zoomapi.Kind) bool {
	if kind == zoomapi.Webinar {
		return o.Webinars != Off
	}
	return o.Meetings
}

// Endpoints are the endpoints that an account with these options asks.
func (o *Options) Endpoints() []zoomapi.Endpoint {
	endpoints := []zoomapi.Endpoint{zoomapi.OAuthToken}
	for _, kind := range kinds {
		if !o.collects(kind) {
			continue
		}
		endpoints = append(endpoints, listEndpoint(kind), qosEndpoint(kind))
		if o.ParticipantsLists[kind] {
			endpoints = append(endpoints, participantsEndpoint(kind))
		}
		if o.Summaries {
			endpoints = append(endpoints, summaryEndpoint(kind))
		}
	}
	return endpoints
}

// Poll sets a cycle off, or joins the one under way, and waits for its end or
// for ctx's. It reports whether the cycle ended first; if not, the cycle goes
// on, and its answers serve the next scrape.
func (a *Account) Poll(ctx context.Context) bool {
	done := a.begin()
	if done == nil {
		return false
	}
	select {
	case <-done:
		return true
	case <-ctx.Done():
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		a.mu.Lock()
		a.deadlineExceeded++
		a.mu.Unlock()
	}
	return false
}

func (a *Account) begin() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return nil
	}
	// A cycle that waits for its last answers begins nothing more, and must not
	// keep the next minute from being asked for.
	if a.running != nil && a.clock.Now().Before(a.runningUntil) {
		return a.running
	}
	done := make(chan struct{})
	opts := a.opts
	c := newCycle(a, &opts)
	a.running, a.runningUntil = done, c.end
	a.cycles.Go(func() {
		defer func() {
			a.mu.Lock()
			if a.running == done {
				a.running = nil
			}
			a.mu.Unlock()
			close(done)
		}()
		c.run()
	})
	return done
}

// Close ends the cycle under way, waits for it and forgets nothing.
func (a *Account) Close() {
	a.mu.Lock()
	a.closed = true
	a.mu.Unlock()
	a.cancel()
	a.cycles.Wait()
	a.commit()
	a.saveProfile()
	a.flushLog()
}

// logPatience is how long the end of a cycle, and of the account, waits for its
// log lines to be written.
const logPatience = time.Second

func (a *Account) flushLog() {
	ctx, cancel := a.clock.WithDeadline(context.Background(), a.clock.Now().Add(logPatience))
	defer cancel()
	a.log.flush(ctx)
}

var kinds = [...]zoomapi.Kind{zoomapi.Meeting, zoomapi.Webinar}

// ofKind is the endpoint of meetings or that of webinars.
func ofKind(kind zoomapi.Kind, meetings, webinars zoomapi.Endpoint) zoomapi.Endpoint {
	if kind == zoomapi.Webinar {
		return webinars
	}
	return meetings
}

func listEndpoint(kind zoomapi.Kind) zoomapi.Endpoint {
	return ofKind(kind, zoomapi.ListMeetings, zoomapi.ListWebinars)
}

func qosEndpoint(kind zoomapi.Kind) zoomapi.Endpoint {
	return ofKind(kind, zoomapi.ListMeetingParticipantsQoS, zoomapi.ListWebinarParticipantsQoS)
}

func participantsEndpoint(kind zoomapi.Kind) zoomapi.Endpoint {
	return ofKind(kind, zoomapi.ListMeetingParticipants, zoomapi.ListWebinarParticipants)
}
