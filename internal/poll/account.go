package poll

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/plan"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// Account polls one Zoom account and holds what is known of it.
type Account struct {
	name  string
	clock clock.Clock
	log   *zap.Logger   // must not block: it logs with mu held
	store ReadingsStore // nil counts from 0 at each start

	ctx    context.Context // ends with the account, not with a scrape
	cancel context.CancelFunc
	cycles sync.WaitGroup

	savingReadings sync.Mutex // one commit at a time, in the order of their batches
	savingProfile  sync.Mutex // one save at a time, so that none overwrites a newer one

	// mu guards what follows. It is held for one event: to begin a request, to handle
	// an answer, to take a snapshot. Under it nothing is sent or saved.
	mu               sync.Mutex
	opts             Options
	live             *live.State
	readings         *readings.Engine
	endpoints        endpoints
	failures         *failureLog
	pacing           pacing
	probes           probes
	running          *cycle                          // the newest one, while it is under way
	visits           map[string]chan struct{}        // the newest, by UUID; closed at their ends
	committed        time.Time                       // when the newest batch of readings was made
	overflowed       struct{ networkType, all bool } // what the log has of label sets beyond the limit
	deadlineExceeded uint64
	closed           bool
}

// Name is the account's label.
func (a *Account) Name() string { return a.name }

// now returns the present time by both clocks. The mutex is held.
func (a *Account) now() live.Now {
	return live.Now{Time: a.clock.Now(), Zoom: a.opts.Budget.ZoomTime()}
}

// settings are those of the live state. The mutex is held.
func (a *Account) settings() live.Settings {
	s := a.opts.Settings
	s.Probing = a.opts.Single != nil
	s.Readings.Volatile = a.store == nil
	return s
}

// pacing is an account's spending over the day.
type pacing struct {
	profile *plan.Profile
	// live is what may be spent on live meetings by now, backfills the same for ended
	// ones. Each is unlimited while the day's allowance is enough for all of them.
	live, backfills plan.Bucket
	refreshed       bool // something was live since the start
	dayEnd          time.Time
	savedAt         time.Time
	sized           bool // the sizing was logged since the configuration changed
}

// probes is what an account's probes share. The account's mutex guards it.
type probes struct {
	bucket  plan.Bucket // their share of the day's allowance
	flights map[question]*flight
	failed  map[question]memory
}

// question is what several probes may ask at the same time.
type question struct {
	Target
	resolve bool // which meeting it is, and not how the people in it are
}

// flight is a request, or a walk over pages, for all probes with one question.
type flight struct {
	done    chan struct{}
	failure ProbeFailure // to be read once done is closed
}

type memory struct {
	failure ProbeFailure
	until   time.Time
}

// cycle is one round of requests: a token, the live lists, then the meetings'
// pages. A probe's requests are a cycle of their own. The account's mutex guards
// all that changes.
type cycle struct {
	account *Account
	opts    Options // of its begin
	start   time.Time
	end     time.Time // no request is begun after it
	workers int       // how many meetings are asked for concurrently
	bucket  *plan.Bucket
	probe   bool
	unpaid  bool // the bucket was empty
	noRoles bool // participants lists are left to the plan
	// visited are the meetings asked for, by UUID: what failed is not asked for again.
	visited map[string]bool
	results map[zoomapi.Endpoint]*result
	done    chan struct{} // closed at its end
}

// result counts a cycle's requests to an endpoint.
type result struct {
	succeeded, failed, refused int
	inRow                      int // failures since the last success
}
