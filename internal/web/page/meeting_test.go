package page

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

func repeat(n int, grade qos.Quality) []qos.Quality { return slices.Repeat([]qos.Quality{grade}, n) }

// The names of the meetings are in the wanted order.
func TestMeetingsComeWorstFirst(t *testing.T) {
	zoomSaysBad := meetingOf("f")
	zoomSaysBad.Quality, zoomSaysBad.People = qos.Bad, 3
	unknownButBig := meetingOf("h")
	unknownButBig.People = 5000
	meetings := []*live.Meeting{
		unknownButBig,
		meetingOf("i", graded(qos.Good, qos.Good)...),
		meetingOf("j", graded(qos.Good)...),
		meetingOf("e", graded(append(repeat(300, qos.Good), qos.Bad, qos.Bad)...)...), // a town hall with a few bad connections
		meetingOf("d", graded(qos.Good, qos.Poor)...),
		meetingOf("c", graded(qos.Good, qos.Bad)...),
		meetingOf("b", graded(qos.Bad, qos.Bad)...),
		meetingOf("a", graded(append(repeat(30, qos.Bad), repeat(70, qos.Good)...)...)...),
		meetingOf("g", graded(qos.Fair, qos.Good)...),
		zoomSaysBad,
	}
	want := "a b c d e f g h i j"
	if got := order(meetings); got != want {
		t.Errorf("the order is %s, want %s", got, want)
	}
	slices.Reverse(meetings)
	if got := order(meetings); got != want {
		t.Errorf("reversed, the order is %s, want %s", got, want)
	}
}

func order(meetings []*live.Meeting) string {
	var names []string
	for _, r := range rank([]poll.Snapshot{healthy("default", meetings...)}) {
		names = append(names, r.UUID)
	}
	return strings.Join(names, " ")
}

func TestMeetingsOfAllAccountsAreOneList(t *testing.T) {
	v := newView([]poll.Snapshot{
		healthy("north", meetingOf("x", graded(qos.Fair)...), meetingOf("same", graded(qos.Poor)...)),
		healthy("south", meetingOf("y", graded(qos.Bad)...), meetingOf("same", graded(qos.Poor)...)),
	}, "")
	var got []string
	ids := make(map[string]bool)
	for _, m := range v.Meetings {
		got = append(got, m.Account+" "+m.Title)
		ids[m.ID] = true
	}
	if want := []string{"south y", "north same", "south same", "north x"}; !slices.Equal(got, want) {
		t.Errorf("meetings are %q, want %q", got, want)
	}
	if len(ids) != 4 {
		t.Errorf("meetings share ids: %v", ids)
	}
	if again := newView([]poll.Snapshot{healthy("north", meetingOf("x"))}, "").Meetings[0]; !ids[again.ID] || again.Account != "" {
		t.Errorf("a meeting's id changed to %s, or the only account is named: %q", again.ID, again.Account)
	}
}

func TestPeopleComeWorstFirst(t *testing.T) {
	participants := []live.Participant{
		person("6", reading(audioSent, 0.05, 0.01, 0)),
		person("7", qos.Reading{Stream: audioSent, Figures: blank()}),
		person("5", reading(audioSent, 0.1, 0.01, 0)),
		person("2", reading(audioSent, 0.1, 0.01, 0.2)),
		person("4", reading(audioSent, 0.4, 0.01, 0)),
		person("1", reading(videoSent, 2, 0.01, 0), reading(audioSent, 0.1, 0.01, 0)),
		person("3", reading(audioSent, 0.49, 0.01, 0)),
		{Participant: &qos.Participant{ID: "8"}}, // figures too old to show
	}
	var got []string
	thresholds := qos.DefaultThresholds()
	for _, p := range byVerdict(meetingOf("x", participants...), &thresholds) {
		got = append(got, p.ID)
	}
	if want := []string{"1", "2", "3", "4", "5", "6", "7", "8"}; !slices.Equal(got, want) {
		t.Errorf("people are %q, want %q", got, want)
	}
}

