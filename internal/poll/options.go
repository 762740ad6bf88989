// Package poll asks Zoom for what a scrape wants to know: an on-demand,
// rate-limited crawler of one account's live meetings.
//
// An [Account] is a mutex around a [live.State], plus workers. A scrape starts a
// cycle, or joins the one under way: a token, the live lists, then the meetings
// that the plan chooses, page by page. The cycle belongs to the account and not to
// the scrape, so that what was paid for is kept when the scrape's time is up. Each
// request is two events under the mutex: begin it, handle its answer.
package poll

import (
	"context"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// Zoom is what an account asks; *zoomapi.Client is one. It enters every attempt
// that Zoom may count into the account's budget first.
type Zoom interface {
	Token(ctx context.Context) (zoomapi.Token, error)
	TokenExpiry() time.Time
	List(ctx context.Context, kind zoomapi.Kind, page string) (zoomapi.Page[zoomapi.Live], error)
	QoS(ctx context.Context, kind zoomapi.Kind, id, page string) (zoomapi.Page[zoomapi.QoSRow], error)
	Participants(ctx context.Context, kind zoomapi.Kind, id, page string) (zoomapi.Page[zoomapi.ParticipantRow], error)
	PastQoS(ctx context.Context, kind zoomapi.Kind, id, page string) (zoomapi.Page[zoomapi.QoSRow], error)
	QoSSummary(ctx context.Context, kind zoomapi.Kind, id, page string) (zoomapi.Page[zoomapi.SummaryRow], error)
}

// Single is what a probe asks besides a meeting's pages; *zoomapi.Client is one.
type Single interface {
	Meeting(ctx context.Context, kind zoomapi.Kind, id string) (zoomapi.Live, error)
	ParticipantQoS(ctx context.Context, kind zoomapi.Kind, id, userID string) (zoomapi.Page[zoomapi.QoSRow], error)
}

// Budget tells what may still be sent, and the time by Zoom's clock, which days and
// minutes follow; *budget.Budget is one.
type Budget interface {
	ZoomTime() zoomtime.Time
	Left(class zoomapi.Class) (requests int, reset time.Duration)
	Status() []budget.PoolStatus
}

// ProfileStore keeps the demand profile over restarts. Save is called every few
// minutes and at Close, never twice at once. Load returns nothing, and no error,
// where nothing was saved yet.
type ProfileStore interface {
	Load() ([]byte, error)
	Save([]byte) error
}

// ReadingsStore keeps the counted readings over restarts. It is never called twice
// at once.
type ReadingsStore interface {
	// Load returns all records; where some are unavailable, the others and an error.
	Load() (map[string][]byte, error)
	// Save writes records, and removes those that are nil, all or none.
	Save(records map[string][]byte) error
}

// Options are what an account works with; Configure may change them.
type Options struct {
	live.Settings
	Zoom   Zoom
	Budget Budget
	// WebinarsOptional says that webinars are asked for only while the account has
	// the add-on and the scope; where it has not, they are tried again every hour.
	WebinarsOptional bool
	// Summaries says that Zoom is asked for its own summary of the sessions of ended
	// meetings, while the account has the add-on.
	Summaries bool
	// TimeZone is where the account's working day is; nil is UTC.
	TimeZone *time.Location
	// Profile keeps what was learned of demand over restarts; nil forgets it. New
	// uses it: Configure does not change it.
	Profile ProfileStore
	// ReadingsStore keeps what was counted over restarts; nil counts from 0 at each
	// start. New uses it: Configure does not change it.
	ReadingsStore ReadingsStore
	// SlowStart says that the budget does not know what was spent before this process
	// started, so that the first cycle spends a minute's share at most.
	SlowStart bool
	// Workers is how many meetings are asked for concurrently; 0 is 16.
	Workers int
	// Single is what probes ask; nil is without probes.
	Single Single
}

// Endpoints are those that an account with these options asks in its cycles.
func (o *Options) Endpoints() []zoomapi.Endpoint {
	endpoints := []zoomapi.Endpoint{zoomapi.OAuthToken}
	for _, kind := range live.Kinds {
		if !o.Collects(kind) {
			continue
		}
		endpoints = append(endpoints, kind.List(), kind.QoS())
		if o.ParticipantsLists[kind] {
			endpoints = append(endpoints, kind.Participants())
		}
		if o.Summaries {
			endpoints = append(endpoints, kind.QoSSummary())
		}
	}
	return endpoints
}

// ProbeEndpoints are those that only probes ask.
func (o *Options) ProbeEndpoints() []zoomapi.Endpoint {
	var endpoints []zoomapi.Endpoint
	for _, kind := range live.Kinds {
		if o.Single != nil && o.Collects(kind) {
			endpoints = append(endpoints, kind.Get(), kind.ParticipantQoS())
		}
	}
	return endpoints
}

func isList(e zoomapi.Endpoint) bool { return e == e.Kind().List() }

func isSummary(e zoomapi.Endpoint) bool { return e == e.Kind().QoSSummary() }
