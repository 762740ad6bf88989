package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/difftest"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start runs the program and returns the environment that it prints.
func start(t *testing.T, args ...string) (env map[string]string, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	status := make(chan int, 1)
	go func() {
		status <- run(ctx, args, writer, io.Discard)
		_ = writer.Close()
	}()
	env = map[string]string{}
	lines := bufio.NewScanner(reader)
	for len(env) < 5 && lines.Scan() {
		name, value, ok := strings.Cut(lines.Text(), "=")
		if !ok {
			t.Fatalf("first lines: %q is not an assignment", lines.Text())
		}
		env[name] = value
	}
	return env, func() int {
		cancel()
		return <-status
	}
}

func grant(t *testing.T, client *http.Client, env map[string]string) int {
	t.Helper()
	form := url.Values{"grant_type": {"account_credentials"}, "account_id": {env["ZOOM_ACCOUNT_ID"]}}
	req, err := http.NewRequest(http.MethodPost, env["ZOOM_OAUTH_URL"], strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(env["ZOOM_CLIENT_ID"], env["ZOOM_CLIENT_SECRET"])
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

// traced returns a request that closes sent when it has been written.
func traced(t *testing.T, url string, sent chan<- struct{}) *http.Request {
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { close(sent) },
	})
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Error(err)
	}
	return req
}

func TestRunServesUntilItsContextEnds(t *testing.T) {
	env, stop := start(t, "--meetings", "2", "--no-limits", "--latency", "0s")
	for _, name := range []string{"ZOOM_ACCOUNT_ID", "ZOOM_CLIENT_ID", "ZOOM_CLIENT_SECRET", "ZOOM_API_URL", "ZOOM_OAUTH_URL"} {
		if env[name] == "" {
			t.Errorf("%s is not printed", name)
		}
	}
	if !strings.HasPrefix(env["ZOOM_API_URL"], "http://127.0.0.1:") || !strings.HasSuffix(env["ZOOM_API_URL"], "/v2") {
		t.Errorf("ZOOM_API_URL = %s", env["ZOOM_API_URL"])
	}
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	if status := grant(t, client, env); status != http.StatusOK {
		t.Errorf("token: status %d", status)
	}
	if status := stop(); status != exitOK {
		t.Errorf("exit status %d", status)
	}
}

// A hanging answer does not prevent the program from ending.
func TestRunEndsDespiteHangingAnswers(t *testing.T) {
	env, stop := start(t, "--meetings", "1", "--latency", "1h")
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	sent := make(chan struct{})
	gone := make(chan error, 1)
	go func() {
		resp, err := client.Do(traced(t, env["ZOOM_API_URL"]+"/metrics/meetings", sent))
		if err == nil {
			_ = resp.Body.Close()
		}
		gone <- err
	}()
	<-sent
	if status := stop(); status != exitOK {
		t.Errorf("exit status %d", status)
	}
	if err := <-gone; err == nil {
		t.Error("the hanging request was answered")
	}
}

func TestRunRefuses(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
		code int
	}{
		{[]string{"--nonsense"}, "nonsense", exitUsage},
		{[]string{"--meetings=-1"}, "--meetings must be between 0 and 100000, not -1", exitUsage},
		{[]string{"--participants", "0"}, "--participants must be between 1 and 100000, not 0", exitUsage},
		{[]string{"--odd", "2"}, "--odd must be between 0 and 1, not 2", exitUsage},
		{[]string{"--max-concurrent=-1"}, "--max-concurrent must be between 0 and 100000, not -1", exitUsage},
		{[]string{"--town-halls", "3", "--meetings", "2"}, "--town-halls must be between 0 and 2, not 3", exitUsage},
		{[]string{"--history-mode", "none"}, `--history-mode must be full, newest, since-last-request or late, not "none"`, exitUsage},
		{[]string{"--plan=gold"}, `--plan must be free, pro or business, not "gold"`, exitUsage},
		{[]string{"--token-life", "1ms"}, "--token-life", exitUsage},
		{[]string{"--listen", "127.0.0.1:99999"}, "--listen", exitError},
	} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), tt.args, &stdout, &stderr)
		if code != tt.code || !strings.Contains(stderr.String(), tt.want) || stdout.Len() > 0 {
			t.Errorf("%v: status %d, stdout %q, stderr %q", tt.args, code, &stdout, &stderr)
		}
	}
}

