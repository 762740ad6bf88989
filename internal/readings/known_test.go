package readings

import (
	"slices"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
)

func TestKnown(t *testing.T) {
	e := begun(Config{}, at(2))
	p := someone("")
	known := func() (list []int) {
		k := e.Known(standup.UUID, p, Live)
		for m := range 17 {
			if k.Has(at(m).Add(time.Second)) {
				list = append(list, m)
			}
		}
		return list
	}
	if got := known(); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("before the meeting is known: %v", got)
	}
	e.Take(standup, Person{ID: "other"}, minutesAt(2), Live, at(17))
	if got := known(); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("before the row is known: %v", got)
	}
	e.Take(standup, p, minutesAt(1, 3, 5), Live, at(17))
	if got := known(); !slices.Equal(got, []int{0, 1, 3, 5}) {
		t.Errorf("%v", got)
	}
	e.Take(standup, p, minutesAt(16), Past, at(17))
	if got := known(); len(got) != 17 {
		t.Errorf("settled row: %v", got)
	}
}

func TestKnownChangesNothing(t *testing.T) {
	e := New(Config{})
	p := Person{ID: "1", ParticipantUUID: "u", Join: at(0)}
	e.Take(standup, p, minutesAt(1), Live, at(1))
	e.Commit(e.Encode(at(1).UTC(), at(1)), at(1).UTC())
	p.ID = "77" // by its UUID and join it is the same row
	if !e.Known(standup.UUID, p, Past).Has(at(1)) {
		t.Error("the row is not found")
	}
	if got := keysOf(e.Encode(at(1).UTC(), at(1))); got != "[counters] []" {
		t.Errorf("asking changes records: %s", got)
	}
}

func TestBlankMinutesAreToldButNotCounted(t *testing.T) {
	e := begun(Config{}, at(12))
	p := someone("")
	blank := []qos.Minute{{At: at(11)}, {At: at(13)}}
	e.Take(standup, p, append(blank, minutesAt(14)...), Live, at(15))
	for m, want := range map[int]bool{12: false, 13: true, 14: false, 15: false} {
		if got := e.Known(standup.UUID, p, Live).Told(at(m)); got != want {
			t.Errorf("minute %d was received without a figure: %v", m, got)
		}
	}
	if !e.Known(standup.UUID, p, Live).Has(at(11)) {
		t.Error("a minute before the start is wanted again")
	}
}

func TestUnreadableValuesAreReportedOnce(t *testing.T) {
	e := New(Config{})
	p := someone("")
	value := func(digest uint32) qos.Unread { return qos.Unread{Digest: digest} }
	if n := len(e.Unread(standup.UUID, p, Live, []qos.Unread{value(1)})); n != 1 {
		t.Errorf("%d values of an unknown row are fresh, want 1", n)
	}
	e.Take(standup, p, nil, Live, at(1))
	e.Take(standup, Person{ID: "other"}, nil, Live, at(1))
	for i, tt := range []struct {
		values []qos.Unread
		fresh  int
	}{
		{[]qos.Unread{value(1), value(2)}, 2},
		{[]qos.Unread{value(2), value(3)}, 1},
		{[]qos.Unread{value(1), value(3), value(3), value(3)}, 2}, // the same one three times
		{[]qos.Unread{value(3), value(3)}, 0},
	} {
		if n := len(e.Unread(standup.UUID, p, Live, tt.values)); n != tt.fresh {
			t.Errorf("answer %d: %d values are fresh, want %d", i, n, tt.fresh)
		}
	}
	if n := len(e.Unread(standup.UUID, Person{ID: "other"}, Live, []qos.Unread{value(1)})); n != 1 {
		t.Error("a value of one row is taken for another's")
	}
}
