package readings

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

func keysOf(b *Batch) string {
	written, removed := []string{}, []string{}
	for _, key := range slices.Sorted(maps.Keys(b.Records)) {
		if b.Records[key] == nil {
			removed = append(removed, key)
		} else {
			written = append(written, key)
		}
	}
	return fmt.Sprint(written, removed)
}

func TestBatchesHoldWhatChanged(t *testing.T) {
	a, b := Meeting{UUID: "a", Kind: "meeting"}, Meeting{UUID: "b", Kind: "meeting"}
	keyA, keyB := meetingKey("a"), meetingKey("b")
	e := New(Config{})
	want := func(what string, got *Batch, keys string) {
		t.Helper()
		if keysOf(got) != keys {
			t.Errorf("%s: %s, want %s", what, keysOf(got), keys)
		}
	}
	both := slices.Sorted(slices.Values([]string{"counters", keyA, keyB}))
	e.Take(a, someone(""), minutesAt(1), Live, at(1))
	e.Take(b, someone(""), minutesAt(1), Live, at(1))
	lostBatch := e.Encode(at(1).UTC(), at(1))
	want("first", lostBatch, fmt.Sprintf("%v []", both))
	saved := e.Encode(at(1).UTC(), at(1))
	want("after one that was not saved", saved, fmt.Sprintf("%v []", both))
	e.Take(a, someone(""), minutesAt(2), Live, at(2)) // while it is being saved
	e.Commit(saved, at(1).UTC())
	if e.View().Minutes != 2 {
		t.Errorf("%d minutes shown, want those of the batch", e.View().Minutes)
	}
	second := e.Encode(at(2).UTC(), at(2))
	want("one changed", second, fmt.Sprintf("[counters %s] []", keyA))
	e.Commit(second, at(2).UTC())
	e.Commit(lostBatch, at(2).UTC())
	if e.View().Minutes != 3 {
		t.Errorf("an older batch takes %d minutes back", 3-e.View().Minutes)
	}
	want("none", e.Encode(at(2).UTC(), at(2)), "[counters] []")

	e.Take(a, someone(""), minutesAt(1, 2), Live, at(3))
	want("an answer without news", e.Encode(at(3).UTC(), at(3)), "[counters] []")
	e.Close("a", NoAnswer, at(3))
	over := tombstoneKey(at(3).Unix() / 3600)
	want("closed", e.Encode(at(3).UTC(), at(3)), fmt.Sprintf("[counters %s] [%s]", over, keyA))
	closed := e.Encode(at(3).UTC(), at(3))
	e.Take(a, someone(""), minutesAt(9), Live, at(9)) // it is live again
	want("back before that is saved", e.Encode(at(9).UTC(), at(9)), fmt.Sprintf("%v []", slices.Sorted(slices.Values([]string{"counters", keyA, over}))))
	e.Commit(closed, at(9).UTC())
	want("back", e.Encode(at(9).UTC(), at(9)), fmt.Sprintf("[counters %s] []", keyA))
	e.Commit(e.Encode(at(9).UTC(), at(9)), at(9).UTC())
	meanwhile := e.Encode(at(9).UTC(), at(9))
	e.Close("b", NoAnswer, at(9))
	e.Commit(meanwhile, at(9).UTC())
	want("closed while it is being saved", e.Encode(at(9).UTC(), at(9)), fmt.Sprintf("[counters %s] [%s]", over, keyB))
	e.Commit(e.Encode(at(9).UTC(), at(9)), at(9).UTC())
	later := zoomtime.Of(at(9).UTC().AddDate(0, 0, 3))
	want("days later", e.Encode(later.UTC(), later), fmt.Sprintf("[counters] [%s]", over))
	want("and not saved", e.Encode(later.UTC(), later), fmt.Sprintf("[counters] [%s]", over))
	e.Commit(e.Encode(later.UTC(), later), later.UTC())
	want("and saved", e.Encode(later.UTC(), later), "[counters] []")
}

func TestVolatile(t *testing.T) {
	e := New(Config{Volatile: true})
	e.Take(standup, someone(""), minutesAt(1), Live, at(1))
	b := e.Encode(at(1).UTC(), at(1))
	if keysOf(b) != "[] []" {
		t.Error(keysOf(b))
	}
	if e.Commit(b, at(1).UTC()); e.View().Minutes != 1 {
		t.Error("not shown")
	}
}

