package live

import (
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// at is an instant, so long after start, by two clocks that agree.
func at(since time.Duration) Now {
	t := start.Add(since)
	return Now{Time: t, Zoom: zoomtime.Of(t)}
}

// begun is a state that counts from start on.
func begun(settings Settings) *State {
	s := New(settings, readings.New(readings.Config{Volatile: true}), false, start)
	s.Begin(at(0))
	return s
}

// entry is an entry of a live list.
func entry(uuid, number string) zoomapi.Live {
	return zoomapi.Live{UUID: zoomapi.Text(uuid), ID: zoomapi.Text(number), Participants: 1, StartTime: "2026-03-02T08:55:00Z"}
}

// listed has a walk over a kind's live list begin and meet these, all on one page.
func listed(t *testing.T, s *State, kind zoomapi.Kind, now Now, rows ...zoomapi.Live) {
	t.Helper()
	l := s.WalkList(kind, now.Time, time.Minute)
	if l == nil {
		t.Fatal("no walk over the list is due")
	}
	if s.HandleListPage(l, &zoomapi.Page[zoomapi.Live]{Rows: rows}, now) {
		t.Fatal("one page was not the last")
	}
}

// rows are rows of a QoS answer, of people who joined at start.
func rows(ids ...string) (rows []zoomapi.QoSRow) {
	for _, id := range ids {
		rows = append(rows, zoomapi.QoSRow{UserID: zoomapi.Text(id), JoinTime: "2026-03-02T09:00:00Z"})
	}
	return rows
}

// visited has Zoom answer for a meeting with these, all on one page.
func visited(t *testing.T, s *State, uuid string, now Now, rows ...zoomapi.QoSRow) {
	t.Helper()
	v := s.Visit(uuid, false, now)
	if v == nil {
		t.Fatalf("%s is not to be visited", uuid)
	}
	s.NextPage(v, now)
	if s.HandlePage(v, &zoomapi.Page[zoomapi.QoSRow]{Rows: rows}, now) {
		t.Fatal("one page was not the last")
	}
}

// viewAt returns what is shown once this refresh interval says what is too old.
func (s *State) viewAt(now Now, interval time.Duration) View {
	s.Advance(now, interval)
	return s.View(now)
}

// meetingAt returns the same of one meeting.
func (s *State) meetingAt(uuid, participant string, now Now, interval time.Duration) *Meeting {
	s.Advance(now, interval)
	return s.Meeting(uuid, participant, now)
}
