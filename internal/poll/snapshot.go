package poll

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// Snapshot is what is known of an account at one instant, without what is too old
// to be shown as current.
type Snapshot struct {
	live.View
	Account string
	At      time.Time
	ZoomAt  zoomtime.Time // the same by Zoom's clock
	// Up says that the latest attempts at a token and at the live lists succeeded.
	Up    bool
	Tasks []Task
	// Interval is the refresh interval that the day's allowance permits.
	Interval time.Duration
	// Coverage is the share of live participants whose answer is not older than two
	// intervals; 1 where nobody is live, 0 while it is unknown who is, as before the
	// first list.
	Coverage         float64
	DeadlineExceeded uint64
	TokenExpiry      time.Time // zero before the first token
	Pools            []budget.PoolStatus
	Failures         qos.Failures
	// Readings are those counted and committed.
	Readings *readings.View
	// Thresholds are those that quality is judged by.
	Thresholds qos.Thresholds
	// Backfills is the number of ended meetings whose past answer is awaited.
	Backfills int
}

// Task is the state of one endpoint that cycles ask.
type Task struct {
	Name        zoomapi.Endpoint
	Success     bool
	LastSuccess time.Time
}

// Snapshot tells what is known now.
func (a *Account) Snapshot() Snapshot {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	s := Snapshot{
		View:             a.live.View(now),
		Account:          a.name,
		At:               now.Time,
		ZoomAt:           now.Zoom,
		Up:               a.endpoints.up(),
		Interval:         a.intervalNow(now),
		DeadlineExceeded: a.deadlineExceeded,
		TokenExpiry:      a.opts.Zoom.TokenExpiry(),
		Pools:            a.opts.Budget.Status(),
		Failures:         maps.Clone(a.live.Failures()),
		Readings:         a.readings.View(),
		Thresholds:       a.live.Thresholds(),
	}
	s.Backfills, _ = a.live.Backfills()
	for name, e := range a.endpoints {
		if a.endpoints.visible(name) {
			s.Tasks = append(s.Tasks, Task{name, e.success, e.lastSuccess})
		}
	}
	slices.SortFunc(s.Tasks, func(x, y Task) int { return cmp.Compare(x.Name, y.Name) })
	switch {
	case !a.listed(now):
	case s.People == 0:
		s.Coverage = 1
	default:
		s.Coverage = min(1, float64(s.Covered)/float64(s.People))
	}
	return s
}

// listed reports whether the live lists of all kinds are recent, but for one that
// the account does not have. The mutex is held.
func (a *Account) listed(now live.Now) bool {
	for _, kind := range live.Kinds {
		if a.opts.Collects(kind) && !a.live.Listed(kind, now) && !a.endpoints.listMissing(kind) {
			return false
		}
	}
	return true
}
