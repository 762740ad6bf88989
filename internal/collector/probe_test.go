package collector_test

import (
	"context"
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
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/testbed"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomsim"
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

func TestGoldenProbes(t *testing.T) {
	targets := map[string]func(zoomsim.Meeting) poll.Target{
		"probe_meeting.prom": func(m zoomsim.Meeting) poll.Target { return poll.Target{Meeting: m.UUID} },
		"probe_participant.prom": func(m zoomsim.Meeting) poll.Target {
			return poll.Target{Meeting: m.UUID, Participant: m.Participants[1].UserID}
		},
		"probe_failed.prom": func(zoomsim.Meeting) poll.Target { return poll.Target{Meeting: "99999999999"} },
	}
	for name, target := range targets {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bed, meeting := probed(t, nil)
				begun := time.Now()
				found := bed.Probe(t.Context(), target(meeting))
				p := collector.Probe{Found: found, Took: time.Since(begun)}
				gatherer, err := p.Gatherer()
				if err != nil {
					t.Fatal(err)
				}
				golden(t, name, exposition(t, gatherer))
				problems, err := testutil.GatherAndLint(gatherer)
				if err != nil || len(problems) > 0 {
					t.Errorf("lint: %v %v", problems, err)
				}
			})
		})
	}
}

// What a probe of a meeting shows is what /metrics shows of it but for what is
// counted, with a label more.
func TestProbesShowWhatMetricsShow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bed, meeting := probed(t, nil)
		r, c := registry(t, collector.NewAPIMetrics(), bed)
		c.Refresh(context.Background())
		var want, got []string
		for line := range strings.Lines(exposition(t, r)) {
			counted := strings.HasPrefix(line, "zoom_meeting_recent_readings")
			if strings.Contains(line, `meeting="`+meeting.UUID+`"`) && !counted {
				want = append(want, line)
			}
		}
		p := collector.Probe{Found: bed.Probe(t.Context(), poll.Target{Meeting: meeting.UUID})}
		gatherer, err := p.Gatherer()
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(exposition(t, gatherer)) {
			if bare := strings.Replace(line, `,probe="meeting"`, "", 1); bare != line {
				got = append(got, bare)
			}
		}
		if len(want) < 3*20 || strings.Join(got, "") != strings.Join(want, "") {
			t.Errorf("%d series, want %d:\n%s", len(got), len(want), difftest.Lines(strings.Join(want, ""), strings.Join(got, "")))
		}
		if strings.Contains(exposition(t, r), "probe") {
			t.Error("/metrics tells of probes")
		}
	})
}

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
			if !strings.Contains(text, "zoom_participant_info") || !strings.Contains(text, "zoom_qos_latency_seconds") {
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
