package web

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	toolkit "github.com/prometheus/exporter-toolkit/web"
)

// ValidateConfig checks the file of --web.config.file and the certificates that
// it names.
func ValidateConfig(file string) error {
	if err := toolkit.Validate(file); err != nil {
		return fmt.Errorf("--web.config.file %s: %w", file, err)
	}
	return nil
}

// ListenForProfiles listens at the address of --debug.listen-address.
func ListenForProfiles(address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("--debug.listen-address=%s: %w", address, err)
	}
	return listener, nil
}

// TryListen opens the listeners that a server would have: systemd's, or those at
// the addresses. It calls f while they are open, and then closes them.
func TryListen(ctx context.Context, systemd bool, addresses []string, f func()) error {
	flags := toolkit.FlagConfig{WebListenAddresses: &addresses, WebSystemdSocket: &systemd, WebConfigFile: new(string)}
	open := make(chan struct{}, 1)
	server := &http.Server{
		Handler:           http.HandlerFunc(refuse),
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
	f()
	_ = server.Close() // its error is about listeners that are no longer needed
	<-served
	return nil
}

func refuse(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "This is only a check of the address.", http.StatusServiceUnavailable)
}
