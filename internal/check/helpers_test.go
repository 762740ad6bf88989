package check

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/config"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// checkClock stands still, except while something sleeps.
type checkClock struct {
	mu  sync.Mutex
	now time.Time
}

var _ clock.Clock = (*checkClock)(nil)

func (c *checkClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *checkClock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(max(0, d))
	return ctx.Err()
}

func (c *checkClock) WithDeadline(ctx context.Context, _ time.Time) (context.Context, context.CancelFunc) {
	return context.WithCancel(ctx)
}

// output is a buffer for the output of a check, readable while it runs.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// waitFor waits for a condition: far longer than needed on a busy machine and under
// the race detector.
func waitFor(t *testing.T, what string, written *output, condition func() bool) {
	t.Helper()
	for start := time.Now(); !condition(); time.Sleep(time.Millisecond) {
		if time.Since(start) > 2*time.Minute {
			t.Fatalf("timed out waiting for %s:\n%s", what, written)
		}
	}
}

// rig is a simulated Zoom to check.
type rig struct {
	t     *testing.T
	clock *checkClock
	sim   *zoomsim.Sim
	url   string
	vars  map[string]string
	// options of the check; its writers see what is written while it runs.
	options Options
}

// newRig serves a simulated Zoom at noon of a working day.
func newRig(t *testing.T, opts zoomsim.Options, middleware ...func(http.Handler) http.Handler) *rig {
	t.Helper()
	ignored := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, ignored) })
	r := &rig{t: t, clock: &checkClock{now: time.Date(2026, 3, 2, 12, 0, 30, 0, time.UTC)}, vars: map[string]string{}}
	r.options = Options{
		Report: io.Discard, Progress: io.Discard, NoticeAfter: time.Hour, Clock: r.clock, UserID: os.Geteuid(),
		Source: "the environment", ListenAddresses: []string{"127.0.0.1:0"},
	}
	opts.Now = r.clock.Now
	opts.Fixed, opts.Calm = true, true
	r.sim = zoomsim.New(opts)
	handler := r.sim.Handler()
	for _, m := range middleware {
		handler = m(handler)
	}
	server := httptest.NewServer(secondAddress(handler))
	t.Cleanup(server.Close)
	r.url = server.URL
	for _, assignment := range r.sim.Env(server.URL) {
		name, value, _ := strings.Cut(assignment, "=")
		r.vars[name] = value
	}
	return r
}

// second is a second address of the same Zoom, as one account may not be
// configured twice at one address.
const second = "/second"

func secondAddress(next http.Handler) http.Handler {
	stripped := http.StripPrefix(second, next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, second+"/") {
			stripped.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// file writes a configuration with accounts of this Zoom, each with more keys, and
// returns its path.
func (r *rig) file(rest string, accounts ...string) string {
	r.t.Helper()
	var b strings.Builder
	b.WriteString("accounts:\n")
	for i, more := range accounts {
		fmt.Fprintf(&b, "  - name: account-%d\n    account_id: %q\n    client_id: %q\n    client_secret: %q\n",
			i+1, r.vars["ZOOM_ACCOUNT_ID"], r.vars["ZOOM_CLIENT_ID"], r.vars["ZOOM_CLIENT_SECRET"])
		fmt.Fprintf(&b, "    api_url: %q\n    oauth_url: %q\n", r.url+strings.Repeat(second, i)+"/v2", r.vars["ZOOM_OAUTH_URL"])
		for line := range strings.Lines(more) {
			b.WriteString("    " + line)
		}
		b.WriteString("\n")
	}
	b.WriteString(rest)
	path := filepath.Join(r.t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		r.t.Fatal(err)
	}
	return path
}

// outcome is what a check has written.
type outcome struct {
	report, progress string
	ready            bool
	err              error
}

// words is the report without its layout.
func (o outcome) words() string { return strings.Join(strings.Fields(o.report), " ") }

// load reads a configuration file, or without one the environment.
func (r *rig) load(file string) (*config.Config, config.Errors) {
	r.t.Helper()
	getenv := func(name string) (string, bool) { v, ok := r.vars[name]; return v, ok }
	var (
		cfg *config.Config
		err error
	)
	if file != "" {
		cfg, err = config.Load(file, getenv)
	} else {
		cfg, err = config.FromEnv(getenv)
	}
	if cfg == nil {
		r.t.Fatal(err)
	}
	absent, _ := errors.AsType[config.Errors](err)
	return cfg, absent
}

// run checks a configuration file, or without one the environment. It makes sure
// that nothing secret or personal is written.
func (r *rig) run(ctx context.Context, file string) outcome {
	r.t.Helper()
	cfg, absent := r.load(file)
	return r.check(func(o Options) (bool, error) { return Run(ctx, o, cfg, absent) })
}

// runConfig checks the configuration alone.
func (r *rig) runConfig(file string) outcome {
	r.t.Helper()
	cfg, absent := r.load(file)
	return r.check(func(o Options) (bool, error) { return true, Config(o, cfg, absent) })
}

func (r *rig) check(run func(Options) (bool, error)) outcome {
	r.t.Helper()
	var report, progress output
	options := r.options
	options.Report = io.MultiWriter(&report, r.options.Report)
	options.Progress = io.MultiWriter(&progress, r.options.Progress)
	ready, err := run(options)
	o := outcome{report.String(), progress.String(), ready, err}
	for _, secret := range r.secrets() {
		if strings.Contains(o.report, secret) || strings.Contains(o.progress, secret) {
			r.t.Errorf("the output contains %q:\n%s%s", secret, o.report, o.progress)
		}
	}
	return o
}

// secrets must never be printed: credentials, the beginning of every token, and
// all personal data in live meetings.
func (r *rig) secrets() []string {
	c := r.sim.Credentials()
	all := []string{c.AccountID, c.ClientID, c.ClientSecret, r.vars["ZOOM_CLIENT_SECRET"], "eyJz"}
	for _, kind := range []zoomapi.Kind{zoomapi.Meeting, zoomapi.Webinar} {
		for _, m := range r.sim.Live(kind) {
			all = append(all, m.UUID, fmt.Sprint(m.Number), m.Topic, m.Host, m.HostEmail)
			for _, p := range m.Participants {
				all = append(all, p.ParticipantUUID, p.AccountUserID, p.Name, p.Email, p.PublicIP, p.InternalIP)
			}
		}
	}
	known := all[:0]
	for _, secret := range all {
		if secret != "" {
			known = append(known, secret)
		}
	}
	return known
}
