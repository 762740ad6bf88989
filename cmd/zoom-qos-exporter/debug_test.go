package main

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// statusOf is the status of a GET request, 0 without an answer.
func statusOf(t *testing.T, url string) int {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		return 0
	}
	_ = resp.Body.Close() // the body is not needed
	return resp.StatusCode
}

func TestProfiles(t *testing.T) {
	sim := newRig(t)
	r := start(t, sim, nil)
	if got := statusOf(t, r.url+"/debug/pprof/"); got != http.StatusNotFound {
		t.Errorf("profiles are served without the flag: status %d", got)
	}
	if strings.Contains(r.stderr.String(), "profiles") {
		t.Errorf("the log mentions profiles:\n%s", r.stderr)
	}
	r.stop()

	r = start(t, sim, nil, "--debug.listen-address=127.0.0.1:0")
	found := regexp.MustCompile(`msg="serving profiles" url=(http://127\.0\.0\.1:\d+/)debug/pprof/`).FindStringSubmatch(r.stderr.String())
	if found == nil {
		t.Fatalf("the log does not say where profiles are:\n%s", r.stderr)
	}
	profiles := found[1]
	for url, want := range map[string]int{
		profiles + "debug/pprof/": 200, profiles + "debug/pprof/heap": 200, profiles + "metrics": 404,
		r.url + "/debug/pprof/": 404, r.url + "/debug/pprof/heap": 404, r.url + "/metrics": 200,
	} {
		if got := statusOf(t, url); got != want {
			t.Errorf("%s: status %d, want %d", url, got, want)
		}
	}
	if strings.Contains(r.stderr.String(), "beyond this machine") {
		t.Errorf("loopback causes a warning:\n%s", r.stderr)
	}
	if status := r.stop(); status != exitOK {
		t.Errorf("exit status %d:\n%s", status, r.stderr)
	}
	if got := statusOf(t, profiles+"debug/pprof/"); got != 0 {
		t.Errorf("profiles outlast the exporter: status %d", got)
	}
}

func TestProfilesAddressInUse(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	taken := listener.Addr().String()
	var out bytes.Buffer
	status := run(context.Background(), []string{"--demo", "--debug.listen-address=" + taken}, process{
		stdin: strings.NewReader(""), stdout: &out, stderr: &out,
		getenv: func(string) (string, bool) { return "", false },
	})
	for _, want := range []string{`msg="could not start"`, "--debug.listen-address=" + taken, "address already in use"} {
		if status != exitFailed || !strings.Contains(out.String(), want) {
			t.Errorf("status %d, no %s: %s", status, want, out.String())
		}
	}
}

func TestIsLoopback(t *testing.T) {
	for ip, want := range map[string]bool{
		"127.0.0.1": true, "127.9.9.9": true, "::1": true, "::ffff:127.0.0.1": true,
		"0.0.0.0": false, "::": false, "192.0.2.1": false, "2001:db8::1": false,
	} {
		if got := isLoopback(&net.TCPAddr{IP: net.ParseIP(ip), Port: 6060}); got != want {
			t.Errorf("%s: %t", ip, got)
		}
	}
}
