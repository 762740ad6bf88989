package e2e

import (
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

func TestWrongCredentials(t *testing.T) {
	t.Parallel()
	const wrong = "not-the-secret"
	sim := small()
	env := append(serve(t, sim, sim.Handler()), "ZOOM_CLIENT_SECRET="+wrong)
	p := exporter(t, env)
	for range 5 {
		p.scrape("").must(t, `zoom_account_up{account="default"}`, 0)
	}
	for _, path := range []string{"/-/healthy", "/-/ready"} {
		if status, _ := ask(t, http.MethodGet, p.url(path)); status != http.StatusOK {
			t.Errorf("%s answered %d", path, status)
		}
	}
	if n := sim.Counts().Of(zoomapi.OAuthToken); n != 1 {
		t.Errorf("%d token requests in 5 scrapes, want 1", n)
	}
	if !p.running() {
		t.Error("it has ended")
	}
	if strings.Contains(p.stderr.String(), wrong) {
		t.Error("the secret is in the log")
	}
}

func TestPortInUse(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	sim := small()
	p := start(t, command(t, serve(t, sim, sim.Handler()), "--web.listen-address="+listener.Addr().String()))
	p.exits(1)
	if log := p.stderr.String(); !strings.Contains(log, "address already in use") {
		t.Errorf("the log does not say why: %s", log)
	}
}

func TestNoCredentials(t *testing.T) {
	t.Parallel()
	p := start(t, command(t, nil))
	p.exits(1)
	for _, name := range []string{"ZOOM_ACCOUNT_ID", "ZOOM_CLIENT_ID", "ZOOM_CLIENT_SECRET"} {
		if !strings.Contains(p.stderr.String(), name) {
			t.Errorf("it does not ask for %s: %s", name, p.stderr.String())
		}
	}
}
