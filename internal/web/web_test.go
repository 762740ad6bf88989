package web

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/difftest"
)

func TestPaths(t *testing.T) {
	h := NewHandler(options(&fakeAccount{name: "default"}))
	for _, test := range []struct {
		method, target string
		status         int
		says           string
	}{
		{"GET", "/", 200, "<title>Live Zoom quality"},
		{"HEAD", "/", 200, ""},
		{"GET", "/?refresh=off", 200, "<h1>zoom-qos-exporter"},
		{"POST", "/", 405, ""},
		{"GET", "/metrics", 200, `zoom_account_up{account="default"} 0`},
		{"HEAD", "/metrics", 200, ""},
		{"POST", "/metrics", 405, ""},
		{"DELETE", "/metrics", 405, ""},
		{"GET", "/metrics/", 404, "Not found"},
		{"GET", "/-/healthy", 200, "zoom-qos-exporter is healthy."},
		{"HEAD", "/-/healthy", 200, ""},
		{"GET", "/-/ready", 200, "zoom-qos-exporter is ready."}, // although Zoom has not answered
		{"POST", "/-/reload", 200, "OK"},
		{"GET", "/-/reload", 405, "needs a POST request"},
		{"GET", "/favicon.ico", 404, "Not found"},
		{"GET", "/..%2f..%2fetc/passwd", 404, "Not found"},
		{"GET", "/debug/pprof/", 404, "Not found"},
	} {
		answer := ask(t, h, test.method, test.target)
		if answer.Code != test.status || !strings.Contains(answer.Body.String(), test.says) {
			t.Errorf("%s %s: status %d, want %d, and %q in:\n%s", test.method, test.target, answer.Code, test.status, test.says, difftest.Short(answer.Body.String()))
		}
		if answer.Code == http.StatusMethodNotAllowed && answer.Header().Get("Allow") == "" {
			t.Errorf("%s %s: 405 without Allow", test.method, test.target)
		}
	}
}

func TestOnlyScrapesPoll(t *testing.T) {
	accounts := []*fakeAccount{{name: "north"}, {name: "south"}}
	h := NewHandler(options(accounts[0], accounts[1]))
	for _, look := range [][2]string{
		{"GET", "/"}, {"HEAD", "/"}, {"GET", "/?refresh=off"}, {"GET", "/?poll=1"}, {"GET", "/-/healthy"}, {"GET", "/-/ready"},
		{"POST", "/-/reload"}, {"HEAD", "/metrics"}, {"GET", "/metrics?poll=0"}, {"GET", "/metrics?name[]=up&poll=0"},
		{"POST", "/metrics"}, {"OPTIONS", "/metrics"}, {"GET", "/nothing"},
	} {
		ask(t, h, look[0], look[1])
		for _, a := range accounts {
			if n := a.polls.Load(); n != 0 {
				t.Fatalf("%s %s polled %s", look[0], look[1], a.name)
			}
		}
	}
	for i, scrape := range []string{"/metrics", "/metrics?poll=1", "/metrics?poll="} {
		ask(t, h, "GET", scrape)
		for _, a := range accounts {
			if n := a.polls.Load(); n != int64(i+1) {
				t.Errorf("after %s %s was polled %d times, want %d", scrape, a.name, n, i+1)
			}
		}
	}
}

func TestReload(t *testing.T) {
	o := options()
	var calls int
	var fault error
	o.Reload = func() error { calls++; return fault }
	h := NewHandler(o)

	if answer := ask(t, h, "POST", "/-/reload"); answer.Code != 200 || calls != 1 {
		t.Errorf("status %d after %d calls", answer.Code, calls)
	}
	fault = errors.New("config.yaml:3: unknown key \"acounts\"")
	answer := ask(t, h, "POST", "/-/reload")
	if answer.Code != 500 || !strings.Contains(answer.Body.String(), fault.Error()) || !strings.Contains(answer.Body.String(), "the previous one stays") {
		t.Errorf("status %d: %s", answer.Code, answer.Body)
	}
	if answer.Header().Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("an error of type %s", answer.Header().Get("Content-Type"))
	}
}

