package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
)

// patience is how long a condition may take to come true.
const patience = 45 * time.Second

// eventually looks until check has no error any more.
func eventually(t *testing.T, check func() error) {
	t.Helper()
	within(t, patience, check)
}

// within looks until check has no error any more, for so long at most.
func within(t *testing.T, patience time.Duration, check func() error) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-again.C:
		case <-deadline.C:
			t.Fatalf("still so after %s: %v", patience, err)
		}
	}
}

// output is what a process writes; it may be read meanwhile.
type output struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buffer.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buffer.String()
}

// process is a program at work. The test ends it, at the latest when it is
// over itself.
type process struct {
	t              *testing.T
	cmd            *exec.Cmd
	stdout, stderr output
	ended          chan struct{}
}

// start starts a program that logs in JSON.
func start(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{t: t, cmd: cmd, ended: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = &p.stdout, &p.stderr
	cmd.WaitDelay = patience
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = cmd.Wait() // the state tells
		close(p.ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		<-p.ended
		log := p.stderr.String()
		if strings.Contains(log, "DATA RACE") || strings.Contains(log, "panic:") {
			t.Error("the program raced or panicked")
		}
		if t.Failed() && log != "" {
			t.Logf("%s wrote:\n%s", cmd.Path, log)
		}
	})
	return p
}

// exporter starts the exporter with nothing but env in its environment. It
// listens on a port that the system chooses.
func exporter(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	return start(t, command(t, env, append([]string{"--web.listen-address=127.0.0.1:0"}, args...)...))
}

// command is the exporter's, not yet started.
func command(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(binary(t), append([]string{"--log.format=json"}, args...)...)
	cmd.Dir = t.TempDir()
	cmd.Env = append([]string{}, env...)
	return cmd
}

// address is where the process says that it listens.
func (p *process) address() string {
	p.t.Helper()
	var address string
	eventually(p.t, func() error {
		for line := range strings.Lines(p.stderr.String()) {
			var entry struct{ Msg, Address string }
			if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "Listening on" {
				address = entry.Address
				return nil
			}
		}
		if !p.running() {
			p.t.Fatalf("it ended (%s) before it listened", p.cmd.ProcessState)
		}
		return errors.New("it does not say where it listens")
	})
	return address
}

func (p *process) url(path string) string { return "http://" + p.address() + path }

func (p *process) running() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// exit waits for the process to end.
func (p *process) exit() *os.ProcessState {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.t.Fatalf("it has not ended after %s", patience)
	}
	return p.cmd.ProcessState
}

// exits waits for the process to end with a status.
func (p *process) exits(status int) {
	p.t.Helper()
	if state := p.exit(); state.ExitCode() != status {
		p.t.Fatalf("it ended with %s, want exit status %d", state, status)
	}
}

// logged waits for the log to say something.
func (p *process) logged(what string) {
	p.t.Helper()
	eventually(p.t, func() error {
		if !strings.Contains(p.stderr.String(), what) {
			return fmt.Errorf("the log does not say %q", what)
		}
		return nil
	})
}

// client keeps no connection, so that a server may stop at once.
func client() *http.Client {
	return &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
}

// do sends a request and reads the whole answer.
func do(c *http.Client, req *http.Request) (status int, body string, err error) {
	resp, err := c.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	all, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(all), err
}

// ask sends a request that must be answered.
func ask(t *testing.T, method, url string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	status, body, err = do(client(), req)
	if err != nil {
		t.Fatal(err)
	}
	return status, body
}

// scrape is an answer of /metrics; query is "" or "?poll=0".
func (p *process) scrape(query string) exposition {
	p.t.Helper()
	status, body := ask(p.t, http.MethodGet, p.url("/metrics"+query))
	if status != http.StatusOK {
		p.t.Fatalf("/metrics answered %d: %s", status, body)
	}
	return exposition(body)
}

// exposition is metrics in Prometheus's text format.
type exposition string

// value is that of a series as the exposition writes it.
func (e exposition) value(series string) (float64, bool) {
	for line := range strings.Lines(string(e)) {
		if text, ok := strings.CutPrefix(strings.TrimSpace(line), series+" "); ok {
			value, err := strconv.ParseFloat(text, 64)
			return value, err == nil
		}
	}
	return 0, false
}

// is says how a series differs from a value.
func (e exposition) is(series string, want float64) error {
	switch got, ok := e.value(series); {
	case !ok:
		return fmt.Errorf("there is no %s", series)
	case got != want:
		return fmt.Errorf("%s is %v, want %v", series, got, want)
	}
	return nil
}

func (e exposition) must(t *testing.T, series string, want float64) {
	t.Helper()
	if err := e.is(series, want); err != nil {
		t.Error(err)
	}
}

// serve serves a simulated Zoom, and returns the environment that has the
// exporter ask it. A day's requests is not what these tests are about, and at
// the end of a day there is little.
func serve(t *testing.T, sim *zoomsim.Sim, handler http.Handler) (env []string) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return append(sim.Env(server.URL), "ZOOM_PLAN=unlimited")
}

// small is a simulated Zoom of one meeting, where nothing changes.
func small() *zoomsim.Sim {
	return zoomsim.New(zoomsim.Options{
		Seed: 1, Meetings: 1, Participants: 3, History: 2, Fixed: true,
		Limits: &zoomsim.Limits{}, Moods: zoomsim.Moods{Plain: true},
	})
}
