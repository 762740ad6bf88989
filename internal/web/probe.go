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

// probeHandler answers probes of one meeting or participant before their deadline.
type probeHandler struct {
	collector *collector.Collector
	clock     clock.Clock
	options   promhttp.HandlerOpts
	slots     chan struct{} // one entry per probe
	rendering estimate
}

func newProbeHandler(c *collector.Collector, clk clock.Clock, log *zap.Logger) *probeHandler {
	return &probeHandler{
		collector: c, clock: clk,
		slots: make(chan struct{}, maxInFlight),
		options: promhttp.HandlerOpts{
			ErrorLog:            newErrorLog(log),
			ErrorHandling:       promhttp.ContinueOnError,
			OfferedCompressions: []promhttp.Compression{promhttp.Gzip, promhttp.Zstd},
			EnableOpenMetrics:   true,
		},
	}
}

// ServeHTTP returns status 200 for every valid probe. The metrics say whether it
// failed, and why.
func (h *probeHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case !h.collector.Probing():
		http.Error(w, "Probes are disabled. Set probe.enabled to true in the configuration file, and reload it.", http.StatusNotFound)
		return
	case r.Method != http.MethodGet: // HEAD must not spend requests
		w.Header().Set("Allow", http.MethodGet)
		http.Error(w, "Probes need a GET request.", http.StatusMethodNotAllowed)
		return
	}
	account, target, err := h.parse(r.URL)
	if err != nil {
		http.Error(w, "Invalid probe: "+err.Error()+".", http.StatusBadRequest)
		return
	}
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	default:
		http.Error(w, fmt.Sprintf("There are %d probes already. Try again later.", maxInFlight), http.StatusServiceUnavailable)
		return
	}
	h.answer(w, r, account, target)
}

func (h *probeHandler) answer(w http.ResponseWriter, r *http.Request, account collector.Account, target poll.Target) {
	begun := h.clock.Now()
	ctx, cancel := h.clock.WithDeadline(r.Context(), begun.Add(h.maxWait(scrapeTimeout(r.Header))))
	found := account.Probe(ctx, target)
	cancel()

	start := h.clock.Now()
	probe := collector.Probe{Found: found, Took: start.Sub(begun)}
	gatherer, err := probe.Gatherer()
	if err != nil {
		h.options.ErrorLog.Println("error gathering metrics:", err)
		http.Error(w, "Gathering the probe's metrics failed. This is a bug in the exporter.", http.StatusInternalServerError)
		return
	}
	promhttp.HandlerFor(gatherer, h.options).ServeHTTP(w, r)
	if r.Context().Err() == nil {
		h.rendering.add(min(h.clock.Now().Sub(start), maxSample))
	}
}

// maxWait returns how long a probe with this timeout can wait for Zoom.
func (h *probeHandler) maxWait(timeout time.Duration) time.Duration {
	return max(0, timeout-margin(timeout)-min(h.rendering.value(), timeout/2))
}

var probeParameters = []string{"account", "meeting", "kind", "participant"}

// parse parses the parameters of a probe. It rejects unknown ones, because a
// misspelt participant would probe the whole meeting.
func (h *probeHandler) parse(u *url.URL) (collector.Account, poll.Target, error) {
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, poll.Target{}, errors.New("the query is malformed; escape all characters other than letters and digits, such as + as %2B")
	}
	for name, values := range query {
		switch {
		case !slices.Contains(probeParameters, name):
			return nil, poll.Target{}, fmt.Errorf("unknown parameter %.40q; the parameters are %s", name, strings.Join(probeParameters, ", "))
		case len(values) > 1:
			return nil, poll.Target{}, fmt.Errorf("%s is repeated", name)
		case values[0] == "":
			return nil, poll.Target{}, fmt.Errorf("%s is empty; set a value or omit it", name)
		}
	}
	account := h.collector.Account(query.Get("account"))
	if account == nil {
		var names []string
		for _, a := range h.collector.Accounts() {
			names = append(names, a.Name())
		}
		return nil, poll.Target{}, fmt.Errorf("account is not one of the configured accounts: %s", strings.Join(names, ", "))
	}
	target, err := poll.ParseTarget(query.Get("meeting"), query.Get("kind"), query.Get("participant"))
	return account, target, err
}
