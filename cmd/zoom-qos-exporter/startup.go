package main

import (
	"fmt"
	"time"

	toolkit "github.com/prometheus/exporter-toolkit/web"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/config"
)

// letGo is how long a process that is ending may still hold the storage.
const letGo = 2 * time.Second

// startup is what serving takes besides the accounts and a port.
type startup struct {
	kept *storage
	keys *keys
}

// prepare makes what serving takes, or fails as a start has to. What it goes on
// without it tells the log.
func (p *program) prepare(cfg *config.Config) (startup, error) {
	if err := p.validateWeb(); err != nil {
		return startup{}, err
	}
	kept, err := openStorage(p.storagePath, p.clock, p.log, letGo)
	if err != nil {
		return startup{}, err
	}
	keys := newKeys(kept, p.log)
	if _, err := keys.of(cfg); err != nil {
		kept.close()
		return startup{}, err
	}
	kept.recovered = keys.keep
	kept.started(keys.lost())
	return startup{kept, keys}, nil
}

// validateWeb checks --web.config.file, the certificates in it included.
func (p *program) validateWeb() error {
	if err := toolkit.Validate(*p.web.WebConfigFile); err != nil {
		return fmt.Errorf("--web.config.file %s: %w", *p.web.WebConfigFile, err)
	}
	return nil
}
