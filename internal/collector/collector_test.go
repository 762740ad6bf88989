package collector_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/expfmt"
	"go.uber.org/goleak"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/collector"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/testbed"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomsim"
)

var update = flag.Bool("update", false, "write the golden files and the generated docs anew")

func TestMain(m *testing.M) {
	flag.Parse()
	goleak.VerifyTestMain(m)
}

// registry holds what an exporter of these accounts exposes of Zoom.
func registry(t testing.TB, api *collector.APIMetrics, accounts ...collector.Account) (*prometheus.Registry, *collector.Collector) {
	t.Helper()
	c := collector.New(accounts...)
	r := prometheus.NewPedanticRegistry()
	for _, part := range []prometheus.Collector{c, api} {
		if err := r.Register(part); err != nil {
			t.Fatal(err)
		}
	}
	return r, c
}

func exposition(t *testing.T, g prometheus.Gatherer) string {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(&text, family); err != nil {
			t.Fatal(err)
		}
	}
	return text.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; go test ./internal/collector -update writes it anew.\n%s", path, firstDifference(got, string(want)))
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d is\n  %s\nwant\n  %s", i+1, g[i], w[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}

func TestGoldenExpositions(t *testing.T) {
	beds := map[string]testbed.Options{
		"company.prom": {
			Sim: zoomsim.Options{Seed: 3, Meetings: 4, Webinars: 1, Participants: 4, History: 12,
				Moods: zoomsim.Moods{Odd: 0.05, DoubleRows: true}},
			Reserve: 0.3,
		},
		"plain.prom": {
			Sim: zoomsim.Options{Seed: 1, Meetings: 2, Participants: 3, History: 5, Fixed: true, Calm: true,
				Moods: zoomsim.Moods{Plain: true}},
			Reserve: 0.3,
		},
		"empty.prom": {Reserve: 0.3},
		"down.prom":  {Secret: "wrong", Reserve: 0.3},
	}
	for name, options := range beds {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				testbed.Noon()
				api := collector.NewAPIMetrics()
				options.Observer = api.Observer("test")
				bed := testbed.New(t, options)
				api.Expect("test", bed.Options.Endpoints())
				r, c := registry(t, api, bed)
				c.Refresh(context.Background())
				golden(t, name, exposition(t, r))
			})
		})
	}
}

func TestNothingIsKnownYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		bed := testbed.New(t, testbed.Options{Sim: zoomsim.Options{Meetings: 3}})
		r, _ := registry(t, collector.NewAPIMetrics(), bed)
		text := exposition(t, r)
		for _, want := range []string{
			`zoom_account_up{account="test"} 0`,
			`zoom_poll_success{account="test",task="list_meetings"} 0`,
			`zoom_poll_last_success_timestamp_seconds{account="test",task="oauth_token"} 1.7674416e+09`,
			`zoom_poll_coverage_ratio{account="test"} 0`,
			`zoom_poll_interval_seconds{account="test"} 60`,
			`zoom_poll_deadline_exceeded_total{account="test"} 0`,
			`zoom_budget_limit_requests{account="test",pool="per_day"} 60000`,
		} {
			if !strings.Contains(text, want) {
				t.Errorf("no %s before the first scrape", want)
			}
		}
		if strings.Contains(text, "zoom_live_meetings{") {
			t.Error("who is live is told before it is known")
		}
		if n := bed.Sim.Counts().Of(zoomapi.OAuthToken); n != 0 {
			t.Error("collecting asked Zoom")
		}
	})
}

func TestConventions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := collector.NewAPIMetrics()
		bed := testbed.New(t, testbed.Options{
			Sim:      zoomsim.Options{Seed: 5, Meetings: 12, Webinars: 2, History: 20, Moods: zoomsim.Moods{Odd: 0.05}},
			Observer: api.Observer("test"),
		})
		api.Expect("test", bed.Options.Endpoints())
		r, c := registry(t, api, bed)
		c.Refresh(context.Background())
		problems, err := testutil.GatherAndLint(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range problems {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	})
}

// All series of all participants, and no others, with the simulator's values.
func TestExactlyWhatZoomHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		bed := testbed.New(t, testbed.Options{Sim: zoomsim.Options{
			Seed: 2, Meetings: 9, Webinars: 2, Participants: 13, History: 8, Fixed: true, Calm: true, Moods: zoomsim.Moods{Plain: true},
		}})
		r, c := registry(t, collector.NewAPIMetrics(), bed)
		c.Refresh(context.Background())
		got := samples(t, r)
		want := truth(t, bed.Sim)
		if len(want) < 11*13*(5*5+4+2) {
			t.Fatalf("the simulator holds only %d values", len(want))
		}
		for series, value := range want {
			shown, ok := got[series]
			if !ok {
				t.Errorf("no %s", series)
			} else if shown != value {
				t.Errorf("%s is %v, want %v", series, shown, value)
			}
		}
		for series := range got {
			if _, ok := want[series]; !ok && strings.HasPrefix(series, "zoom_qos_") && strings.Contains(series, "participant:") {
				t.Errorf("%s is shown and nowhere held", series)
			}
		}
	})
}

