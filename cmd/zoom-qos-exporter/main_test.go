package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
)

// asMain is the variable that makes the test binary the program itself.
const asMain = "TEST_AS_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asMain) != "" {
		main()
	}
	os.Exit(m.Run())
}

// runMain runs the program in its own process.
func runMain(t *testing.T, environ []string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(environ, asMain+"=1")
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	return out.String(), errs.String(), err
}

// newRig is a simulated Zoom of 3 meetings and 1 webinar and the environment
// that leads to it, through middleware. Neither has limits: just before midnight
// in UTC hardly anything is left of a day's.
func newRig(t *testing.T, middleware ...func(http.Handler) http.Handler) map[string]string {
	t.Helper()
	sim := zoomsim.New(zoomsim.Options{Seed: 1, Meetings: 3, Webinars: 1, History: 10, Fixed: true, Limits: new(zoomsim.Limits)})
	handler := sim.Handler()
	for _, m := range middleware {
		handler = m(handler)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	env := map[string]string{"ZOOM_PLAN": "unlimited"}
	for _, assignment := range sim.Env(server.URL) {
		name, value, _ := strings.Cut(assignment, "=")
		env[name] = value
	}
	return env
}

// The names of all environment variables reach the configuration.
func TestMainReportsMistypedVariables(t *testing.T) {
	const secret = "s3cr3tw0rd"
	environ := []string{"ZOOM_ACCOUNT_ID=a", "ZOOM_CLIENT_ID=c", "ZOOM_CLIENT_SECRET=" + secret, "ZOOM_RESERV=" + secret}
	stdout, stderr, err := runMain(t, environ, "check", "--config-only")
	if words := strings.Join(strings.Fields(stdout), " "); err != nil || !strings.Contains(words, "did you mean ZOOM_RESERVE?") || strings.Contains(words+stderr, secret) {
		t.Errorf("%v: %s%s", err, stdout, stderr)
	}
	stdout, stderr, err = runMain(t, append(environ[:2:2], "ZOOM_CLIENT_SECRT="+secret), "check", "--config-only")
	if err == nil || !strings.Contains(stderr, "did you mean ZOOM_CLIENT_SECRET?") || strings.Contains(stdout+stderr, secret) {
		t.Errorf("%v: %s%s", err, stdout, stderr)
	}
}

// accountEntry is an entry in a configuration's accounts for the simulated Zoom of
// a rig. More keys of the account may follow, indented by four spaces.
func accountEntry(name string, rig map[string]string) string {
	return "  - name: " + name + `
    plan: unlimited
    account_id_env: ZOOM_ACCOUNT_ID
    client_id_env: ZOOM_CLIENT_ID
    client_secret_env: ZOOM_CLIENT_SECRET
    api_url: ` + rig["ZOOM_API_URL"] + `
    oauth_url: ` + rig["ZOOM_OAUTH_URL"] + "\n"
}
