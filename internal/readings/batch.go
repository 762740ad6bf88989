package readings

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

const (
	countersKey   = "counters"
	meetingPrefix = "meeting/"
	overPrefix    = "over/"
)

// meetingKey does not tell the UUID, which may hold any character.
func meetingKey(uuid string) string { return meetingPrefix + fmt.Sprintf("%016x", hash(uuid)) }

func overKey(hour int64) string { return overPrefix + strconv.FormatInt(hour, 10) }

// Batch is what has to be saved, all or nothing, before Commit.
type Batch struct {
	// Records are the records to write by their keys; nil is one to remove.
	Records map[string][]byte

	number   uint64 // of the Encode
	view     *View
	meetings []savedMeeting
	over     []savedGraves
}

type savedMeeting struct {
	meeting               *meeting
	revision, fingerprint uint64
}

type savedGraves struct {
	graves                *graves
	revision, fingerprint uint64
}

// Encode gives what has changed since the last batch that was committed, and
// prepares to show it. New label sets whose 0 has been shown for long enough
// are lifted: now is by our clock, as Shown's is, zoomNow the same by Zoom's.
func (e *Engine) Encode(now time.Time, zoomNow zoomtime.Time) *Batch {
	e.encodes++
	e.tidy(now, zoomNow)
	b := &Batch{Records: make(map[string][]byte), number: e.encodes, view: e.look()}
	if e.config.Volatile {
		return b
	}
	idx := index{make(map[uint64]uint64, len(e.meetings)), make(map[int64]uint64, len(e.over))}
	for _, m := range e.meetings {
		sum := m.fingerprint
		if m.revision != m.saved {
			record := m.encode()
			b.Records[meetingKey(m.uuid)], sum = record, fingerprint(record)
			b.meetings = append(b.meetings, savedMeeting{m, m.revision, sum})
		}
		idx.meetings[hash(m.uuid)] = sum
	}
	for hour, g := range e.over {
		sum := g.fingerprint
		if g.revision != g.saved {
			record := g.encode()
			b.Records[overKey(hour)], sum = record, fingerprint(record)
			b.over = append(b.over, savedGraves{g, g.revision, sum})
		}
		idx.over[hour] = sum
	}
	b.Records[countersKey] = (&counters{e.countFrom, e.lost, e.minutes, e.tallies, e.figures, e.lengths, idx}).encode()
	for key := range e.deletes {
		if b.Records[key] == nil {
			b.Records[key] = nil
		}
	}
	return b
}

// tidy lifts what was held, and forgets what was idle or over for long.
func (e *Engine) tidy(now time.Time, zoomNow zoomtime.Time) {
	e.tallies.release(now, e.config.Hold)
	e.figures.release(now, e.config.Hold)
	e.lengths.release(now, e.config.Hold)
	day := zoomNow.Unix() / 86400
	swept := e.tallies.sweep(day)
	swept = e.figures.sweep(day) || swept
	swept = e.lengths.sweep(day) || swept
	if swept {
		e.generation++
	}
	for hour := range e.over {
		if hour < zoomNow.Unix()/3600-buried {
			delete(e.over, hour)
			e.deletes[overKey(hour)] = e.encodes - 1
		}
	}
}

// Commit shows what a batch holds. Call it after the batch has been saved, and
// never if it has not. A batch older than one committed already is ignored.
func (e *Engine) Commit(b *Batch) {
	if b.number <= e.commits {
		return
	}
	e.commits, e.view = b.number, b.view
	for _, s := range b.meetings {
		s.meeting.saved, s.meeting.fingerprint = s.revision, s.fingerprint
	}
	for _, s := range b.over {
		s.graves.saved, s.graves.fingerprint = s.revision, s.fingerprint
	}
	for key, before := range e.deletes {
		if before < b.number {
			delete(e.deletes, key)
		}
	}
}

// Withhold shows of a batch that could not be saved what is no counter: the
// recent readings.
func (e *Engine) Withhold(b *Batch) {
	if b.number <= e.commits {
		return
	}
	v := *e.view
	v.recent = b.view.recent
	e.view = &v
}

