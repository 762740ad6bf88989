package readings

import (
	"encoding/binary"
	"errors"
	"hash/crc64"
	"maps"
	"slices"
)

// ErrDamaged means that a record is missing, from another time, or of another
// version.
var ErrDamaged = errors.New("damaged record")

// A record has its version, its kind and its content. The store checks its
// integrity; records of version 2 ended with a checksum of their own. Up to version
// 3 label sets collapsed in one step, and meetings had recent readings.
const (
	version = 4

	versionOneStep    = 3
	versionWithRecent = 3
	versionWithSum    = 2
	sumBytes          = 8

	kindCounters   = 'c'
	kindMeeting    = 'm'
	kindTombstones = 'o'
)

var crc = crc64.MakeTable(crc64.ECMA)

// writer builds a record.
type writer struct{ b []byte }

func newWriter(kind byte) *writer { return &writer{[]byte{version, kind}} }

func (w *writer) uint(v uint64)  { w.b = binary.AppendUvarint(w.b, v) }
func (w *writer) int(v int64)    { w.b = binary.AppendVarint(w.b, v) }
func (w *writer) fixed(v uint64) { w.b = binary.BigEndian.AppendUint64(w.b, v) }
func (w *writer) bool(v bool) {
	if v {
		w.b = append(w.b, 1)
	} else {
		w.b = append(w.b, 0)
	}
}

func (w *writer) text(s string) {
	w.uint(uint64(len(s)))
	w.b = append(w.b, s...)
}

// withoutSum returns a record without the checksum of version 2.
func withoutSum(record []byte) []byte {
	if len(record) > sumBytes && record[0] == versionWithSum {
		return record[:len(record)-sumBytes]
	}
	return record
}

// fingerprint returns the checksum of a record for the index.
func fingerprint(record []byte) uint64 { return crc64.Checksum(withoutSum(record), crc) }

// reader reads a record; after its first error it returns zeros.
type reader struct {
	version byte
	b       []byte
	err     error
}

// newReader checks a record's version and kind.
func newReader(record []byte, kind byte) *reader {
	content := withoutSum(record)
	if len(content) < 2 || content[0] < versionWithSum || content[0] > version || content[1] != kind {
		return &reader{err: ErrDamaged}
	}
	return &reader{version: content[0], b: content[2:]}
}

func (r *reader) fail() { r.err, r.b = ErrDamaged, nil }

func (r *reader) check(ok bool) {
	if !ok {
		r.fail()
	}
}

func (r *reader) uint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) int() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

// below reads an integer from 0 to limit-1.
func (r *reader) below(limit uint64) int {
	v := r.uint()
	if v >= limit {
		r.fail()
		return 0
	}
	return int(v)
}

// instant reads a number of seconds, or minutes, since 1970.
func (r *reader) instant() int64 {
	v := r.int()
	if v < -1<<40 || v > 1<<40 {
		r.fail()
		return 0
	}
	return v
}

// count reads the number of items that follow, each of at least one byte, so
// that a damaged number cannot reserve memory.
func (r *reader) count() int { return r.below(uint64(len(r.b)) + 1) }

func (r *reader) fixed() uint64 {
	if len(r.b) < 8 {
		r.fail()
		return 0
	}
	v := binary.BigEndian.Uint64(r.b)
	r.b = r.b[8:]
	return v
}

func (r *reader) bool() bool { return r.below(2) == 1 }

func (r *reader) text() string {
	n := r.count()
	if n > len(r.b) { // the length itself has taken bytes
		r.fail()
		return ""
	}
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

// end returns the error of the record, which must have been read completely.
func (r *reader) end() error {
	r.check(r.err == nil && len(r.b) == 0)
	return r.err
}

func (w *writer) values(v *values) {
	for _, s := range v {
		w.text(s)
	}
}

func (r *reader) values() (v values) {
	for i := range v {
		v[i] = r.text()
	}
	return v
}

func (t *hourOfTombstones) encode() []byte {
	w := newWriter(kindTombstones)
	w.uint(uint64(len(t.floors)))
	for _, uuid := range slices.Sorted(maps.Keys(t.floors)) {
		w.fixed(uuid)
		w.int(int64(t.floors[uuid]))
	}
	return w.b
}

func decodeTombstones(record []byte) (*hourOfTombstones, error) {
	r := newReader(record, kindTombstones)
	t := &hourOfTombstones{floors: make(map[uint64]minute), saved: saved{fingerprint: fingerprint(record)}}
	for range r.count() {
		uuid := r.fixed()
		t.floors[uuid] = minute(r.instant())
	}
	return t, r.end()
}
