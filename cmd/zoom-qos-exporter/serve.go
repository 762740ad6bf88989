package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	versioncollector "github.com/prometheus/client_golang/prometheus/collectors/version"
	"github.com/prometheus/common/version"
	toolkit "github.com/prometheus/exporter-toolkit/web"
	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/accounts"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/collector"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/config"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/web"
)

const (
	// scrapeGracePeriod is how long scrapes in flight may still wait for Zoom
	// after a signal; then they are answered with what is known.
	scrapeGracePeriod = 4 * time.Second
	// shutdownTimeout is how long they may take in all: containers are killed
	// after 10 s.
	shutdownTimeout = 8 * time.Second
)

// serve answers scrapes until ctx ends.
func (p *program) serve(ctx context.Context, cfg *config.Config) int {
	if err := web.ValidateConfig(*p.web.WebConfigFile); err != nil {
		return p.failed("could not start", err)
	}
	storage, err := accounts.OpenStorage(p.storagePath, p.clock, p.log, p.gracePeriod)
	if err != nil {
		return p.failed("could not start", err)
	}
	defer storage.Close()
	stopProfiles, err := p.serveProfiles(ctx)
	if err != nil {
		return p.failed("could not start", err)
	}
	defer stopProfiles()
	if p.storagePath == "" {
		p.log.Warn("request counts are lost at a restart: each start assumes that the day's requests were spent evenly until then, " +
			"and may first spend those of one minute; set --storage.path to keep the counts")
	}
	metrics, api := collector.New(), collector.NewAPIMetrics()
	manager := accounts.NewManager(p.clock, p.log, storage, metrics, api)
	defer manager.Stop()
	reloader := p.newReloader(manager)
	if err := reloader.apply(cfg); err != nil {
		return p.failed("could not start", err)
	}
	options := web.Options{
		Collector: metrics,
		Gatherer:  newRegistry(metrics, api, storage.Failures(), reloader.successful, reloader.timestamp),
		Clock:     p.clock,
		Log:       p.log,
		Version:   version.Version,
		Notice:    p.notice,
	}
	if p.webReload {
		options.Reload = reloader.reload
	}
	return p.listenAndServe(ctx, web.NewHandler(options), reloader)
}

// listenAndServe serves until ctx ends, then lets requests in flight finish.
func (p *program) listenAndServe(ctx context.Context, handler http.Handler, r *reloader) int {
	requests, cancel := context.WithCancel(context.Background())
	defer cancel()
	server := web.NewServer(requests, handler, p.log, func(addr net.Addr) {
		if p.demo {
			fmt.Fprintf(p.stdout, demoGreeting, web.URL(addr, p.servesTLS()))
		}
	})
	p.log.Info("starting zoom-qos-exporter", zap.String("version", version.Version))
	served := make(chan error, 1)
	go func() { served <- toolkit.ListenAndServe(server, p.web, slogger(p.log)) }()
	defer p.reloadOnSignal(ctx, r)()
	select {
	case err := <-served:
		return p.failed("could not serve", err)
	case <-ctx.Done():
	}
	p.log.Info("stopping: scrapes in flight may finish", zap.Duration("within", shutdownTimeout))
	defer time.AfterFunc(scrapeGracePeriod, cancel).Stop()
	shutdown, done := context.WithTimeout(context.Background(), shutdownTimeout)
	defer done()
	if err := server.Shutdown(shutdown); err != nil {
		p.log.Warn("scrapes in flight were cut off", zap.Error(err))
		_ = server.Close() // its error is about connections that are gone anyway
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return p.failed("could not serve", err)
	}
	return exitOK
}

// servesTLS reports whether the web configuration has a certificate. If the file
// is invalid, the server refuses it.
func (p *program) servesTLS() bool {
	text, err := os.ReadFile(*p.web.WebConfigFile)
	return err == nil && bytes.Contains(text, []byte("tls_server_config"))
}

// failed logs why the program ends.
func (p *program) failed(what string, err error) int {
	p.log.Error(what, zap.Error(err))
	return exitFailed
}

// newRegistry returns a registry of the exporter's own metrics and those of the
// Go runtime and the process.
func newRegistry(own ...prometheus.Collector) *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(own...)
	registry.MustRegister(
		versioncollector.NewCollector("zoom_exporter"),
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return registry
}
