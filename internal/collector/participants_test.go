package collector_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/collector"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/testbed"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomsim"
)

// withoutParticipants is an exposition less the series with the label
// participant, and less the families of which none is left.
func withoutParticipants(text string) string {
	var kept, head strings.Builder
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(line, "# HELP"):
			head.Reset()
			head.WriteString(line)
		case strings.HasPrefix(line, "#"):
			head.WriteString(line)
		case !strings.Contains(line, `participant="`):
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
		golden(t, "aggregate.prom", text)
		if want := withoutParticipants(whole); text != want {
			t.Errorf("more or less is left out than the participants: %s", firstDifference(text, want))
		}
		c.ShowParticipants(true)
		if back := exposition(t, r); back != whole {
			t.Errorf("not all come back: %s", firstDifference(back, whole))
		}
	})
}

func TestPeopleBySite(t *testing.T) {
	meeting := func(kind zoomapi.Kind, uuid string, sites ...string) poll.Meeting {
		m := poll.Meeting{Meeting: &qos.Meeting{Kind: kind, UUID: uuid}, People: 99}
		for i, site := range sites {
			m.Participants = append(m.Participants, poll.Participant{
				Participant: &qos.Participant{ID: fmt.Sprint(i), Facts: qos.Facts{Site: site}},
			})
		}
		return m
	}
	crowded := meeting(zoomapi.Meeting, "5", "berlin")
	crowded.Beyond = map[string]int{"berlin": 2, "faro": 3}
	account := &still{poll.Snapshot{Account: "a", Readings: new(readings.View), Meetings: []poll.Meeting{
		meeting(zoomapi.Meeting, "1", "berlin", "berlin", "", "lisbon"),
		meeting(zoomapi.Meeting, "2", "berlin"),
		meeting(zoomapi.Webinar, "3", "berlin", ""),
		meeting(zoomapi.Webinar, "4"), // its pages were not read yet
		crowded,
	}}}
	c := collector.New(account, &still{poll.Snapshot{Account: "b", Readings: new(readings.View), Meetings: []poll.Meeting{meeting(zoomapi.Meeting, "1", "berlin")}}})
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
			want[series("zoom_site_participants", map[string]string{"account": account, "kind": kind, "site": site})] = n
		}
		put("a", "meeting", "berlin", 6)
		put("a", "meeting", "faro", 3)
		put("a", "meeting", "lisbon", 1)
		put("a", "meeting", "", 1)
		put("a", "webinar", "berlin", 1)
		put("a", "webinar", "", 1)
		put("b", "meeting", "berlin", 1)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("participants shown %v: %v, want %v", show, got, want)
		}
	}
}

// What README and check say of the series of a participant.
func TestSeriesOfAParticipant(t *testing.T) {
	for _, x := range []struct {
		name    string
		streams int // of those of the crowd: audio, video and a received share
		wifi    bool
		want    int
	}{
		{"audio by cable", 2, false, 18},
		{"audio by Wi-Fi", 2, true, 21},
		{"audio and video", 4, true, 37},
		{"audio, video and a received share", 5, true, 45},
	} {
		s := crowd(10)
		minute := *s.Meetings[0].Participants[0].Minute
		minute.Readings = minute.Readings[:x.streams]
		if !x.wifi {
			minute.WiFi = qos.WiFi{Min: qos.Absent(), Avg: qos.Absent(), Max: qos.Absent()}
		}
		for i := range s.Meetings[0].Participants {
			s.Meetings[0].Participants[i].Minute = &minute
		}
		r := prometheus.NewPedanticRegistry()
		r.MustRegister(collector.New(&still{s}))
		if n := strings.Count(exposition(t, r), `participant="`); n != 10*x.want {
			t.Errorf("%s: %d series for ten people, want %d for each", x.name, n, x.want)
		}
	}
}
