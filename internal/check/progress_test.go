package check

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
)

func TestInTurn(t *testing.T) {
	var out output
	turns := newInTurn(&out, 3)
	step := func(want string) {
		t.Helper()
		if got := out.String(); got != want {
			t.Fatalf("%q is out, want %q", got, want)
		}
	}
	io.WriteString(turns[1], "b1 ")
	io.WriteString(turns[0], "a1 ")
	step("a1 ")
	io.WriteString(turns[2], "c1 ")
	turns[2].finish()
	io.WriteString(turns[0], "a2 ")
	step("a1 a2 ")
	turns[0].finish()
	step("a1 a2 b1 ")
	io.WriteString(turns[1], "b2 ")
	step("a1 a2 b1 b2 ")
	turns[1].finish()
	step("a1 a2 b1 b2 c1 ")
}

// held returns a middleware that holds requests to a path until release is called.
func held(path string) (middleware func(http.Handler) http.Handler, release func()) {
	open := make(chan struct{})
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, path) {
				select {
				case <-open:
				case <-r.Context().Done():
					return
				}
			}
			next.ServeHTTP(w, r)
		})
	}, sync.OnceFunc(func() { close(open) })
}

// While Zoom hangs, the results so far are printed and a notice says what the check
// waits for. The second account's results follow the first's.
func TestReportsAsItGoes(t *testing.T) {
	middleware, release := held("/v2/metrics/webinars")
	r := newRig(t, live(zoomsim.Options{}), middleware)
	t.Cleanup(release)
	var out, notices output
	r.options.NoticeAfter, r.options.Report, r.options.Progress = time.Millisecond, &out, &notices
	ended := make(chan outcome, 1)
	file := r.file("", "", "collect: {webinars: off}")
	go func() { ended <- r.run(t.Context(), file) }()

	words := func() string { return outcome{report: out.String()}.words() }
	waitFor(t, "the figures of a meeting", &out, func() bool { return strings.Contains(words(), "ok meeting QoS") })
	waitFor(t, "a notice", &notices, func() bool {
		return strings.Contains(notices.String(), "still waiting for the list of live webinars (account account-1)")
	})
	for _, want := range []string{"configuration ok read from", "ok listen address", "account account-1 ok settings", "ok token", "ok scopes", "ok live meetings"} {
		if !strings.Contains(words(), want) {
			t.Errorf("while Zoom hangs it has not said %q:\n%s", want, out.String())
		}
	}
	for _, early := range []string{"account account-2", "READY", "live webinars"} {
		if strings.Contains(words(), early) {
			t.Errorf("while Zoom hangs it has said %q:\n%s", early, out.String())
		}
	}
	release()
	o := <-ended
	if !o.ready || strings.Index(o.report, "account account-2") < strings.Index(o.report, "attempt for a token") {
		t.Errorf("ready: %v:\n%s%s", o.ready, o.report, o.progress)
	}
}

func TestNotices(t *testing.T) {
	var out output
	n := &notices{after: time.Millisecond, out: &out}
	n.during("a turn", func() {
		waitFor(t, "a notice", &out, func() bool { return out.String() != "" })
	})
	if got := out.String(); got != "still waiting for a turn\n" {
		t.Errorf("it says %q", got)
	}
	n = &notices{after: time.Hour, out: &out}
	n.during("nothing", func() {})
	if strings.Contains(out.String(), "nothing") {
		t.Error("there is a notice of a short wait")
	}
}

// An interrupt ends a check at once, whatever it waits for.
func TestInterruptedWhileZoomHangs(t *testing.T) {
	for _, path := range []string{"/oauth/token", "/v2/metrics/meetings"} {
		t.Run(path, func(t *testing.T) {
			middleware, release := held(path)
			r := newRig(t, live(zoomsim.Options{}), middleware)
			t.Cleanup(release)
			var notices output
			r.options.NoticeAfter, r.options.Progress = time.Millisecond, &notices
			ctx, interrupt := context.WithCancel(t.Context())
			ended := make(chan outcome, 1)
			file := r.file("", "", "")
			go func() { ended <- r.run(ctx, file) }()
			waitFor(t, "both accounts to be asked", &notices, func() bool {
				return strings.Contains(notices.String(), "account-1") && strings.Contains(notices.String(), "account-2")
			})
			interrupt()
			o := <-ended
			if o.ready || strings.Count(o.report, "interrupted") < 3 || !strings.HasSuffix(o.report, "\nNOT READY: the check was interrupted.\n") {
				t.Errorf("ready: %v:\n%s", o.ready, o.report)
			}
		})
	}
}
