package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/config"
)

// A reload that takes a new client leaves the old one to the cycle under way,
// however soon the next reload comes.
func TestQuickReloadsLoseNothingOfACycleUnderWay(t *testing.T) {
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
		write(t, file, fmt.Sprintf(`
accounts:
  - name: first
    plan: unlimited
    account_id_env: ZOOM_ACCOUNT_ID
    client_id_env: ZOOM_CLIENT_ID
    client_secret_env: ZOOM_CLIENT_SECRET
    api_url: %s
    oauth_url: %s
limits: {request_timeout: %ds}
`, sim["ZOOM_API_URL"], sim["ZOOM_OAUTH_URL"], timeout))
	}
	configure(60)
	r := start(t, sim, nil, "--config.file="+file)
	answer := make(chan string, 1)
	go func() { answer <- scrapeFor(r.url, time.Minute) }()
	select {
	case <-arrived:
	case text := <-answer:
		t.Fatalf("the scrape asked nothing: %s\n%s", text, r.stderr)
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

// A reload makes the exporter aggregate-only, and back.
func TestReloadSwitchesParticipants(t *testing.T) {
	sim := newRig(t)
	file := filepath.Join(t.TempDir(), "config.yaml")
	configure := func(participants bool) {
		write(t, file, fmt.Sprintf(`
accounts:
  - plan: unlimited
    account_id_env: ZOOM_ACCOUNT_ID
    client_id_env: ZOOM_CLIENT_ID
    client_secret_env: ZOOM_CLIENT_SECRET
    api_url: %s
    oauth_url: %s
metrics: {participants: %t}
`, sim["ZOOM_API_URL"], sim["ZOOM_OAUTH_URL"], participants))
	}
	configure(false)
	r := start(t, sim, nil, "--config.file="+file)
	for _, shown := range []bool{false, true, false} {
		configure(shown)
		if status, body := r.post(t, "/-/reload"); status != http.StatusOK {
			t.Fatalf("reload answers %d %s", status, body)
		}
		text := scrapeFor(r.url, time.Minute)
		if strings.Contains(text, `participant="`) != shown || !strings.Contains(text, "zoom_site_participants{") {
			t.Errorf("participants are shown or not, against metrics.participants: %t", shown)
		}
	}
}

// Reloading over HTTP can be switched off; the signal works all the same.
func TestReloadOff(t *testing.T) {
	sim := newRig(t)
	file := filepath.Join(t.TempDir(), "config.yaml")
	configure := func(name string) {
		write(t, file, fmt.Sprintf(`
accounts:
  - name: %s
    account_id_env: ZOOM_ACCOUNT_ID
    client_id_env: ZOOM_CLIENT_ID
    client_secret_env: ZOOM_CLIENT_SECRET
    api_url: %s
    oauth_url: %s
`, name, sim["ZOOM_API_URL"], sim["ZOOM_OAUTH_URL"]))
	}
	configure("first")
	reload := make(chan os.Signal)
	r := start(t, sim, reload, "--config.file="+file, "--no-web.enable-reload")
	configure("second")
	if status, body := r.post(t, "/-/reload"); status != http.StatusForbidden || !strings.Contains(body, "--no-web.enable-reload") {
		t.Errorf("reload answers %d %s", status, body)
	}
	if text := r.get(t, "/metrics?poll=0"); !strings.Contains(text, `zoom_account_up{account="first"}`) {
		t.Error("a refused reload has taken the new configuration")
	}
	reload <- os.Interrupt // any signal: the channel is the program's SIGHUP
	reload <- os.Interrupt // is taken once the first is done
	if text := r.get(t, "/metrics?poll=0"); !strings.Contains(text, `zoom_account_up{account="second"}`) {
		t.Errorf("the signal does not reload:\n%s", r.stderr)
	}
}

// Nothing waits for a reload that a signal began, so it may still run when the
// exporter has stopped.
func TestReloadAfterTheEnd(t *testing.T) {
	env := newRig(t)
	cfg, err := config.FromEnv(func(name string) (string, bool) { v, ok := env[name]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	kept, err := openStorage("", clock.System{}, zap.NewNop(), 0)
	if err != nil {
		t.Fatal(err)
	}
	f := newFleet(clock.System{}, zap.NewNop(), kept)
	f.close()
	if err := f.apply(cfg, nil); !errors.Is(err, errStopped) {
		t.Errorf("a configuration is put to work after the end: %v", err)
	}
}

// scrapeFor is what a scrape of this timeout gets, be it an error.
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
