package collector_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/collector"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/testbed"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// server is a Prometheus that scrapes at an interval of its own. Of each
// counter it keeps what increase() is made of: the first sample, the last one,
// and what was before resets.
type server struct {
	offset, every time.Duration
	series        map[string]*counter
}

type counter struct{ first, last, before float64 }

func (c *counter) increase() float64 { return c.before + c.last - c.first }

// counted are the samples of counters and of histograms' counts and sums.
func counted(t *testing.T, r *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]float64)
	for _, f := range families {
		name := f.GetName()
		if !strings.HasPrefix(name, "zoom_qos_") || f.GetType() == dto.MetricType_GAUGE {
			continue
		}
		for _, m := range f.Metric {
			var labels strings.Builder
			labels.WriteString(name)
			for _, pair := range m.Label {
				labels.WriteString(" " + pair.GetValue())
			}
			series := labels.String()
			if h := m.GetHistogram(); h != nil {
				all[series+" count"], all[series+" sum"] = float64(h.GetSampleCount()), h.GetSampleSum()
				continue
			}
			all[series] = m.GetCounter().GetValue()
		}
	}
	return all
}

func (s *server) scrape(t *testing.T, r *prometheus.Registry) {
	t.Helper()
	for series, v := range counted(t, r) {
		c := s.series[series]
		if c == nil {
			s.series[series] = &counter{first: v, last: v}
			continue
		}
		if v < c.last {
			c.before += c.last
		}
		c.last = v
	}
}

// keep is a store of records in memory.
type keep map[string][]byte

func (k keep) Load() (map[string][]byte, error) { return maps.Clone(k), nil }

func (k keep) Save(records map[string][]byte) error {
	maps.Copy(k, records)
	maps.DeleteFunc(k, func(_ string, record []byte) bool { return record == nil })
	return nil
}

// Whoever scrapes, however often and out of step, sees each label set rise from
// 0: increase() has its first readings, and a restart takes none away.
func TestIncreaseSeesTheFirstReadings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		records := make(keep)
		options := testbed.Options{
			Sim:  zoomsim.Options{Seed: 4, Meetings: 1, Participants: 9, Fixed: true},
			Poll: func(o *poll.Options) { o.ReadingsStore = records },
		}
		bed := testbed.New(t, options)
		from := time.Now()
		r, c := registry(t, collector.NewAPIMetrics(), bed)
		c.ShowParticipants(qos.NoParticipants) // for speed
		servers := []*server{
			{offset: 0, every: 15 * time.Second}, {offset: 7 * time.Second, every: time.Minute},
			{offset: 41 * time.Second, every: 2 * time.Minute}, {offset: 119 * time.Second, every: 2 * time.Minute},
		}
		for _, s := range servers {
			s.series = make(map[string]*counter)
		}
		uuids := []string{}
		for _, m := range bed.Sim.Live(zoomapi.Meeting) {
			uuids = append(uuids, m.UUID)
		}
		scrapes := 0
		for second := range 45 * 60 {
			switch second {
			case 8 * 60: // a new kind, and new sites
				uuids = append(uuids, bed.Sim.Open(zoomapi.Webinar, 12).UUID)
			case 11 * 60: // a restart in the midst of the webinar's new label sets
				bed.Close()
				options.Before = bed
				bed = testbed.New(t, options)
				r, c = registry(t, collector.NewAPIMetrics(), bed)
				c.ShowParticipants(qos.NoParticipants)
			case 25 * 60:
				for _, uuid := range uuids {
					if err := bed.Sim.End(uuid); err != nil {
						t.Fatal(err)
					}
				}
			}
			for _, s := range servers {
				if since := time.Duration(second)*time.Second - s.offset; since >= 0 && since%s.every == 0 {
					c.Refresh(t.Context())
					s.scrape(t, r)
					scrapes++
				}
			}
			time.Sleep(time.Until(from.Add(time.Duration(second+1) * time.Second)))
		}
		truth := testbed.Truth(t, bed.Sim, from, uuids...)
		want := map[string]float64{}
		for _, n := range truth.Readings {
			want["readings"] += float64(n)
		}
		for _, n := range truth.Sessions {
			want["sessions"] += float64(n)
		}
		for _, s := range truth.Latency {
			want["latencies"] += float64(s.Count)
		}
		for _, s := range truth.Lengths {
			want["lengths"] += float64(s.Count)
		}
		if want["readings"] < 1000 || want["sessions"] < 50 {
			t.Fatalf("%v: the test proves nothing", want)
		}
		for _, s := range servers {
			got := map[string]float64{"readings": 0, "sessions": 0, "latencies": 0, "lengths": 0}
			for series, c := range s.series {
				if c.first != 0 || c.before != 0 {
					t.Errorf("every %v from %v on: %s begins at %v, %v before resets", s.every, s.offset, series, c.first, c.before)
				}
				for name, prefix := range map[string]string{
					"readings": "zoom_qos_readings_total", "sessions": "zoom_qos_sessions_total",
				} {
					if strings.HasPrefix(series, prefix) {
						got[name] += c.increase()
					}
				}
				for name, prefix := range map[string]string{
					"latencies": "zoom_qos_reading_latency_seconds", "lengths": "zoom_qos_session_duration_seconds",
				} {
					if strings.HasPrefix(series, prefix) && strings.HasSuffix(series, " count") {
						got[name] += c.increase()
					}
				}
			}
			if !maps.Equal(got, want) {
				t.Errorf("every %v from %v on: increases %v, want %v", s.every, s.offset, got, want)
			}
		}
		if scrapes < 200 || !slices.ContainsFunc(slices.Collect(maps.Keys(servers[0].series)), func(s string) bool { return strings.Contains(s, "webinar") }) {
			t.Errorf("%d scrapes: the test proves nothing", scrapes)
		}
	})
}
