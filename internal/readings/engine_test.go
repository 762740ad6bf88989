package readings

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// minutesAt returns good minutes at so many minutes after nine.
func minutesAt(after ...int) (list []qos.Minute) {
	for _, m := range after {
		list = append(list, minuteAt(at(m), 100))
	}
	return list
}

func span(first, last int) (list []int) {
	for m := first; m <= last; m++ {
		list = append(list, m)
	}
	return list
}

func lostOf(e *Engine) string { return fmt.Sprint(e.Encode(at(0).UTC(), at(0)).view.Lost) }

func TestWhatCounts(t *testing.T) {
	seconds := func(m qos.Minute, s int) qos.Minute {
		m.At = m.At.Add(time.Duration(s) * time.Second)
		return m
	}
	empty := qos.Minute{At: at(3)}
	for _, tt := range []struct {
		name    string
		answers [][]qos.Minute
		want    int
	}{
		{"each minute", [][]qos.Minute{minutesAt(1, 2, 3)}, 3},
		{"once", [][]qos.Minute{minutesAt(1, 2), minutesAt(1, 2, 3), minutesAt(3)}, 3},
		{"once within an answer", [][]qos.Minute{minutesAt(2, 2, 1, 2)}, 2},
		{"late", [][]qos.Minute{minutesAt(5), minutesAt(2, 5), minutesAt(4)}, 3},
		{"before the join", [][]qos.Minute{minutesAt(-3, 1)}, 2},
		{"seconds do not make a minute", [][]qos.Minute{{seconds(minuteAt(at(3), 9), 1), seconds(minuteAt(at(3), 9), 59)}}, 1},
		{"figures after blanks", [][]qos.Minute{{empty}, minutesAt(3)}, 1},
		{"in the future", [][]qos.Minute{minutesAt(20+6, 20+4)}, 1},
		{"a year ago", [][]qos.Minute{{minuteAt(zoomtime.Of(at(0).UTC().AddDate(-1, 0, 0)), 1)}}, 0},
		{"in the year 9999", [][]qos.Minute{{minuteAt(zoomtime.Of(at(0).UTC().AddDate(7973, 0, 0)), 1)}}, 0},
	} {
		e := New(Config{})
		got := 0
		for _, minutes := range tt.answers {
			got += e.Take(standup, someone("berlin"), minutes, Live, at(20))
		}
		if got != tt.want || e.minutes != uint64(tt.want) {
			t.Errorf("%s: counted %d, want %d", tt.name, got, tt.want)
		}
		if lost := lostOf(e); lost != "[0 0 0 0]" {
			t.Errorf("%s: lost %s", tt.name, lost)
		}
	}
}

func TestTakeDoesNotSortTheAnswer(t *testing.T) {
	minutes := minutesAt(3, 1, 2)
	New(Config{}).Take(standup, someone(""), minutes, Live, at(20))
	if !slices.EqualFunc(minutes, minutesAt(3, 1, 2), func(a, b qos.Minute) bool { return a.At.Equal(b.At) }) {
		t.Error("the caller's minutes were sorted")
	}
}

func TestRowsWithoutAnIDAreIgnored(t *testing.T) {
	e := New(Config{})
	n := e.Take(standup, Person{}, minutesAt(1), Live, at(1))
	n += e.Take(Meeting{}, someone(""), minutesAt(1), Live, at(1))
	if n != 0 || len(e.Open()) != 0 {
		t.Errorf("%d counted, %v", n, e.Open())
	}
}

func TestCountFrom(t *testing.T) {
	e := begun(Config{}, at(5).Add(time.Second))
	p := someone("")
	if n := e.Take(standup, p, minutesAt(span(1, 8)...), Live, at(8)); n != 3 {
		t.Errorf("counted %d, want 3", n)
	}
	gone := Person{ID: "2", Join: at(0), Leave: at(4)}
	e.Take(standup, gone, minutesAt(1, 2), Live, at(8))
	e.EndMeeting(standup.UUID, at(9))
	e.Close(standup.UUID, NoAnswer, at(10))
	c := countOf(e)
	// 9:06, 9:07 and 9:08 were counted, 9:09 was missed; the person who had left
	// before the start has no session.
	if c.minutes != 3 || c.lost != 1 || c.sessions != 1 {
		t.Errorf("%+v", c)
	}
}

