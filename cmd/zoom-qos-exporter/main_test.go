package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomsim"
)

// newRig is a simulated Zoom of 3 meetings and 1 webinar and the environment
// that leads to it, through middleware.
func newRig(t *testing.T, middleware ...func(http.Handler) http.Handler) map[string]string {
	t.Helper()
	sim := zoomsim.New(zoomsim.Options{Seed: 1, Meetings: 3, Webinars: 1, History: 10, Fixed: true})
	handler := sim.Handler()
	for _, m := range middleware {
		handler = m(handler)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	env := make(map[string]string)
	for _, assignment := range sim.Env(server.URL) {
		name, value, _ := strings.Cut(assignment, "=")
		env[name] = value
	}
	return env
}
