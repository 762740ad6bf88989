package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/collector"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
)

// probeHandler answers for one meeting or participant before the deadline.
type probeHandler struct {
	collector *collector.Collector
	clock     clock.Clock
	options   promhttp.HandlerOpts
	slots     chan struct{} // bound the answers under way
	rendering estimate
}

func newProbeHandler(c *collector.Collector, clk clock.Clock, log *zap.Logger) *probeHandler {
	return &probeHandler{
		collector: c, clock: clk,
		slots: make(chan struct{}, maxInFlight),
		options: promhttp.HandlerOpts{
			ErrorLog:            newFaultLog(log),
			ErrorHandling:       promhttp.ContinueOnError,
			OfferedCompressions: []promhttp.Compression{promhttp.Gzip, promhttp.Zstd},
			EnableOpenMetrics:   true,
		},
	}
}

// ServeHTTP answers 200 to any question that can be asked: why a probe failed
// is in the metrics.
func (h *probeHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case !h.collector.Probing():
		http.Error(w, "Probes are not enabled. Set enabled: true under probe: in the configuration file, and reload.", http.StatusNotFound)
		return
	case r.Method != http.MethodGet: // HEAD: looking spends nothing
		w.Header().Set("Allow", http.MethodGet)
		http.Error(w, "A probe takes a GET.", http.StatusMethodNotAllowed)
		return
	}
	account, target, err := h.parse(r.URL)
	if err != nil {
		http.Error(w, "Bad probe: "+err.Error()+".", http.StatusBadRequest)
		return
	}
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	default:
		http.Error(w, fmt.Sprintf("%d probes are being answered already; ask again later.", maxInFlight), http.StatusServiceUnavailable)
		return
	}
	h.answer(w, r, account, target)
}

func (h *probeHandler) answer(w http.ResponseWriter, r *http.Request, account collector.Account, target poll.Target) {
	begun := h.clock.Now()
	ctx, cancel := h.clock.WithDeadline(r.Context(), begun.Add(h.patience(scrapeTimeout(r.Header))))
	found := account.Probe(ctx, target)
	cancel()

	start := h.clock.Now()
	probe := collector.Probe{Found: found, Took: start.Sub(begun)}
	gatherer, err := probe.Gatherer()
	if err != nil {
		h.options.ErrorLog.Println("error gathering metrics:", err)
		http.Error(w, "The probe's metrics could not be made; this is a bug of the exporter.", http.StatusInternalServerError)
		return
	}
	promhttp.HandlerFor(gatherer, h.options).ServeHTTP(w, r)
	if r.Context().Err() == nil {
		h.rendering.add(min(h.clock.Now().Sub(start), maxLesson))
	}
}

// patience is how long a probe of this timeout can wait for Zoom.
func (h *probeHandler) patience(timeout time.Duration) time.Duration {
	return max(0, timeout-margin(timeout)-min(h.rendering.value(), timeout/2))
}

var probeParameters = []string{"account", "meeting", "kind", "participant"}

// parse reads a probe's parameters. A mistyped one must not probe something
// larger than was meant.
func (h *probeHandler) parse(u *url.URL) (collector.Account, poll.Target, error) {
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, poll.Target{}, errors.New("the query cannot be read; escape what is no letter or digit, + as %2B")
	}
	for name, values := range query {
		switch {
		case !slices.Contains(probeParameters, name):
			return nil, poll.Target{}, fmt.Errorf("%.40q is no parameter; there are %s", name, strings.Join(probeParameters, ", "))
		case len(values) > 1:
			return nil, poll.Target{}, fmt.Errorf("%s is there more than once", name)
		case values[0] == "":
			return nil, poll.Target{}, fmt.Errorf("%s is empty; give it a value or leave it out", name)
		}
	}
	account := h.collector.Account(query.Get("account"))
	if account == nil {
		var names []string
		for _, a := range h.collector.Accounts() {
			names = append(names, a.Name())
		}
		return nil, poll.Target{}, fmt.Errorf("account is not one of those configured: %s", strings.Join(names, ", "))
	}
	target, err := poll.ParseTarget(query.Get("meeting"), query.Get("kind"), query.Get("participant"))
	return account, target, err
}
