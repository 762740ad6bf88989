package readings

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// Restore continues from records that were saved. Call it on an engine that has
// counted nothing, before Begin. Its errors, joined, wrap ErrDamaged and say
// what is unavailable; the engine goes on without it and counts nothing twice.
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
		case strings.HasPrefix(key, tombstonePrefix):
			r.tombstones(key, records[key])
		}
	}
	r.reportMissing()
	e.view = e.newView()
	return errors.Join(r.errs...)
}

// damaged is what Restore could not read.
type damaged struct {
	meetings []uint64 // by the hash of the UUID
	others   bool     // meetings that are not known by name
}

// Begin sets when the process began, by Zoom's clock. Call it once, when the
// first answer has told the time there, before anything is taken or encoded.
// Minutes before it do not count unless there are records, which know better. If
// records were damaged, no earlier minute counts of the meetings concerned.
func (e *Engine) Begin(at zoomtime.Time) {
	if !e.restored {
		e.countFrom = minuteFrom(at)
	}
	if e.damaged.others {
		e.countFrom = max(e.countFrom, minuteOf(at)+1)
	}
	for _, uuid := range e.damaged.meetings {
		e.tombstones.add(uuid, at)
	}
	e.damaged = damaged{}
}

// restoration is a Restore in progress. Its index has the records that are still
// missing.
type restoration struct {
	*Engine
	index    index
	verified bool // there is an index to compare records with
	errs     []error
}

func (r *restoration) fail(what string) {
	r.errs = append(r.errs, fmt.Errorf("counted readings: %s: %w; counting continues without it", what, ErrDamaged))
}

func (r *restoration) counters(record []byte) {
	c, sameBounds, err := decodeCounters(record)
	if err != nil {
		r.fail("the counters, which start at 0")
		r.damaged.others = true
		return
	}
	r.restored, r.countFrom, r.lost, r.minutes = true, c.countFrom, c.lost, c.minutes
	adopt(&r.tallies, c.tallies)
	if sameBounds {
		adopt(&r.Engine.figures, c.figures)
		adopt(&r.lengths, c.lengths)
	}
	r.index, r.verified = c.index, true
}

func (r *restoration) meeting(key string, record []byte) {
	m, err := decodeMeeting(record, r.labels, r.wanted)
	if err == nil && meetingKey(m.uuid) == key {
		if sum, ok := r.index.meetings[hash(m.uuid)]; !r.verified || ok && sum == m.fingerprint {
			delete(r.index.meetings, hash(m.uuid))
			r.meetings[m.uuid] = m
			return
		}
	}
	r.deletes[key] = r.encodes
	uuid, err := strconv.ParseUint(strings.TrimPrefix(key, meetingPrefix), 16, 64)
	if err != nil {
		r.fail("a meeting without a name")
		return
	}
	r.index.meetings[uuid] = 0
}

func (r *restoration) tombstones(key string, record []byte) {
	t, err := decodeTombstones(record)
	hour, err2 := strconv.ParseInt(strings.TrimPrefix(key, tombstonePrefix), 10, 64)
	if sum, ok := r.index.tombstones[hour]; err == nil && err2 == nil && (!r.verified || ok && sum == t.fingerprint) {
		delete(r.index.tombstones, hour)
		r.Engine.tombstones[hour] = t
		return
	}
	r.deletes[key] = r.encodes
	r.index.tombstones[hour] = 0
}

// reportMissing ensures that nothing of the missing records is counted again.
func (r *restoration) reportMissing() {
	for _, uuid := range slices.Sorted(maps.Keys(r.index.meetings)) {
		r.fail(fmt.Sprintf("meeting %016x", uuid))
		r.damaged.meetings = append(r.damaged.meetings, uuid)
	}
	for _, hour := range slices.Sorted(maps.Keys(r.index.tombstones)) {
		r.fail(fmt.Sprintf("the meetings that ended in the hour of %s", zoomtime.Unix(hour*3600)))
		r.damaged.others = true
	}
}
