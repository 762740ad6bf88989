package e2e

import (
	"fmt"
	"maps"
	"math"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/testbed"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomsim"
)

// hasty is a clock that stands still until it is let go, then leaps ahead, runs
// faster than time for a while, and stands still again. It is ahead of the
// machine's by less than the exporter takes for mad.
type hasty struct {
	begin time.Time
	from  atomic.Pointer[time.Time] // when it was let go
}

const (
	hastyStart = 30 * time.Second // ahead of us, so that every minute is after the exporter's start
	hastyLeap  = 110 * time.Second
	hastyRun   = 45 * time.Second
	hastySpeed = 2.5
)

func newHasty() *hasty { return &hasty{begin: time.Now().Add(hastyStart)} }

func (h *hasty) now() time.Time {
	from := h.from.Load()
	if from == nil {
		return h.begin
	}
	run := min(time.Since(*from), hastyRun)
	return h.begin.Add(hastyLeap + time.Duration(hastySpeed*float64(run)))
}

func (h *hasty) letGo() {
	now := time.Now()
	h.from.Store(&now)
}

// What a real Prometheus sees rise is what the simulated Zoom has produced: new
// label sets stand at 0 first, and none is ever reset.
func TestPrometheusCountsWhatZoomHolds(t *testing.T) {
	t.Parallel()
	const slack = 15 * time.Second
	clock := newHasty()
	sim := zoomsim.New(zoomsim.Options{
		Seed: 3, Now: clock.now, Meetings: 4, Webinars: 1, Participants: 12, Fixed: true,
		Limits: &zoomsim.Limits{}, Moods: zoomsim.Moods{Plain: true},
	})
	p := exporter(t, serve(t, sim, sim.Handler()), "--storage.path="+t.TempDir())
	address := p.address()
	clock.letGo()
	prom := startPrometheus(t, map[string]string{"zoom": address})

	// A poll a minute, and two minutes and ten seconds at 0.
	within(t, 130*time.Second+patience+slack, func() error {
		total, err := prom.scalar(`sum(zoom_qos_readings_total)`)
		if err == nil && total == 0 {
			err = fmt.Errorf("nothing has risen from 0")
		}
		return err
	})
	var uuids []string
	for _, kind := range []zoomapi.Kind{zoomapi.Meeting, zoomapi.Webinar} {
		for _, m := range sim.Live(kind) {
			uuids = append(uuids, m.UUID)
		}
	}
	truth := testbed.Truth(t, sim, clock.begin, uuids...)
	want := make(samples)
	for l, n := range truth.Readings {
		// The exporter was told of no sites.
		want[series("", map[string]string{"account": "default", "kind": l.Kind, "media": l.Media, "direction": l.Direction,
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
	prom.is(`sum(zoom_readings_counted_total)`, float64(truth.Minutes))
	prom.is(`sum(zoom_readings_lost_total)`, 0)
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
