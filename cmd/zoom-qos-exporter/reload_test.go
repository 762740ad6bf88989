package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/accounts"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/config"
)

// A reload that replaces a client leaves the old one to the cycle in progress,
// however soon the next reload follows.
func TestReloadsDoNotInterruptCycle(t *testing.T) {
	arrived, open := make(chan struct{}, 1), make(chan struct{})
	sim := newRig(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/metrics/meetings") {
				select {
				case arrived <- struct{}{}:
				default:
				}
				select {
				case <-open:
				case <-r.Context().Done():
					return
				}
			}
			next.ServeHTTP(w, r)
		})
	})
	file := filepath.Join(t.TempDir(), "config.yaml")
	configure := func(timeout int) {
		write(t, file, "accounts:\n"+accountEntry("first", sim)+fmt.Sprintf("limits: {request_timeout: %ds}\n", timeout))
	}
	configure(60)
	r := start(t, sim, nil, "--config.file="+file)
	answer := make(chan string, 1)
	go func() { answer <- scrapeFor(r.url, time.Minute) }()
	select {
	case <-arrived:
	case text := <-answer:
		t.Fatalf("the scrape sent no request: %s\n%s", text, r.stderr)
	}
	for _, timeout := range []int{61, 62, 63} {
		configure(timeout)
		if status, body := r.post(t, "/-/reload"); status != http.StatusOK {
			t.Fatalf("reload answers %d %s", status, body)
		}
	}
	close(open)
	text := <-answer
	for _, want := range []string{
		`zoom_account_up{account="first"} 1`, `zoom_poll_coverage_ratio{account="first"} 1`,
		`zoom_live_meetings{account="first",kind="meeting"} 3`, `zoom_live_meetings{account="first",kind="webinar"} 1`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s after three reloads in the middle of the cycle:\n%s", want, r.stderr)
		}
	}
}

// A reload switches whose series are shown.
func TestReloadSwitchesParticipants(t *testing.T) {
	sim := newRig(t)
	file := filepath.Join(t.TempDir(), "config.yaml")
	configure := func(mode string) {
		write(t, file, "accounts:\n"+accountEntry("default", sim)+"metrics: {participants: "+mode+"}\n")
	}
	configure("none")
	r := start(t, sim, nil, "--config.file="+file)
	all := 0
	for _, mode := range []string{"none", "all", "degraded", "none"} {
		configure(mode)
		if status, body := r.post(t, "/-/reload"); status != http.StatusOK {
			t.Fatalf("reload answers %d %s", status, body)
		}
		text := scrapeFor(r.url, time.Minute)
		shown := strings.Count(text, `participant="`)
		if mode == "all" {
			all = shown
		}
		if contrary := map[string]bool{"all": shown == 0, "degraded": shown >= all, "none": shown > 0}[mode]; contrary || !strings.Contains(text, "zoom_site_participants{") {
			t.Errorf("%d series of participants are shown with metrics.participants: %s", shown, mode)
		}
		if want := fmt.Sprintf("zoom_exporter_participants_mode{mode=%q} 1\n", mode); !strings.Contains(text, want) {
			t.Errorf("no %s", want)
		}
	}
}

// Configured thresholds apply to the page and to the counters of all accounts, and
// a reload changes them.
func TestThresholdsApplyEverywhere(t *testing.T) {
	first, second := newRig(t), newRig(t)
	file := filepath.Join(t.TempDir(), "config.yaml")
	configure := func(thresholds string) {
		text := "readings: {thresholds: " + thresholds + "}\naccounts:\n"
		for name, sim := range map[string]map[string]string{"first": first, "second": second} {
			text += accountEntry(name, sim)
		}
		write(t, file, text)
	}
	const everything = "{latency: 10s, jitter: 10s, loss: 99.9%}"
	// No stream of the simulated Zoom has less than 3 ms of latency.
	configure("{good: {latency: 1ms, loss: 0.25%}, fair: {latency: 2ms, jitter: 1s, loss: 50%}, poor: " + everything + "}")
	r := start(t, first, nil, "--config.file="+file)
	verdicts := make(map[string]bool)
	for _, match := range regexp.MustCompile(`(?m)^zoom_meeting_recent_readings\{account="([a-z]+)".*verdict="([a-z]+)"\} [1-9]`).FindAllStringSubmatch(scrapeFor(r.url, time.Minute), -1) {
		verdicts[match[1]+" "+match[2]] = true
	}
	if !verdicts["first poor"] || !verdicts["second poor"] || len(verdicts) != 2 {
		t.Errorf("verdicts of the counters: %v, want poor only, of both accounts", verdicts)
	}
	badges := func(page string) map[string]bool {
		all := make(map[string]bool)
		for _, match := range regexp.MustCompile(`class="badge (good|fair|poor|bad)"`).FindAllStringSubmatch(page, -1) {
			all[match[1]] = true
		}
		return all
	}
	page := r.get(t, "/")
	if got := badges(page); !got["poor"] || len(got) != 1 {
		t.Errorf("grades on the page: %v, want poor only", got)
	}
	for _, want := range []string{
		"Good is up to latency 1\u00a0ms, jitter 40\u00a0ms, packet loss 0.25\u00a0%;",
		"fair up to latency 2\u00a0ms, jitter 1000\u00a0ms, packet loss 50\u00a0%;",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}

	configure("{good: " + everything + ", fair: " + everything + ", poor: " + everything + "}")
	if status, body := r.post(t, "/-/reload"); status != http.StatusOK {
		t.Fatalf("reload answers %d %s", status, body)
	}
	if got := badges(r.get(t, "/")); !got["good"] || len(got) != 1 {
		t.Errorf("grades on the page after the reload: %v, want good only", got)
	}
}