// A page may belong to another site. With DNS rebinding its origin is the exporter's
// address.
func TestPagesMayNotReload(t *testing.T) {
	o := options()
	var calls int
	o.Reload = func() error { calls++; return nil }
	h := NewHandler(o)
	for _, tt := range []struct {
		header []string
		status int
	}{
		{nil, 200},
		{[]string{"Origin", "https://attacker.example.com"}, 403},
		{[]string{"Origin", "http://example.com"}, 403}, // the request's own host
		{[]string{"Origin", "http://example.com", "Sec-Fetch-Site", "same-origin"}, 403},
		{[]string{"Origin", "null"}, 403},
		{[]string{"Origin", ""}, 403},
		{[]string{"Sec-Fetch-Site", "cross-site"}, 403},
		{[]string{"Sec-Fetch-Site", "same-site"}, 403},
		{[]string{"Sec-Fetch-Site", "same-origin"}, 403},
		{[]string{"Sec-Fetch-Site", ""}, 403},
		{[]string{"Sec-Fetch-Site", "none"}, 200},
	} {
		calls = 0
		answer := ask(t, h, "POST", "http://example.com/-/reload", tt.header...)
		if reloaded := calls == 1; answer.Code != tt.status || reloaded != (tt.status == 200) {
			t.Errorf("%q: status %d, want %d, after %d reloads", tt.header, answer.Code, tt.status, calls)
		}
	}
}

func TestReloadOff(t *testing.T) {
	o := options()
	o.Reload = nil
	h := NewHandler(o)
	for _, method := range []string{"POST", "GET", "HEAD"} {
		answer := ask(t, h, method, "/-/reload")
		if answer.Code != 403 || !strings.Contains(answer.Body.String(), "SIGHUP") || !strings.Contains(answer.Body.String(), "--no-web.enable-reload") {
			t.Errorf("%s: status %d: %s", method, answer.Code, answer.Body)
		}
	}
	if answer := ask(t, h, "GET", "/-/healthy"); answer.Code != 200 {
		t.Errorf("healthy: status %d", answer.Code)
	}
}

func TestSecurityHeaders(t *testing.T) {
	h := NewHandler(options(&fakeAccount{name: "default"}))
	for _, target := range []string{"/", "/metrics", "/-/healthy", "/nothing"} {
		header := ask(t, h, "GET", target).Header()
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
			"Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin",
		} {
			if got := header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", target, name, got, want)
			}
		}
		policies := header.Values("Content-Security-Policy")
		if len(policies) != 1 || !strings.Contains(policies[0], "default-src 'none'") || !strings.Contains(policies[0], "frame-ancestors 'none'") {
			t.Errorf("%s: policies %q", target, policies)
		}
		if hasStyle := strings.Contains(policies[0], "style-src"); hasStyle != (target == "/") {
			t.Errorf("%s: policy %q", target, policies[0])
		}
	}
}

func TestURL(t *testing.T) {
	for addr, want := range map[string]string{
		"127.0.0.1:19666": "http://127.0.0.1:19666/", "0.0.0.0:19666": "http://localhost:19666/",
		"[::]:19666": "http://localhost:19666/", "[2001:db8::1]:80": "http://[2001:db8::1]:80/",
	} {
		tcp, err := net.ResolveTCPAddr("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if got := URL(tcp, false); got != want || URL(tcp, true) != "https"+strings.TrimPrefix(want, "http") {
			t.Errorf("%s: %s, want %s", addr, got, want)
		}
	}
}

// pipes is a listener with in-memory connections, which work with a fake clock.
type pipes struct{ conns chan net.Conn }

func (p *pipes) dial() net.Conn {
	client, server := net.Pipe()
	p.conns <- server
	return client
}

