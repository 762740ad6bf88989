package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	toolkit "github.com/prometheus/exporter-toolkit/web"
)

// validateWeb checks --web.config.file, the certificates in it included.
func (p *program) validateWeb() error {
	if err := toolkit.Validate(*p.web.WebConfigFile); err != nil {
		return fmt.Errorf("--web.config.file %s: %w", *p.web.WebConfigFile, err)
	}
	return nil
}

// addresses are where to listen. A demo listens on loopback only unless told
// otherwise.
func (p *program) addresses() []string {
	if p.demo && !p.webAddress {
		return []string{"127.0.0.1" + defaultAddress}
	}
	return *p.web.WebListenAddresses
}

// listenBriefly opens the listeners that a server would have at these addresses,
// and closes them again.
func (p *program) listenBriefly(ctx context.Context, addresses ...string) error {
	flags := toolkit.FlagConfig{WebListenAddresses: &addresses, WebSystemdSocket: p.web.WebSystemdSocket, WebConfigFile: new(string)}
	open := make(chan struct{}, 1)
	server := &http.Server{
		Handler:           http.HandlerFunc(unavailable),
		ReadHeaderTimeout: time.Second,
		BaseContext: func(net.Listener) context.Context {
			select {
			case open <- struct{}{}:
			default:
			}
			return ctx
		},
	}
	served := make(chan error, 1)
	go func() { served <- toolkit.ListenAndServe(server, &flags, slog.New(slog.DiscardHandler)) }()
	select {
	case err := <-served:
		return err
	case <-open: // all of them, as they are opened before any is served
	}
	_ = server.Close() // its error is of listeners that are of no more use
	<-served
	return nil
}

func unavailable(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "Only a check, which ends now.", http.StatusServiceUnavailable)
}
