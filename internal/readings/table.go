package readings

import "time"

// key is a label set but for the verdict.
type key struct {
	kind   string
	stream int8 // -1 where there is none
	values values
}

// entry is a label set and what was counted under it.
type entry[T any] struct {
	key
	data T
	used int64 // the day, since 1970, of the last increment
	// released says that the 0 of a new set has been shown long enough, or
	// will have been by the time that this is committed. It goes into the
	// record with the values: a set that has been lifted stays so.
	released bool
	shownAt  time.Time // when the 0 was first shown; not kept over restarts
	other    bool
}

// table holds label sets up to a cap; beyond it what is new goes to "other".
type table[T any] struct {
	entries  []*entry[T] // in order of creation
	byKey    map[key]*entry[T]
	limit    int
	others   int // entries beyond the cap
	mask     mask
	overflow uint64
}

func newTable[T any](m mask, limit int) table[T] {
	return table[T]{byKey: make(map[key]*entry[T]), mask: m, limit: limit}
}

// at is the entry that counts for k, whose values are masked here.
func (t *table[T]) at(k key) *entry[T] {
	k.values = k.values.only(t.mask)
	if e := t.byKey[k]; e != nil {
		return e
	}
	other := len(t.entries)-t.others >= t.limit
	if other {
		k.values = t.mask.others()
		if e := t.byKey[k]; e != nil {
			if !e.other { // a site is called so
				e.other = true
				t.others++
			}
			return e
		}
	}
	k.values = clone(k.values)
	return t.add(&entry[T]{key: k, other: other})
}

func (t *table[T]) add(e *entry[T]) *entry[T] {
	if e.other {
		t.others++
	}
	t.entries = append(t.entries, e)
	t.byKey[e.key] = e
	return e
}

// touch notes an increment of an entry.
func (t *table[T]) touch(e *entry[T], day int64) {
	e.used = day
	if e.other {
		t.overflow++
	}
}

// idle is after how many days without an increment a label set is dropped, so
// that last year's client versions do not fill the cap for ever.
const idle = 30

// sweep drops idle entries and reports whether there were any.
func (t *table[T]) sweep(day int64) bool {
	kept := make([]*entry[T], 0, len(t.entries))
	for _, e := range t.entries {
		if day-e.used <= idle {
			kept = append(kept, e)
			continue
		}
		delete(t.byKey, e.key)
		if e.other {
			t.others--
		}
	}
	swept := len(kept) < len(t.entries)
	t.entries = kept
	return swept
}

// release lifts the sets whose 0 has been shown for hold.
func (t *table[T]) release(now time.Time, hold time.Duration) {
	for _, e := range t.entries {
		if !e.released && !e.shownAt.IsZero() && now.Sub(e.shownAt) >= hold {
			e.released = true
		}
	}
}

// zeros are the sets that stand at 0 in a view.
type zeros []*time.Time

func (z zeros) shown(now time.Time) {
	for _, at := range z {
		if at.IsZero() {
			*at = now
		}
	}
}

// visit calls f with what may be shown of each set, in order of creation.
func (t *table[T]) visit(z *zeros, f func(k *key, data *T)) {
	for _, e := range t.entries {
		data := new(T)
		if e.released {
			*data = e.data
		} else {
			*z = append(*z, &e.shownAt)
		}
		f(&e.key, data)
	}
}

// tally counts the readings and the sessions of one label set.
type tally struct{ readings, sessions [verdicts]uint64 }
