package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// checkClock stands still, but for whoever sleeps.
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

// checkRig is a simulated Zoom and a program to check it with.
type checkRig struct {
	t     *testing.T
	clock *checkClock
	sim   *zoomsim.Sim
	url   string
	vars  map[string]string
	// noticeAfter is how long something takes before it is said to.
	noticeAfter time.Duration
	// user runs it, by number.
	user int
	// watch and watchErrors see what is written while it is.
	watch, watchErrors io.Writer
}

// newCheckRig serves a simulated Zoom at a working day's noon.
func newCheckRig(t *testing.T, opts zoomsim.Options, middleware ...func(http.Handler) http.Handler) *checkRig {
	t.Helper()
	ignored := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, ignored) })
	r := &checkRig{t: t, clock: &checkClock{now: time.Date(2026, 3, 2, 12, 0, 30, 0, time.UTC)}, vars: map[string]string{}, noticeAfter: time.Hour, user: os.Geteuid(), watch: io.Discard, watchErrors: io.Discard}
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

// second is where the same Zoom can be had once more: one account may not be
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

// file writes a configuration of accounts of this Zoom, each with more keys,
// and returns its path.
func (r *checkRig) file(rest string, accounts ...string) string {
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

// outcome is what a check has said.
type outcome struct {
	stdout, stderr string
	status         int
}

// words is the standard output without its layout.
func (o outcome) words() string { return strings.Join(strings.Fields(o.stdout), " ") }

// run runs the program on the rig's clock, and makes sure that it gives no
// secret and nobody away.
func (r *checkRig) run(ctx context.Context, args ...string) outcome {
	r.t.Helper()
	var stdout, stderr output
	pr := &program{clock: r.clock, user: r.user, letGo: 10 * time.Millisecond, noticeAfter: r.noticeAfter, process: process{
		stdin: strings.NewReader(""), stdout: io.MultiWriter(&stdout, r.watch), stderr: io.MultiWriter(&stderr, r.watchErrors),
		getenv: func(name string) (string, bool) { v, ok := r.vars[name]; return v, ok },
	}}
	pr.load = pr.configuration
	if !slices.ContainsFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "--web.") }) {
		args = append([]string{"--web.listen-address=127.0.0.1:0"}, args...)
	}
	command, status := pr.parse(args)
	if command != nil {
		status = command(ctx)
	}
	o := outcome{stdout.String(), stderr.String(), status}
	for _, secret := range r.secrets() {
		if strings.Contains(o.stdout, secret) || strings.Contains(o.stderr, secret) {
			r.t.Errorf("it gives %q away:\n%s%s", secret, o.stdout, o.stderr)
		}
	}
	return o
}

// secrets are what must never be printed: credentials, the beginning of every
// token, and all that is personal of what is live.
func (r *checkRig) secrets() []string {
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
