package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const reloaded = "zoom_exporter_config_last_reload_successful"

// configuration is a file with one account on a simulated Zoom.
func configuration(name string, env []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "accounts:\n  - name: %s\n    plan: unlimited\n", name)
	for _, assignment := range env {
		variable, value, _ := strings.Cut(assignment, "=")
		if key := strings.TrimPrefix(strings.ToLower(variable), "zoom_"); key != "plan" {
			fmt.Fprintf(&b, "    %s: %q\n", key, value)
		}
	}
	return b.String()
}

func TestReload(t *testing.T) {
	t.Parallel()
	sim := small()
	env := serve(t, sim, sim.Handler())
	path := filepath.Join(t.TempDir(), "config.yml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(configuration("first", env))
	p := exporter(t, nil, "--config.file="+path)
	p.scrape("").must(t, `zoom_account_up{account="first"}`, 1)

	// A wrong file: the old configuration stays, and says so.
	write(configuration("second", env) + "    reserv: 20%\n")
	p.signal(syscall.SIGHUP)
	eventually(t, func() error { return p.scrape("?poll=0").is(reloaded, 0) })
	p.scrape("").must(t, `zoom_account_up{account="first"}`, 1)
	status, body := ask(t, http.MethodPost, p.url("/-/reload"))
	if status != http.StatusInternalServerError || !strings.Contains(body, "config.yml:9") || !strings.Contains(body, "reserv") {
		t.Errorf("reload answered %d %q, want 500 with the line and the key", status, body)
	}
	if secret := sim.Credentials().ClientSecret; strings.Contains(body+p.stderr.String(), secret) {
		t.Error("the secret is in the answer or in the log")
	}

	// A right one.
	write(configuration("second", env))
	p.signal(syscall.SIGHUP)
	eventually(t, func() error { return p.scrape("?poll=0").is(reloaded, 1) })
	e := p.scrape("")
	e.must(t, `zoom_account_up{account="second"}`, 1)
	if _, ok := e.value(`zoom_account_up{account="first"}`); ok {
		t.Error("the account that is gone has series")
	}
	if status, body := ask(t, http.MethodPost, p.url("/-/reload")); status != http.StatusOK {
		t.Errorf("reload answered %d %q", status, body)
	}
	if status, _ := ask(t, http.MethodGet, p.url("/-/reload")); status != http.StatusMethodNotAllowed {
		t.Errorf("GET of reload answered %d", status)
	}
}