func (p *pipes) Accept() (net.Conn, error) {
	conn, open := <-p.conns
	if !open {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (p *pipes) Close() error   { close(p.conns); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 19666} }

// serve runs a server in a bubble for the duration of a test.
func serve(t *testing.T, h http.Handler, test func(dial func() net.Conn)) {
	synctest.Test(t, func(t *testing.T) {
		listener := &pipes{conns: make(chan net.Conn)}
		var told net.Addr
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		server := NewServer(ctx, h, zap.NewNop(), func(addr net.Addr) { told = addr })
		served := make(chan error, 1)
		go func() { served <- server.Serve(listener) }()
		test(listener.dial)
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
		time.Sleep(time.Second) // connections close shortly after their server
		if told == nil || told.String() != listener.Addr().String() {
			t.Errorf("told of %v", told)
		}
	})
}

// closedAfter returns the time until the server closes a connection that nobody
// reads.
func closedAfter(conn net.Conn) time.Duration {
	start := time.Now()
	_, _ = io.Copy(io.Discard, conn) // wait for the end
	return time.Since(start)
}

func TestServerLetsNobodyTakeTheirTime(t *testing.T) {
	h := NewHandler(options(&fakeAccount{name: "default"}))
	t.Run("who sends no header", func(t *testing.T) {
		serve(t, h, func(dial func() net.Conn) {
			if d := closedAfter(dial()); d > time.Minute {
				t.Errorf("held for %v", d)
			}
		})
	})
	t.Run("who promises a body and sends none", func(t *testing.T) {
		serve(t, h, func(dial func() net.Conn) {
			conn := dial()
			if _, err := io.WriteString(conn, "POST /-/reload HTTP/1.1\r\nHost: example.com\r\nContent-Length: 10\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			if d := closedAfter(conn); d > 2*time.Minute {
				t.Errorf("held for %v", d)
			}
		})
	})
	t.Run("who stays idle after an answer", func(t *testing.T) {
		serve(t, h, func(dial func() net.Conn) {
			conn := dial()
			if _, err := io.WriteString(conn, "GET /-/healthy HTTP/1.1\r\nHost: example.com\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			if d := closedAfter(conn); d < time.Minute || d > 10*time.Minute {
				t.Errorf("held for %v", d)
			}
		})
	})
	t.Run("who does not read the answer", func(t *testing.T) {
		serve(t, h, func(dial func() net.Conn) {
			conn := dial()
			if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(5 * time.Minute) // without reading
			rest, _ := io.ReadAll(conn)
			if strings.Contains(string(rest), "</html>") {
				t.Error("the answer was held for as long as it took")
			}
		})
	})
	t.Run("who sends a header without end", func(t *testing.T) {
		serve(t, h, func(dial func() net.Conn) {
			conn := dial()
			go func() {
				_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: example.com\r\nX-Long: "+strings.Repeat("x", 1<<20)+"\r\n\r\n")
			}()
			status, err := bufio.NewReader(conn).ReadString('\n')
			if err != nil || !strings.Contains(status, "431") {
				t.Errorf("answer %q, %v", status, err)
			}
			_ = conn.Close() // ends the writer
		})
	})
}

// The server's timeouts do not interrupt the longest possible scrape.
func TestServerOutlastsTheLongestScrape(t *testing.T) {
	account := &fakeAccount{name: "default", takes: time.Hour}
	h := NewHandler(options(account))
	serve(t, h, func(dial func() net.Conn) {
		conn := dial()
		if _, err := io.WriteString(conn, "GET /metrics HTTP/1.1\r\nHost: example.com\r\n"+timeoutHeader+": 3600\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil || !strings.Contains(string(body), `zoom_account_up{account="default"}`) {
			t.Errorf("%v in %q", err, body)
		}
		if d := time.Since(start); d != maxTimeout-offset {
			t.Errorf("answered after %v, want %v", d, maxTimeout-offset)
		}
	})
}