// The signal works also if reloading over HTTP is disabled.
func TestReloadDisabled(t *testing.T) {
	sim := newRig(t)
	file := filepath.Join(t.TempDir(), "config.yaml")
	configure := func(name string) {
		write(t, file, "accounts:\n"+accountEntry(name, sim))
	}
	configure("first")
	reload := make(chan os.Signal)
	r := start(t, sim, reload, "--config.file="+file, "--no-web.enable-reload")
	configure("second")
	if status, body := r.post(t, "/-/reload"); status != http.StatusForbidden || !strings.Contains(body, "--no-web.enable-reload") {
		t.Errorf("reload answers %d %s", status, body)
	}
	if text := r.get(t, "/metrics?poll=0"); !strings.Contains(text, `zoom_account_up{account="first"}`) {
		t.Error("a refused reload applied the new configuration")
	}
	reload <- os.Interrupt // any signal: the channel is the program's SIGHUP
	reload <- os.Interrupt // is taken once the first is done
	if text := r.get(t, "/metrics?poll=0"); !strings.Contains(text, `zoom_account_up{account="second"}`) {
		t.Errorf("the signal does not reload:\n%s", r.stderr)
	}
}

// scrapeFor is the response to a scrape with this timeout, or its error.
func scrapeFor(url string, timeout time.Duration) string {
	req, err := http.NewRequest(http.MethodGet, url+"/metrics", nil)
	if err != nil {
		return err.Error()
	}
	req.Header.Set("X-Prometheus-Scrape-Timeout-Seconds", fmt.Sprint(timeout.Seconds()))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err.Error()
	}
	return string(body)
}

// stoppingRig is a serving program with a reload in progress, which ends when an
// error, or nil, is sent to loaded.
type stoppingRig struct {
	log    *output
	loaded chan error
	stop   context.CancelFunc
	status chan int
}

func startStopping(t *testing.T, gracePeriod time.Duration) *stoppingRig {
	t.Helper()
	sim := newRig(t)
	reload := make(chan os.Signal)
	r := &stoppingRig{log: new(output), loaded: make(chan error), status: make(chan int, 1)}
	pr := &program{clock: clock.System{}, gracePeriod: gracePeriod, process: process{
		stdin: strings.NewReader(""), stdout: io.Discard, stderr: r.log, reload: reload,
		getenv: func(name string) (string, bool) { v, ok := sim[name]; return v, ok },
	}}
	first, entered := true, make(chan struct{})
	pr.load = func() (*config.Config, error) {
		cfg, err := pr.configuration()
		if first {
			first = false
			return cfg, err
		}
		close(entered)
		return cfg, <-r.loaded
	}
	command, status := pr.parse([]string{"--web.listen-address=127.0.0.1:0", "--log.format=json"})
	if command == nil {
		t.Fatalf("exit status %d", status)
	}
	var ctx context.Context
	ctx, r.stop = context.WithCancel(t.Context())
	go func() { r.status <- command(ctx) }()
	reload <- syscall.SIGHUP
	<-entered
	return r
}

func TestStopWaitsForReload(t *testing.T) {
	r := startStopping(t, time.Minute)
	r.stop()
	r.loaded <- nil
	if status := <-r.status; status != exitOK {
		t.Errorf("exit status %d", status)
	}
	if log := r.log.String(); !strings.Contains(log, "configuration reloaded") || strings.Contains(log, "did not end in time") {
		t.Errorf("the log is\n%s", log)
	}
}

// A reload that hangs does not keep the process from ending. It has no effect once
// the accounts are stopped.
func TestStopDoesNotWaitForHangingReload(t *testing.T) {
	r := startStopping(t, time.Millisecond)
	r.stop()
	if status := <-r.status; status != exitOK {
		t.Errorf("exit status %d", status)
	}
	if log := r.log.String(); !strings.Contains(log, "a reload of the configuration did not end in time") {
		t.Errorf("the log does not mention the reload:\n%s", log)
	}
	r.loaded <- nil
	for wait := time.Now(); !strings.Contains(r.log.String(), accounts.ErrStopped.Error()); time.Sleep(time.Millisecond) {
		if time.Since(wait) > time.Minute {
			t.Fatalf("the late reload does not fail:\n%s", r.log)
		}
	}
}
