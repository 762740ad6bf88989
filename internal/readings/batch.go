package readings

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// The keys of the records.
const (
	countersKey     = "counters"
	meetingPrefix   = "meeting/"
	tombstonePrefix = "over/"
)

// meetingKey has the hash of the UUID, as a UUID may contain any character.
func meetingKey(uuid string) string { return meetingPrefix + fmt.Sprintf("%016x", hash(uuid)) }

func tombstoneKey(hour int64) string { return tombstonePrefix + strconv.FormatInt(hour, 10) }

// Batch is what has to be saved, all or nothing, before Commit. It includes all
// changes since the newest batch that was committed, so one that cannot be saved
// may be dropped. Records that change while it is saved are in the next one.
type Batch struct {
	// Put has the records to write by their keys, Delete the keys of those to
	// remove.
	Put    map[string][]byte
	Delete []string

	number     uint64 // of the Encode
	view       *View  // to show once it is saved
	meetings   []savedMeeting
	tombstones []savedHour
}

type savedMeeting struct {
	meeting            *meeting
	revision, checksum uint64
}

type savedHour struct {
	hour               *hourOfTombstones
	revision, checksum uint64
}

// Encode returns a batch of what changed since the last one that was committed.
// In it new label sets rise from the 0 that has been shown for long enough. The
// time is now by our clock, as Shown's is, and zoomNow by Zoom's.
func (e *Engine) Encode(now time.Time, zoomNow zoomtime.Time) *Batch {
	e.encodes++
	e.tidy(now, zoomNow)
	b := &Batch{Put: make(map[string][]byte), number: e.encodes, view: e.newView()}
	if e.config.Volatile {
		return b
	}
	idx := index{make(map[uint64]uint64, len(e.meetings)), make(map[int64]uint64, len(e.tombstones))}
	for _, m := range e.meetings {
		sum := m.checksum
		if m.revision != m.saved {
			b.Put[meetingKey(m.uuid)], sum = m.encode()
			b.meetings = append(b.meetings, savedMeeting{m, m.revision, sum})
		}
		idx.meetings[hash(m.uuid)] = sum
	}
	for at, hour := range e.tombstones {
		sum := hour.checksum
		if hour.revision != hour.saved {
			b.Put[tombstoneKey(at)], sum = hour.encode()
			b.tombstones = append(b.tombstones, savedHour{hour, hour.revision, sum})
		}
		idx.over[at] = sum
	}
	b.Put[countersKey], _ = (&counters{e.countFrom, e.lost, e.minutes, e.tallies, e.figures, e.lengths, idx}).encode()
	for _, key := range slices.Sorted(maps.Keys(e.deletes)) {
		if b.Put[key] == nil {
			b.Delete = append(b.Delete, key)
		}
	}
	return b
}

// tidy releases the label sets that were held at 0, and drops idle ones and old
// tombstones.
func (e *Engine) tidy(now time.Time, zoomNow zoomtime.Time) {
	e.tallies.release(now, e.config.Hold)
	e.figures.release(now, e.config.Hold)
	e.lengths.release(now, e.config.Hold)
	day := dayOf(zoomNow)
	swept := e.tallies.sweep(day)
	swept = e.figures.sweep(day) || swept
	swept = e.lengths.sweep(day) || swept
	if swept {
		e.generation++
	}
	for hour := range e.tombstones {
		if hour < hourOf(zoomNow)-retention {
			delete(e.tombstones, hour)
			e.deletes[tombstoneKey(hour)] = e.encodes - 1
		}
	}
}

// Commit shows a batch. Call it after the batch has been saved, and only then. A
// batch older than the newest that was committed is ignored.
func (e *Engine) Commit(b *Batch) {
	if b.number <= e.commits {
		return
	}
	e.commits, e.view = b.number, b.view
	for _, s := range b.meetings {
		s.meeting.saved, s.meeting.checksum = s.revision, s.checksum
	}
	for _, s := range b.tombstones {
		s.hour.saved, s.hour.checksum = s.revision, s.checksum
	}
	for key, before := range e.deletes {
		if before < b.number {
			delete(e.deletes, key)
		}
	}
}

// Withhold shows only the recent readings of a batch that could not be saved, as
// they are no counters.
func (e *Engine) Withhold(b *Batch) {
	if b.number <= e.commits {
		return
	}
	v := *e.view
	v.recent = b.view.recent
	e.view = &v
}
