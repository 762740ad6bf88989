package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/accounts"
)

// output is a buffer for the output of a program, readable while it runs.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// waitTimeout is how long a test waits for a condition: far longer than needed on a
// busy machine and under the race detector.
const waitTimeout = 2 * time.Minute

// waitFor waits for a condition, and shows the output if that does not come true.
func waitFor(t *testing.T, what string, written *output, condition func() bool) {
	t.Helper()
	for begun := time.Now(); !condition(); time.Sleep(time.Millisecond) {
		if time.Since(begun) > waitTimeout {
			t.Fatalf("timed out waiting for %s:\n%s", what, written)
		}
	}
}

// running is a serving program.
type running struct {
	url            string
	stdout, stderr *output
	stop           func() int
}

// listening matches the log line in either format.
var listening = regexp.MustCompile(`"Listening on"[ ,]"?address"?[=:]"?([^"\s]+)`)

// start runs the program on a free port until the test ends.
func start(t *testing.T, env map[string]string, reload <-chan os.Signal, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{stdout: new(output), stderr: new(output)}
	status := make(chan int, 1)
	go func() {
		status <- run(ctx, append([]string{"--web.listen-address=127.0.0.1:0"}, args...), process{
			stdin: strings.NewReader(""), stdout: r.stdout, stderr: r.stderr, reload: reload,
			getenv: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		})
	}()
	r.stop = sync.OnceValue(func() int {
		cancel()
		return <-status
	})
	t.Cleanup(func() { r.stop() })
	waitFor(t, "it to listen", r.stderr, func() bool {
		found := listening.FindStringSubmatch(r.stderr.String())
		if found != nil {
			r.url = "http://" + found[1]
		} else if len(status) > 0 {
			t.Fatalf("it does not start:\n%s", r.stderr)
		}
		return found != nil
	})
	return r
}

