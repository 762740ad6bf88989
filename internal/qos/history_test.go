package qos

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/difftest"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// latencies writes minutes as "hour:minute:second=latency in ms".
func latencies(minutes []Minute) string {
	var words []string
	for _, m := range minutes {
		words = append(words, fmt.Sprintf("%s=%.0f", m.At.UTC().Format("15:04:05"), m.Readings[0].Latency*1000))
	}
	return strings.Join(words, " ")
}

func TestMinutesAscendAndAreUnique(t *testing.T) {
	tests := []struct {
		name    string
		minutes []zoomapi.Minute
		want    string
	}{
		{"none", nil, ""},
		{"oldest first", []zoomapi.Minute{minuteAt("2026-03-02T10:29:00Z", "1 ms"), minuteAt("2026-03-02T10:30:00Z", "2 ms")}, "10:29:00=1 10:30:00=2"},
		{"newest first", []zoomapi.Minute{minuteAt("2026-03-02T10:30:00Z", "2 ms"), minuteAt("2026-03-02T10:29:00Z", "1 ms")}, "10:29:00=1 10:30:00=2"},
		{"a gap", []zoomapi.Minute{minuteAt("2026-03-02T10:30:00Z", "2 ms"), minuteAt("2026-03-02T10:01:00Z", "1 ms")}, "10:01:00=1 10:30:00=2"},
		{"twice", []zoomapi.Minute{minuteAt("2026-03-02T10:30:00Z", "2 ms"), minuteAt("2026-03-02T10:29:00Z", "1 ms"), minuteAt("2026-03-02T10:30:00Z", "3 ms")}, "10:29:00=1 10:30:00=3"},
		{"twice by the second", []zoomapi.Minute{minuteAt("2026-03-02T10:29:59Z", "2 ms"), minuteAt("2026-03-02T10:29:01Z", "1 ms"), minuteAt("2026-03-02T10:30:00Z", "3 ms")}, "10:29:59=2 10:30:00=3"},
		{"another zone", []zoomapi.Minute{minuteAt("2026-03-02T11:30:00+01:00", "2 ms"), minuteAt("2026-03-02T10:30:00Z", "1 ms")}, "10:30:00=1"},
		{"unreadable and blank dates", []zoomapi.Minute{minuteAt("yesterday", "2 ms"), minuteAt("", "3 ms"), minuteAt("2026-03-02T10:29:00Z", "1 ms")}, "10:29:00=1"},
		{"mad future", []zoomapi.Minute{minuteAt("2036-03-02T10:30:00Z", "2 ms"), minuteAt("2026-03-02T10:29:00Z", "1 ms")}, "10:29:00=1"},
		{"a clock slightly ahead", []zoomapi.Minute{minuteAt("2026-03-02T10:35:00Z", "2 ms"), minuteAt("2026-03-02T10:35:21Z", "1 ms")}, "10:35:00=2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			failures := Failures{}
			row := zoomapi.QoSRow{UserID: "16", Minutes: tt.minutes}
			_, minutes, _ := everything().all(&row, now, nil, failures)
			if got := latencies(minutes); got != tt.want {
				t.Errorf("minutes %q, want %q", got, tt.want)
			}
		})
	}
}