func samples(t *testing.T, g prometheus.Gatherer) map[string]float64 {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]float64)
	for _, family := range families {
		for _, m := range family.Metric {
			labels := map[string]string{}
			for _, l := range m.Label {
				labels[l.GetName()] = l.GetValue()
			}
			all[series(family.GetName(), labels)] = m.GetGauge().GetValue()
		}
	}
	return all
}

func series(name string, labels map[string]string) string { return fmt.Sprint(name, labels) }

func truth(t *testing.T, sim *zoomsim.Sim) map[string]float64 {
	t.Helper()
	all := make(map[string]float64)
	streams := map[zoomapi.StreamName][2]string{
		zoomapi.AudioInput: {"audio", "sent"}, zoomapi.AudioOutput: {"audio", "received"},
		zoomapi.VideoInput: {"video", "sent"}, zoomapi.VideoOutput: {"video", "received"},
		zoomapi.ShareInput: {"share", "sent"}, zoomapi.ShareOutput: {"share", "received"},
	}
	for _, kind := range []zoomapi.Kind{zoomapi.Meeting, zoomapi.Webinar} {
		for _, m := range sim.Live(kind) {
			for _, p := range m.Participants {
				minute, err := sim.Present(m.UUID, p.UserID)
				if err != nil {
					t.Fatal(err)
				}
				who := map[string]string{"account": "test", "meeting": m.UUID, "participant": p.UserID}
				put := func(name string, value float64) {
					if !math.IsNaN(value) {
						all[series(name, who)] = value
					}
				}
				put("zoom_qos_sample_timestamp_seconds", float64(minute.Time.Unix()))
				for i, name := range []string{"client_cpu_min", "client_cpu_avg", "client_cpu_max", "system_cpu_max"} {
					if minute.CPU != nil {
						put("zoom_qos_"+name+"_ratio", minute.CPU[i])
					}
				}
				for i, name := range []string{"min", "avg", "max"} {
					if minute.RSSI != nil {
						put("zoom_qos_wifi_rssi_"+name+"_dbm", minute.RSSI[i])
					}
				}
				for stream, v := range minute.Values {
					labels := streams[stream]
					who = map[string]string{"account": "test", "meeting": m.UUID, "participant": p.UserID,
						"media": labels[0], "direction": labels[1], "via": "client"}
					put("zoom_qos_latency_seconds", v.Latency)
					put("zoom_qos_jitter_seconds", v.Jitter)
					put("zoom_qos_packet_loss_ratio", v.AvgLoss)
					put("zoom_qos_packet_loss_max_ratio", v.MaxLoss)
					put("zoom_qos_bitrate_bytes_per_second", v.Bitrate)
					put("zoom_qos_frames_per_second", v.FrameRate)
					put("zoom_qos_resolution_width_pixels", v.Width)
					put("zoom_qos_resolution_height_pixels", v.Height)
					if labels[0] == "audio" {
						put("zoom_qos_audio_mos_estimate", qos.AudioMOS(v.Latency, v.Jitter, v.AvgLoss))
					}
				}
			}
		}
	}
	return all
}

// Whatever people call themselves, and however odd a row is, the scrape
// succeeds and everybody else is shown.
func TestOddRowsNeverFailAScrape(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		bed := testbed.New(t, testbed.Options{
			Sim: zoomsim.Options{Seed: 1, Meetings: 1, Participants: 1, Fixed: true, Moods: zoomsim.Moods{Plain: true}},
			Intercept: func(r *http.Request) (*http.Response, error) {
				switch {
				case strings.HasSuffix(r.URL.Path, "/metrics/meetings"):
					return testbed.Answer(200, nil, `{"meetings":[
						{"uuid":"a==","id":90000000001,"topic":"quote \" back\\slash \n newline 🎧 \u202e"},
						{"uuid":"a==","id":90000000001,"topic":"the same again"},
						{"uuid":"b+/==","id":90000000001,"topic":"the same number"},
						{"uuid":" a== ","id":"90000000002"}, null, 7, "x", {}]}`), nil
				case testbed.IsQoS(r):
					at := time.Now().UTC().Format(time.RFC3339)
					return testbed.Answer(200, nil, `{"total_records":"9","participants":[
						{"user_id":"1","user_name":"quote \" back\\slash \n newline 🎧","user_qos":[{"date_time":"`+at+`","audio_input":{"latency":"10 ms"},"audio_input":{"latency":"11 ms"}}]},
						{"user_id":1,"user_name":"the same again"},
						{"user_id":" 1 ","user_name":"and again"},
						{"user_id":"2","user_name":"broken `+"\xff\xfe"+`","email":null,"user_qos":{}},
						{"user_id":"3","user_qos":[null,7,{"date_time":7},{"date_time":"`+at+`","audio_input":"none","video_input":{"latency":20,"jitter":null}}]},
						{"user_id":""}, {}, null, [], {"user_id":"4","user_qos":[{"date_time":"`+at+`","cpu_usage":"","wifi_rssi":[]}]}]}`), nil
				}
				return nil, nil
			},
		})
		r, c := registry(t, collector.NewAPIMetrics(), bed)
		c.Refresh(context.Background())
		text := exposition(t, r) // of a pedantic registry
		golden(t, "odd.prom", text)
		for _, want := range []string{
			`zoom_qos_latency_seconds{account="test",direction="sent",media="video",meeting="a==",participant="3",via="client"} 0.02`,
			`participant="4"`, `zoom_live_meetings{account="test",kind="meeting"} 2`,
		} {
			if !strings.Contains(text, want) {
				t.Errorf("no %s", want)
			}
		}
	})
}

