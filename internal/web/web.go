// Package web answers over HTTP: the metrics, health, reload, and a page for
// people.
package web

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/collector"
)

// Options are what the handler answers with.
type Options struct {
	Collector *collector.Collector
	Gatherer  prometheus.Gatherer
	// Reload takes the configuration anew; its error is the answer's text.
	Reload  func() error
	Clock   clock.Clock
	Log     *zap.Logger
	Version string
}

// NewHandler makes the handler of all paths.
func NewHandler(o Options) http.Handler {
	mux := http.NewServeMux()
	metrics := newMetricsHandler(o.Collector, o.Gatherer, o.Clock, o.Log)
	mux.Handle("GET /metrics", metrics) // HEAD too
	mux.HandleFunc("GET /-/healthy", ok)
	mux.HandleFunc("GET /-/ready", ok) // it serves once it is configured, whatever Zoom does
	mux.HandleFunc("POST /-/reload", func(w http.ResponseWriter, _ *http.Request) {
		if err := o.Reload(); err != nil {
			http.Error(w, "configuration not reloaded, the old one stays: "+err.Error(), http.StatusInternalServerError)
			return
		}
		ok(w, nil)
	})
	mux.Handle("GET /{$}", newPage(o))
	return headers(mux)
}

func ok(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintln(w, "OK")
}

// headers keeps browsers from guessing, framing and fetching.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// NewServer makes a server for handler with a bound on everything a client can
// take its time with. Its requests end with ctx at the latest; listening is
// told of the listeners' addresses.
func NewServer(ctx context.Context, handler http.Handler, log *zap.Logger, listening func(net.Addr)) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       maxTimeout + time.Minute, // when it ends, so does a waiting scrape
		WriteTimeout:      maxTimeout + time.Minute,
		IdleTimeout:       5 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          zap.NewStdLog(log.Named("http")),
		BaseContext: func(l net.Listener) context.Context {
			listening(l.Addr())
			return ctx
		},
	}
}

// URL is where to look at a listener's address in a browser.
func URL(addr net.Addr) string {
	host := addr.String()
	for _, unspecified := range []string{"[::]:", "0.0.0.0:"} {
		if port, found := strings.CutPrefix(host, unspecified); found {
			host = "localhost:" + port
		}
	}
	return "http://" + host + "/"
}
