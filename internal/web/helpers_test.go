package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/collector"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeAccount counts its polls, each of which takes the configured time.
type fakeAccount struct {
	name  string
	takes time.Duration
	polls atomic.Int64

	found  poll.Probe // what probes find
	mu     sync.Mutex
	target poll.Target // of the last probe
}

func (a *fakeAccount) Name() string { return a.name }

func (a *fakeAccount) Poll(ctx context.Context) bool {
	a.polls.Add(1)
	return clock.System{}.Sleep(ctx, a.takes) == nil
}

func (a *fakeAccount) Snapshot() poll.Snapshot {
	return poll.Snapshot{Account: a.name, At: time.Now(), Readings: new(readings.View)}
}

func (a *fakeAccount) Probe(ctx context.Context, target poll.Target) poll.Probe {
	a.mu.Lock()
	a.target = target
	a.mu.Unlock()
	found := a.found
	found.Account, found.Target = a.name, target
	if (clock.System{}).Sleep(ctx, a.takes) != nil {
		found.Failure = poll.ProbeTimeout
	}
	return found
}

// options returns the options of an exporter with these accounts.
func options(accounts ...collector.Account) Options {
	c := collector.New(accounts...)
	registry := prometheus.NewRegistry()
	registry.MustRegister(c)
	return Options{
		Collector: c, Gatherer: registry, Reload: func() error { return nil },
		Clock: clock.System{}, Log: zap.NewNop(), Version: "1.2.3",
	}
}

// ask sends a request with these headers, alternating names and values.
func ask(t *testing.T, h http.Handler, method, target string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequest(method, target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, req)
	return answer
}
