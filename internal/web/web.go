// Package web answers over HTTP: the metrics, probes, health, reload, and a page
// for people.
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
	// Reload loads the configuration again; its error is the answer's text. Nil
	// switches /-/reload off.
	Reload  func() error
	Clock   clock.Clock
	Log     *zap.Logger
	Version string
	// Notice is what the page says above everything else.
	Notice string
}

// Healthy is the text of /-/healthy, by which a health check recognises this
// exporter.
const Healthy = "zoom-qos-exporter is healthy."

const (
	ready    = "zoom-qos-exporter is ready."
	reloaded = "OK"
)

// NewHandler makes the handler of all paths.
func NewHandler(o Options) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", newPage(o)) // GET is HEAD too, here and below
	mux.Handle("GET /metrics", newMetricsHandler(o.Collector, o.Gatherer, o.Clock, o.Log))
	mux.Handle("GET /probe", newProbeHandler(o.Collector, o.Clock, o.Log))
	mux.HandleFunc("GET /-/healthy", say(Healthy))
	mux.HandleFunc("GET /-/ready", say(ready)) // it serves once it is configured, whatever Zoom does
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
	http.Error(w, "There is nothing here. Look at / for the page, /metrics for the metrics and /-/healthy for the state.", http.StatusNotFound)
}

// headers keeps browsers from guessing, framing, fetching and remembering. The
// page has a policy of its own.
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

// NewServer makes a server for handler with a bound on everything a client can
// take its time with. Its requests end with ctx at the latest; listening is
// told of the listeners' addresses.
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

// URL is where to look at a listener's address in a browser.
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
