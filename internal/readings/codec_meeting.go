package readings

import "github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"

func (m *meeting) encode() []byte {
	w := newWriter(kindMeeting)
	w.text(m.uuid)
	w.text(m.kind)
	w.text(m.department)
	w.int(m.end)
	w.int(int64(m.floor))
	u := &m.unmet
	for _, v := range [...]int64{int64(u.first), u.people, u.limit, u.beyond} {
		w.int(v)
	}

	numbers := make(map[*labels]uint64) // from 1; 0 is none
	var inOrder []*labels
	for _, s := range m.sessions {
		if s.labels != nil && numbers[s.labels] == 0 {
			inOrder = append(inOrder, s.labels)
			numbers[s.labels] = uint64(len(inOrder))
		}
	}
	w.uint(uint64(len(inOrder)))
	for _, l := range inOrder {
		w.values(&l.key.values)
	}
	w.uint(uint64(len(m.sessions)))
	for _, s := range m.sessions {
		w.uint(numbers[s.labels])
		s.encode(w)
	}
	return w.b
}

// decodeMeeting reads a meeting. find returns the labels for label values.
func decodeMeeting(record []byte, find func(key) *labels, wanted mask) (*meeting, error) {
	r := newReader(record, kindMeeting)
	m := &meeting{
		uuid: r.text(), kind: r.text(), department: r.text(),
		end: r.instant(), floor: minute(r.instant()),
		byID: make(map[uint64]*session), byUUID: make(map[uint64]*session),
		saved: saved{fingerprint: fingerprint(record)},
	}
	u := &m.unmet
	u.first, u.people, u.limit, u.beyond = minute(r.instant()), r.instant(), r.instant(), r.instant()
	r.check(u.people >= 0 && u.limit >= 0 && u.beyond >= 0)
	if r.version <= versionWithRecent {
		r.skipRecent()
	}
	all := make([]*labels, 1, 8)
	for range r.count() {
		if v := r.values(); r.err == nil {
			all = append(all, find(key{kind: m.kind, stream: -1, values: v.only(wanted)}))
		}
	}
	for range r.count() {
		s := &session{labels: all[r.below(uint64(len(all)))]}
		s.decode(r)
		r.check(r.err == nil && (s.labels != nil) == (s.state != closed))
		if r.err != nil {
			break
		}
		m.enter(s)
	}
	return m, r.end()
}

func (s *session) encode(w *writer) {
	w.fixed(s.id)
	w.fixed(s.alias)
	w.fixed(s.uuid)
	w.int(s.join)
	w.int(s.leave)
	w.int(int64(s.floor))
	w.int(int64(s.expect))
	w.uint(uint64(s.state))
	w.int(int64(s.seen.base / 64))
	w.uint(uint64(len(s.seen.words)))
	for _, word := range s.seen.words {
		w.fixed(word)
	}
	w.uint(uint64(len(s.sums)))
	for i := range s.sums {
		sum := &s.sums[i]
		w.uint(uint64(sum.stream))
		w.bool(sum.given)
		for _, v := range [...]uint64{sum.latency, uint64(sum.latencies), sum.jitter, uint64(sum.jitters), sum.loss, uint64(sum.lost)} {
			w.uint(v)
		}
	}
}

func (s *session) decode(r *reader) {
	s.id, s.alias, s.uuid = r.fixed(), r.fixed(), r.fixed()
	s.join, s.leave = r.instant(), r.instant()
	s.floor, s.expect = minute(r.instant()), minute(r.instant())
	s.state = state(r.below(uint64(closed) + 1))
	s.seen.base = minute(r.instant()) * 64
	if n := r.below(uint64(window)/64 + 3); n > 0 {
		s.seen.words = make([]uint64, n)
		for i := range s.seen.words {
			s.seen.words[i] = r.fixed()
		}
		// Minutes outside of the window would let the bitmap grow without limit.
		lastWord := s.seen.base + 64*minute(n-1)
		r.check(r.err == nil && s.seen.base > s.floor-64 && lastWord < s.floor+window)
	}
	n := r.below(qos.Streams + 1)
	if n > 0 {
		s.sums = make([]sum, n)
	}
	seen := [qos.Streams]bool{}
	for i := range s.sums {
		sum := &s.sums[i]
		sum.stream = uint8(r.below(qos.Streams))
		r.check(r.err == nil && !seen[sum.stream])
		seen[sum.stream] = true
		sum.given = r.bool()
		sum.latency, sum.latencies = r.uint(), uint32(r.below(1<<32))
		sum.jitter, sum.jitters = r.uint(), uint32(r.below(1<<32))
		sum.loss, sum.lost = r.uint(), uint32(r.below(1<<32))
	}
}

// skipRecent skips a meeting's recent readings: their newest minute and, for each of
// ten minutes, how many cells it has, and these.
func (r *reader) skipRecent() {
	r.instant()
	for range 10 {
		for range r.count() {
			r.uint()
			r.uint()
		}
	}
}