// used returns an engine with state of all kinds, and its disk.
func used(t testing.TB) (*Engine, disk) {
	t.Helper()
	e, d := New(Config{}), disk{}
	e.Take(Meeting{UUID: "over", Kind: "meeting"}, someone("berlin"), minutesAt(1, 2), Past, at(4))
	e.Close("over", NoAnswer, at(5))
	e.Take(standup, someone("berlin"), minutesAt(1, 2, 70, 71), Live, at(71))
	gone := Person{ID: "2", ParticipantUUID: "u", Join: at(0), Leave: at(3)}
	e.Take(standup, gone, minutesAt(1), Live, at(71))
	e.CloseSession(standup.UUID, gone, NoBudget, at(71))
	e.Take(standup, Person{ID: "3", ParticipantUUID: "v", Join: at(0)}, minutesAt(1), Live, at(71))
	e.Take(standup, Person{ID: "4", ParticipantUUID: "v", Join: at(0)}, minutesAt(1), Past, at(71))
	e.Commit(e.Encode(at(71).UTC(), at(71)), at(71).UTC())
	b := e.Encode(at(80).UTC(), at(80))
	e.Commit(b, at(80).UTC())
	d.apply(b)
	e.meetings[standup.UUID].revision++
	d.apply(e.Encode(at(80).UTC(), at(80)))
	e.tombstones[at(5).Unix()/3600].revision++
	d.apply(e.Encode(at(80).UTC(), at(80)))
	return e, d
}

func TestRestoreIsTheSame(t *testing.T) {
	e, d := used(t)
	if len(d) != 3 {
		t.Fatalf("%v", d.keys())
	}
	f := begun(Config{}, at(99))
	if err := restore(f, d, at(99)); err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprintf("%+v", countOf(f)), fmt.Sprintf("%+v", countOf(e)); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if f.countFrom != e.countFrom {
		t.Error("the records do not decide what to count from")
	}
	for _, x := range []*Engine{e, f} {
		x.meetings[standup.UUID].revision++
		for _, g := range x.tombstones {
			g.revision++
		}
	}
	was, is := e.Encode(at(99).UTC(), at(99)), f.Encode(at(99).UTC(), at(99))
	for _, key := range d.keys() {
		if !bytes.Equal(was.Records[key], is.Records[key]) || was.Records[key] == nil {
			t.Errorf("%s: a restored engine writes another record", key)
		}
	}
}

