package collector_test

import (
	"bytes"
	"context"
	"flag"
	"maps"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/expfmt"
	"go.uber.org/goleak"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/collector"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/difftest"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/testbed"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

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

// One exposition of accounts of all sorts, each with a Zoom and a budget of its
// own.
func TestGoldenExposition(t *testing.T) {
	beds := map[string]testbed.Options{
		"company": {
			Sim: zoomsim.Options{Seed: 3, Meetings: 4, Webinars: 1, Participants: 4, History: 12,
				Moods: zoomsim.Moods{Odd: 0.05, DoubleRows: true}},
			Reserve: 0.3,
		},
		"empty": {Reserve: 0.3},
		"down":  {Secret: "wrong", Reserve: 0.3},
		"odd":   oddRows(),
	}
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		api := collector.NewAPIMetrics()
		var accounts []collector.Account
		for name, options := range beds {
			options.Name, options.Observer = name, api.Observer(name)
			bed := testbed.New(t, options)
			api.Expect(name, bed.Options.Endpoints())
			accounts = append(accounts, bed)
		}
		r, c := registry(t, api, accounts...)
		c.Refresh(context.Background())
		collector.Golden(t, "testdata/exposition.prom", exposition(t, r))
	})
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
			Sim:      zoomsim.Options{Seed: 5, Meetings: 3, Webinars: 1, History: 5, Moods: zoomsim.Moods{Odd: 0.05}},
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
		want := testbed.Figures(t, bed.Sim, "test")
		if len(want) < 11*13*(5*5+4+2) {
			t.Fatalf("the simulator holds only %d values", len(want))
		}
		got := samples(t, r)
		maps.DeleteFunc(got, func(series string, _ float64) bool {
			return !strings.HasPrefix(series, "zoom_qos_") || !strings.Contains(series, `participant="`)
		})
		if diff := difftest.Diff(want, got); diff != "" {
			t.Errorf("of %d series of figures:\n%s", len(want), diff)
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
			all[testbed.Series(family.GetName(), labels)] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	return all
}

// oddRows is a Zoom that answers with odd names and rows.
func oddRows() testbed.Options {
	return testbed.Options{
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
	}
}

// Whatever people call themselves, and however odd a row is, the scrape
// succeeds and everybody else is shown.
func TestOddRowsNeverFailAScrape(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		bed := testbed.New(t, oddRows())
		r, c := registry(t, collector.NewAPIMetrics(), bed)
		c.Refresh(context.Background())
		text := exposition(t, r) // of a pedantic registry
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
			if up, ok := got[testbed.Series("zoom_account_up", map[string]string{"account": account})]; !ok || up != want {
				t.Errorf("account %s is up %v, want %v", account, up, want)
			}
		}
		if n := got[testbed.Series("zoom_live_meetings", map[string]string{"account": "test", "kind": "meeting"})]; n != 3 {
			t.Errorf("%v live meetings of the good account, want 3", n)
		}
	})
}
