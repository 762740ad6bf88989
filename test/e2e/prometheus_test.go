package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/testbed"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// scrapeTimeout is what Prometheus gives a scrape in these tests.
const scrapeTimeout = 3 * time.Second

// prometheus is a Prometheus at work.
type prometheus struct{ *process }

// startPrometheus starts one that scrapes jobs, by their names, at addresses.
func startPrometheus(t *testing.T, jobs map[string]string) prometheus {
	t.Helper()
	var config strings.Builder
	fmt.Fprintf(&config, "global:\n  scrape_interval: %[1]s\n  scrape_timeout: %[1]s\nscrape_configs:\n", scrapeTimeout)
	for job, address := range jobs {
		fmt.Fprintf(&config, "  - job_name: %s\n    static_configs:\n      - targets: [%q]\n", job, address)
	}
	return configuredPrometheus(t, config.String())
}

// configuredPrometheus starts one with a whole configuration.
func configuredPrometheus(t *testing.T, config string) prometheus {
	t.Helper()
	file := filepath.Join(t.TempDir(), "prometheus.yml")
	write(t, file, config)
	return startPrometheusWith(t, file)
}

// startPrometheusWith starts one with the configuration of a file.
func startPrometheusWith(t *testing.T, file string) prometheus {
	t.Helper()
	return prometheus{start(t, exec.Command(program(t, "prometheus"),
		"--config.file="+file, "--storage.tsdb.path="+t.TempDir(),
		"--web.listen-address=127.0.0.1:0", "--log.format=json"))}
}

// api asks Prometheus's HTTP API.
func (p prometheus) api(path string, data any) error {
	p.t.Helper()
	return api(p.t, p.address(), path, data)
}

// api asks the HTTP API of the Prometheus at an address.
func api(t *testing.T, address, path string, data any) error {
	t.Helper()
	status, body := ask(t, http.MethodGet, "http://"+address+"/api/v1/"+path)
	answer := struct {
		Status string
		Data   any
	}{Data: data}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.Status != "success" {
		return fmt.Errorf("%s answered %d %s", path, status, body)
	}
	return nil
}

// vector is an instant vector.
type vector []struct {
	Metric map[string]string
	Value  [2]any // a time, and a value as text
}

// query evaluates an expression now.
func (p prometheus) query(expression string) (samples, error) {
	p.t.Helper()
	var data struct{ Result vector }
	if err := p.api("query?query="+url.QueryEscape(expression), &data); err != nil {
		return nil, err
	}
	found := make(samples)
	for _, s := range data.Result {
		text, _ := s.Value[1].(string)
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, err
		}
		name := s.Metric["__name__"]
		for _, label := range []string{"__name__", "job", "instance"} {
			delete(s.Metric, label)
		}
		key := testbed.Series(name, s.Metric)
		if _, ok := found[key]; ok {
			return nil, fmt.Errorf("%s is there twice", key)
		}
		found[key] = value
	}
	return found, nil
}

// scalar is an expression's one value.
func (p prometheus) scalar(expression string) (float64, error) {
	p.t.Helper()
	found, err := p.query(expression)
	if err != nil {
		return 0, err
	}
	for _, value := range found {
		if len(found) == 1 {
			return value, nil
		}
	}
	return 0, fmt.Errorf("%s has %d values, want one", expression, len(found))
}

// is waits for an expression to have a value.
func (p prometheus) is(expression string, want float64) {
	p.t.Helper()
	eventually(p.t, func() error {
		got, err := p.scalar(expression)
		if err == nil && got != want {
			err = fmt.Errorf("%s is %v, want %v", expression, got, want)
		}
		return err
	})
}

// healthy waits until Prometheus has no complaint of any target.
func (p prometheus) healthy(targets int) {
	p.t.Helper()
	eventually(p.t, func() error {
		var data struct {
			ActiveTargets []struct{ Health, LastError, ScrapePool string }
		}
		if err := p.api("targets?state=active", &data); err != nil {
			return err
		}
		if len(data.ActiveTargets) != targets {
			return fmt.Errorf("%d targets, want %d", len(data.ActiveTargets), targets)
		}
		for _, target := range data.ActiveTargets {
			if target.Health != "up" || target.LastError != "" {
				return fmt.Errorf("target %s is %s: %s", target.ScrapePool, target.Health, target.LastError)
			}
		}
		return nil
	})
}

