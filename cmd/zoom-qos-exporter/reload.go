package main

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/accounts"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/collector"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/config"
)

// reloader applies configurations, and shows in metrics how that went.
type reloader struct {
	load    func() (*config.Config, error)
	manager *accounts.Manager
	clock   clock.Clock
	log     *zap.Logger

	successful, timestamp prometheus.Gauge

	mu sync.Mutex // held by one reload, by a signal or by a request
}

func (p *program) newReloader(manager *accounts.Manager) *reloader {
	return &reloader{
		load: p.load, manager: manager, clock: p.clock, log: p.log,
		successful: prometheus.NewGauge(collector.ReloadSuccessful),
		timestamp:  prometheus.NewGauge(collector.ReloadTimestamp),
	}
}

// apply applies a configuration and logs its warnings.
func (r *reloader) apply(cfg *config.Config) error {
	for _, warning := range cfg.Warnings {
		r.log.Warn(warning)
	}
	if err := r.manager.ApplyConfig(cfg); err != nil {
		return err
	}
	r.successful.Set(1)
	r.timestamp.Set(float64(r.clock.Now().UnixMilli()) / 1000)
	return nil
}

// reload loads the configuration again and applies it.
func (r *reloader) reload() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	cfg, err := r.load()
	if err == nil {
		err = r.apply(cfg)
	}
	if err != nil {
		r.successful.Set(0)
		r.log.Error("reloading the configuration failed, the previous one stays in use", zap.Error(err))
		return err
	}
	r.log.Info("configuration reloaded", zap.Int("accounts", len(cfg.Accounts)))
	return nil
}

// reloadOnSignal reloads at each signal until ctx ends or stop is called. stop
// waits for a reload in progress, but only for the grace period: a file system
// that hangs must not keep the process from ending.
func (p *program) reloadOnSignal(ctx context.Context, r *reloader) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-p.process.reload:
				_ = r.reload() // it is logged
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() {
		cancel()
		select {
		case <-ended:
		case <-time.After(p.gracePeriod):
			p.log.Warn("a reload of the configuration did not end in time", zap.Duration("waited", p.gracePeriod))
		}
	}
}