// readDisk reads the records that an earlier version has saved.
func readDisk(t testing.TB, path string) disk {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d := disk{}
	for line := range strings.Lines(string(content)) {
		key, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if d[key], err = base64.StdEncoding.DecodeString(text); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// Label sets that were collapsed in one step stay so, and go on counting.
func TestRestoreVersion3(t *testing.T) {
	e := New(Config{MaxSets: 2, MaxHistogramSets: 2, Hold: time.Nanosecond})
	if err := restore(e, readDisk(t, "testdata/version3.txt"), at(9)); err != nil {
		t.Fatal(err)
	}
	if v := e.View(); v.Overflow != (Overflow{All: 6}) || v.HistogramOverflow != (Overflow{All: 6}) || v.total() != 10 {
		t.Errorf("restored %v", v)
	}
	p := someone("site 9")
	p.ID, p.ParticipantUUID = "9", "9"
	e.Take(standup, p, minutesAt(9), Live, at(9))
	if v := cycle(e, at(9)); v.Overflow != (Overflow{All: 7}) || len(v.Readings) != 3 {
		t.Errorf("one more: %v", v)
	}
}

// Records that end with a checksum are still read.
func TestRestoreVersion2(t *testing.T) {
	old := readDisk(t, "testdata/version2.txt")
	e, d := used(t)
	f := New(Config{})
	if err := restore(f, old, at(99)); err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprintf("%+v", countOf(f)), fmt.Sprintf("%+v", countOf(e)); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	// Unchanged records stay as they are, and still match the counters.
	old.apply(f.Encode(at(99).UTC(), at(99)))
	if key := meetingKey(standup.UUID); old[key][0] != versionWithSum || d[key][0] != version || old[countersKey][0] != version {
		t.Errorf("versions %d, %d and %d", old[key][0], d[key][0], old[countersKey][0])
	}
	if err := restore(New(Config{}), old, at(99)); err != nil {
		t.Error(err)
	}
}

func TestRestoreDamaged(t *testing.T) {
	over := tombstoneKey(at(5).Unix() / 3600)
	meeting := meetingKey(standup.UUID)
	for _, tt := range []struct {
		name  string
		spoil func(disk)
		// how many minutes before the restart count after it: of an open
		// meeting, of a closed one, of an unknown one
		open, closed, unknown int
		minutes               uint64 // kept
		says                  string
	}{
		{"nothing", func(disk) {}, 1, 0, 1, 8, ""},
		{"the counters", func(d disk) { d[countersKey] = d[countersKey][:9] }, 1, 0, 0, 0, "counters"},
		{"no counters", func(d disk) { delete(d, countersKey) }, 1, 0, 0, 0, "counters"},
		{"the meeting", func(d disk) { d[meeting][9] ^= 1 }, 0, 0, 1, 8, "meeting "},
		{"no meeting", func(d disk) { delete(d, meeting) }, 0, 0, 1, 8, "meeting "},
		{"an older record of the meeting", func(d disk) {
			e := New(Config{})
			e.Take(standup, someone(""), minutesAt(1), Live, at(1))
			d[meeting] = e.Encode(at(1).UTC(), at(1)).Records[meeting]
		}, 0, 0, 1, 8, "meeting "},
		{"a meeting not in the index", func(d disk) {
			e := New(Config{})
			e.Take(Meeting{UUID: "unknown"}, someone(""), minutesAt(1), Live, at(1))
			d[meetingKey("unknown")] = e.Encode(at(1).UTC(), at(1)).Records[meetingKey("unknown")]
		}, 1, 0, 0, 8, "meeting "},
		{"a meeting under a wrong key", func(d disk) { d[meetingPrefix+"zz"] = d[meeting] }, 1, 0, 1, 8, "meeting without a name"},
		{"the tombstones", func(d disk) { d[over][9] ^= 1 }, 1, 0, 0, 8, "2026-03-02T09:00:00Z"},
		{"no tombstones", func(d disk) { delete(d, over) }, 1, 0, 0, 8, "2026-03-02T09:00:00Z"},
		{"other tombstones", func(d disk) {
			e := New(Config{})
			e.Take(standup, someone(""), nil, Live, at(1))
			e.Close(standup.UUID, NoAnswer, at(1))
			d[over] = e.Encode(at(1).UTC(), at(1)).Records[over]
		}, 1, 0, 0, 8, "2026-03-02T09:00:00Z"},
		{"another version", func(d disk) { d[meeting][0]++ }, 0, 0, 1, 8, "meeting "},
		{"foreign records", func(d disk) { d["else"] = []byte("x") }, 1, 0, 1, 8, ""},
	} {
		_, d := used(t)
		for k, v := range d {
			d[k] = slices.Clone(v)
		}
		tt.spoil(d)
		e := New(Config{})
		err := restore(e, d, at(90))
		if (err != nil) != (tt.says != "") || err != nil && (!errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), tt.says)) {
			t.Errorf("%s: %v", tt.name, err)
		}
		if err != nil && strings.Contains(err.Error(), standup.UUID) {
			t.Errorf("%s: the error names the meeting", tt.name)
		}
		if e.minutes != tt.minutes {
			t.Errorf("%s: %d minutes, want %d", tt.name, e.minutes, tt.minutes)
		}
		minutes := minutesAt(1, 2, 70, 71, 89)
		got := [...]int{
			e.Take(standup, someone("berlin"), minutes, Live, at(90)),
			e.Take(Meeting{UUID: "over", Kind: "meeting"}, someone("berlin"), minutesAt(1, 2, 3), Past, at(90)),
			min(1, e.Take(Meeting{UUID: "unknown", Kind: "meeting"}, someone(""), minutesAt(1, 2, 3), Live, at(90))),
		}
		if got != [...]int{tt.open, tt.closed, tt.unknown} {
			t.Errorf("%s: %v counted", tt.name, got)
		}
		if n := e.Take(standup, someone("berlin"), minutesAt(91), Live, at(91)); n != 1 {
			t.Errorf("%s: counts no later minute", tt.name)
		}
		// The next save repairs the damage.
		b := e.Encode(at(91).UTC(), at(91))
		d.apply(b)
		e.Commit(b, at(91).UTC())
		again := New(Config{})
		if err := restore(again, d, at(92)); err != nil {
			t.Errorf("%s: after a save: %v", tt.name, err)
		}
		if n := again.Take(standup, someone("berlin"), minutes, Live, at(92)); n != 0 {
			t.Errorf("%s: %d counted again after a restart", tt.name, n)
		}
	}
}

