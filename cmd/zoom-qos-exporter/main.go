// Command zoom-qos-exporter is a Prometheus exporter for the quality that Zoom
// reports of every participant of live meetings and webinars.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/version"
)

func main() {
	if version.Version == "" { // not built by make
		version.Version = "devel"
	}
	// A value that begins with @ is a value, not a file of arguments.
	kingpin.EnableFileExpansion = false

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	reload := make(chan os.Signal, 1)
	signal.Notify(reload, syscall.SIGHUP)

	os.Exit(run(ctx, os.Args[1:], process{
		stdin:   os.Stdin,
		stdout:  os.Stdout,
		stderr:  os.Stderr,
		getenv:  os.LookupEnv,
		environ: os.Environ(),
		reload:  reload,
	}))
}
