package main

import (
	"context"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A configuration file replaces sections of the demo's configuration, and can be
// reloaded.
func TestDemoWithConfigurationFile(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	file := filepath.Join(t.TempDir(), "config.yaml")
	write(t, file, "privacy: {preset: helpdesk}\nreadings: {dimensions: [os], histogram_dimensions: []}\n")
	r := start(t, nil, nil, "--demo", "--config.file="+file)
	text := r.getComplete(t)
	for pattern, there := range map[string]bool{
		`zoom_participant_network_info{.*site="berlin"`:     true, // the demo's site
		`zoom_participant_info{.*user_name="\w`:             true, // helpdesk's names
		`(pc_name|domain)="\w`:                              false,
		`zoom_qos_readings_total{.*os="Windows",site="",`:   true,
		`zoom_qos_readings_total{.*(site|network_type)="\w`: false,
		`zoom_qos_reading_latency_seconds_count{.*os="\w`:   false,
	} {
		if regexp.MustCompile(pattern).MatchString(text) != there {
			t.Errorf("%s is in the demo: %t, want %t", pattern, !there, there)
		}
	}

	if page := r.get(t, "/"); !strings.Contains(page, demoNotice) {
		t.Error("the page does not say that it is a demo")
	}

	write(t, file, "metrics: {participants: none}\n")
	if status, body := r.post(t, "/-/reload"); status != http.StatusOK {
		t.Fatalf("the reload answered %d: %s", status, body)
	}
	if text := r.get(t, "/metrics?poll=0"); strings.Contains(text, `participant="`) || !strings.Contains(text, "zoom_meeting_info{") {
		t.Error("after the reload there are participants, or no meetings")
	}
	write(t, file, "metric: {participants: all}\n")
	if status, body := r.post(t, "/-/reload"); status == http.StatusOK || !strings.Contains(body, "did you mean metrics?") {
		t.Errorf("reloading an invalid file answered %d: %s", status, body)
	}
}

func TestDemoRefusesAccounts(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.yaml")
	write(t, file, "accounts: [{account_id: a, client_id: c, client_secret: s}]\n")
	var out output
	status := run(context.Background(), []string{"--demo", "--config.file=" + file}, process{
		stdin: strings.NewReader(""), stdout: &out, stderr: &out, getenv: func(string) (string, bool) { return "", false },
	})
	if want := "config.yaml:1:11: accounts: cannot be set here"; status != exitFailed || !strings.Contains(out.String(), want) {
		t.Errorf("status %d, want %d, with %q in\n%s", status, exitFailed, want, out.String())
	}
}
