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
	"time"

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

// Each mode shows the series of its participants, all of them and no others, and is
// switched at any time.
func TestParticipantsModes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		bed := testbed.New(t, testbed.Options{
			Sim:     zoomsim.Options{Seed: 3, Meetings: 4, Webinars: 1, Participants: 4, History: 12, Fixed: true},
			Reserve: 0.3,
		})
		bed.Sim.SetIncident(zoomsim.Incident{Name: "line", Site: "lisbon", Loss: 0.2})
		r, c := registry(t, collector.NewAPIMetrics(), bed)
		for range 6 { // until it is known who is degraded
			c.Refresh(context.Background())
			time.Sleep(time.Minute)
		}
		shown := map[qos.ParticipantsMode]map[string]bool{"all": {}, "degraded": {}, "none": {}}
		for _, m := range bed.Snapshot().Meetings {
			for p := range m.Participants() {
				who := m.UUID + " " + p.ID
				shown["all"][who] = true
				if p.Followed {
					shown["degraded"][who] = true
				}
			}
		}
		if some, all := len(shown["degraded"]), len(shown["all"]); some == 0 || some == all {
			t.Fatalf("%d of %d are followed: the test proves nothing", some, all)
		}
		whole := exposition(t, r)
		labels := regexp.MustCompile(`meeting="([^"]*)".*participant="([^"]*)"`)
		for _, mode := range []qos.ParticipantsMode{"none", "degraded", "all", "degraded", "none"} {
			c.ShowParticipants(mode)
			met := make(map[string]bool)
			want := only(whole, func(series string) bool {
				found := labels.FindStringSubmatch(series)
				if found == nil {
					return true
				}
				who := found[1] + " " + found[2]
				met[who] = true
				return shown[mode][who]
			})
			if len(met) != len(shown["all"]) {
				t.Errorf("%d of %d participants have series", len(met), len(shown["all"]))
			}
			want = strings.Replace(want, `mode{mode="all"} 1`, `mode{mode="all"} 0`, 1)
			want = strings.Replace(want, fmt.Sprintf("mode{mode=%q} 0", mode), fmt.Sprintf("mode{mode=%q} 1", mode), 1)
			text := exposition(t, r)
			const dropped = "zoom_participants_dropped{account=\"test\",reason=\"degraded_limit\"} 0\n"
			if strings.Contains(text, dropped) != (mode == "degraded") {
				t.Errorf("%s: %s is there or is not", mode, dropped)
			}
			if diff := difftest.Lines(want, strings.Replace(text, dropped, "", 1)); diff != "" {
				t.Errorf("%s: more or less is shown than its participants:\n%s", mode, diff)
			}
		}
	})
}

// People who are not followed as too many are have a number, where only those who are
// followed have series.
func TestUnfollowedAreCounted(t *testing.T) {
	s := crowd(10)
	s.Unfollowed = 7
	c := collector.New(&still{s})
	c.ShowParticipants(qos.DegradedParticipants)
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(c)
	name := testbed.Series("zoom_participants_dropped", map[string]string{"account": "bench", "reason": "degraded_limit"})
	if got := samples(t, r)[name]; got != 7 {
		t.Errorf("%s is %v, want 7", name, got)
	}
}

