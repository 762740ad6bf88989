package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// documentedJobs are the jobs of docs/probe.md, with other targets.
func documentedJobs(t *testing.T, replace ...string) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/probe.md")
	if err != nil {
		t.Fatal(err)
	}
	var config strings.Builder
	fmt.Fprintln(&config, "global: {}")
	for block := range strings.SplitSeq(string(page), "```yaml\n") {
		if yaml, _, _ := strings.Cut(block, "```"); strings.Contains(yaml, "job_name") {
			config.WriteString(yaml)
		}
	}
	text := config.String()
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(text, replace[i]) {
			t.Fatalf("no %s in the jobs of docs/probe.md", replace[i])
		}
		text = strings.ReplaceAll(text, replace[i], replace[i+1])
	}
	return text
}

// The jobs of the documentation, in a real Prometheus: a meeting by its number,
// one by a UUID that must be escaped, and one participant.
func TestPrometheusProbes(t *testing.T) {
	t.Parallel()
	const people = 13
	now := time.Now()
	sim := zoomsim.New(zoomsim.Options{
		Seed: 3, Now: func() time.Time { return now }, Meetings: 40, Participants: people, History: 4, Fixed: true,
		Limits: &zoomsim.Limits{}, Moods: zoomsim.Moods{Plain: true},
	})
	var awkward, plain zoomsim.Meeting
	for _, m := range sim.Live(zoomapi.Meeting) {
		if strings.Contains(m.UUID, "+") && strings.Contains(m.UUID, "/") && strings.Contains(m.UUID, "=") {
			awkward = m
		} else {
			plain = m
		}
	}
	if awkward.UUID == "" || plain.UUID == "" {
		t.Fatal("the simulated company has no UUID with +, / and =")
	}
	path := filepath.Join(t.TempDir(), "config.yml")
	config := configuration("default", serve(t, sim, sim.Handler())) + "probe: {enabled: true}\n"
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	p := exporter(t, nil, "--config.file="+path)
	prom := configuredPrometheus(t, documentedJobs(t,
		"localhost:19666", p.address(), "scrape_interval: 1m", "scrape_interval: 3s", "scrape_timeout: 20s", "scrape_timeout: 3s",
		`__param_meeting: "93201235621"`, `__param_meeting: "`+awkward.UUID+`"`,
		`"93201235621"`, `"`+strconv.FormatInt(plain.Number, 10)+`"`, "/0c1Zz/p9saRkKrzy38UVA==", awkward.UUID,
		"16778240", awkward.Participants[5].UserID))
	prom.healthy(3)
	prom.is(`sum(probe_success{job="zoom-qos-probe"})`, 2)
	prom.is(`probe_success{job="zoom-qos-probe-participants"}`, 1)
	prom.is(`count({__name__="probe_failure_info"}) or vector(0)`, 0)

	for _, m := range []zoomsim.Meeting{awkward, plain} {
		prom.is(`count(zoom_probe_participant_info{job="zoom-qos-probe",meeting="`+m.UUID+`"})`, people)
	}
	person := `{job="zoom-qos-probe-participants",meeting="` + awkward.UUID + `",participant="` + awkward.Participants[5].UserID + `"}`
	prom.is(`sum(zoom_probe_participant_info`+person+`)`, 1)
	minute, err := sim.Present(awkward.UUID, awkward.Participants[5].UserID)
	if err != nil {
		t.Fatal(err)
	}
	prom.is(`sum(zoom_probe_qos_latency_seconds{media="audio",direction="received",`+strings.TrimPrefix(person, "{")+`)`,
		minute.Values[zoomapi.AudioOutput].Latency)
	// Queries on /metrics do not select them.
	prom.is(`count({__name__=~"zoom_.+",__name__!~"zoom_probe_.+"}) or vector(0)`, 0)

	counts := sim.Counts()
	for endpoint, most := range map[zoomapi.Endpoint]int{
		zoomapi.ListMeetings:               0,
		zoomapi.GetMeeting:                 2,
		zoomapi.ListMeetingParticipantsQoS: 2 * 2, // pages
		zoomapi.MeetingParticipantQoS:      1,
	} {
		if n := counts.Of(endpoint); n > most {
			t.Errorf("%s: %d requests, want %d at most", endpoint, n, most)
		}
	}

	// Off by a reload.
	if err := os.WriteFile(path, []byte(strings.Replace(config, "enabled: true", "enabled: false", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, body := ask(t, http.MethodPost, p.url("/-/reload")); status != http.StatusOK {
		t.Fatalf("reload answered %d %s", status, body)
	}
	if status, _ := ask(t, http.MethodGet, p.url("/probe?meeting="+strconv.FormatInt(plain.Number, 10))); status != http.StatusNotFound {
		t.Errorf("after probes were switched off: %d", status)
	}
}
