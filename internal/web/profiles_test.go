package web

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime/trace"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"
)

func TestProfiles(t *testing.T) {
	h := profileHandler()
	for path, says := range map[string]string{
		"/debug/pprof/": "goroutine", "/debug/pprof/cmdline": "test", "/debug/pprof/symbol": "num_symbols",
		"/debug/pprof/goroutine?debug=1": "TestProfiles", "/debug/pprof/heap?debug=1": "heap profile",
		"/debug/pprof/trace?seconds=0.001": "trace",
	} {
		if answer := ask(t, h, "GET", path); answer.Code != http.StatusOK || !strings.Contains(answer.Body.String(), says) {
			t.Errorf("%s: status %d, no %q", path, answer.Code, says)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // otherwise it takes 30 s
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequestWithContext(ctx, "GET", "/debug/pprof/profile", nil))
	if answer.Code != http.StatusOK || !isProfile(answer.Body.Bytes()) {
		t.Errorf("profile: status %d: %.100q", answer.Code, answer.Body)
	}
	if answer := ask(t, h, "GET", "/"); answer.Code != http.StatusFound || answer.Header().Get("Location") != "/debug/pprof/" {
		t.Errorf("/: status %d to %q", answer.Code, answer.Header().Get("Location"))
	}
	for _, path := range []string{"/metrics", "/-/reload", "/debug/vars"} {
		if answer := ask(t, h, "GET", path); answer.Code != http.StatusNotFound {
			t.Errorf("%s: status %d", path, answer.Code)
		}
	}
}

// The server's timeouts do not interrupt profiles.
func TestLongProfiles(t *testing.T) {
	for _, length := range []time.Duration{30 * time.Second, 10 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			listener := &pipes{conns: make(chan net.Conn)}
			profiles := ServeProfiles(t.Context(), listener, zaptest.NewLogger(t))
			defer profiles.Close()
			conn := listener.dial()
			defer conn.Close()
			start := time.Now()
			// A profile of allocations, because CPU profiles are sampled in real time.
			if _, err := fmt.Fprintf(conn, "GET /debug/pprof/allocs?seconds=%.0f HTTP/1.1\r\nHost: example.com\r\n\r\n", length.Seconds()); err != nil {
				t.Fatal(err)
			}
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != http.StatusOK || !isProfile(body) {
				t.Errorf("%v: status %d with %d bytes, %v", length, resp.StatusCode, len(body), err)
			}
			if d := time.Since(start); d < length {
				t.Errorf("one of %v was made within %v", length, d)
			}
		})
	}
}

// isProfile reports whether data is compressed like a profile.
func isProfile(data []byte) bool { return bytes.HasPrefix(data, []byte("\x1f\x8b")) }

// Close interrupts profiles and leaves no goroutines.
func TestCloseEndsProfiles(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + listener.Addr().String() + "/debug/pprof/"
	profiles := ServeProfiles(t.Context(), listener, zap.NewNop())
	get := func(path string) string {
		resp, err := http.Get(url + path)
		if err != nil {
			return err.Error()
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body) // may be interrupted
		return string(body)
	}
	made := make(chan struct{})
	go func() {
		defer close(made)
		get("trace?seconds=3600")
	}()
	for start := time.Now(); !strings.Contains(get("goroutine?debug=2"), "pprof.Trace("); time.Sleep(time.Millisecond) {
		if time.Since(start) > 20*time.Second {
			t.Fatal("no trace is being made")
		}
	}
	profiles.Close()
	if trace.IsEnabled() {
		t.Error("the trace goes on")
	}
	<-made
	if _, err := net.Dial("tcp", listener.Addr().String()); err == nil {
		t.Error("it still listens")
	}
	http.DefaultClient.CloseIdleConnections()
}
