package main

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/config"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
)

// demoPerDay is how many requests the demo's Zoom grants: enough to refresh every
// meeting once a minute.
const demoPerDay = 200_000

// demoNotice is the notice on the page.
const demoNotice = "This is a demo: the company, its people and Zoom are simulated. This Zoom grants 200,000 requests a day, " +
	"so that no figure is older than a minute; a Business account has 60,000."

const demoGreeting = `
  A simulated company is in its meetings. See
    %[1]s         the page for people
    %[1]smetrics  the metrics for Prometheus
  Scrapes fetch the figures: open the second address before the first, or let Prometheus scrape it.

`

// demo is a simulated Zoom on its own port, and a temporary storage directory.
type demo struct {
	server  *http.Server
	served  chan error
	storage string
}

// startDemo starts the simulated Zoom and points the program's configuration
// at it.
func (p *program) startDemo() (*demo, error) {
	if p.storageGiven {
		return nil, errors.New("--demo has its own storage; omit --storage.path")
	}
	limits := zoomsim.PlanLimits("business")
	limits.TogetherPerDay = demoPerDay
	sim := zoomsim.New(zoomsim.Options{
		Seed: 1, Now: p.clock.Now, Meetings: 40, Webinars: 3, History: 30,
		Latency: 40 * time.Millisecond, Limits: &limits,
		Moods: zoomsim.Moods{Odd: 0.01}, // for some unreadable figures
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("the simulated Zoom cannot listen: %w", err)
	}
	storage, err := os.MkdirTemp("", "zoom-qos-exporter-demo-")
	if err != nil {
		_ = listener.Close() // it has not been used
		return nil, fmt.Errorf("creating the temporary storage: %w", err)
	}
	d := &demo{
		server: &http.Server{
			Handler: sim.Handler(), ReadHeaderTimeout: 10 * time.Second,
			ErrorLog: zap.NewStdLog(p.log.Named("simulated-zoom")),
		},
		served:  make(chan error, 1),
		storage: storage,
	}
	go func() { d.served <- d.server.Serve(listener) }()

	p.storagePath, p.notice = storage, demoNotice
	p.load = func() (*config.Config, error) {
		cfg, err := demoConfig(sim.Env("http://" + listener.Addr().String()))
		if err != nil || p.configFile == "" {
			return cfg, err
		}
		return config.LoadOver(cfg, p.configFile)
	}
	return d, nil
}

func (d *demo) close() {
	_ = d.server.Close() // all requests came from the exporter, which has ended
	<-d.served
	_ = os.RemoveAll(d.storage)
}

// demoConfig is the configuration for the simulated company. Its people are not
// real, so nothing about them is hidden.
func demoConfig(env []string) (*config.Config, error) {
	variables := map[string]string{
		"ZOOM_ACCOUNT_NAME": "demo",
		"ZOOM_PLAN":         "business",
	}
	maps.Insert(variables, func(yield func(string, string) bool) {
		for _, assignment := range env {
			name, value, _ := strings.Cut(assignment, "=")
			if !yield(name, value) {
				return
			}
		}
	})
	cfg, err := config.FromEnv(func(name string) (string, bool) {
		value, ok := variables[name]
		return value, ok
	})
	if err != nil {
		return nil, err
	}
	account := &cfg.Accounts[0]
	account.RateLimits.PerDay = demoPerDay
	account.Collect.ParticipantsList = config.ParticipantsListAll
	cfg.Probe.Enabled = true
	cfg.Privacy = qos.Privacy{
		User: qos.Hash, UserName: qos.Plain, Email: qos.Plain, Topic: qos.Plain, Host: qos.Plain,
		IPAddress: qos.Plain, InternalIPAddress: qos.Plain, PCName: qos.Plain, Domain: qos.Plain,
		MeetingID: qos.Plain, Department: qos.Plain, Location: qos.Plain, Device: qos.Plain,
	}
	for _, s := range zoomsim.Sites() {
		cfg.Sites = append(cfg.Sites, qos.SiteRule{
			Site: s.Name, Internal: []netip.Prefix{s.Internal}, Public: []netip.Prefix{s.Public},
		})
	}
	return cfg, nil
}