func TestRunHelps(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"--help"}, &stdout, &stderr); code != exitOK {
		t.Errorf("exit status %d", code)
	}
	for _, want := range []string{"--history-mode", "GET /admin/"} {
		if help := strings.Join(strings.Fields(stdout.String()+stderr.String()), " "); !strings.Contains(help, want) {
			t.Errorf("help does not mention %s: %s", want, help)
		}
	}
}

// Beyond loopback it serves, but warns.
func TestRunWarnsBeyondLoopback(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr bytes.Buffer
	if code := run(ctx, []string{"--listen", "0.0.0.0:0"}, &stdout, &stderr); code != exitOK {
		t.Errorf("exit status %d: %s", code, &stderr)
	}
	if !strings.Contains(stderr.String(), "beyond loopback") {
		t.Errorf("stderr = %q", &stderr)
	}
	if !strings.Contains(stdout.String(), "ZOOM_API_URL=http://127.0.0.1:") {
		t.Errorf("stdout = %q", &stdout)
	}
}

// Every flag reaches the simulated Zoom.
func TestOptions(t *testing.T) {
	f, _ := parse([]string{
		"--plan", "pro", "--foreign", "12", "--headers", "always", "--retry-after", "seconds",
		"--history-mode", "late", "--past-delay", "0s", "--odd", "0.5", "--max-concurrent", "3",
	}, io.Discard, io.Discard)
	if f == nil {
		t.Fatal("refused")
	}
	o := f.options()
	if o.Limits.HeavyPerSecond != 10 || o.Limits.ForeignPerMinute != 12 || o.Headers != "always" ||
		o.Limits.MaxConcurrent != 3 || o.RetryAfter != "seconds" || o.Moods.History != "late" || o.PastDelay >= 0 || o.Moods.Odd != 0.5 {
		t.Errorf("options = %+v, limits = %+v", o, *o.Limits)
	}
	f, _ = parse([]string{"--no-limits"}, io.Discard, io.Discard)
	if o := f.options(); o.Limits.HeavyPerSecond != 0 || o.Moods.History != "" || o.Headers != "" || o.RetryAfter != "" {
		t.Errorf("options = %+v, limits = %+v", o, *o.Limits)
	}
}

// Each switch sets its own option and no other.
func TestSwitches(t *testing.T) {
	options := func(args ...string) zoomsim.Options {
		t.Helper()
		f, _ := parse(args, io.Discard, io.Discard)
		if f == nil {
			t.Fatalf("%v is refused", args)
		}
		return f.options()
	}
	for name, set := range map[string]func(*zoomsim.Options){
		"--no-dashboard":     func(o *zoomsim.Options) { o.NoDashboard = true },
		"--no-webinar-plan":  func(o *zoomsim.Options) { o.NoWebinars = true },
		"--no-api-url":       func(o *zoomsim.Options) { o.Token.NoAPIURL = true },
		"--single-token":     func(o *zoomsim.Options) { o.Token.Single = true },
		"--other-past-ids":   func(o *zoomsim.Options) { o.Moods.OtherPastIDs = true },
		"--swapped-rssi":     func(o *zoomsim.Options) { o.Moods.SwappedRSSI = true },
		"--strict-page-size": func(o *zoomsim.Options) { o.Moods.StrictPageSize = true },
		"--numbers-only":     func(o *zoomsim.Options) { o.Moods.NumbersOnly = true },
	} {
		want := options()
		set(&want)
		if diff := difftest.Diff(want, options(name)); diff != "" {
			t.Errorf("%s gives other options:\n%s", name, diff)
		}
	}
}

func TestScopes(t *testing.T) {
	const a, b = "dashboard:read:list_meetings:admin", "dashboard_webinars:read:admin"
	for _, tt := range []struct {
		args []string
		want []string // nil for the default
	}{
		{nil, nil},
		{[]string{"--scopes", a}, []string{a}},
		{[]string{"--scopes", a + "," + b}, []string{a, b}},
		{[]string{"--scopes", a + ", " + b + ","}, []string{a, b}},
		{[]string{"--scopes", a, "--scopes", b}, []string{a, b}},
		{[]string{"--scopes="}, []string{}},
	} {
		f, _ := parse(tt.args, io.Discard, io.Discard)
		if f == nil {
			t.Fatalf("%v is refused", tt.args)
		}
		if got := f.options().Token.Scopes; !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%v gives %#v", tt.args, got)
		}
	}
}
