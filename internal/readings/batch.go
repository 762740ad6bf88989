package readings

import (
	"fmt"
	"strconv"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// The keys of the records.
const (
	countersKey     = "counters"
	meetingPrefix   = "meeting/"
	tombstonePrefix = "over/" // as saved by earlier versions
)

// meetingKey has the hash of the UUID, as a UUID may contain any character.
func meetingKey(uuid string) string { return meetingPrefix + fmt.Sprintf("%016x", hash(uuid)) }

func tombstoneKey(hour int64) string { return tombstonePrefix + strconv.FormatInt(hour, 10) }

// Batch is what has to be saved, all or nothing, before Commit. It includes all
// changes since the newest batch that was committed, so one that cannot be saved
// may be dropped. Records that change while it is saved are in the next one.
type Batch struct {
	// Records has the records to write by their keys; nil ones are to be removed.
	Records map[string][]byte

	number  uint64 // of the Encode
	view    *View  // to show once it is saved
	written map[*saved]saved
	unshown []*time.Time // the shownAt of label sets that view is the first to show
}

// saved is the state of a record. Every change of its content increases revision.
// Commit sets committed to the revision that was saved, so that committed is at
// most revision, and the record is in the next batch unless they are equal.
type saved struct {
	revision, committed uint64
	fingerprint         uint64 // of the record that was committed
}

func (s *saved) changed() bool { return s.revision != s.committed }

// put adds a record that has changed and returns its fingerprint.
func (b *Batch) put(key string, s *saved, record []byte) uint64 {
	sum := fingerprint(record)
	b.Records[key] = record
	b.written[s] = saved{s.revision, s.revision, sum}
	return sum
}

// Encode returns a batch of what changed since the last one that was committed.
// In it new label sets rise from the 0 that has been shown for long enough. The
// time is now by our clock, as Commit's is, and zoomNow by Zoom's.
func (e *Engine) Encode(now time.Time, zoomNow zoomtime.Time) *Batch {
	e.encodes++
	unshown := e.tidy(now, zoomNow)
	b := &Batch{Records: make(map[string][]byte), number: e.encodes, view: e.newView(), written: make(map[*saved]saved), unshown: unshown}
	if e.config.Volatile {
		return b
	}
	idx := index{make(map[uint64]uint64, len(e.meetings)), make(map[int64]uint64, len(e.tombstones))}
	for _, m := range e.meetings {
		sum := m.fingerprint
		if m.changed() {
			sum = b.put(meetingKey(m.uuid), &m.saved, m.encode())
		}
		idx.meetings[hash(m.uuid)] = sum
	}
	for at, hour := range e.tombstones {
		sum := hour.fingerprint
		if hour.changed() {
			sum = b.put(tombstoneKey(at), &hour.saved, hour.encode())
		}
		idx.tombstones[at] = sum
	}
	b.Records[countersKey] = (&counters{e.countFrom, e.lost, e.minutes, e.tallies, e.figures, e.lengths, idx}).encode()
	for key := range e.deletes {
		if b.Records[key] == nil {
			b.Records[key] = nil
		}
	}
	return b
}

// tidy releases the label sets that were held at 0, and drops idle ones and old
// tombstones. It returns the shownAt of the label sets that were not shown yet.
func (e *Engine) tidy(now time.Time, zoomNow zoomtime.Time) (unshown []*time.Time) {
	hold, day := e.config.Hold, dayOf(zoomNow)
	swept := e.tallies.tidy(now, hold, day, &unshown)
	swept = e.figures.tidy(now, hold, day, &unshown) || swept
	swept = e.lengths.tidy(now, hold, day, &unshown) || swept
	if swept {
		e.generation++
	}
	for hour := range e.tombstones {
		if hour < hourOf(zoomNow)-retention {
			delete(e.tombstones, hour)
			e.deletes[tombstoneKey(hour)] = e.encodes - 1
		}
	}
	return unshown
}

// Commit shows a batch from now on, by our clock. Call it after the batch has been
// saved, and only then. A batch older than the newest that was committed is ignored.
func (e *Engine) Commit(b *Batch, now time.Time) {
	if b.number <= e.commits {
		return
	}
	e.commits, e.view = b.number, b.view
	for s, written := range b.written {
		s.committed, s.fingerprint = written.committed, written.fingerprint
	}
	for _, shownAt := range b.unshown {
		if shownAt.IsZero() {
			*shownAt = now
		}
	}
	for key, before := range e.deletes {
		if before < b.number {
			delete(e.deletes, key)
		}
	}
}