func TestDefaultPrivacyShowsNoPeople(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		bed := testbed.New(t, testbed.Options{Sim: zoomsim.Options{Seed: 4, Meetings: 10, History: 10}})
		opts := bed.Options
		opts.Converter = &qos.Converter{Privacy: qos.Privacy{
			User: qos.Hash, Email: qos.Hash, MeetingID: qos.Plain, Department: qos.Plain, Location: qos.Plain, Device: qos.Plain,
			Key: []byte("a key"),
		}}
		bed.Configure(opts)
		r, c := registry(t, collector.NewAPIMetrics(), bed)
		c.Refresh(context.Background())
		text := exposition(t, r)
		for _, m := range bed.Sim.Live(zoomapi.Meeting) {
			secrets := []string{m.Topic, m.Host, m.HostEmail}
			for _, p := range m.Participants {
				secrets = append(secrets, p.Name, p.Email, p.PublicIP, p.InternalIP, p.AccountUserID)
			}
			for _, secret := range secrets {
				if secret != "" && strings.Contains(text, `"`+secret+`"`) {
					t.Errorf("%q is shown", secret)
				}
			}
		}
	})
}

func TestAccountsDoNotShareFates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		good := testbed.New(t, testbed.Options{Sim: zoomsim.Options{Seed: 1, Meetings: 3}})
		slow := testbed.New(t, testbed.Options{Name: "slow", Sim: zoomsim.Options{Seed: 2, Meetings: 3, Latency: time.Minute}})
		bad := testbed.New(t, testbed.Options{Name: "bad", Secret: "wrong", Sim: zoomsim.Options{Seed: 3, Meetings: 3}})
		r, c := registry(t, collector.NewAPIMetrics(), good, slow, bad)
		ctx, cancel := context.WithTimeout(context.Background(), 9*time.Second)
		defer cancel()
		c.Refresh(ctx)
		got := samples(t, r)
		for account, want := range map[string]float64{"test": 1, "slow": 0, "bad": 0} {
			if up, ok := got[series("zoom_account_up", map[string]string{"account": account})]; !ok || up != want {
				t.Errorf("account %s is up %v, want %v", account, up, want)
			}
		}
		if n := got[series("zoom_live_meetings", map[string]string{"account": "test", "kind": "meeting"})]; n != 3 {
			t.Errorf("%v live meetings of the good account, want 3", n)
		}
	})
}

func TestReferenceIsUpToDate(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "metrics.md")
	got := collector.Reference()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("docs/metrics.md is stale; make docs writes it anew.\n%s", firstDifference(got, string(want)))
	}
}

func TestReferenceTellsOfEveryMetric(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := collector.NewAPIMetrics()
		bed := testbed.New(t, testbed.Options{
			Sim:      zoomsim.Options{Seed: 5, Meetings: 12, Webinars: 2, History: 20, Moods: zoomsim.Moods{Odd: 0.05}},
			Observer: api.Observer("test"),
		})
		api.Expect("test", bed.Options.Endpoints())
		r, c := registry(t, api, bed)
		c.Refresh(context.Background())
		families, err := r.Gather()
		if err != nil {
			t.Fatal(err)
		}
		reference := collector.Reference()
		for _, family := range families {
			if !strings.Contains(reference, "`"+family.GetName()+"`") {
				t.Errorf("the reference does not tell of %s", family.GetName())
			}
			for _, label := range family.Metric[0].Label {
				if !strings.Contains(reference, label.GetName()) {
					t.Errorf("the reference does not tell of label %s", label.GetName())
				}
			}
		}
		if strings.Count(reference, "\n| `zoom_") < len(families) {
			t.Error("the reference has fewer rows than there are metrics")
		}
	})
}
