package poll

import (
	"context"
	"sync"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
)

// Account polls one Zoom account and holds what is known of it.
type Account struct {
	name  string
	clock clock.Clock
	log   *logQueue
	store ReadingsStore // nil counts from 0 at each start

	ctx    context.Context // ends with the account, not with a scrape
	cancel context.CancelFunc
	cycles sync.WaitGroup

	savingReadings sync.Mutex // one commit at a time, in the order of their batches
	savingProfile  sync.Mutex // one save at a time, so that none overwrites a newer one

	// mu guards what follows. It is held for one event: to begin a request, to handle
	// an answer, to take a snapshot. Under it nothing is sent or saved, and log lines
	// are queued only.
	mu               sync.Mutex
	opts             Options
	live             *live.State
	readings         *readings.Engine
	endpoints        endpoints
	failures         *failureLog
	pacing           pacing
	probes           probes
	running          *cycle                   // the newest one, while it is under way
	visits           map[string]chan struct{} // by UUID, closed at their ends
	committed        time.Time                // when the newest batch of readings was made
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

// logTimeout is how long the end of a cycle, and of the account, waits for its log
// lines to be written.
const logTimeout = time.Second

func (a *Account) flushLog() {
	ctx, cancel := a.clock.WithDeadline(context.Background(), a.clock.Now().Add(logTimeout))
	defer cancel()
	a.log.flush(ctx)
}
