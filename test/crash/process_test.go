package crash

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
)

// patience is how long the exporter may take for anything.
const patience = 30 * time.Second

// bed is a simulated Zoom with small limits, and what the exporter needs to
// work for it.
type bed struct {
	sim     *zoomsim.Sim
	silent  atomic.Bool // answers no longer tell of limits
	config  string
	storage string
}

const configuration = `accounts:
  - name: test
    account_id: %s
    client_id: %s
    client_secret: %s
    api_url: %s/v2
    oauth_url: %[4]s/oauth/token
    limits: {heavy_per_second: %d, resource_intensive_per_minute: %d, per_day: %d}
    reserve: 30%%
`

func newBed(t *testing.T, limits zoomsim.Limits) *bed { return newBedAt(t, limits, time.Now, 1) }

// newBedAt is a bed whose Zoom has a clock of its own, and so many minutes held.
func newBedAt(t *testing.T, limits zoomsim.Limits, now func() time.Time, history int) *bed {
	t.Helper()
	sim := zoomsim.New(zoomsim.Options{
		Now:  now,
		Seed: 1, Meetings: 40, Participants: 15, Fixed: true, History: history, Limits: &limits,
		Headers: zoomsim.HeadersAlways,
	})
	dir := t.TempDir()
	b := &bed{sim: sim, config: filepath.Join(dir, "config.yaml"), storage: filepath.Join(dir, "storage")}
	handler := sim.Handler()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b.silent.Load() {
			w = silence{w}
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	c := sim.Credentials()
	text := fmt.Sprintf(configuration, c.AccountID, c.ClientID, c.ClientSecret, server.URL,
		limits.HeavyPerSecond, limits.ResourcePerMin, limits.TogetherPerDay)
	if err := os.WriteFile(b.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return b
}

// silence keeps what an answer says of limits to itself.
type silence struct{ http.ResponseWriter }

func (s silence) WriteHeader(status int) {
	maps.DeleteFunc(s.Header(), func(name string, _ []string) bool { return strings.HasPrefix(name, "X-Ratelimit-") })
	s.ResponseWriter.WriteHeader(status)
}

// process is an exporter at work.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	ended chan struct{}

	mu      sync.Mutex
	log     strings.Builder
	address string
}

// start starts the exporter. wrap, if not empty, is a command that runs it.
func (b *bed) start(t *testing.T, wrap ...string) *process {
	t.Helper()
	args := append(wrap, exporter, "--config.file="+b.config, "--storage.path="+b.storage,
		"--web.listen-address=127.0.0.1:0", "--log.format=json")
	p := &process{t: t, cmd: exec.Command(args[0], args[1:]...), ended: make(chan struct{})}
	p.cmd.Env = []string{}
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		p.read(stderr)
		_ = p.cmd.Wait() // the state tells
	}()
	t.Cleanup(p.kill)
	return p
}

func (p *process) read(stderr io.Reader) {
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		var entry struct{ Msg, Address string }
		p.mu.Lock()
		if json.Unmarshal(lines.Bytes(), &entry) == nil && entry.Msg == "Listening on" {
			p.address = entry.Address
		}
		p.log.Write(append(lines.Bytes(), '\n'))
		p.mu.Unlock()
	}
}

func (p *process) said() (log, address string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String(), p.address
}

// kill ends the process as nothing else does, if it has not ended.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.ended
}

// listening waits until it listens.
func (p *process) listening() {
	p.t.Helper()
	p.until("listens", func() bool { _, address := p.said(); return address != "" })
}

func (p *process) until(what string, is func() bool) {
	p.t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for !is() {
		select {
		case <-again.C:
		case <-p.ended:
			if !is() {
				log, _ := p.said()
				p.t.Fatalf("it ended before it %s:\n%s", what, log)
			}
			return
		case <-deadline.C:
			log, _ := p.said()
			p.t.Fatalf("nothing that %s after %v:\n%s", what, patience, log)
		}
	}
}

// scrape gets the metrics, which sets polling off; "" if that fails.
func (p *process) scrape(query string) string {
	_, address := p.said()
	client := &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	req, err := http.NewRequest(http.MethodGet, "http://"+address+"/metrics"+query, nil)
	if err != nil {
		return ""
	}
	req.Header.Set("X-Prometheus-Scrape-Timeout-Seconds", "2")
	resp, err := client.Do(req)
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return ""
	}
	return string(body)
}

// exits waits for the end and its status.
func (p *process) exits(status int) {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.t.Fatalf("it has not ended after %v", patience)
	}
	if got := p.cmd.ProcessState.ExitCode(); got != status {
		log, _ := p.said()
		p.t.Fatalf("it ended with %d, want %d:\n%s", got, status, log)
	}
}