// A real Prometheus that scrapes the exporter holds what Zoom holds: every
// figure, and nothing else.
func TestPrometheusHoldsWhatZoomHolds(t *testing.T) {
	t.Parallel()
	const (
		meetings, webinars, people = 4, 2, 23
		pages                      = 3 // of ten people
	)
	now := time.Now()
	sim := zoomsim.New(zoomsim.Options{
		Seed: 3, Now: func() time.Time { return now }, // so that no minute passes meanwhile
		Meetings: meetings, Webinars: webinars, Participants: people, History: 4, Fixed: true,
		Limits: &zoomsim.Limits{}, Moods: zoomsim.Moods{Plain: true},
	})
	want := truth(t, sim)
	if n := len(want); n < (meetings+webinars)*people*5*6 {
		t.Fatalf("only %d values in the truth", n)
	}
	p := exporter(t, serve(t, sim, sim.Handler()))
	prom := startPrometheus(t, map[string]string{"zoom": p.address(), "again": p.address()})
	prom.healthy(2)
	prom.is(`zoom_poll_coverage_ratio{job="zoom"}`, 1)

	for _, job := range []string{"zoom", "again"} {
		eventually(t, func() error { // a scrape may fail on a busy machine
			got, err := prom.query(`{job="` + job + `",__name__=~"zoom_(qos|live)_.+|zoom_meeting_(participants|start_timestamp_seconds)",__name__!~"zoom_qos_(reading|session).+"}`)
			if err == nil {
				err = want.equal(got)
			}
			return err
		})
	}
	prom.is(`up{job="zoom"}`, 1)
	prom.is(`zoom_account_up{job="zoom"}`, 1)
	prom.is(`sum(zoom_participant_info{job="zoom"})`, (meetings+webinars)*people)
	prom.is(`sum(zoom_meeting_info{job="zoom"})`, meetings+webinars)
	// Every sample has become a series: none was dropped or doubled.
	prom.is(`scrape_samples_scraped{job="zoom"} - on() count({job="zoom",__name__!~"up|scrape_.+"})`, 0)
	prom.is(`scrape_samples_scraped{job="zoom"} > bool `+strconv.Itoa(len(want)), 1)

	// Two who scrape cost what one costs.
	counts := sim.Counts()
	for endpoint, n := range map[zoomapi.Endpoint]int{
		zoomapi.OAuthToken:                 1,
		zoomapi.ListMeetings:               1,
		zoomapi.ListWebinars:               1,
		zoomapi.ListMeetingParticipantsQoS: meetings * pages,
		zoomapi.ListWebinarParticipantsQoS: webinars * pages,
		zoomapi.ListWebinarParticipants:    webinars,
	} {
		if got := counts.Requests[endpoint][http.StatusOK]; got != n || counts.Of(endpoint) != n {
			t.Errorf("%s: %d requests, %d of them answered, want %d", endpoint, counts.Of(endpoint), got, n)
		}
	}
}

// A Zoom that does not answer in time costs no scrape.
func TestPrometheusAndSlowZoom(t *testing.T) {
	t.Parallel()
	sim := small()
	if err := sim.SetFault(zoomsim.Fault{Kind: zoomsim.FaultHang}); err != nil {
		t.Fatal(err)
	}
	p := exporter(t, serve(t, sim, sim.Handler()))
	prom := startPrometheus(t, map[string]string{"slow": p.address()})
	prom.healthy(1)
	prom.is("up", 1)
	prom.is("zoom_account_up", 0)
	prom.is("zoom_poll_deadline_exceeded_total >= bool 2", 1)
	prom.is(fmt.Sprintf("scrape_duration_seconds < bool %v", scrapeTimeout.Seconds()), 1)

	sim.ClearFaults()
	p.signal(os.Interrupt) // whatever still hangs does not keep it
	p.exits(0)
}
