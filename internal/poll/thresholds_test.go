package poll_test

import (
	"net/http"
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/plan"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/testbed"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// The counters, the plan and what readers of a snapshot judge by agree on a
// stream, whatever thresholds are configured, and a reload changes them all.
func TestOneSetOfThresholds(t *testing.T) {
	latencies := func(good, fair, poor float64) qos.Thresholds {
		t := qos.DefaultThresholds()
		t.Latency = qos.Bounds{Good: good, Fair: fair, Poor: poor}
		return t
	}
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		var zoom testbed.Switch
		bed := testbed.New(t, testbed.Options{
			Sim: fixed(1, 4), Intercept: zoom.Intercept,
			Poll: func(o *poll.Options) { o.Weights = plan.DefaultWeights() },
		})
		zoom.Set(latencyOf100(bed))
		uuid := bed.Sim.Live(zoomapi.Meeting)[0].UUID
		scrapes(bed, time.Minute, 2*time.Minute, nil)
		for _, tt := range []struct {
			thresholds qos.Thresholds
			want       qos.Quality
			weight     float64
		}{
			{qos.Thresholds{}, qos.Good, 1}, // the defaults
			{latencies(0.020, 0.300, 0.500), qos.Fair, 1},
			{latencies(0.020, 0.040, 0.500), qos.Poor, 2},
			{latencies(0.100, 0.300, 0.500), qos.Good, 1},
			{latencies(0.020, 0.040, 0.060), qos.Bad, 2},
			{qos.DefaultThresholds(), qos.Good, 1},
		} {
			reload(bed, func(o *poll.Options) { o.Readings.Thresholds = tt.thresholds })
			if got := bed.WeightOf(uuid); got != tt.weight {
				t.Errorf("%v: weight %v right after the reload, want %v", tt.want, got, tt.weight)
			}
			judged := 0
			s := bed.Snapshot()
			for _, p := range people(s) {
				for _, r := range p.Minute.Readings {
					if got := s.Thresholds.Quality(r.Latency, r.Jitter, r.Loss); got != qos.QualityUnknown {
						judged++
						if got != tt.want {
							t.Errorf("%v: a reader of the snapshot judges %v", tt.want, got)
						}
					}
				}
			}
			if judged == 0 {
				t.Errorf("%v: a reader of the snapshot judges no stream", tt.want)
			}
			before := countedByVerdict(s.Readings)
			// Recent readings from before the reload are gone after some minutes.
			scrapes(bed, time.Minute, 12*time.Minute, nil)
			s = bed.Snapshot()
			counted, recent := countedByVerdict(s.Readings), recentByVerdict(meetingOf(s, uuid))
			for verdict, n := range before {
				counted[verdict] -= n
			}
			for what, byVerdict := range map[string][4]int{"counted": counted, "recent": recent} {
				var want [4]int
				verdict := tt.want - qos.Good
				want[verdict] = max(1, byVerdict[verdict])
				if byVerdict != want {
					t.Errorf("%v: %s readings by verdict are %v", tt.want, what, byVerdict)
				}
			}
			if got := bed.WeightOf(uuid); got != tt.weight {
				t.Errorf("%v: weight %v, want %v", tt.want, got, tt.weight)
			}
		}
	})
}

func countedByVerdict(v *readings.View) (n [4]int) {
	for _, set := range v.Readings {
		for verdict, count := range set.Readings {
			n[verdict] += int(count)
		}
	}
	return n
}

func recentByVerdict(m *live.Meeting) (n [4]int) {
	for _, counts := range m.Recent {
		for verdict, count := range counts {
			n[verdict] += count
		}
	}
	return n
}

var (
	latencyText = regexp.MustCompile(`"latency":"[^"]+"`)
	jitterText  = regexp.MustCompile(`"jitter":"[^"]+"`)
	lossText    = regexp.MustCompile(`"(avg|max)_loss":"[^"]+"`)
)

// latencyOf100 answers requests for figures as if every stream had a latency of
// 100 ms, and next to no jitter and loss.
func latencyOf100(bed *testbed.Bed) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		if !testbed.IsQoS(r) {
			return nil, nil
		}
		return testbed.Rewrite(bed.Sim, r, func(body string) string {
			body = latencyText.ReplaceAllString(body, `"latency":"100 ms"`)
			body = jitterText.ReplaceAllString(body, `"jitter":"1 ms"`)
			return lossText.ReplaceAllString(body, `"${1}_loss":"0.1%"`)
		}), nil
	}
}