func TestSummary(t *testing.T) {
	room := reading(qos.Stream{Media: qos.Audio, Direction: qos.Sent, Via: qos.CRC}, 0.2, qos.Absent(), 0.04)
	m := meetingOf("uuid",
		person("1", reading(audioSent, 0.1, 0.01, 0), reading(videoSent, 0.3, 0.08, 0)),
		person("2", room),
		person("3", reading(audioSent, 0.6, 0.02, 0.01), qos.Reading{Stream: audioReceived, Figures: blank()}),
		live.Participant{Participant: &qos.Participant{ID: "4"}},
	)
	m.People = 6
	r := rank([]poll.Snapshot{healthy("default", m)})[0]
	if want := (mix{Bad: 1, Poor: 1, Fair: 1, None: 3}); r.mix != want {
		t.Errorf("mix is %+v, want %+v", r.mix, want)
	}
	view := newMeeting(r, false)
	type row struct{ name, affected, latency, worst string }
	var got []row
	for _, s := range view.Streams {
		got = append(got, row{s.Name, s.Affected, s.Cells[latency].Median, s.Cells[latency].Worst.Text})
	}
	want := []row{{"Audio sent", "1 of 3", "200\u00a0ms", "600\u00a0ms"}, {"Video sent", "1 of 1", "300\u00a0ms", "300\u00a0ms"}}
	if !slices.Equal(got, want) {
		t.Errorf("streams are %q, want %q", got, want)
	}
	if view.Worst != "audio sent: 600\u00a0ms latency" || view.WorstGrade != qos.Bad {
		t.Errorf("worst is %q, %s", view.Worst, view.WorstGrade)
	}
}

func TestTitleIsWhatMayBeTold(t *testing.T) {
	for _, test := range []struct {
		uuid, number string
		facts        qos.MeetingFacts
		want         string
	}{
		{"aB3+dE6zgH9jK2mN5pQ8sQ==", "90000000001", qos.MeetingFacts{Topic: "Review", MeetingID: "90000000001"}, "Review"},
		{"aB3+dE6zgH9jK2mN5pQ8sQ==", "90000000001", qos.MeetingFacts{MeetingID: "90000000001"}, "90000000001"},
		// The number is only for requests: the facts say what may be shown.
		{"aB3+dE6zgH9jK2mN5pQ8sQ==", "90000000001", qos.MeetingFacts{}, "aB3+dE6z…"},
		{"short", "", qos.MeetingFacts{}, "short"},
		{"", "", qos.MeetingFacts{}, ""},
	} {
		if got := title(&qos.Meeting{UUID: test.uuid, Number: test.number, Facts: test.facts}); got != test.want {
			t.Errorf("title of %+v is %q, want %q", test, got, test.want)
		}
	}
}

// The page does not contain values that the facts omit, even if the model has them
// for requests.
func TestNothingBeyondTheFactsIsShown(t *testing.T) {
	m := meetingOf("aB3+dE6zgH9jK2mN5pQ8sQ==", graded(qos.Bad)...)
	m.Number = "90000000001"
	if page := get(t, healthy("default", m)); strings.Contains(page, m.Number) {
		t.Error("the page shows a meeting's number that its facts leave out")
	}
}

func TestAges(t *testing.T) {
	m := meetingOf("uuid")
	m.PolledAt, m.Start = time.Time{}, zoomtime.Time{}
	view := newMeeting(rank([]poll.Snapshot{healthy("default", m)})[0], false)
	if view.Data != "no figures yet" || view.Started != "" {
		t.Errorf("before the first answer: %q, %q", view.Data, view.Started)
	}
	m.PolledAt, m.Start = noon.Add(-4*time.Minute), zoomNoon.Add(-3*time.Hour)
	view = newMeeting(rank([]poll.Snapshot{healthy("default", m)})[0], false)
	if view.Data != "figures 4 min ago" || view.Started != "started 3 h ago" {
		t.Errorf("%q, %q", view.Data, view.Started)
	}
	s := healthy("default", m)
	s.ZoomAt = zoomNoon.Add(8 * time.Hour) // ours is slow
	view = newMeeting(rank([]poll.Snapshot{s})[0], false)
	if view.Data != "figures 4 min ago" || view.Started != "started 11 h ago" {
		t.Errorf("with a clock eight hours slow: %q, %q", view.Data, view.Started)
	}
}