func TestWhichRowsAreOne(t *testing.T) {
	const ann, ben = "uuid-ann", "uuid-ben"
	first := Person{ID: "1", ParticipantUUID: ann, Join: at(0)}
	for _, tt := range []struct {
		name   string
		second Person
		from   Source
		same   bool
	}{
		{"the same row", first, Live, true},
		{"the same row without UUID", Person{ID: "1", Join: at(0)}, Live, true},
		{"the same row, whose join moved", Person{ID: "1", ParticipantUUID: ann, Join: at(30)}, Live, true},
		{"a rejoin", Person{ID: "2", ParticipantUUID: ann, Join: at(30)}, Live, false},
		{"a quick rejoin", Person{ID: "2", ParticipantUUID: ann, Join: at(0).Add(time.Second)}, Live, false},
		{"another's row", Person{ID: "2", ParticipantUUID: ben, Join: at(0)}, Live, false},
		{"the id of another", Person{ID: "1", ParticipantUUID: ben, Join: at(0)}, Live, false},
		{"past, the same id", Person{ID: "1", Join: at(0).Add(2 * time.Second)}, Past, true},
		{"past, another id", Person{ID: "77", ParticipantUUID: ann, Join: at(0).Add(2 * time.Second)}, Past, true},
		{"past, another id and no join", Person{ID: "77", ParticipantUUID: ann}, Past, true},
		{"past, only a UUID", Person{ParticipantUUID: ann, Join: at(0)}, Past, true},
		{"past, the id of another", Person{ID: "1", ParticipantUUID: ben, Join: at(0)}, Past, false},
		{"past, the same person's other join", Person{ID: "77", ParticipantUUID: ann, Join: at(30)}, Past, false},
		// It is the same row as it has a minute that was counted.
		{"past, the same id and another join", Person{ID: "1", ParticipantUUID: ann, Join: at(-30)}, Past, true},
	} {
		e := New(Config{})
		e.Take(standup, first, minutesAt(40), Live, at(60))
		n := e.Take(standup, tt.second, minutesAt(40), tt.from, at(60))
		if same := n == 0; same != tt.same {
			t.Errorf("%s: taken for the same: %v", tt.name, same)
		}
		if n = e.Take(standup, tt.second, minutesAt(40), tt.from, at(60)); n != 0 {
			t.Errorf("%s: counted again", tt.name)
		}
	}
}

// Past answers may give the same ids to other people.
func TestRenumbered(t *testing.T) {
	e := New(Config{})
	early, late := Person{ID: "1", ParticipantUUID: "u", Join: at(0), Leave: at(10)}, Person{ID: "2", ParticipantUUID: "u", Join: at(20), Leave: at(30)}
	e.Take(standup, early, minutesAt(3), Live, at(9))
	e.EndMeeting(standup.UUID, at(30))
	early.ID, late.ID = "0", "1" // no live answer had the second join
	n := e.Take(standup, late, minutesAt(span(20, 30)...), Past, at(40))
	n += e.Take(standup, early, minutesAt(span(0, 10)...), Past, at(40))
	e.Close(standup.UUID, NoAnswer, at(40))
	if c := countOf(e); n != 21 || c.lost != 0 || c.sessions != 2 {
		t.Errorf("%d new, %+v", n, c)
	}
}

