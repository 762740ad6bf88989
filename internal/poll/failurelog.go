package poll

import (
	"time"

	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

const (
	// repeatEvery is how often a failure that goes on is logged again.
	repeatEvery = 10 * time.Minute
	// quiet is how long a failure must stay away to be over: one good answer
	// among bad ones is no recovery.
	quiet = 3 * time.Minute
)

// reasonBudget stands in the log for requests that our own budget held back.
const reasonBudget zoomapi.Reason = "budget"

// failureLog logs failing requests so that a night of failures is a page of lines:
// the first of a kind at once, then how many more there were, and when it is over.
type failureLog struct {
	log  *zap.Logger
	open map[failureKind]*failure
}

type failureKind struct {
	endpoint zoomapi.Endpoint
	reason   zoomapi.Reason
}

type failure struct {
	since, logged, last time.Time
	more                int
}

func newFailureLog(log *zap.Logger) *failureLog {
	return &failureLog{log: log, open: make(map[failureKind]*failure)}
}

// recordFailure logs a failure, or counts it if one of its kind was logged lately.
func (f *failureLog) recordFailure(endpoint zoomapi.Endpoint, err error, now time.Time) {
	kind, first, again := failureKind{endpoint, zoomapi.ReasonOf(err)}, "zoom request failed", "zoom requests keep failing"
	if refused(err) {
		kind.reason, first, again = reasonBudget, "zoom request not sent", "zoom requests still not sent"
	}
	t := f.open[kind]
	if t == nil {
		f.open[kind] = &failure{since: now, logged: now, last: now}
		f.log.Warn(first, zap.String("endpoint", string(endpoint)),
			zap.String("reason", string(kind.reason)), zap.Error(err))
		return
	}
	t.more, t.last = t.more+1, now
	if now.Sub(t.logged) >= repeatEvery {
		f.log.Warn(again, zap.String("endpoint", string(endpoint)),
			zap.String("reason", string(kind.reason)), zap.Int("failures_since_last_line", t.more),
			zap.Duration("failing_for", now.Sub(t.since).Round(time.Second)), zap.Error(err))
		t.logged, t.more = now, 0
	}
}

// recordSuccess closes the endpoint's failures that have stayed away for a while.
func (f *failureLog) recordSuccess(endpoint zoomapi.Endpoint, now time.Time) {
	for kind, t := range f.open {
		if kind.endpoint == endpoint && now.Sub(t.last) >= quiet {
			f.log.Info("zoom requests succeed again", zap.String("endpoint", string(endpoint)),
				zap.String("reason", string(kind.reason)), zap.Int("failures_since_last_line", t.more),
				zap.Duration("failed_for", t.last.Sub(t.since).Round(time.Second)))
			delete(f.open, kind)
		}
	}
}
