package live

import (
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// What a meeting is called, by what is known of the account.
func TestAddress(t *testing.T) {
	const uuid, number = "known", "85000000001"
	for _, tt := range []struct {
		name         string
		known        understanding
		byNumber     bool // the meeting was
		number       string
		shared       bool
		id, fallback string
	}{
		{"nothing is known", understanding{}, false, number, false, uuid, number},
		{"UUIDs work", understanding{uuids: true, numbers: 9}, true, number, false, uuid, ""},
		{"it has no number", understanding{numbers: 9}, false, "", false, uuid, ""},
		{"its number is its UUID", understanding{numbers: 9}, false, uuid, false, uuid, ""},
		{"another has its number", understanding{numbers: 9, triedAt: start}, true, number, true, uuid, ""},
		{"two answered to their numbers", understanding{numbers: believeNumbers - 1, triedAt: start}, false, number, false, uuid, number},
		{"three did", understanding{numbers: believeNumbers, triedAt: start}, false, number, false, number, ""},
		{"it did", understanding{numbers: 1, triedAt: start}, true, number, false, number, ""},
		{"three did an hour ago", understanding{numbers: believeNumbers, triedAt: start.Add(-doubtNumbers)}, false, number, false, uuid, number},
		{"three did almost an hour ago", understanding{numbers: believeNumbers, triedAt: start.Add(1 - doubtNumbers)}, false, number, false, number, ""},
	} {
		s := begun(settings())
		listed(t, s, zoomapi.Meeting, at(0), entry(uuid, tt.number))
		if tt.shared {
			listed(t, s, zoomapi.Meeting, at(time.Minute), entry(uuid, tt.number), entry("other", tt.number))
		}
		m := s.meetings[uuid]
		m.byNumber, s.naming.plain = tt.byNumber, tt.known
		var a address
		if id := s.address(m, &a, start); id != tt.id || a.id != id || a.fallback != tt.fallback {
			t.Errorf("%s: called %q, or else %q; want %q and %q", tt.name, id, a.fallback, tt.id, tt.fallback)
		}
		if !a.retry() {
			if tt.fallback != "" {
				t.Errorf("%s: the fallback is not tried", tt.name)
			}
			continue
		}
		if id := s.address(m, &a, start); id != tt.fallback || a.retry() {
			t.Errorf("%s: called %q then, want %q and nothing else", tt.name, id, tt.fallback)
		}
		if s.naming.plain.triedAt != start {
			t.Errorf("%s: that its UUID was tried is not known", tt.name)
		}
	}
}

// What an answer to a number teaches, and whose it is.
func TestANumberIsAnswered(t *testing.T) {
	live := at(10 * time.Minute) // when the meeting was last known to be
	joined := func(times ...string) (rows []zoomapi.QoSRow) {
		for _, at := range times {
			rows = append(rows, zoomapi.QoSRow{UserID: "1", JoinTime: zoomapi.Text(at)})
		}
		return rows
	}
	for _, tt := range []struct {
		name string
		rows []zoomapi.QoSRow
		seen bool // an earlier page was of this instance
		ours bool
	}{
		{"nobody", nil, false, true},
		{"before", joined("2026-03-02T09:00:00Z"), false, true},
		{"at that time", joined("2026-03-02T09:10:00Z"), false, true},
		{"after", joined("2026-03-02T09:10:01Z"), false, false},
		{"all after", joined("2026-03-02T09:10:01Z", "2026-03-02T09:11:00Z"), false, false},
		{"some after", joined("2026-03-02T09:10:01Z", "2026-03-02T09:10:00Z"), false, true},
		{"in another zone", joined("2026-03-02T11:10:01+02:00"), false, false},
		{"unreadable", joined("soon"), false, true},
		{"on a later page", joined("2026-03-02T09:10:01Z"), true, true},
	} {
		s := begun(settings())
		listed(t, s, zoomapi.Meeting, live, entry("a/b", "85000000001"))
		m := s.meetings["a/b"]
		a := address{id: "85000000001", ours: tt.seen}
		if ours := s.understood(m, &a, tt.rows, at(time.Hour)); ours != tt.ours || m.byNumber != tt.ours {
			t.Errorf("joined %s: ours %v, by number %v; want %v", tt.name, ours, m.byNumber, tt.ours)
		}
		s.understood(m, &a, tt.rows, at(time.Hour))
		want := understanding{}
		if tt.ours {
			want.numbers = 1
		}
		if s.naming.slashed != want || s.naming.plain != (understanding{}) {
			t.Errorf("joined %s: %+v is known, want %+v", tt.name, s.naming, want)
		}
		a.id = m.uuid
		if !s.understood(m, &a, tt.rows, at(time.Hour)) || m.byNumber || !s.naming.slashed.uuids || s.naming.plain.uuids {
			t.Errorf("joined %s: after an answer to the UUID %+v is known", tt.name, s.naming)
		}
	}
}

// When an instance was last known to be live: a list may be late.
func TestLiveAt(t *testing.T) {
	s := begun(settings())
	listed(t, s, zoomapi.Meeting, at(0), entry("known", ""))
	if got := s.meetings["known"].liveAt(); got != start {
		t.Errorf("listed, it was live at %v", got)
	}
	now := at(time.Minute)
	visited(t, s, "known", now, rows("1")...)
	v := s.Visit("known", false, at(2*time.Minute))
	s.NextPage(v, at(2*time.Minute))
	s.HandleFailure(v, Failure{Reason: zoomapi.ReasonNotLive}, at(2*time.Minute))
	if b := s.backfills["known"]; !b.lastLive.Equal(now.Zoom) {
		t.Errorf("answered, it was live at %v", b.lastLive)
	}
	listed(t, s, zoomapi.Meeting, at(3*time.Minute), entry("known", ""))
	if got := s.meetings["known"].liveAt(); got != now.Time {
		t.Errorf("listed again, it was live at %v", got)
	}
}

// What an ended meeting is called.
func TestPastAddress(t *testing.T) {
	const uuid, number = "known", "85000000001"
	for _, tt := range []struct {
		name     string
		known    understanding
		byNumber bool
		later    bool // a later instance is live
		want     string
	}{
		{"nothing is known", understanding{}, false, false, uuid},
		{"it was called by its number", understanding{numbers: 1}, true, false, number},
		{"three were", understanding{numbers: 3}, false, false, number},
		{"two were", understanding{numbers: 2}, false, false, uuid},
		{"UUIDs work", understanding{uuids: true, numbers: 3}, true, false, uuid},
		{"its number names a later instance", understanding{numbers: 3}, true, true, uuid},
	} {
		s := begun(settings())
		listed(t, s, zoomapi.Meeting, at(0), entry(uuid, number))
		s.meetings[uuid].byNumber = tt.byNumber
		listed(t, s, zoomapi.Meeting, at(time.Minute))
		b := s.backfills[uuid]
		if tt.later {
			listed(t, s, zoomapi.Meeting, at(2*time.Minute), entry("later", number))
		}
		s.naming.plain = tt.known
		if got := s.pastID(b); got != tt.want {
			t.Errorf("%s: called %q, want %q", tt.name, got, tt.want)
		}
		// An answer that is of a later instance is not believed, nor its number again.
		s.StartBackfill(b, at(10*time.Minute))
		id, _ := s.NextPastPage(b)
		row := zoomapi.QoSRow{UserID: "1", JoinTime: "2026-03-02T09:30:00Z"}
		more, whole := s.HandlePastPage(b, &zoomapi.Page[zoomapi.QoSRow]{Rows: []zoomapi.QoSRow{row}}, at(10*time.Minute))
		if believed := id == uuid; more || whole != believed || !believed && (b.number != "" || b.tries != 1 || b.busy) {
			t.Errorf("%s: a later instance's answer is believed: %v, want %v; %+v", tt.name, whole, believed, *b)
		}
	}
	s := begun(settings())
	listed(t, s, zoomapi.Meeting, at(0), entry(uuid, number), entry("other", number))
	listed(t, s, zoomapi.Meeting, at(time.Minute), entry("other", number))
	if b := s.backfills[uuid]; b.number != "" {
		t.Errorf("its number %q is that of another live meeting", b.number)
	}
}