func TestLosses(t *testing.T) {
	p := someone("")
	p.Join = at(0).Add(30 * time.Second) // the first minute expected is 9:01
	left := p
	left.Leave = at(10).Add(30 * time.Second)
	live := func(p Person, from, to int) func(*Engine) {
		return func(e *Engine) { e.Take(standup, p, minutesAt(span(from, to)...), Live, at(20)) }
	}
	past := func(e *Engine) { e.Take(standup, left, minutesAt(2, 9), Past, at(30)) }
	end := func(e *Engine) { e.EndMeeting(standup.UUID, at(20)) }
	empty := func(m int) func(*Engine) {
		return func(e *Engine) { e.Take(standup, p, nil, Live, at(m)) }
	}
	for _, tt := range []struct {
		name  string
		steps []func(*Engine)
		want  string
	}{
		{"all seen", []func(*Engine){live(left, 1, 10)}, "[0 0 0 0]"},
		{"the end missed", []func(*Engine){live(p, 1, 5), live(left, 8, 8)}, "[0 4 0 0]"},
		{"the end is the meeting's", []func(*Engine){live(p, 1, 5), end}, "[0 15 0 0]"},
		{"the end unknown", []func(*Engine){live(p, 3, 5)}, "[0 2 0 0]"},
		{"left without a minute", []func(*Engine){live(left, 1, 0)}, "[0 0 0 0]"},
		{"a past answer", []func(*Engine){live(p, 1, 5), end, past}, "[0 0 0 0]"},
		{"never a minute", []func(*Engine){empty(8), empty(16), end}, "[0 10 0 0]"},
		{"minutes after none", []func(*Engine){empty(8), live(p, 4, 4), end}, "[0 17 0 0]"},
		{"left without a leave time", []func(*Engine){live(p, 1, 5), func(e *Engine) { e.Leave(standup.UUID, p, at(7)) }, end}, "[0 2 0 0]"},
		{"a leave time later", []func(*Engine){live(p, 1, 5), func(e *Engine) { e.Leave(standup.UUID, p, at(7)) }, live(left, 5, 5)}, "[0 5 0 0]"},
		{"an implausible leave", []func(*Engine){func(e *Engine) {
			q := p
			q.Leave = zoomtime.Of(at(0).UTC().AddDate(50, 0, 0))
			e.Take(standup, q, minutesAt(1, 2, 3), Live, at(3))
		}}, "[0 0 0 0]"},
		{"a leave before the join", []func(*Engine){func(e *Engine) {
			q := p
			q.Leave = at(-5)
			e.Take(standup, q, minutesAt(1, 2, 3), Live, at(3))
		}}, "[0 0 0 0]"},
		{"closed early", []func(*Engine){live(left, 1, 5), func(e *Engine) {
			e.CloseSession(standup.UUID, p, NoBudget, at(12))
			e.CloseSession(standup.UUID, p, NoBudget, at(12))
		}, live(left, 1, 10), end}, "[0 0 5 0]"},
	} {
		e := New(Config{})
		for _, step := range tt.steps {
			step(e)
		}
		e.Close(standup.UUID, NoAnswer, at(40))
		e.Close(standup.UUID, NoAnswer, at(40))
		if got := lostOf(e); got != tt.want {
			t.Errorf("%s: lost %s, want %s", tt.name, got, tt.want)
		}
	}
}

// A meeting that lasts for days is counted in bounded memory.
func TestWindow(t *testing.T) {
	e := New(Config{})
	p := someone("")
	p.Join = at(0).Add(30 * time.Second)
	const days = 9
	for m := 1; m < days*1440; m += 30 {
		history := minutesAt(span(max(1, m-600), m)...) // 20 of 30 answers are enough
		e.Take(standup, p, history, Live, at(m))
		if s := e.meetings[standup.UUID].sessions[0]; len(s.seen.words) > int(window)/64+2 {
			t.Fatalf("%d words", len(s.seen.words))
		}
	}
	if c := countOf(e); c.minutes != days*1440-29 || c.lost != 0 {
		t.Errorf("%d minutes, %d lost", c.minutes, c.lost)
	}

	e, p.Join = New(Config{}), at(0)
	e.Take(standup, p, minutesAt(1), Live, at(1))
	now := 4 * 1440
	e.Take(standup, p, minutesAt(now), Live, at(now))
	if n := e.Take(standup, p, minutesAt(1, 2, now-2880, now-2879), Live, at(now)); n != 1 {
		t.Errorf("%d of four minutes counted, of which one is within the window", n)
	}
	// Minutes before the window may have been counted, so a row with another
	// join must not count them.
	q := p
	q.Join = at(100)
	if n := e.Take(standup, q, minutesAt(1, 2), Past, at(now)); n != 0 {
		t.Errorf("%d minutes from before the window counted", n)
	}
	// From 9:00, the join, to 48 hours before the newest, except for 9:01.
	if want := fmt.Sprintf("[%d 0 0 0]", now-2880+1-1); lostOf(e) != want {
		t.Errorf("lost %s, want %s", lostOf(e), want)
	}
}

func TestSessions(t *testing.T) {
	video := qos.Stream{Media: qos.Video, Direction: qos.Received}
	e := New(Config{Hold: time.Nanosecond})
	p := someone("berlin")
	p.Leave = at(10)
	minutes := []qos.Minute{minuteAt(at(1), 100), minuteAt(at(2), 600), minuteAt(at(3), 200)} // 300 ms on average
	minutes[0].Readings = append(minutes[0].Readings, reading(video, 100, 10, 1))
	e.Take(standup, p, minutes, Past, at(20))
	e.Summarize(standup.UUID, p, []qos.Reading{reading(video, qos.Absent(), qos.Absent(), 50)})
	cycle(e, at(20))
	if v := cycle(e, at(21)); v.Lengths[0].Length.Count != 0 || v.Readings[0].Sessions != [verdicts]uint64{} {
		t.Fatal("the session is counted before its meeting is closed")
	}
	e.Close(standup.UUID, NoAnswer, at(22))
	cycle(e, at(22))
	v := cycle(e, at(23))
	if v.Readings[0].Sessions != [verdicts]uint64{0, 1, 0, 0} || v.Readings[1].Sessions != [verdicts]uint64{0, 0, 0, 1} {
		t.Errorf("%+v", v.Readings)
	}
	if l := v.Lengths[0]; l.Kind != "meeting" || l.Values[0] != "berlin" || l.Length.Count != 1 || l.Length.Sum != 600 {
		t.Errorf("%+v", l)
	}
	// After its Close a meeting counts what is new, and no session again.
	e.Take(standup, p, minutes, Past, at(25))
	e.Close(standup.UUID, NoAnswer, at(25))
	if c := countOf(e); c.minutes != 3 || c.sessions != 2 || c.lost != 0 {
		t.Errorf("%+v", c)
	}
}

