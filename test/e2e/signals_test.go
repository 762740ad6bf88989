package e2e

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// gate lets a Zoom's answers wait until it is opened.
type gate struct {
	next    http.Handler
	arrived chan struct{} // holds one when a request waits
	open    chan struct{}
}

func newGate(next http.Handler) *gate {
	return &gate{next: next, arrived: make(chan struct{}, 1), open: make(chan struct{})}
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/v2/") {
		select {
		case g.arrived <- struct{}{}:
		default:
		}
		select {
		case <-g.open:
		case <-r.Context().Done():
			return
		}
	}
	g.next.ServeHTTP(w, r)
}

// scraped is what came of a scrape.
type scraped struct {
	status int
	body   string
	err    error
}

// slowScrape begins a scrape and waits until Zoom has been asked for it.
func slowScrape(t *testing.T, p *process, g *gate) <-chan scraped {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, p.url("/metrics"), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Prometheus-Scrape-Timeout-Seconds", fmt.Sprint(patience.Seconds()))
	answer := make(chan scraped, 1)
	go func() {
		var s scraped
		s.status, s.body, s.err = do(client(), req)
		answer <- s
	}()
	select {
	case <-g.arrived:
	case <-time.After(patience):
		t.Fatal("the scrape does not ask Zoom")
	}
	return answer
}

func TestSignalLetsScrapeFinish(t *testing.T) {
	t.Parallel()
	for _, signal := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			sim := small()
			g := newGate(sim.Handler())
			p := exporter(t, serve(t, sim, g))
			answer := slowScrape(t, p, g)

			p.signal(signal)
			eventually(t, func() error {
				conn, err := net.Dial("tcp", p.address())
				if err == nil {
					return errors.Join(errors.New("it still listens"), conn.Close())
				}
				return nil
			})
			if !p.running() {
				t.Error("it did not wait for the scrape")
			}
			close(g.open)

			s := <-answer
			if s.err != nil || s.status != http.StatusOK {
				t.Fatalf("the scrape got %d, %v", s.status, s.err)
			}
			exposition(s.body).must(t, `zoom_account_up{account="default"}`, 1)
			exposition(s.body).must(t, `zoom_live_participants{account="default",kind="meeting"}`, 3)
			p.exits(0)
		})
	}
}

func TestSignalAnswersAScrapeThatZoomKeepsWaiting(t *testing.T) {
	t.Parallel()
	sim := small()
	g := newGate(sim.Handler())
	p := exporter(t, serve(t, sim, g))
	answer := slowScrape(t, p, g)

	p.signal(syscall.SIGTERM)
	s := <-answer
	if s.err != nil || s.status != http.StatusOK {
		t.Fatalf("the scrape got %d, %v", s.status, s.err)
	}
	exposition(s.body).must(t, `zoom_account_up{account="default"}`, 0)
	p.exits(0)
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	sim := small()
	g := newGate(sim.Handler())
	p := exporter(t, serve(t, sim, g))
	answer := slowScrape(t, p, g)

	p.signal(syscall.SIGTERM)
	p.logged("stopping")
	eventually(t, func() error {
		// One that comes before the program is deaf to the first again is lost.
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		if p.running() {
			return errors.New("it still runs")
		}
		return nil
	})
	if status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGTERM {
		t.Errorf("it ended with %s, want by the signal", p.cmd.ProcessState)
	}
	if s := <-answer; s.err == nil {
		t.Error("the scrape was answered: the test proves nothing")
	}
}