// What is known of people together is shown in every mode, and what is unknown is
// absent.
func TestAggregates(t *testing.T) {
	counts := func(n ...int) live.Counts { return live.Counts(append(n, make([]int, 4-len(n))...)) }
	meeting := &live.Meeting{
		Meeting: &qos.Meeting{Kind: zoomapi.Meeting, UUID: "m"}, People: 7, Looked: true,
		Recent: live.Media[live.Counts]{counts(9, 1), counts(0, 0, 0, 2)}, Seen: live.Media[bool]{true, true, false},
		Groups: live.Groups{
			{Site: "berlin", NetworkType: "Wifi"}:  {People: 3, Degraded: live.Media[int]{1, 2}},
			{Site: "berlin", NetworkType: "Wired"}: {People: 2, Degraded: live.Media[int]{1}},
			{}:                                     {People: 2},
			{Site: "left"}:                         {},
		},
		Speakers: live.Speakers{live.Host: counts(1), live.Panelist: counts(0, 2)},
	}
	unseen := &live.Meeting{Meeting: &qos.Meeting{UUID: "unseen"}, Seen: live.Media[bool]{true}}
	s := poll.Snapshot{
		Account: "a", Readings: new(readings.View), Thresholds: qos.DefaultThresholds(),
		View: live.View{Meetings: []*live.Meeting{meeting, unseen}, Groups: live.Groups{
			{Site: "berlin", NetworkType: "Wifi"}: {
				People: 3, Seen: live.Media[bool]{true}, Recent: live.Media[live.Counts]{counts(5, 0, 1)}, Degraded: live.Media[int]{1},
				Machine: live.Split{Within: 2, Beyond: 1}, WiFi: live.Split{Beyond: 3},
			},
			{Site: "berlin", NetworkType: "Wired"}: {People: 2, Machine: live.Split{Within: 2}, Degraded: live.Media[int]{1}}, // by what was measured elsewhere
			{Site: "empty"}:                        {},
		}},
	}
	c := collector.New(&still{s})
	for _, mode := range qos.ParticipantsModes() {
		c.ShowParticipants(mode)
		r := prometheus.NewPedanticRegistry()
		r.MustRegister(c)
		got := make(map[string]float64)
		for name, value := range samples(t, r) {
			if strings.HasPrefix(name, "zoom_site_") || strings.HasPrefix(name, "zoom_threshold_c") ||
				strings.HasPrefix(name, "zoom_meeting_") && !strings.HasPrefix(name, "zoom_meeting_info") && !strings.HasPrefix(name, "zoom_meeting_participants") {
				got[name] = value
			}
		}
		want := make(map[string]float64)
		put := func(n float64, name string, labels ...string) {
			set := map[string]string{"account": "a"}
			for i := 0; i < len(labels); i += 2 {
				set[labels[i]] = labels[i+1]
			}
			want[testbed.Series(name, set)] = n
		}
		byVerdict := func(name string, counts live.Counts, labels ...string) {
			for i, verdict := range []string{"good", "fair", "poor", "bad"} {
				put(float64(counts[i]), name, append(labels, "verdict", verdict)...)
			}
		}
		byVerdict("zoom_meeting_recent_readings", counts(9, 1), "meeting", "m", "media", "audio")
		byVerdict("zoom_meeting_recent_readings", counts(0, 0, 0, 2), "meeting", "m", "media", "video")
		put(2, "zoom_meeting_degraded_participants", "meeting", "m", "media", "audio", "site", "berlin")
		put(2, "zoom_meeting_degraded_participants", "meeting", "m", "media", "video", "site", "berlin")
		put(5, "zoom_meeting_site_participants", "meeting", "m", "site", "berlin")
		put(2, "zoom_meeting_site_participants", "meeting", "m", "site", "")
		byVerdict("zoom_meeting_speakers", counts(1), "meeting", "m", "role", "host")
		byVerdict("zoom_meeting_speakers", counts(0, 2), "meeting", "m", "role", "panelist")
		put(3, "zoom_site_participants", "site", "berlin", "network_type", "Wifi")
		put(2, "zoom_site_participants", "site", "berlin", "network_type", "Wired")
		put(0, "zoom_site_participants", "site", "empty", "network_type", "")
		byVerdict("zoom_site_recent_readings", counts(5, 0, 1), "site", "berlin", "network_type", "Wifi", "media", "audio")
		put(1, "zoom_site_degraded_participants", "site", "berlin", "network_type", "Wifi", "media", "audio")
		put(1, "zoom_site_degraded_participants", "site", "berlin", "network_type", "Wired", "media", "audio")
		put(4, "zoom_site_cpu_participants", "site", "berlin", "load", "normal")
		put(1, "zoom_site_cpu_participants", "site", "berlin", "load", "high")
		put(0, "zoom_site_wifi_participants", "site", "berlin", "signal", "good")
		put(3, "zoom_site_wifi_participants", "site", "berlin", "signal", "weak")
		put(0.95, "zoom_threshold_cpu_ratio")
		if diff := difftest.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", mode, diff)
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
		maps.DeleteFunc(found, func(series string, _ float64) bool {
			return !strings.HasPrefix(series, "zoom_participant_") || !strings.Contains(series, "_info{")
		})
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
	row := func(of string) int { return told(`(?m)^\| ` + of + ` \| (?:up to |about )?(\d+) \|$`) }
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
	if got, want := told(`about ([\d,]+) series for these meetings`), 4000*collector.SeriesOfMeeting(); got != want {
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

// A meeting of people at one site has no more series than it is said to.
func TestSeriesOfMeeting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		bed := testbed.New(t, testbed.Options{Sim: zoomsim.Options{
			Seed: 1, Meetings: 1, Participants: 1, History: 5, Fixed: true, Calm: true, Moods: zoomsim.Moods{Plain: true},
		}, Poll: func(o *poll.Options) { o.ParticipantsLists = map[zoomapi.Kind]bool{zoomapi.Meeting: true} }})
		r, c := registry(t, collector.NewAPIMetrics(), bed)
		c.ShowParticipants(qos.NoParticipants)
		c.Refresh(context.Background())
		// A webinar has panelists, too.
		if got, want := strings.Count(exposition(t, r), `meeting="`), collector.SeriesOfMeeting()-4; got != want {
			t.Errorf("%d series of a meeting, want %d", got, want)
		}
	})
}
