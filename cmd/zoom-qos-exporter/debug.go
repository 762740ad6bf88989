package main

import (
	"context"
	"net"

	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/web"
)

// debugExample is where to serve profiles: on loopback, at the port that the
// documentation of net/http/pprof has.
const debugExample = "127.0.0.1:6060"

// serveProfiles serves Go's profiles, if --debug.listen-address asks for them,
// until stop is called.
func (p *program) serveProfiles(ctx context.Context) (stop func(), err error) {
	if p.debugAddress == "" {
		return func() {}, nil
	}
	listener, err := web.ListenForProfiles(p.debugAddress)
	if err != nil {
		return nil, err
	}
	p.log.Info("serving profiles", zap.String("url", web.URL(listener.Addr(), false)+"debug/pprof/"))
	if !isLoopback(listener.Addr()) {
		p.log.Warn("profiles are served beyond this machine: whoever reaches them sees how the exporter works and can slow it down; listen on loopback, such as " + debugExample)
	}
	return web.ServeProfiles(ctx, listener, p.log).Close, nil
}

func isLoopback(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}
