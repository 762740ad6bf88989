package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
)

// Exit statuses.
const (
	exitOK    = 0
	exitError = 1
	exitUsage = 2
)

// shutdownTimeout is how long answers in progress may take at the end of the
// program.
const shutdownTimeout = time.Second

// run serves a simulated Zoom until ctx ends, and returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags, status := parse(args, stdout, stderr)
	if flags == nil {
		return status
	}
	if err := serve(ctx, flags, stdout, stderr); err != nil {
		fmt.Fprintf(stderr, "zoom-sim: %v\n", err)
		return exitError
	}
	return exitOK
}

func serve(ctx context.Context, f *flags, stdout, stderr io.Writer) error {
	listener, err := net.Listen("tcp", f.listen)
	if err != nil {
		return fmt.Errorf("cannot listen; choose another address with --listen: %w", err)
	}
	options := f.options()
	options.Now = clock.System{}.Now
	sim := zoomsim.New(options)
	address, loopback := reach(listener.Addr())
	if !loopback {
		fmt.Fprintln(stderr, "zoom-sim: listening beyond loopback: anybody who can reach this address can use /admin/")
	}
	// One write, so that readers have all lines before the first request.
	if _, err := fmt.Fprintln(stdout, strings.Join(sim.Env("http://"+address), "\n")); err != nil {
		_ = listener.Close()
		return fmt.Errorf("print the environment: %w", err)
	}

	requests, release := context.WithCancel(context.WithoutCancel(ctx))
	defer release()
	server := &http.Server{
		Handler:           sim.Handler(),
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return requests },
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(requests, shutdownTimeout)
	defer cancel()
	if err := server.Shutdown(ending); err != nil {
		_ = server.Close() // answers may hang on purpose
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// reach returns the address of a listener for clients on this machine, and whether
// only they can reach it.
func reach(addr net.Addr) (address string, loopback bool) {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return addr.String(), false
	}
	if tcp.IP.IsUnspecified() {
		return fmt.Sprintf("127.0.0.1:%d", tcp.Port), false
	}
	return tcp.String(), tcp.IP.IsLoopback()
}