// A damaged store starts empty while the engine, which has saved the meetings that
// its counters include, continues.
func TestStoreThatStartsEmpty(t *testing.T) {
	e, d := begun(Config{}, at(0)), disk{}
	e.Take(standup, someone("berlin"), minutesAt(1, 2), Live, at(2))
	saved := e.Encode(at(2).UTC(), at(2))
	e.Commit(saved, at(2).UTC())
	e.Take(Meeting{UUID: "other", Kind: "meeting"}, someone("berlin"), minutesAt(3), Live, at(3))
	d.apply(e.Encode(at(3).UTC(), at(3)))
	again := New(Config{})
	if err := restore(again, d, at(10)); !errors.Is(err, ErrDamaged) || again.minutes != 3 {
		t.Errorf("%d minutes (%v), want 3 and that a meeting is missing", again.minutes, err)
	}
	if n := again.Take(standup, someone("berlin"), minutesAt(1, 2, 9, 11), Live, at(11)); n != 1 {
		t.Errorf("%d minutes of the missing meeting counted, want the one since the restart", n)
	}
}

func TestRestoreUnderAnotherConfiguration(t *testing.T) {
	_, d := used(t)
	e := New(Config{Dimensions: []Dimension{OS}, HistogramDimensions: []Dimension{Site}})
	if err := restore(e, d, at(90)); err != nil {
		t.Fatal(err)
	}
	if len(e.View().Readings) != 0 || len(e.View().Histograms) == 0 || e.minutes != 8 {
		t.Errorf("%+v", e.View())
	}
	if n := e.Take(standup, someone("berlin"), minutesAt(1, 2, 3), Live, at(90)); n != 1 {
		t.Errorf("counted %d, want only the new one", n)
	}
}

func FuzzRestore(f *testing.F) {
	_, d := used(f)
	strip := func(b []byte) []byte { return b[1:] }
	f.Add(strip(d[countersKey]), strip(d[meetingKey(standup.UUID)]), strip(d[tombstoneKey(at(5).Unix()/3600)]))
	f.Add([]byte{kindCounters}, []byte{kindMeeting}, []byte{kindTombstones})
	f.Fuzz(func(t *testing.T, counters, meeting, over []byte) {
		seal := func(content []byte) []byte { return append([]byte{version}, content...) }
		d := disk{countersKey: seal(counters), tombstoneKey(1): seal(over)}
		key := meetingKey("x")
		if m, err := decodeMeeting(seal(meeting), New(Config{}).labels, 0); err == nil {
			key = meetingKey(m.uuid)
		}
		d[key] = seal(meeting)
		if _, _, err := decodeCounters(d[countersKey]); err != nil {
			delete(d, countersKey) // else its index would exclude the others
		}
		e := New(Config{})
		if err := restore(e, d, at(90)); err != nil && !errors.Is(err, ErrDamaged) {
			t.Fatal(err)
		}
		e.Take(standup, someone("berlin"), minutesAt(1, 91), Live, at(91))
		for _, m := range e.Open() {
			e.Take(Meeting{UUID: m.UUID}, someone("berlin"), minutesAt(1, 91), Past, at(91))
			if len(m.UUID)%2 == 0 {
				e.Close(m.UUID, NoAnswer, at(92))
			}
		}
		b := e.Encode(at(92).UTC(), at(92))
		e.Commit(b, at(92).UTC())
		saved := disk{}
		for _, m := range e.meetings {
			m.revision++
		}
		for _, g := range e.tombstones {
			g.revision++
		}
		saved.apply(e.Encode(at(92).UTC(), at(92)))
		again := New(Config{})
		if err := restore(again, saved, at(93)); err != nil {
			t.Fatalf("what was encoded does not decode: %v", err)
		}
		if again.minutes != e.minutes || len(again.meetings) != len(e.meetings) {
			t.Fatalf("%d minutes of %d meetings, want %d of %d", again.minutes, len(again.meetings), e.minutes, len(e.meetings))
		}
	})
}

func FuzzRecords(f *testing.F) {
	_, d := used(f)
	for _, saved := range []disk{d, readDisk(f, "testdata/version2.txt"), readDisk(f, "testdata/version3.txt")} {
		for _, key := range saved.keys() {
			f.Add(key, saved[key])
		}
	}
	f.Fuzz(func(t *testing.T, key string, record []byte) {
		e := New(Config{})
		if err := restore(e, map[string][]byte{key: record}, at(90)); err != nil && !errors.Is(err, ErrDamaged) {
			t.Fatal(err)
		}
		e.Encode(at(91).UTC(), at(91))
	})
}
