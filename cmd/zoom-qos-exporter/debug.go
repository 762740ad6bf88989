package main

import (
	"context"
	"net"

	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/web"
)

// debugExample is an address for profiles: on loopback, at the port in the
// documentation of net/http/pprof.
const debugExample = "127.0.0.1:6060"

// serveProfiles serves Go's profiles, if --debug.listen-address is set, until stop
// is called.
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
		p.log.Warn("profiles are served beyond this machine: anyone who reaches them can see the internals of the exporter and slow it down; listen on loopback, such as " + debugExample)
	}
	return web.ServeProfiles(ctx, listener, p.log).Close, nil
}

func isLoopback(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}
