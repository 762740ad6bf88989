package main

import (
	"io"
	"strings"
	"testing"
)

// checkHealth runs the subcommand.
func checkHealth(t *testing.T, url string) (status int, stderr string) {
	t.Helper()
	var out output
	status = run(t.Context(), []string{"healthcheck", "--url=" + url}, process{
		stdin: strings.NewReader(""), stdout: io.Discard, stderr: &out,
		getenv: func(string) (string, bool) { return "", false },
	})
	return status, out.String()
}

func TestHealthcheck(t *testing.T) {
	r := start(t, newRig(t), nil)
	if status, stderr := checkHealth(t, r.url+"/-/healthy"); status != exitOK {
		t.Errorf("status %d, %s", status, stderr)
	}
	if status, stderr := checkHealth(t, r.url+"/metrics?poll=0"); status != exitFailed || !strings.Contains(stderr, "/-/healthy") {
		t.Errorf("of another page: status %d, %s", status, stderr)
	}
	if status := r.stop(); status != exitOK {
		t.Errorf("exit status %d", status)
	}
	if status, stderr := checkHealth(t, r.url+"/-/healthy"); status != exitFailed || !strings.Contains(stderr, "connection refused") {
		t.Errorf("after its end: status %d, %s", status, stderr)
	}
}
