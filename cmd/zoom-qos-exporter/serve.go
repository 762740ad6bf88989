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
	// stopWaiting is how long scrapes in flight may still wait for Zoom after a
	// signal; then they are answered with what is known.
	stopWaiting = 4 * time.Second
	// drain is how long they may take in all: containers are given 10 s.
	drain = 8 * time.Second
)

// serve answers scrapes until ctx ends.
func (p *program) serve(ctx context.Context, cfg *config.Config) int {
	if err := web.ValidateConfig(*p.web.WebConfigFile); err != nil {
		return p.failed("could not start", err)
	}
	storage, err := accounts.OpenStorage(p.storagePath, p.clock, p.log, p.letGo)
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
		p.log.Warn("what is spent is not kept over restarts: each start takes the day's requests as spent in proportion " +
			"to the time that is over, and begins with a minute's share; give --storage.path to keep count")
	}
	metrics, api := collector.New(), collector.NewAPIMetrics()
	manager := accounts.NewManager(p.clock, p.log, storage, metrics, api)
	defer manager.Stop()
	status := newReloadStatus()
	put := func(cfg *config.Config) error {
		for _, warning := range cfg.Warnings {
			p.log.Warn(warning)
		}
		return manager.ApplyConfig(cfg)
	}
	if err := put(cfg); err != nil {
		return p.failed("could not start", err)
	}
	status.succeeded(p.clock.Now())
	reload := func() error {
		cfg, err := p.load()
		if err == nil {
			err = put(cfg)
		}
		if err != nil {
			status.failed()
			p.log.Error("configuration not reloaded, the old one stays", zap.Error(err))
			return err
		}
		status.succeeded(p.clock.Now())
		p.log.Info("configuration reloaded", zap.Int("accounts", len(cfg.Accounts)))
		return nil
	}
	reload = p.oneAtATime(reload)

	options := web.Options{
		Collector: metrics,
		Gatherer:  newRegistry(metrics, api, status, storage),
		Clock:     p.clock,
		Log:       p.log,
		Version:   version.Version,
		Notice:    p.notice,
	}
	if p.webReload {
		options.Reload = reload
	}
	return p.answer(ctx, web.NewHandler(options), reload)
}

// answer serves until ctx ends, then lets requests in flight finish.
func (p *program) answer(ctx context.Context, handler http.Handler, reload func() error) int {
	requests, cancel := context.WithCancel(context.Background())
	defer cancel()
	server := web.NewServer(requests, handler, p.log, func(addr net.Addr) {
		if p.demo {
			fmt.Fprintf(p.stdout, demoGreeting, web.URL(addr, p.speaksTLS()))
		}
	})
	p.log.Info("starting zoom-qos-exporter", zap.String("version", version.Version))
	served := make(chan error, 1)
	go func() { served <- toolkit.ListenAndServe(server, p.web, slogger(p.log)) }()
	defer p.reloadOnSignal(ctx, reload)()
	select {
	case err := <-served:
		return p.failed("could not serve", err)
	case <-ctx.Done():
	}
	p.log.Info("stopping: scrapes in flight may finish", zap.Duration("within", drain))
	defer time.AfterFunc(stopWaiting, cancel).Stop()
	bound, done := context.WithTimeout(context.Background(), drain)
	defer done()
	if err := server.Shutdown(bound); err != nil {
		p.log.Warn("scrapes in flight were cut off", zap.Error(err))
		_ = server.Close() // its error is of connections that are gone anyway
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return p.failed("could not serve", err)
	}
	return exitOK
}

// speaksTLS reports whether the web configuration has a certificate. A file
// that is wrong is the server's to refuse.
func (p *program) speaksTLS() bool {
	text, err := os.ReadFile(*p.web.WebConfigFile)
	return err == nil && bytes.Contains(text, []byte("tls_server_config"))
}

// reloadOnSignal reloads at each signal until ctx ends or stop is called, which
// waits for a reload that is under way, but not for long: a file system that
// hangs must not keep the process from ending.
func (p *program) reloadOnSignal(ctx context.Context, reload func() error) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-p.process.reload:
				_ = reload() // it is logged
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() {
		cancel()
		select {
		case <-ended:
		case <-time.After(p.letGo):
			p.log.Warn("a reload of the configuration did not end in time", zap.Duration("waited", p.letGo))
		}
	}
}

// oneAtATime keeps a signal and a request from reloading at once.
func (p *program) oneAtATime(reload func() error) func() error {
	turn := make(chan struct{}, 1)
	return func() error {
		turn <- struct{}{}
		defer func() { <-turn }()
		return reload()
	}
}

// failed tells why the program ends.
func (p *program) failed(what string, err error) int {
	p.log.Error(what, zap.Error(err))
	return exitFailed
}

func newRegistry(metrics *collector.Collector, api *collector.APIMetrics, status *reloadStatus, storage *accounts.Storage) *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		metrics,
		api,
		status.successful, status.timestamp,
		storage.Failures(),
		versioncollector.NewCollector("zoom_exporter"),
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return registry
}

// reloadStatus tells of the configuration's last reload.
type reloadStatus struct{ successful, timestamp prometheus.Gauge }

func newReloadStatus() *reloadStatus {
	return &reloadStatus{
		successful: prometheus.NewGauge(collector.ReloadSuccessful),
		timestamp:  prometheus.NewGauge(collector.ReloadTimestamp),
	}
}

func (s *reloadStatus) succeeded(now time.Time) {
	s.successful.Set(1)
	s.timestamp.Set(float64(now.UnixMilli()) / 1000)
}

func (s *reloadStatus) failed() { s.successful.Set(0) }
