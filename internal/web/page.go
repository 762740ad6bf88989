package web

import (
	"net/http"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/web/page"
)

// newPage hands the page no way to poll.
func newPage(o Options) http.Handler {
	return page.New(page.Options{Snapshots: o.Collector.Snapshots, Version: o.Version, Notice: o.Notice, Log: o.Log})
}
