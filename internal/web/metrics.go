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
	// timeoutHeader is how Prometheus tells its scrape's timeout, in seconds.
	timeoutHeader = "X-Prometheus-Scrape-Timeout-Seconds"
	// defaultTimeout is Prometheus's own default, for scrapers that tell none.
	defaultTimeout = 10 * time.Second
	// maxTimeout bounds what a scraper may ask a connection to be held for.
	maxTimeout = 2 * time.Minute
	// offset is kept free of a scrape's timeout for the network between; of
	// short timeouts a quarter is.
	offset = 500 * time.Millisecond
	// maxLesson bounds what one slow scrape can teach.
	maxLesson = 30 * time.Second
	// maxInFlight bounds the answers that slow readers can have us hold.
	maxInFlight = 40
	// maxScrapes bounds the scrapes that are under way, most of which wait for
	// Zoom or for their turn to be answered. Each of them costs kilobytes.
	maxScrapes = 1000
)

// Refresher renews what the gatherer shows; it returns when that is done or
// ctx ends.
type Refresher interface{ Refresh(ctx context.Context) }

// metricsHandler answers scrapes before their deadline with what is known.
type metricsHandler struct {
	refresher Refresher
	render    http.Handler
	clock     clock.Clock
	log       *zap.Logger   // writes each kind of line once a minute
	scrapes   chan struct{} // one for each that is under way
	answers   chan struct{} // one for each that is being rendered and read
	gathering estimate
	sending   estimate // encoding too, which goes on while the reader reads
}

func newMetricsHandler(r Refresher, gatherer prometheus.Gatherer, clk clock.Clock, log *zap.Logger) *metricsHandler {
	faults := newFaultLog(log)
	h := &metricsHandler{
		refresher: r, clock: clk, log: faults.log,
		scrapes: make(chan struct{}, maxScrapes), answers: make(chan struct{}, maxInFlight),
	}
	timed := prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) {
		start := clk.Now()
		families, err := gatherer.Gather()
		h.gathering.add(min(clk.Now().Sub(start), maxLesson))
		return families, err
	})
	h.render = promhttp.HandlerFor(timed, promhttp.HandlerOpts{
		ErrorLog: faults,
		// One odd series must not take away the others.
		ErrorHandling:       promhttp.ContinueOnError,
		OfferedCompressions: []promhttp.Compression{promhttp.Gzip, promhttp.Zstd},
		EnableOpenMetrics:   true,
	})
	return h
}

// ServeHTTP polls first if this is a scrape, and only then: looking at the
// metrics (HEAD, or poll=0 in the query) spends nothing.
func (h *metricsHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case h.scrapes <- struct{}{}:
		defer func() { <-h.scrapes }()
	default:
		h.refuse(w, fmt.Sprintf("%d scrapes are under way already", maxScrapes))
		return
	}
	timeout := scrapeTimeout(r.Header)
	begun := h.clock.Now()
	polls := r.Method == http.MethodGet && r.URL.Query().Get("poll") != "0"
	if polls {
		ctx, cancel := h.clock.WithDeadline(r.Context(), begun.Add(h.patience(timeout)))
		h.refresher.Refresh(ctx)
		cancel()
	}
	if !h.takeTurn(r.Context(), begun.Add(timeout-margin(timeout))) {
		h.refuse(w, fmt.Sprintf("%d others are being answered, whose readers are slow", maxInFlight))
		return
	}
	defer func() { <-h.answers }()

	start := h.clock.Now()
	h.render.ServeHTTP(w, r)
	// A reader that stalls or goes away tells nothing of the next scrape.
	if polls && r.Context().Err() == nil {
		h.sending.add(min(h.clock.Now().Sub(start)-h.gathering.value(), maxLesson))
	}
}

// takeTurn waits until a scrape can be answered, for as long as that is of use to
// its reader.
func (h *metricsHandler) takeTurn(ctx context.Context, until time.Time) bool {
	select {
	case h.answers <- struct{}{}: // even if the time is up: what is known is there
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
	h.log.Warn("a scrape was refused: " + why)
	w.Header().Set("Retry-After", "1")
	http.Error(w, "The scrape is refused: "+why+". Scrape again later.", http.StatusServiceUnavailable)
}

// patience is how long a scrape of this timeout can wait for Zoom. A slow
// reader must not cost others more than half their time; what gathering costs,
// and encoding costs no less, does, or no scrape would ever be in time.
func (h *metricsHandler) patience(timeout time.Duration) time.Duration {
	gathering := h.gathering.value()
	rendering := gathering + max(gathering, min(h.sending.value(), timeout/2))
	return max(0, timeout-margin(timeout)-rendering)
}

// margin is what of a timeout is kept free for the network.
func margin(timeout time.Duration) time.Duration { return min(offset, timeout/4) }

func scrapeTimeout(header http.Header) time.Duration {
	seconds, err := strconv.ParseFloat(header.Get(timeoutHeader), 64)
	if err != nil || math.IsNaN(seconds) || seconds <= 0 {
		return defaultTimeout
	}
	return time.Duration(min(seconds, maxTimeout.Seconds()) * float64(time.Second))
}

// estimate is a high, slowly forgetting estimate of a duration.
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
