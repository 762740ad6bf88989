package web

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"go.uber.org/zap"
)

// Profiles is a server for Go's runtime profiles at /debug/pprof/.
type Profiles struct {
	server *http.Server
	cancel context.CancelFunc
	done   chan struct{}
}

// ServeProfiles serves profiles on listener until Close, which also closes the
// listener. Profiles in progress end when ctx is done.
func ServeProfiles(ctx context.Context, listener net.Listener, log *zap.Logger) *Profiles {
	ctx, cancel := context.WithCancel(ctx)
	p := &Profiles{
		server: &http.Server{
			Handler:           profileHandler(),
			ReadHeaderTimeout: 10 * time.Second,
			ReadTimeout:       time.Minute,
			WriteTimeout:      time.Minute, // pprof adds the length of a profile
			IdleTimeout:       time.Minute,
			MaxHeaderBytes:    64 << 10,
			ErrorLog:          zap.NewStdLog(log.Named("pprof")),
			BaseContext:       func(net.Listener) context.Context { return ctx },
		},
		cancel: cancel,
		done:   make(chan struct{}),
	}
	go func() {
		defer close(p.done)
		if err := p.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("serving profiles failed", zap.Error(err))
		}
	}()
	return p
}

// Close stops the server and profiles in progress, and waits for them.
func (p *Profiles) Close() {
	p.cancel()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if p.server.Shutdown(ctx) != nil {
		_ = p.server.Close() // a client does not read its profile
	}
	<-p.done
}

// profileHandler returns the handlers that net/http/pprof registers with the default
// mux, which the exporter does not serve.
func profileHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.Handle("GET /{$}", http.RedirectHandler("/debug/pprof/", http.StatusFound))
	return mux
}
