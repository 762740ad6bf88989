package web

import (
	"net/http"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/web/page"
)

// newPage gives the page access only to snapshots, so that it cannot poll.
func newPage(o Options) http.Handler {
	return page.New(page.Options{Snapshots: o.Collector.Snapshots, Version: o.Version, Notice: o.Notice, Log: o.Log})
}
