package collector_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/collector"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/difftest"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/testbed"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// only is an exposition less the series that are not to be kept, and less the
// families of which none is left.
func only(text string, keep func(series string) bool) string {
	var kept, head strings.Builder
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(line, "# HELP"):
			head.Reset()
			head.WriteString(line)
		case strings.HasPrefix(line, "#"):
			head.WriteString(line)
		case keep(line):
			kept.WriteString(head.String() + line)
			head.Reset()
		}
	}
	return kept.String()
}

// Aggregate-only leaves out the series with the label participant, all of them
// and no others, and is switched at any time.
func TestAggregateOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		bed := testbed.New(t, testbed.Options{
			Sim:     zoomsim.Options{Seed: 3, Meetings: 4, Webinars: 1, Participants: 4, History: 12},
			Reserve: 0.3,
		})
		r, c := registry(t, collector.NewAPIMetrics(), bed)
		c.Refresh(context.Background())
		whole := exposition(t, r)
		if !strings.Contains(whole, `participant="`) {
			t.Fatal("nobody is shown by default")
		}
		c.ShowParticipants(false)
		text := exposition(t, r)
		want := only(whole, func(series string) bool { return !strings.Contains(series, `participant="`) })
		if diff := difftest.Lines(want, text); diff != "" {
			t.Errorf("more or less is left out than the participants:\n%s", diff)
		}
		c.ShowParticipants(true)
		if diff := difftest.Lines(whole, exposition(t, r)); diff != "" {
			t.Errorf("not all come back:\n%s", diff)
		}
	})
}

func TestPeopleBySite(t *testing.T) {
	meeting := func(kind zoomapi.Kind, uuid string, sites ...string) *live.Meeting {
		block := new(live.Block)
		m := &live.Meeting{Blocks: []*live.Block{block}, Meeting: &qos.Meeting{Kind: kind, UUID: uuid}, People: 99}
		for i, site := range sites {
			block.Participants = append(block.Participants, live.Participant{
				Participant: &qos.Participant{ID: fmt.Sprint(i), Facts: qos.Facts{Site: site}},
			})
		}
		return m
	}
	crowded := meeting(zoomapi.Meeting, "5", "berlin")
	crowded.Beyond = map[string]int{"berlin": 2, "faro": 3}
	account := &still{poll.Snapshot{Account: "a", Readings: new(readings.View), View: live.View{Meetings: []*live.Meeting{
		meeting(zoomapi.Meeting, "1", "berlin", "berlin", "", "lisbon"),
		meeting(zoomapi.Meeting, "2", "berlin"),
		meeting(zoomapi.Webinar, "3", "berlin", ""),
		meeting(zoomapi.Webinar, "4"), // its pages were not read yet
		crowded,
	}}}}
	c := collector.New(account, &still{poll.Snapshot{Account: "b", Readings: new(readings.View), View: live.View{Meetings: []*live.Meeting{meeting(zoomapi.Meeting, "1", "berlin")}}}})
	for _, show := range []bool{true, false} {
		c.ShowParticipants(show)
		r := prometheus.NewPedanticRegistry()
		r.MustRegister(c)
		got := make(map[string]float64)
		for name, value := range samples(t, r) {
			if strings.HasPrefix(name, "zoom_site_participants") {
				got[name] = value
			}
		}
		want := map[string]float64{}
		put := func(account, kind, site string, n float64) {
			want[testbed.Series("zoom_site_participants", map[string]string{"account": account, "kind": kind, "site": site})] = n
		}
		put("a", "meeting", "berlin", 6)
		put("a", "meeting", "faro", 3)
		put("a", "meeting", "lisbon", 1)
		put("a", "meeting", "", 1)
		put("a", "webinar", "berlin", 1)
		put("a", "webinar", "", 1)
		put("b", "meeting", "berlin", 1)
		if diff := difftest.Diff(want, got); diff != "" {
			t.Errorf("participants shown %v:\n%s", show, diff)
		}
	}
}