func (r *running) get(t *testing.T, path string) string {
	t.Helper()
	resp, err := http.Get(r.url + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// getComplete gets the metrics of the demo once they are complete.
func (r *running) getComplete(t *testing.T) (text string) {
	t.Helper()
	waitFor(t, "the demo to show everybody", r.stderr, func() bool {
		text = scrapeFor(r.url, waitTimeout)
		return strings.Contains(text, `zoom_poll_coverage_ratio{account="demo"} 1`)
	})
	return text
}

func (r *running) post(t *testing.T, path string) (int, string) {
	t.Helper()
	resp, err := http.Post(r.url+path, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// The first complete scrape of the demo has a sample of every documented metric.
func TestDemoShowsEveryMetric(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	r := start(t, nil, nil, "--demo")
	waitFor(t, "the greeting to name "+r.url, r.stdout, func() bool { return strings.Contains(r.stdout.String(), r.url) })
	reference, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| `(zoom_[a-z_]+)` \\| (?:gauge|counter|histogram) ").FindAllStringSubmatch(string(reference), -1)
	if len(rows) < 50 {
		t.Fatalf("the reference has only %d metrics", len(rows))
	}
	text := r.getComplete(t)
	sampled := make(map[string]bool)
	for line := range strings.Lines(text) {
		name := line[:strings.IndexAny(line, "{ ")]
		sampled[name] = true
		sampled[strings.TrimSuffix(name, "_count")] = true // of a histogram
	}
	for _, row := range rows {
		// Nobody is degraded while all is well.
		if !sampled[row[1]] && row[1] != "zoom_meeting_degraded_participants" {
			t.Errorf("no sample of %s", row[1])
		}
	}
	// About 40 and 3, as every quarter of an hour some end before others begin.
	if !regexp.MustCompile(`\nzoom_live_meetings{account="demo",kind="meeting"} [345]\d\nzoom_live_meetings{account="demo",kind="webinar"} [2-4]\n`).MatchString(text) {
		t.Error("the number of meetings or webinars is wrong")
	}
	for _, want := range []string{
		`zoom_poll_coverage_ratio{account="demo"} 1`, `zoom_account_up{account="demo"} 1`,
		`via="crc"`, `via="rwg"`, `media="share"`, `site="berlin"`, `role="host"`, `role="co-host"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in the demo", want)
		}
	}
	for _, aggregate := range []string{
		`meeting_recent_readings{.*verdict="(fair|poor)"`, `meeting_site_participants{.*site="\w`,
		`meeting_speakers{.*role="host",verdict="good"`, `meeting_speakers{.*role="panelist",verdict="good"`,
		`site_participants{.*site="\w`, `site_recent_readings{.*site="\w.*verdict="good"`,
		`site_cpu_participants{.*load="normal"`, `site_wifi_participants{.*signal="good"`,
	} {
		someone := regexp.MustCompile(`\nzoom_` + aggregate + `.*} [1-9]`)
		waitFor(t, "somebody to count in zoom_"+aggregate, r.stderr, func() bool { return someone.MatchString(r.get(t, "/metrics?poll=0")) })
	}
	// In some minutes there is no such trouble, and they are 0.
	for _, trouble := range []string{`site_cpu_participants{.*load="high"`, `site_wifi_participants{.*signal="weak"`} {
		if !regexp.MustCompile(`\nzoom_` + trouble).MatchString(text) {
			t.Errorf("no sample of zoom_%s", trouble)
		}
	}
	if status := r.stop(); status != exitOK {
		t.Errorf("exit status %d, want 0:\n%s", status, r.stderr)
	}
	if left, _ := os.ReadDir(temp); len(left) != 0 {
		t.Errorf("the demo leaves %v behind", left)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestReloadKeepsState(t *testing.T) {
	sim := newRig(t)
	file := filepath.Join(t.TempDir(), "config.yaml")
	account := func(extra string) string {
		return "accounts:\n" + accountEntry("first", sim) + extra
	}
	write(t, file, account(""))
	reload := make(chan os.Signal)
	r := start(t, sim, reload, "--config.file="+file)
	before := r.get(t, "/metrics")
	if !strings.Contains(before, `zoom_live_meetings{account="first",kind="meeting"} 3`) {
		t.Fatalf("no meetings before the reload:\n%s", r.stderr)
	}

	write(t, file, account("    collect: {webinars: off, wifi: false}\n"))
	if status, body := r.post(t, "/-/reload"); status != http.StatusOK {
		t.Fatalf("reload answers %d %s", status, body)
	}
	after := r.get(t, "/metrics?poll=0")
	for _, want := range []string{`zoom_live_meetings{account="first",kind="meeting"} 3`, "zoom_qos_latency_seconds{", `department="`} {
		if !strings.Contains(after, want) {
			t.Errorf("no %s right after the reload", want)
		}
	}
	if strings.Contains(after, `zoom_live_meetings{account="first",kind="webinar"`) || strings.Contains(after, `task="list_webinars"`) {
		t.Error("webinars are shown after they were disabled")
	}

	write(t, file, account("    plan: golden\n    colour: red\n"))
	status, body := r.post(t, "/-/reload")
	for _, want := range []string{"plan", "colour", "config.yaml:"} {
		if status != http.StatusInternalServerError || !strings.Contains(body, want) {
			t.Errorf("an invalid configuration answers %d %s, want 500 with %s", status, body, want)
		}
	}
	text := r.get(t, "/metrics?poll=0")
	if !strings.Contains(text, "zoom_exporter_config_last_reload_successful 0") || !strings.Contains(text, `zoom_account_up{account="first"} 1`) {
		t.Error("after an invalid configuration the previous one is not in use, or the metric does not show it")
	}

	write(t, file, strings.ReplaceAll(account(""), "first", "second"))
	reload <- os.Interrupt // any signal: the channel is the program's SIGHUP
	reload <- os.Interrupt // is taken once the first is done
	waitFor(t, "two reloads to be logged", r.stderr, func() bool {
		return strings.Count(r.stderr.String(), `msg="configuration reloaded" accounts=1`) >= 2
	})
	text = r.get(t, "/metrics")
	if strings.Contains(text, `account="first"`) || !strings.Contains(text, `zoom_live_meetings{account="second",kind="meeting"} 3`) {
		t.Error("the renamed account is not the only one shown")
	}
}

func TestHash(t *testing.T) {
	storage := t.TempDir()
	ask := func(stdin string, args ...string) (int, string, string) {
		var stdout, stderr bytes.Buffer
		status := run(context.Background(), append([]string{"hash"}, args...), process{
			stdin: strings.NewReader(stdin), stdout: &stdout, stderr: &stderr,
			getenv: func(string) (string, bool) { return "", false },
		})
		return status, stdout.String(), stderr.String()
	}
	if status, _, stderr := ask("", "x"); status != exitFailed || !strings.Contains(stderr, "--storage.path") {
		t.Errorf("without any key: %d %s", status, stderr)
	}
	if status, _, stderr := ask("", "--storage.path="+storage, "x"); status != exitFailed || !strings.Contains(stderr, accounts.KeyFile) {
		t.Errorf("before the exporter has created a key: %d %s", status, stderr)
	}
	write(t, filepath.Join(storage, accounts.KeyFile), strings.Repeat("k", 32)+"\n")
	_, one, _ := ask("", "--storage.path="+storage, "Person@Example.com", "someone")
	_, two, _ := ask("person@example.com\n\nsomeone\n", "--storage.path="+storage)
	if one != two || !regexp.MustCompile(`^[0-9a-f]{16}\n[0-9a-f]{16}\n$`).MatchString(one) {
		t.Errorf("hashes %q of arguments and %q of lines", one, two)
	}
	write(t, filepath.Join(storage, accounts.KeyFile), "short\n")
	if status, _, stderr := ask("", "--storage.path="+storage, "x"); status != exitFailed || !strings.Contains(stderr, "remove it") {
		t.Errorf("with an incomplete key: %d %s", status, stderr)
	}
}

func TestCommandLine(t *testing.T) {
	for _, tt := range []struct {
		args   []string
		env    map[string]string
		status int
		want   string // in its output
	}{
		{[]string{"--help"}, nil, exitOK, "--demo"},
		{[]string{"--help"}, nil, exitOK, "--web.listen-address"},
		{[]string{"version"}, nil, exitOK, "zoom-qos-exporter"},
		{[]string{"--nope"}, nil, exitUsage, "--help"},
		{nil, nil, exitFailed, "ZOOM_CLIENT_SECRET"},
		{nil, map[string]string{"ZOOM_PLAN": "golden"}, exitFailed, "ZOOM_PLAN"},
		{[]string{"--config.file=/nowhere/config.yaml"}, nil, exitFailed, "/nowhere/config.yaml"},
		{[]string{"--demo", "--storage.path=/tmp"}, nil, exitFailed, "omit --storage.path"},
		{[]string{"--demo", "--web.listen-address=192.0.2.1:1"}, nil, exitFailed, "could not serve"},
		{[]string{"--demo", "--web.listen-address=127.0.0.1:0", "--web.config.file=/nowhere/web.yaml"}, nil, exitFailed, "/nowhere/web.yaml"},
		{[]string{"healthcheck", "--url=http://127.0.0.1:1/"}, nil, exitFailed, "not healthy"},
	} {
		var out output
		status := run(context.Background(), tt.args, process{
			stdin: strings.NewReader(""), stdout: &out, stderr: &out,
			getenv: func(name string) (string, bool) { v, ok := tt.env[name]; return v, ok },
		})
		if status != tt.status || !strings.Contains(out.String(), tt.want) {
			t.Errorf("%v: status %d, want %d, with %q in\n%s", tt.args, status, tt.status, tt.want, out.String())
		}
	}
}
