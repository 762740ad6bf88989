package zoomsim

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// Fault makes some requests go wrong.
type Fault struct {
	// Kind is what goes wrong.
	Kind FaultKind `json:"kind"`
	// Endpoint is the endpoint affected; "" means all except that of tokens.
	Endpoint zoomapi.Endpoint `json:"endpoint,omitempty"`
	// Path is a part of the request's escaped path; "" matches all.
	Path string `json:"path,omitempty"`
	// Probability (0 to 1) is that of affecting a request; 0 means always.
	Probability float64 `json:"probability,omitempty"`
	// Count is how many requests it affects before it ends; 0 means no limit.
	Count int `json:"count,omitempty"`
	// Delay is for FaultLatency.
	Delay Duration `json:"delay,omitempty"`
	// Size is for FaultHuge, in bytes; 0 means 64 MiB.
	Size int `json:"size,omitempty"`
	// Status, Code and Message are for FaultError. Status is also for
	// FaultHTML, where 0 means 502.
	Status  int    `json:"status,omitempty"`
	Code    int    `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
}

// FaultKind is what goes wrong.
type FaultKind string

// Faults that are answered with an error.
const (
	FaultError       FaultKind = "error"        // Status, Code and Message
	FaultNotLive     FaultKind = "not_live"     // 404/3001
	FaultNoAccess    FaultKind = "no_access"    // 300
	FaultTooOld      FaultKind = "too_old"      // 400/12702
	FaultNoDashboard FaultKind = "no_dashboard" // 400/200
	FaultScope       FaultKind = "scope"        // 400/4711
	FaultScopeOld    FaultKind = "scope_old"    // 400/4700
	FaultScopeOlder  FaultKind = "scope_older"  // 400/104
	FaultToken       FaultKind = "token"        // 401/124
	FaultTokenOld    FaultKind = "token_old"    // 400/124
	FaultRevoke      FaultKind = "revoke"       // all tokens are revoked: 401/124
	FaultCredentials FaultKind = "credentials"  // 401 invalid_client, of the token endpoint
	FaultPerSecond   FaultKind = "per_second"   // 429
	FaultPerMinute   FaultKind = "per_minute"   // 429
	FaultPerDay      FaultKind = "per_day"      // 429 with Retry-After
	FaultConcurrent  FaultKind = "concurrent"   // 429
	FaultServer      FaultKind = "server"       // 500
	FaultUnavailable FaultKind = "unavailable"  // 503
)

// Faults of answers and connections.
const (
	FaultLatency     FaultKind = "latency"      // the answer comes Delay later
	FaultHang        FaultKind = "hang"         // the answer never comes
	FaultStall       FaultKind = "stall"        // the answer stops in the middle
	FaultCut         FaultKind = "cut"          // the connection ends in the middle
	FaultReset       FaultKind = "reset"        // the connection is reset
	FaultHTML        FaultKind = "html"         // 502 with an HTML page
	FaultContentType FaultKind = "content_type" // text/plain
	FaultEmpty       FaultKind = "empty"        // 200 without a body
	FaultHuge        FaultKind = "huge"         // Size bytes of white space before the body
	FaultInvalidUTF8 FaultKind = "invalid_utf8" // in names and topics
	FaultNumbers     FaultKind = "numbers"      // in place of strings
	FaultNulls       FaultKind = "nulls"        // in place of one value of six in the rows
	FaultMissing     FaultKind = "missing"      // one field of six is missing in the rows
)

// FaultKinds returns all kinds.
func FaultKinds() []FaultKind {
	return []FaultKind{
		FaultError, FaultNotLive, FaultNoAccess, FaultTooOld, FaultNoDashboard, FaultScope, FaultScopeOld,
		FaultScopeOlder, FaultToken, FaultTokenOld, FaultRevoke, FaultCredentials, FaultPerSecond,
		FaultPerMinute, FaultPerDay, FaultConcurrent, FaultServer, FaultUnavailable, FaultLatency, FaultHang,
		FaultStall, FaultCut, FaultReset, FaultHTML, FaultContentType, FaultEmpty, FaultHuge, FaultInvalidUTF8,
		FaultNumbers, FaultNulls, FaultMissing,
	}
}

// Duration is a time.Duration whose text is such as "1.5s".
type Duration time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	*d = Duration(v)
	return err
}

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// ErrFault means that a fault is invalid.
var ErrFault = errors.New("invalid fault")

func (f Fault) check() error {
	switch {
	case !slices.Contains(FaultKinds(), f.Kind):
		return fmt.Errorf("%w: unknown kind %q", ErrFault, f.Kind)
	case f.Probability < 0 || f.Probability > 1:
		return fmt.Errorf("%w: probability must be between 0 and 1, not %v", ErrFault, f.Probability)
	case f.Count < 0 || f.Delay < 0 || f.Size < 0:
		return fmt.Errorf("%w: count, delay and size must not be negative", ErrFault)
	case f.Kind == FaultError && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("%w: status must be between 200 and 599, not %d", ErrFault, f.Status)
	}
	return nil
}

// faults are those that are set; the first that matches a request affects it.
type faults struct {
	mu    sync.Mutex
	seed  hash
	draws uint64
	set   []Fault
}

// SetFault adds a fault after those that are set. It returns ErrFault if it is
// invalid.
func (s *Sim) SetFault(f Fault) error {
	if err := f.check(); err != nil {
		return err
	}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.set = append(s.faults.set, f)
	return nil
}

// ClearFaults removes all faults.
func (s *Sim) ClearFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.set = nil
}

// Faults returns the faults that are set, each with the Count that is left.
func (s *Sim) Faults() []Fault {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	return slices.Clone(s.faults.set)
}

// take returns the fault that affects a request, and nil if none does.
func (fs *faults) take(e zoomapi.Endpoint, path string) *Fault {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for i := range fs.set {
		f := fs.set[i]
		everywhere := f.Endpoint == "" && e != zoomapi.OAuthToken
		if !everywhere && f.Endpoint != e || !strings.Contains(path, f.Path) {
			continue
		}
		if fs.draws++; f.Probability > 0 && !fs.seed.with(fs.draws).chance(f.Probability) {
			continue
		}
		if f.Count == 1 {
			fs.set = slices.Delete(fs.set, i, i+1)
		} else if f.Count > 1 {
			fs.set[i].Count--
		}
		return &f
	}
	return nil
}

func (f *Fault) is(kind FaultKind) bool { return f != nil && f.Kind == kind }

// failure returns the error that a fault answers at an endpoint; nil if it does
// something else.
func (f *Fault) failure(s *Sim, e endpoint) *failure {
	if f == nil {
		return nil
	}
	bad := func(code int, message string) *failure {
		return &failure{status: http.StatusBadRequest, code: code, message: message}
	}
	switch f.Kind {
	case FaultError:
		return &failure{status: f.Status, code: f.Code, message: f.Message}
	case FaultNotLive:
		return notLive()
	case FaultNoAccess:
		return s.opts.Moods.status300("You do not have access to this meeting.")
	case FaultTooOld:
		return bad(12702, "Can not access a meeting a year ago.")
	case FaultNoDashboard:
		return bad(200, "Dashboard feature is not enabled for this account.")
	case FaultScope:
		return noScope(e)
	case FaultScopeOld:
		return bad(4700, "Invalid access token, does not contain scopes.")
	case FaultScopeOlder:
		return bad(104, "Invalid access token, does not contain scopes.")
	case FaultToken:
		return badToken("Access token is expired.")
	case FaultTokenOld:
		return bad(124, "Invalid access token.")
	case FaultCredentials:
		return &failure{status: s.opts.Token.RefusalStatus, reason: "Invalid client_id or client_secret", message: "invalid_client"}
	case FaultPerSecond:
		return tooMany(perSecond)
	case FaultPerMinute:
		return tooMany(perMinute)
	case FaultPerDay:
		return tooMany(perDay)
	case FaultConcurrent:
		return tooMany(tooConcurrent)
	case FaultServer:
		return &failure{status: http.StatusInternalServerError, code: 500, message: "Internal server error."}
	case FaultUnavailable:
		return &failure{status: http.StatusServiceUnavailable, code: 503, message: "Service is unavailable."}
	}
	return nil
}

// headers returns the headers of a fault's 429, as if a limit were used up.
func (f *Fault) headers(class zoomapi.Class, now time.Time) admission {
	v := admission{category: category(class), limit: 40}
	switch {
	case f.is(FaultPerSecond), f.is(FaultPerMinute):
		v.kind = "QPS"
	case f.is(FaultPerDay):
		v.kind, v.limit = "Daily-limit", 60000
		v.retryAt = now.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1)
	}
	return v
}