// Every fact of a participant is in its label of one of the three info series, and
// a new network ends only the series about the network.
func TestParticipantInfo(t *testing.T) {
	s := crowd(10)
	block := s.Meetings[0].Blocks[0]
	p := block.Participants[0]
	p.Facts = qos.Facts{
		User: "user", ParticipantUUID: "participant_uuid", UserName: "user_name", Email: "email",
		Device: "device", OS: "os", OSVersion: "os_version", Client: "client", ClientVersion: "client_version",
		PCName: "pc_name", Domain: "domain",
		Site: "site", NetworkType: "network_type", ConnectionType: "connection_type", DataCenter: "data_center",
		Location: "location", IPAddress: "ip_address", InternalIPAddress: "internal_ip_address",
	}
	p.Role = "role"
	block.Participants = []live.Participant{p}
	infos := func() map[string]float64 {
		r := prometheus.NewPedanticRegistry()
		r.MustRegister(collector.New(&still{s}))
		found := samples(t, r)
		maps.DeleteFunc(found, func(series string, _ float64) bool { return !strings.HasPrefix(series, "zoom_participant_") })
		return found
	}
	info := func(name string, facts ...string) string {
		labels := map[string]string{"account": "bench", "meeting": s.Meetings[0].UUID, "participant": p.ID}
		for _, fact := range facts {
			labels[fact] = fact
		}
		return testbed.Series(name, labels)
	}
	person := info("zoom_participant_info", "user", "participant_uuid", "user_name", "email", "role")
	device := info("zoom_participant_device_info", "device", "os", "os_version", "client", "client_version", "pc_name", "domain")
	network := info("zoom_participant_network_info",
		"site", "network_type", "connection_type", "data_center", "location", "ip_address", "internal_ip_address")
	if diff := difftest.Diff(map[string]float64{person: 1, device: 1, network: 1}, infos()); diff != "" {
		t.Error(diff)
	}
	block.Participants[0].Facts.NetworkType = "other"
	network = strings.Replace(network, `network_type="network_type"`, `network_type="other"`, 1)
	if diff := difftest.Diff(map[string]float64{person: 1, device: 1, network: 1}, infos()); diff != "" {
		t.Errorf("on another network:\n%s", diff)
	}
}

// README states the numbers of series of a participant and of a meeting; check
// uses the largest.
func TestSeries(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	told := func(pattern string) int {
		found := regexp.MustCompile(pattern).FindSubmatch(readme)
		if found == nil {
			t.Fatalf("README does not match %s", pattern)
		}
		n, err := strconv.Atoi(strings.ReplaceAll(string(found[1]), ",", ""))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	row := func(of string) int { return told(`(?m)^\| ` + of + ` \| (?:up to )?(\d+) \|$`) }
	for _, x := range []struct {
		name    string
		streams int // of those of the crowd: audio, video and a received share
		wifi    bool
	}{
		{"a participant with audio, wired", 2, false},
		{"a participant with audio, on Wi-Fi", 2, true},
		{"with video", 4, true},
		{"with video and a received screen share", 5, true},
	} {
		if got, want := row(x.name), seriesOf(t, x.streams, x.wifi); got != want {
			t.Errorf("README states %d series of %s, there are %d", got, x.name, want)
		}
	}
	if got, want := collector.SeriesOfParticipant(), seriesOf(t, 5, true); got != want {
		t.Errorf("%d series of a participant, want %d", got, want)
	}
	if got, want := row("a live meeting, without its participants"), collector.SeriesOfMeeting(); got != want {
		t.Errorf("README states %d series of a meeting, there are %d", got, want)
	}
	if got, want := told(`up to ([\d,]+) series of participants`), 20_000*collector.SeriesOfParticipant(); got != want {
		t.Errorf("README states %d series of 20,000 participants, there are %d", got, want)
	}
	if got, want := told(`at most ([\d,]+) series for these meetings`), 4000*collector.SeriesOfMeeting(); got != want {
		t.Errorf("README states %d series of 4,000 meetings, there are %d", got, want)
	}
}

// seriesOf counts the series of one participant of the crowd.
func seriesOf(t *testing.T, streams int, wifi bool) int {
	t.Helper()
	s := crowd(10)
	minute := *s.Meetings[0].Blocks[0].Participants[0].Minute
	minute.Readings = minute.Readings[:streams]
	if !wifi {
		minute.WiFi = qos.WiFi{Min: qos.Absent(), Avg: qos.Absent(), Max: qos.Absent()}
	}
	for p := range s.Meetings[0].Participants() {
		p.Minute = &minute
	}
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(collector.New(&still{s}))
	return strings.Count(exposition(t, r), `participant="`) / 10
}

// A meeting in which everything goes on has as many series as it can have.
func TestSeriesOfMeeting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		bed := testbed.New(t, testbed.Options{Sim: zoomsim.Options{
			Seed: 1, Meetings: 1, Participants: 3, History: 5, Fixed: true, Calm: true, Moods: zoomsim.Moods{Plain: true},
		}})
		r, c := registry(t, collector.NewAPIMetrics(), bed)
		c.ShowParticipants(false)
		c.Refresh(context.Background())
		if got, want := strings.Count(exposition(t, r), `meeting="`), collector.SeriesOfMeeting(); got != want {
			t.Errorf("%d series of a meeting, want %d", got, want)
		}
	})
}
