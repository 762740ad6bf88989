package readings

import (
	"maps"
	"math"
	"slices"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
)

// index has the fingerprints of all other records that count, as they were when the
// counters were saved. A record that does not match is from another time: a damaged
// store starts empty while the engine continues, a store that could not be opened
// at the start may have an earlier process's records, and a disk may lose confirmed
// writes. Counters without the meetings that they include would count those again.
type index struct {
	meetings   map[uint64]uint64 // by the hash of the UUID
	tombstones map[int64]uint64  // by the hour
}

// counters is the content of the counters' record.
type counters struct {
	countFrom minute
	lost      [reasons]uint64
	minutes   uint64
	tallies   table[tally]
	figures   table[figures]
	lengths   table[histogram]
	index     index
}

func (c *counters) encode() []byte {
	w := newWriter(kindCounters)
	w.int(int64(c.countFrom))
	for _, n := range c.lost {
		w.uint(n)
	}
	w.uint(c.minutes)
	w.fixed(boundsHash())
	encodeTable(w, &c.tallies, func(t *tally) {
		for i := range t.readings {
			w.uint(t.readings[i])
			w.uint(t.sessions[i])
		}
	})
	encodeTable(w, &c.figures, func(f *figures) {
		f.latency.encode(w)
		f.jitter.encode(w)
		f.loss.encode(w)
	})
	encodeTable(w, &c.lengths, func(h *histogram) { h.encode(w) })
	w.uint(uint64(len(c.index.meetings)))
	for _, uuid := range slices.Sorted(maps.Keys(c.index.meetings)) {
		w.fixed(uuid)
		w.fixed(c.index.meetings[uuid])
	}
	w.uint(uint64(len(c.index.tombstones)))
	for _, hour := range slices.Sorted(maps.Keys(c.index.tombstones)) {
		w.int(hour)
		w.fixed(c.index.tombstones[hour])
	}
	return w.b
}

// decodeCounters reads the counters; sameBounds says whether the histograms
// have the present bounds.
func decodeCounters(record []byte) (c *counters, sameBounds bool, err error) {
	r := newReader(record, kindCounters)
	c = &counters{
		countFrom: minute(r.instant()),
		index:     index{make(map[uint64]uint64), make(map[int64]uint64)},
	}
	for i := range c.lost {
		c.lost[i] = r.uint()
	}
	c.minutes = r.uint()
	sameBounds = r.fixed() == boundsHash()
	c.tallies = decodeTable(r, func(t *tally) {
		for i := range t.readings {
			t.readings[i], t.sessions[i] = r.uint(), r.uint()
		}
	})
	c.figures = decodeTable(r, func(f *figures) {
		f.latency.decode(r)
		f.jitter.decode(r)
		f.loss.decode(r)
	})
	c.lengths = decodeTable(r, func(h *histogram) { h.decode(r) })
	for range r.count() {
		uuid := r.fixed()
		c.index.meetings[uuid] = r.fixed()
	}
	for range r.count() {
		hour := r.instant()
		c.index.tombstones[hour] = r.fixed()
	}
	return c, sameBounds, r.end()
}

func encodeTable[T any](w *writer, t *table[T], encode func(*T)) {
	w.uint(uint64(t.mask))
	w.uint(t.overflow[collapsedNetwork])
	w.uint(t.overflow[collapsedAll])
	w.uint(uint64(len(t.entries)))
	for _, e := range t.entries {
		w.text(e.kind)
		w.int(int64(e.stream))
		w.values(&e.values)
		w.uint(uint64(e.collapse))
		w.bool(e.released)
		w.int(e.used)
		encode(&e.data)
	}
}

func decodeTable[T any](r *reader, decode func(*T)) table[T] {
	t := newTable[T](mask(r.below(1<<dimensions)), 0)
	if r.version > versionOneStep {
		t.overflow[collapsedNetwork] = r.uint()
	}
	t.overflow[collapsedAll] = r.uint()
	for range r.count() {
		e := &entry[T]{}
		e.kind = r.text()
		stream := r.int()
		e.stream = int8(max(-1, min(stream, qos.Streams)))
		e.values = r.values()
		e.collapse, e.released, e.used = r.collapse(), r.bool(), r.instant()
		decode(&e.data)
		r.check(r.err == nil && stream >= -1 && stream < qos.Streams && t.byKey[e.key] == nil)
		if r.err != nil {
			break
		}
		t.add(e)
	}
	return t
}

func (r *reader) collapse() collapse {
	if r.version > versionOneStep {
		return collapse(r.below(uint64(collapses)))
	}
	if r.bool() {
		return collapsedAll
	}
	return collapsedNone
}

func (h *histogram) encode(w *writer) {
	for _, n := range h.buckets {
		w.uint(n)
	}
	w.uint(h.micros)
}

func (h *histogram) decode(r *reader) {
	for i := range h.buckets {
		h.buckets[i] = r.uint()
	}
	h.micros = r.uint()
}

// boundsHash changes with the bounds, without which buckets mean nothing.
func boundsHash() uint64 {
	var all writer
	for _, list := range [...][]float64{latencyBounds, jitterBounds, lossBounds, lengthBounds} {
		for _, b := range list {
			all.fixed(math.Float64bits(b))
		}
	}
	return hash(string(all.b))
}

// adopt continues with restored entries, if they have the present labels.
func adopt[T any](now *table[T], then table[T]) {
	if now.mask == then.mask {
		then.limit = now.limit
		*now = then
	}
}