// Whatever the order, the doubles and the odd dates: the history is what is
// left after sorting by hand, and its last minute is the newest one.
func TestHistoryOfAnyOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	c := everything()
	for range 500 {
		var row zoomapi.QoSRow
		row.UserID = "16"
		want := make(map[zoomtime.Time]float64)
		for i := range rng.IntN(30) {
			at := now.Truncate(time.Minute).Add(-time.Duration(rng.IntN(20)) * time.Minute)
			date := at.UTC().Format(time.RFC3339)
			switch rng.IntN(8) {
			case 0:
				date = "soon"
			case 1:
				date = now.UTC().AddDate(1, 0, 0).Format(time.RFC3339)
			default:
				want[at] = float64(i) / 1000
			}
			row.Minutes = append(row.Minutes, minuteAt(date, zoomapi.Text(fmt.Sprint(i, " ms"))))
		}
		p, minutes, ok := c.all(&row, now, nil, Failures{})
		if !ok || len(minutes) != len(want) {
			t.Fatalf("%d minutes, want %d", len(minutes), len(want))
		}
		for i, m := range minutes {
			if i > 0 && !m.At.After(minutes[i-1].At) {
				t.Fatalf("%v follows %v", m.At, minutes[i-1].At)
			}
			if m.Readings[0].Latency != want[m.At] {
				t.Fatalf("latency %v at %v, want %v", m.Readings[0].Latency, m.At, want[m.At])
			}
		}
		switch {
		case len(minutes) == 0:
			if p.Newest != nil {
				t.Fatal("there is a newest minute of none")
			}
		case latencies([]Minute{*p.Newest}) != latencies(minutes[len(minutes)-1:]):
			t.Fatalf("the newest minute is %v, the last %v", p.Newest.At, minutes[len(minutes)-1].At)
		}
		odd := func(at zoomtime.Time) bool { return at.UTC().Minute()%2 == 1 }
		some, of, _ := c.all(&row, now, odd, Failures{})
		var oddOnes []Minute
		for _, m := range minutes {
			if odd(m.At) {
				oddOnes = append(oddOnes, m)
			}
		}
		if latencies(of) != latencies(oddOnes) || (some.Newest == nil) != (p.Newest == nil) ||
			some.Newest != nil && !some.Newest.At.Equal(p.Newest.At) {
			t.Fatalf("of %s are wanted %s: got %s", latencies(minutes), latencies(oddOnes), latencies(of))
		}
	}
}

// Who has left has facts and minutes.
func TestHistoryOfWhoHasLeft(t *testing.T) {
	row := zoomapi.QoSRow{
		UserID: "16", ParticipantUUID: "D444", NetworkType: "Wifi", UserName: "Example Name",
		JoinTime: "2026-03-02T10:05:10Z", LeaveTime: "2026-03-02T10:17:35Z",
		Minutes: []zoomapi.Minute{minuteAt("2026-03-02T10:06:00Z", "1 ms"), minuteAt("2026-03-02T10:07:00Z", "x")},
	}
	failures := Failures{}
	want := Participant{
		ID: "16", Left: true, AnsweredAt: now,
		Join: zoomtime.Of(time.Date(2026, 3, 2, 10, 5, 10, 0, time.UTC)), Leave: zoomtime.Of(time.Date(2026, 3, 2, 10, 17, 35, 0, time.UTC)),
	}
	row.Minutes[1].Streams = append(row.Minutes[1].Streams, zoomapi.Stream{Name: zoomapi.AudioOutput, Figures: zoomapi.Figures{Latency: "2 ms"}})
	p, minutes, ok := everything().all(&row, now, nil, failures)
	if !ok || p.Facts.NetworkType != "Wifi" || p.Facts.UserName != "Example Name" || p.Facts.ParticipantUUID != "D444" ||
		len(minutes) != 2 || p.Newest == nil || !p.Newest.At.Equal(minutes[1].At) {
		t.Errorf("the history tells %+v and %d minutes, the newest %t", p.Facts, len(minutes), p.Newest != nil)
	}
	p.Facts, p.Newest = Facts{}, nil
	if diff := difftest.Diff(want, p); diff != "" {
		t.Errorf("the history:\n%s", diff)
	}
	// Each failure is counted once.
	if want := (Failures{{"latency", "malformed"}: 1}); !reflect.DeepEqual(failures, want) {
		t.Errorf("failures %v, want %v", failures, want)
	}
	if _, minutes, ok := everything().all(&zoomapi.QoSRow{Minutes: row.Minutes}, now, nil, failures); ok || minutes != nil {
		t.Error("a row that names nobody has a history")
	}
}