// Restore takes up from records that were saved. It is for an engine that has
// counted nothing, before Begin. Its errors, joined, wrap ErrDamaged and say
// what could not be had; the engine goes on without it and counts nothing twice.
func (e *Engine) Restore(records map[string][]byte) error {
	if len(records) == 0 {
		return nil
	}
	r := restoration{Engine: e, index: index{make(map[uint64]uint64), make(map[int64]uint64)}}
	r.counters(records[countersKey])
	for _, key := range slices.Sorted(maps.Keys(records)) {
		switch {
		case strings.HasPrefix(key, meetingPrefix):
			r.meeting(key, records[key])
		case strings.HasPrefix(key, overPrefix):
			r.graves(key, records[key])
		}
	}
	r.mourn()
	e.view = e.look()
	return errors.Join(r.errs...)
}

// damaged is what Restore could not take up.
type damaged struct {
	meetings []uint64 // by the hash of the UUID
	earlier  bool     // of which other meetings is not known
}

// Begin says when the process began, by Zoom's clock: call it once, when the
// first answer has told that, before anything is taken or encoded. Minutes
// before it do not count, unless there are records, which know better; of what
// was damaged in them no minute before it counts again.
func (e *Engine) Begin(at zoomtime.Time) {
	if !e.restored {
		e.countFrom = minuteFrom(at)
	}
	if e.damaged.earlier {
		e.countFrom = max(e.countFrom, minuteOf(at)+1)
	}
	for _, uuid := range e.damaged.meetings {
		e.over.bury(uuid, at)
	}
	e.damaged = damaged{}
}

// restoration is a Restore under way.
type restoration struct {
	*Engine
	index   index
	vouched bool // there is an index
	errs    []error
}

func (r *restoration) fail(what string) {
	r.errs = append(r.errs, fmt.Errorf("counted readings: %s: %w; counting on without it", what, ErrDamaged))
}

func (r *restoration) counters(record []byte) {
	c, sameBounds, err := decodeCounters(record)
	if err != nil {
		r.fail("the counters, which start at 0")
		r.damaged.earlier = true
		return
	}
	r.restored, r.countFrom, r.lost, r.minutes = true, c.countFrom, c.lost, c.minutes
	adopt(&r.tallies, c.tallies)
	if sameBounds {
		adopt(&r.Engine.figures, c.figures)
		adopt(&r.lengths, c.lengths)
	}
	r.index, r.vouched = c.index, true
}

func (r *restoration) meeting(key string, record []byte) {
	m, err := decodeMeeting(record, r.labels, r.wanted)
	if err == nil && meetingKey(m.uuid) == key {
		if sum, ok := r.index.meetings[hash(m.uuid)]; !r.vouched || ok && sum == m.fingerprint {
			delete(r.index.meetings, hash(m.uuid))
			r.meetings[m.uuid] = m
			return
		}
	}
	r.deletes[key] = r.encodes
	uuid, err := strconv.ParseUint(strings.TrimPrefix(key, meetingPrefix), 16, 64)
	if err != nil {
		r.fail("a meeting of no name")
		return
	}
	r.index.meetings[uuid] = 0 // mourn tells
}

func (r *restoration) graves(key string, record []byte) {
	g, err := decodeGraves(record)
	hour, err2 := strconv.ParseInt(strings.TrimPrefix(key, overPrefix), 10, 64)
	if sum, ok := r.index.over[hour]; err == nil && err2 == nil && (!r.vouched || ok && sum == g.fingerprint) {
		delete(r.index.over, hour)
		r.over[hour] = g
		return
	}
	r.deletes[key] = r.encodes
	r.index.over[hour] = 0 // mourn tells
}

// mourn makes sure that what is missing is not counted again.
func (r *restoration) mourn() {
	for _, uuid := range slices.Sorted(maps.Keys(r.index.meetings)) {
		r.fail(fmt.Sprintf("meeting %016x", uuid))
		r.damaged.meetings = append(r.damaged.meetings, uuid)
	}
	for _, hour := range slices.Sorted(maps.Keys(r.index.over)) {
		r.fail(fmt.Sprintf("the meetings that ended in the hour of %s", zoomtime.Unix(hour*3600)))
		r.damaged.earlier = true
	}
}
