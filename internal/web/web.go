// Package web is the exporter's HTTP server: metrics, probes, health, reload,
// profiles, and the status page.
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

// Options configure the handler.
type Options struct {
	Collector *collector.Collector
	Gatherer  prometheus.Gatherer
	// Reload reloads the configuration. Its error becomes the body of the response.
	// Nil disables /-/reload.
	Reload  func() error
	Clock   clock.Clock
	Log     *zap.Logger
	Version string
	// Notice is shown at the top of the page.
	Notice string
}

// Healthy is the body of /-/healthy, by which health checks recognise the exporter.
const Healthy = "zoom-qos-exporter is healthy."

const (
	ready    = "zoom-qos-exporter is ready."
	reloaded = "OK"
)

// NewHandler returns the handler for all paths.
func NewHandler(o Options) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", newPage(o)) // GET includes HEAD
	mux.Handle("GET /metrics", newMetricsHandler(o.Collector, o.Gatherer, o.Clock, o.Log))
	mux.Handle("GET /probe", newProbeHandler(o.Collector, o.Clock, o.Log))
	mux.HandleFunc("GET /-/healthy", say(Healthy))
	mux.HandleFunc("GET /-/ready", say(ready)) // regardless of Zoom's state
	if o.Reload != nil {
		mux.HandleFunc("GET /-/reload", postOnly)
		mux.Handle("POST /-/reload", notFromPages(reload(o.Reload)))
	} else {
		mux.HandleFunc("GET /-/reload", reloadOff)
		mux.HandleFunc("POST /-/reload", reloadOff)
	}
	mux.HandleFunc("GET /", notFound)
	return headers(mux)
}

func say(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprintln(w, text)
	}
}

func notFound(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "Not found. See / for the status page, /metrics for the metrics and /-/healthy for the health check.", http.StatusNotFound)
}

// headers sets security headers: no content sniffing, framing, cross-origin fetches
// or caching. The page sets its own policy.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// NewServer returns a server for handler with timeouts for everything that a client
// can delay. Requests end when ctx is done. The server calls listening with the
// address of each listener.
func NewServer(ctx context.Context, handler http.Handler, log *zap.Logger, listening func(net.Addr)) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      maxTimeout + time.Minute, // it runs while a scrape waits
		IdleTimeout:       5 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          zap.NewStdLog(log.Named("http")),
		BaseContext: func(l net.Listener) context.Context {
			listening(l.Addr())
			return ctx
		},
	}
}

// URL returns the address of a listener as a URL for a browser.
func URL(addr net.Addr, tls bool) string {
	host := addr.String()
	for _, unspecified := range []string{"[::]:", "0.0.0.0:"} {
		if port, found := strings.CutPrefix(host, unspecified); found {
			host = "localhost:" + port
		}
	}
	if tls {
		return "https://" + host + "/"
	}
	return "http://" + host + "/"
}