func TestJoinAndLeaveThatCannotBeRead(t *testing.T) {
	failures := Failures{}
	row := zoomapi.QoSRow{UserID: "16", JoinTime: "early", LeaveTime: "some day"}
	p, _ := everything().newest(&row, now, failures)
	if !p.Left || !p.Join.IsZero() || !p.Leave.IsZero() {
		t.Errorf("joined at %v, left %t at %v", p.Join, p.Left, p.Leave)
	}
	if want := (Failures{{"join_time", "malformed"}: 1, {"leave_time", "malformed"}: 1}); !reflect.DeepEqual(failures, want) {
		t.Errorf("failures %v, want %v", failures, want)
	}
	failures = Failures{}
	row.JoinTime, row.LeaveTime = "", "-"
	if p, _ = everything().newest(&row, now, failures); p.Left || !p.Join.IsZero() || !p.Leave.IsZero() || len(failures) != 0 {
		t.Errorf("blanks read as joined at %v, left %t at %v, failures %v", p.Join, p.Left, p.Leave, failures)
	}
}

// To keep the newest minute must not keep a session's.
func TestNewestIsACopy(t *testing.T) {
	row := zoomapi.QoSRow{UserID: "16", Minutes: []zoomapi.Minute{
		minuteAt("2026-03-02T10:29:00Z", "1 ms"), minuteAt("2026-03-02T10:30:00Z", "2 ms")}}
	p, minutes, _ := everything().all(&row, now, nil, Failures{})
	if p.Newest == &minutes[1] {
		t.Error("the newest minute lies among the others")
	}
}

func FuzzHistory(f *testing.F) {
	f.Add("2026-03-02T10:30:00Z", "2026-03-02T10:30:00Z", "2026-03-02T10:29:59+00:30", "2026-03-02T10:05:10Z")
	f.Add("", "-", "0001-01-01T00:00:00Z", "9999-12-31T23:59:60Z")
	f.Fuzz(func(t *testing.T, a, b, c, left string) {
		row := zoomapi.QoSRow{UserID: "1", JoinTime: zoomapi.Text(a), LeaveTime: zoomapi.Text(left), Minutes: []zoomapi.Minute{
			minuteAt(a, "1 ms"), minuteAt(b, "2 ms"), minuteAt(c, "3 ms"), minuteAt(left, "4 ms")}}
		p, minutes, ok := everything().all(&row, now, nil, Failures{})
		if !ok || (p.Newest == nil) != (len(minutes) == 0) {
			t.Fatalf("%t, newest %t of %d minutes", ok, p.Newest != nil, len(minutes))
		}
		for i, m := range minutes {
			if m.At.IsZero() || m.At.After(now.Add(maxAhead)) || i > 0 && !m.At.Truncate(time.Minute).After(minutes[i-1].At) {
				t.Fatalf("minutes %s", latencies(minutes))
			}
		}
		if p.Newest != nil && latencies([]Minute{*p.Newest}) != latencies(minutes[len(minutes)-1:]) {
			t.Fatalf("the newest minute is %v of %s", p.Newest.At, latencies(minutes))
		}
	})
}

// What no minute dates is known again by its digest.
func TestUnreadDigests(t *testing.T) {
	row := zoomapi.QoSRow{UserID: "16", IPAddress: "192.0.2.300", JoinTime: "soon", LeaveTime: "soon", Minutes: []zoomapi.Minute{
		minuteAt("soon", "1 ms"), minuteAt("soon", "2 ms"), minuteAt("later", "2 ms"), minuteAt("1999-03-02T10:30:00Z", "2 ms"),
		{Unreadable: 1}, minuteAt("", "2 ms"), {}}}
	digests := func() map[Unread]bool {
		var unread []Unread
		everything().Participant(&row, now, &unread)
		Entries(&row, now, &unread)
		set := make(map[Unread]bool)
		for _, u := range unread {
			set[u] = true
		}
		if len(set) != 9 || len(unread) != 9 {
			t.Errorf("%d unreadable values with %d digests, want 9: %v", len(unread), len(set), unread)
		}
		return set
	}
	if first, again := digests(), digests(); !reflect.DeepEqual(first, again) {
		t.Errorf("%v are %v in the next answer", first, again)
	}
}
