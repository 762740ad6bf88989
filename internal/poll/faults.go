package poll

import (
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

const (
	// repeatEvery is how often a failure that goes on is told again.
	repeatEvery = 10 * time.Minute
	// quiet is how long a failure must stay away to be over: one good answer
	// among bad ones is no recovery.
	quiet = 3 * time.Minute
)

// reasonBudget stands in the log for requests that our own budget held back.
const reasonBudget zoomapi.Reason = "budget"

// faults logs failures so that a night of them is a page of lines, not a
// million: the first of a kind at once, then how many more there were, and
// when it is over.
type faults struct {
	log   *logger
	clock clock.Clock

	mu   sync.Mutex
	open map[fault]*tally
}

type fault struct {
	endpoint zoomapi.Endpoint
	reason   zoomapi.Reason
}

type tally struct {
	since, told, last time.Time
	more              int
}

func newFaults(log *logger, clk clock.Clock) *faults {
	return &faults{log: log, clock: clk, open: make(map[fault]*tally)}
}

// failed tells of a failure, or counts it where it was told of lately.
func (f *faults) failed(endpoint zoomapi.Endpoint, err error) {
	key, first, again := fault{endpoint, zoomapi.ReasonOf(err)}, "zoom request failed", "zoom requests keep failing"
	if refused(err) {
		key.reason, first, again = reasonBudget, "zoom request not sent", "zoom requests still not sent"
	}
	now := f.clock.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	t := f.open[key]
	if t == nil {
		f.open[key] = &tally{since: now, told: now, last: now}
		f.log.Warn(first, zap.String("endpoint", string(endpoint)),
			zap.String("reason", string(key.reason)), zap.Error(err))
		return
	}
	t.more, t.last = t.more+1, now
	if now.Sub(t.told) >= repeatEvery {
		f.log.Warn(again, zap.String("endpoint", string(endpoint)),
			zap.String("reason", string(key.reason)), zap.Int("failures_since_last_line", t.more),
			zap.Duration("failing_for", now.Sub(t.since).Round(time.Second)), zap.Error(err))
		t.told, t.more = now, 0
	}
}

// succeeded closes the endpoint's failures that have stayed away for a while.
func (f *faults) succeeded(endpoint zoomapi.Endpoint) {
	now := f.clock.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	for key, t := range f.open {
		if key.endpoint == endpoint && now.Sub(t.last) >= quiet {
			f.log.Info("zoom requests succeed again", zap.String("endpoint", string(endpoint)),
				zap.String("reason", string(key.reason)), zap.Int("failures_since_last_line", t.more),
				zap.Duration("failed_for", t.last.Sub(t.since).Round(time.Second)))
			delete(f.open, key)
		}
	}
}
