package e2e

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/testbed"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// stopping is a quick clock that stands still once it is stopped.
type stopping struct {
	quickClock
	at atomic.Pointer[time.Time]
}

func (s *stopping) now() time.Time {
	if at := s.at.Load(); at != nil {
		return *at
	}
	return s.quickClock.now()
}

func (s *stopping) stop() {
	now := s.quickClock.now()
	s.at.Store(&now)
}

// What a real Prometheus sees rise is what the simulated Zoom has produced: new
// label sets stand at 0 first, and none is ever reset. Zoom's time stands still
// in the end, so that there is a truth to compare with.
func TestPrometheusCountsWhatZoomHolds(t *testing.T) {
	t.Parallel()
	// A label set stands at 0 for 130 s: 6 of Prometheus's scrapes.
	clock := &stopping{quickClock: quickClock{from: time.Now(), times: 20}}
	options := zoomsim.Options{
		Seed: 3, Now: clock.now, Meetings: 4, Webinars: 1, Participants: 12, Fixed: true,
		Limits: &zoomsim.Limits{}, Moods: zoomsim.Moods{Plain: true},
		Credentials: zoomsim.Credentials{AccountID: "account", ClientID: "client", ClientSecret: "secret"},
	}
	// The meetings begin after the exporter's start, as it counts from there, and
	// before the first scrape.
	var sim atomic.Pointer[zoomsim.Sim]
	env := serve(t, zoomsim.New(options), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sim.Load().Handler().ServeHTTP(w, r)
	}))
	p := quickExporter(t, clock.quickClock, env, "--storage.path="+t.TempDir())
	p.address()
	begin := clock.now()
	sim.Store(zoomsim.New(options))
	prom := configuredPrometheus(t, fmt.Sprintf(`
global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs: [{job_name: zoom, static_configs: [{targets: [%q]}]}]
`, p.address()))
	eventually(t, func() error {
		total, err := prom.scalar(`sum(zoom_qos_readings_total)`)
		if err == nil && total == 0 {
			err = errors.New("nothing has risen from 0")
		}
		return err
	})
	clock.stop()
	var uuids []string
	for _, kind := range []zoomapi.Kind{zoomapi.Meeting, zoomapi.Webinar} {
		for _, m := range sim.Load().Live(kind) {
			uuids = append(uuids, m.UUID)
		}
	}
	truth := testbed.Truth(t, sim.Load(), begin, uuids...)
	want := make(samples)
	for l, n := range truth.Readings {
		// The exporter was told of no sites.
		want[testbed.Series("", map[string]string{"account": "default", "kind": l.Kind, "media": l.Media, "direction": l.Direction,
			"verdict": l.Verdict, "network_type": l.Network})] += float64(n)
	}
	if truth.Minutes < 150 || len(want) < 20 {
		t.Fatalf("%d minutes, %d label sets: the test proves nothing", truth.Minutes, len(want))
	}
	rise := `max_over_time(zoom_qos_readings_total[10m]) - min_over_time(zoom_qos_readings_total[10m]) > 0`
	eventually(t, func() error {
		got, err := prom.query(rise)
		if err != nil {
			return err
		}
		return want.equal(got)
	})
	prom.is(`sum(zoom_participant_counted_seconds_total)`, 60*float64(truth.Minutes))
	prom.is(`sum(zoom_participant_lost_seconds_total)`, 0)
	prom.is(`sum(max_over_time(zoom_qos_readings_total[10m])) - sum(zoom_qos_readings_total)`, 0)
	prom.is(`max(min_over_time(zoom_qos_readings_total[10m]))`, 0)
	prom.is(`sum(resets(zoom_qos_readings_total[10m]))`, 0)
	for metric, sums := range map[string]map[testbed.Label]testbed.Sum{
		"latency_seconds": truth.Latency, "jitter_seconds": truth.Jitter, "packet_loss_ratio": truth.Loss,
	} {
		all := testbed.Sum{}
		for s := range maps.Values(sums) {
			all.Count += s.Count
			all.Micros += s.Micros
		}
		prom.is(fmt.Sprintf(`sum(zoom_qos_reading_%s_count)`, metric), float64(all.Count))
		prom.is(fmt.Sprintf(`round(sum(zoom_qos_reading_%s_sum) * 1e6)`, metric), float64(all.Micros))
		prom.is(fmt.Sprintf(`max(min_over_time(zoom_qos_reading_%s_count[10m]))`, metric), 0)
	}
	// increase() continues the slope to the window's end, at most a scrape away.
	readings := 0.0
	for n := range maps.Values(want) {
		readings += n
	}
	eventually(t, func() error {
		got, err := prom.scalar(`sum(increase(zoom_qos_readings_total[10m]))`)
		if err == nil && math.Abs(got-readings) > 0.04*readings {
			err = fmt.Errorf("increase() is %v, want about %v", got, readings)
		}
		return err
	})
}
