package page

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// noon is the current time by our clock, zoomNoon by Zoom's.
var (
	noon     = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	zoomNoon = zoomtime.Of(noon)
)

// serve returns a handler for the page with these snapshots.
func serve(snapshots ...poll.Snapshot) http.Handler {
	return New(Options{
		Snapshots: func() []poll.Snapshot { return snapshots },
		Version:   "1.2.3",
		Notice:    "This is a test.",
		Log:       zap.NewNop(),
	})
}

// get renders the page with these snapshots.
func get(t testing.TB, snapshots ...poll.Snapshot) string {
	t.Helper()
	return ask(t, serve(snapshots...), httptest.NewRequest("GET", "/", nil)).Body.String()
}

func ask(t testing.TB, h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, r)
	if answer.Code != http.StatusOK {
		t.Fatalf("status %d: %s", answer.Code, answer.Body)
	}
	return answer
}

// healthy returns an account without problems at noon.
func healthy(name string, meetings ...*live.Meeting) poll.Snapshot {
	s := poll.Snapshot{
		Account: name, At: noon, ZoomAt: zoomNoon, Up: true, Interval: time.Minute, Coverage: 1,
		TokenExpiry: noon.Add(40 * time.Minute),
		Readings:    new(readings.View),
		Thresholds:  qos.DefaultThresholds(),
		View:        live.View{Meetings: meetings, Kinds: map[zoomapi.Kind]live.Totals{zoomapi.Meeting: {}, zoomapi.Webinar: {}}},
		Pools: []budget.PoolStatus{
			{Pool: budget.HeavyPerSecond, Limit: 40, Reserved: 20, Remaining: 18, Reset: zoomNoon.Add(time.Second)},
			{Pool: budget.PerDay, Limit: 60_000, Reserved: 18_000, Remaining: 30_000, Foreign: 1_200, Reset: zoomNoon.Add(12 * time.Hour)},
		},
	}
	for _, endpoint := range []zoomapi.Endpoint{zoomapi.ListMeetings, zoomapi.ListMeetingParticipantsQoS, zoomapi.OAuthToken} {
		s.Tasks = append(s.Tasks, poll.Task{Name: endpoint, Success: true, LastSuccess: noon.Add(-20 * time.Second)})
	}
	for i := range meetings {
		totals := s.Kinds[meetings[i].Kind]
		totals.Meetings++
		totals.Participants += meetings[i].People
		s.Kinds[meetings[i].Kind] = totals
	}
	return s
}

// meetingOf returns a meeting with these people.
func meetingOf(uuid string, participants ...live.Participant) *live.Meeting {
	return &live.Meeting{
		Meeting:  &qos.Meeting{Kind: zoomapi.Meeting, UUID: uuid, Start: zoomNoon.Add(-25 * time.Minute)},
		People:   len(participants),
		PolledAt: noon.Add(-30 * time.Second),
		Blocks:   []*live.Block{{Participants: participants}},
	}
}

// person returns a participant with these streams in the newest minute.
func person(id string, readings ...qos.Reading) live.Participant {
	absent := qos.Absent()
	return live.Participant{
		Participant: &qos.Participant{ID: id},
		Minute: &qos.Minute{
			At: zoomNoon.Add(-time.Minute), Readings: readings,
			CPU:  qos.CPU{ClientMin: absent, ClientAvg: absent, ClientMax: absent, SystemMax: absent},
			WiFi: qos.WiFi{Min: absent, Avg: absent, Max: absent},
		},
	}
}

var (
	audioSent     = qos.Stream{Media: qos.Audio, Direction: qos.Sent}
	audioReceived = qos.Stream{Media: qos.Audio, Direction: qos.Received}
	videoSent     = qos.Stream{Media: qos.Video, Direction: qos.Sent}
)

// reading returns a reading with a latency and jitter in seconds and a loss, without
// other figures.
func reading(s qos.Stream, latency, jitter, loss float64) qos.Reading {
	f := blank()
	f.Latency, f.Jitter, f.Loss = latency, jitter, loss
	return qos.Reading{Stream: s, Figures: f}
}

func blank() qos.Figures {
	absent := qos.Absent()
	return qos.Figures{
		Latency: absent, Jitter: absent, Loss: absent, LossMax: absent,
		Bitrate: absent, FrameRate: absent, Width: absent, Height: absent,
	}
}

// graded returns people whose audio has these grades.
func graded(grades ...qos.Quality) []live.Participant {
	latency := map[qos.Quality]float64{qos.Good: 0.1, qos.Fair: 0.2, qos.Poor: 0.4, qos.Bad: 0.9}
	var all []live.Participant
	for i, grade := range grades {
		p := person(fmt.Sprint(16778240 + i))
		if grade != qos.QualityUnknown {
			p = person(p.ID, reading(audioReceived, latency[grade], 0.01, 0))
		}
		all = append(all, p)
	}
	return all
}

var (
	tag      = regexp.MustCompile(`<(/?[a-zA-Z][a-zA-Z0-9]*)((?:\s+[a-zA-Z-]+(?:="[^"]*")?)*)\s*/?>`)
	embedded = regexp.MustCompile(`(?s)(<style>|<script>).*?(</style>|</script>)`)
	value    = regexp.MustCompile(`="[^"]*"`)
)

// structure returns the page's tags with the names of their attributes. It fails the
// test if tags are not properly nested.
func structure(t testing.TB, page string) []string {
	t.Helper()
	page = embedded.ReplaceAllString(page, "$1$2")
	var tags, open []string
	for _, match := range tag.FindAllStringSubmatch(page, -1) {
		name := match[1]
		tags = append(tags, name+value.ReplaceAllString(match[2], ""))
		switch closes, isEnd := strings.CutPrefix(name, "/"); {
		case isEnd && (len(open) == 0 || open[len(open)-1] != closes):
			t.Fatalf("</%s> closes what is open as %v", closes, open)
		case isEnd:
			open = open[:len(open)-1]
		case name != "meta" && name != "link" && name != "rect":
			open = append(open, name)
		}
	}
	if len(open) > 0 {
		t.Fatalf("left open: %v", open)
	}
	if stray := strings.ContainsAny(tag.ReplaceAllString(strings.TrimPrefix(page, "<!DOCTYPE html>"), ""), "<>"); stray {
		t.Fatal("a < or > is outside of all tags")
	}
	return tags
}

// texts returns the text of the page, without tags, style and script.
func texts(page string) string {
	page = embedded.ReplaceAllString(page, "")
	return strings.Join(strings.Fields(tag.ReplaceAllString(page, " ")), " ")
}
