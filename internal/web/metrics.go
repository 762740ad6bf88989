package web

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	_ "github.com/prometheus/client_golang/prometheus/promhttp/zstd" // offers zstd to scrapers
	dto "github.com/prometheus/client_model/go"
	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
)

const (
	// timeoutHeader is Prometheus's header with the scrape timeout in seconds.
	timeoutHeader = "X-Prometheus-Scrape-Timeout-Seconds"
	// defaultTimeout is Prometheus's default, for clients that send no header.
	defaultTimeout = 10 * time.Second
	// maxTimeout limits the timeout that a client may request.
	maxTimeout = 2 * time.Minute
	// offset is the part of the timeout that is left for the network; for short
	// timeouts it is a quarter.
	offset = 500 * time.Millisecond
	// maxSample limits the effect of one slow scrape on an estimate.
	maxSample = 30 * time.Second
	// maxInFlight limits the answers that are held for slow clients.
	maxInFlight = 40
	// maxScrapes limits the concurrent scrapes, most of which wait for Zoom or for
	// their turn to be answered. Each takes kilobytes of memory.
	maxScrapes = 1000
)

// Refresher updates the data of the gatherer. Refresh returns when it is done or
// ctx is done.
type Refresher interface{ Refresh(ctx context.Context) }

// metricsHandler answers scrapes before their deadline, with the data that is
// available by then.
type metricsHandler struct {
	refresher Refresher
	render    http.Handler
	clock     clock.Clock
	log       *zap.Logger   // logs each message once a minute
	scrapes   chan struct{} // one entry per scrape
	answers   chan struct{} // one entry per answer that is rendered and sent
	gathering estimate
	sending   estimate // including encoding, which happens while the client reads
}

func newMetricsHandler(r Refresher, gatherer prometheus.Gatherer, clk clock.Clock, log *zap.Logger) *metricsHandler {
	errors := newErrorLog(log)
	h := &metricsHandler{
		refresher: r, clock: clk, log: errors.log,
		scrapes: make(chan struct{}, maxScrapes), answers: make(chan struct{}, maxInFlight),
	}
	timed := prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) {
		start := clk.Now()
		families, err := gatherer.Gather()
		h.gathering.add(min(clk.Now().Sub(start), maxSample))
		return families, err
	})
	h.render = promhttp.HandlerFor(timed, promhttp.HandlerOpts{
		ErrorLog: errors,
		// A single invalid series must not affect the others.
		ErrorHandling:       promhttp.ContinueOnError,
		OfferedCompressions: []promhttp.Compression{promhttp.Gzip, promhttp.Zstd},
		EnableOpenMetrics:   true,
	})
	return h
}

// ServeHTTP polls first if the request is a scrape. Requests that only view the
// metrics (HEAD, or poll=0 in the query) do not poll.
func (h *metricsHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case h.scrapes <- struct{}{}:
		defer func() { <-h.scrapes }()
	default:
		h.refuse(w, fmt.Sprintf("there are %d scrapes already", maxScrapes))
		return
	}
	timeout := scrapeTimeout(r.Header)
	begun := h.clock.Now()
	polls := r.Method == http.MethodGet && r.URL.Query().Get("poll") != "0"
	if polls {
		ctx, cancel := h.clock.WithDeadline(r.Context(), begun.Add(h.maxWait(timeout)))
		h.refresher.Refresh(ctx)
		cancel()
	}
	if !h.takeTurn(r.Context(), begun.Add(timeout-margin(timeout))) {
		h.refuse(w, fmt.Sprintf("%d others are being sent to slow clients", maxInFlight))
		return
	}
	defer func() { <-h.answers }()

	start := h.clock.Now()
	h.render.ServeHTTP(w, r)
	// A client that disconnects says nothing about the next scrape.
	if polls && r.Context().Err() == nil {
		h.sending.add(min(h.clock.Now().Sub(start)-h.gathering.value(), maxSample))
	}
}

// takeTurn waits until the scrape can be answered, until the deadline at the
// latest.
func (h *metricsHandler) takeTurn(ctx context.Context, until time.Time) bool {
	select {
	case h.answers <- struct{}{}: // even after the deadline, because the data is available
		return true
	default:
	}
	ctx, cancel := h.clock.WithDeadline(ctx, until)
	defer cancel()
	select {
	case h.answers <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (h *metricsHandler) refuse(w http.ResponseWriter, why string) {
	h.log.Warn("scrape refused: " + why)
	w.Header().Set("Retry-After", "1")
	http.Error(w, "Scrape refused: "+why+". Try again later.", http.StatusServiceUnavailable)
}

// maxWait returns how long a scrape with this timeout can wait for Zoom. A slow
// client must not cost others more than half of their timeout. The time for
// gathering counts in full, twice because encoding takes at least as long;
// otherwise no scrape would be in time.
func (h *metricsHandler) maxWait(timeout time.Duration) time.Duration {
	gathering := h.gathering.value()
	rendering := gathering + max(gathering, min(h.sending.value(), timeout/2))
	return max(0, timeout-margin(timeout)-rendering)
}

// margin returns the part of the timeout that is left for the network.
func margin(timeout time.Duration) time.Duration { return min(offset, timeout/4) }

func scrapeTimeout(header http.Header) time.Duration {
	seconds, err := strconv.ParseFloat(header.Get(timeoutHeader), 64)
	if err != nil || math.IsNaN(seconds) || seconds <= 0 {
		return defaultTimeout
	}
	return time.Duration(min(seconds, maxTimeout.Seconds()) * float64(time.Second))
}

// estimate is the maximum of recent durations, which decays slowly.
type estimate struct {
	mu sync.Mutex
	d  time.Duration
}

func (e *estimate) add(d time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.d = max(d, e.d*9/10)
}

func (e *estimate) value() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.d
}
