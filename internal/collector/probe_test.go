package collector_test

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/collector"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/difftest"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/testbed"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// probed is a bed of two plain meetings, and the first of them.
func probed(t *testing.T, change func(*poll.Options)) (*testbed.Bed, zoomsim.Meeting) {
	t.Helper()
	testbed.Noon()
	bed := testbed.New(t, testbed.Options{
		Sim: zoomsim.Options{Seed: 1, Meetings: 2, Participants: 3, History: 5, Fixed: true, Calm: true,
			Latency: 250 * time.Millisecond, Limits: &zoomsim.Limits{}, Moods: zoomsim.Moods{Plain: true}},
		Limits: &budget.Limits{}, Poll: change,
	})
	return bed, bed.Sim.Live(zoomapi.Meeting)[0]
}

func probeExposition(t *testing.T, p *collector.Probe) string {
	t.Helper()
	gatherer, err := p.Gatherer()
	if err != nil {
		t.Fatal(err)
	}
	problems, err := testutil.GatherAndLint(gatherer)
	if err != nil || len(problems) > 0 {
		t.Errorf("lint: %v %v", problems, err)
	}
	return exposition(t, gatherer)
}

func TestGoldenFailedProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bed, _ := probed(t, nil)
		begun := time.Now()
		found := bed.Probe(t.Context(), poll.Target{Meeting: "99999999999"})
		collector.Golden(t, "testdata/probe_failed.prom", probeExposition(t, &collector.Probe{Found: found, Took: time.Since(begun)}))
	})
}

// A probe shows what /metrics shows of its target, except for what is counted,
// under names that /metrics does not have.
func TestProbesShowWhatMetricsShow(t *testing.T) {
	targets := map[string]func(zoomsim.Meeting) poll.Target{
		"meeting": func(m zoomsim.Meeting) poll.Target { return poll.Target{Meeting: m.UUID} },
		"participant": func(m zoomsim.Meeting) poll.Target {
			return poll.Target{Meeting: m.UUID, Participant: m.Participants[1].UserID}
		},
	}
	for name, of := range targets {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bed, meeting := probed(t, nil)
				target := of(meeting)
				begun := time.Now()
				found := bed.Probe(t.Context(), target)
				got := probeExposition(t, &collector.Probe{Found: found, Took: time.Since(begun)})

				r, c := registry(t, collector.NewAPIMetrics(), bed)
				c.Refresh(context.Background())
				whole := exposition(t, r)
				if strings.Contains(whole, "probe_") {
					t.Error("/metrics tells of probes")
				}
				want := only(whole, func(series string) bool {
					return strings.Contains(series, `meeting="`+target.Meeting+`"`) &&
						(target.Participant == "" || strings.Contains(series, `participant="`+target.Participant+`"`)) &&
						!aggregate.MatchString(series)
				})
				if n := strings.Count(want, `participant="`); n < 20 {
					t.Fatalf("only %d series of participants", n)
				}
				own, shown, _ := strings.Cut(got, "# HELP zoom_")
				collector.Golden(t, "testdata/probe_succeeded.prom", own)
				shown = "# HELP zoom_" + shown
				want = regexp.MustCompile(`(?m)^(# HELP |# TYPE |)zoom_`).ReplaceAllString(want, "${1}zoom_probe_")
				if diff := difftest.Lines(want, shown); diff != "" {
					t.Errorf("the probe shows something else than /metrics:\n%s", diff)
				}
			})
		})
	}
}

// aggregate matches the series of people together, which probes do not show.
var aggregate = regexp.MustCompile(`^zoom_meeting_(recent|degraded|site|speakers)`)

// Privacy settings hold for probes, whichever endpoint answers.
func TestProbesKeepPrivacy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bed, meeting := probed(t, func(o *poll.Options) {
			converter := *o.Converter
			converter.Privacy = qos.Privacy{User: qos.Hash, Email: qos.Hash, Key: []byte("0123456789abcdef")}
			o.Converter = &converter
		})
		for _, target := range []poll.Target{{Meeting: meeting.UUID, Participant: meeting.Participants[0].UserID}, {Meeting: meeting.UUID}} {
			p := collector.Probe{Found: bed.Probe(t.Context(), target)}
			gatherer, err := p.Gatherer()
			if err != nil {
				t.Fatal(err)
			}
			text := exposition(t, gatherer)
			if !strings.Contains(text, "zoom_probe_participant_info") || !strings.Contains(text, "zoom_probe_qos_latency_seconds") {
				t.Fatal("nothing is shown")
			}
			person := meeting.Participants[0]
			for _, secret := range []string{person.Name, person.Email, person.PublicIP, person.InternalIP, meeting.Topic, meeting.HostEmail} {
				if secret != "" && strings.Contains(text, secret) {
					t.Errorf("%q is shown", secret)
				}
			}
		}
	})
}

func TestAccountsByName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		north, south := testbed.New(t, testbed.Options{Name: "north"}), testbed.New(t, testbed.Options{Name: "south"})
		c := collector.New(north, south)
		if c.Account("south") != collector.Account(south) || c.Account("") != nil || c.Account("east") != nil {
			t.Error("of two accounts")
		}
		c.SetAccounts([]collector.Account{north})
		if c.Account("") != collector.Account(north) || c.Account("south") != nil {
			t.Error("of one account")
		}
	})
}