// Zoom's summaries have neither UUIDs nor joins, only the id of past answers.
func TestSummariesFindPastIDs(t *testing.T) {
	p := Person{ID: "1", ParticipantUUID: "u", Join: at(0), Leave: at(9)}
	e := New(Config{})
	e.Take(standup, p, minutesAt(1), Live, at(1))
	e.EndMeeting(standup.UUID, at(9))
	p.ID = "77"
	e.Take(standup, p, minutesAt(1), Past, at(20))
	d := disk{}
	d.apply(e.Encode(at(20).UTC(), at(20)))
	restored := New(Config{})
	if err := restore(restored, d, at(21)); err != nil {
		t.Fatal(err)
	}
	for _, e := range []*Engine{e, restored} {
		e.Summarize(standup.UUID, Person{ID: "77"}, []qos.Reading{reading(audioSent, 700, 0, 0)})
		e.Summarize(standup.UUID, Person{ID: "78"}, []qos.Reading{reading(audioSent, 1, 0, 0)})
		e.Close(standup.UUID, NoAnswer, at(21))
		if got := e.tallies.entries[0].data.sessions; got != [verdicts]uint64{0, 0, 0, 1} {
			t.Errorf("%v", got)
		}
	}
}

func TestSettledRowsDoNotCount(t *testing.T) {
	e := New(Config{})
	e.Take(standup, someone(""), minutesAt(1), Past, at(5))
	if n := e.Take(standup, someone(""), minutesAt(1, 2, 3), Live, at(5)); n != 0 || e.minutes != 1 {
		t.Errorf("counted %d more", n)
	}
}

func TestPastAnswersWithoutFactsKeepTheLabels(t *testing.T) {
	e := New(Config{Hold: time.Nanosecond})
	p := someone("berlin")
	e.Take(standup, p, minutesAt(1), Live, at(1))
	p.Facts = qos.Facts{}
	e.Take(standup, p, minutesAt(1, 2), Past, at(3))
	if got := len(e.tallies.entries); got != 1 || e.tallies.entries[0].data.readings[Good] != 2 {
		t.Errorf("%d label sets", got)
	}
}

// The label sets of minutes before the counting began are shown as 0 at once, so that a
// new process need not wait for them.
func TestLabelSetsOfMinutesBeforeTheStart(t *testing.T) {
	e := begun(Config{}, at(20))
	e.Take(standup, someone("berlin"), minutesAt(9, 19), Live, at(20))
	v := cycle(e, at(20))
	if len(v.Readings) != 1 || len(v.Histograms) != 1 || len(v.Lengths) != 1 || v.Minutes != 0 || v.total() != 0 {
		t.Errorf("%v", v)
	}
	e.Take(standup, someone("berlin"), minutesAt(9, 19, 20), Live, at(20))
	if v = cycle(e, at(23)); v.Minutes != 1 || v.total() != 1 || v.Histograms[0].Latency.Count != 1 {
		t.Errorf("a minute later: %v", v)
	}
}

func TestOpen(t *testing.T) {
	e := New(Config{})
	e.Take(Meeting{UUID: "b", Kind: "webinar"}, someone(""), nil, Live, at(1))
	e.Take(Meeting{UUID: "a", Kind: "meeting"}, someone(""), nil, Live, at(1))
	e.EndMeeting("a", at(3))
	e.EndMeeting("nobody", at(3))
	e.Leave("nobody", someone(""), at(3))
	e.Close("nobody", NoAnswer, at(3))
	want := fmt.Sprint([]OpenMeeting{{"a", "meeting", at(3), 1}, {"b", "webinar", zoomtime.Time{}, 1}})
	if got := fmt.Sprint(e.Open()); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
