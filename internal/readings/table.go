package readings

import "time"

// key is a label set without the verdict.
type key struct {
	kind   string
	stream int8 // -1 where there is none
	values values
}

// entry is a label set and what was counted under it.
//
// A new one is shown as 0 for a while: shownAt is set by the first Commit that
// shows it, released by the first Encode after Config.Hold, and never reset, so
// that no restart shows the set as 0 again, which Prometheus would take for a
// counter reset.
type entry[T any] struct {
	key
	data     T
	used     int64     // the day, since 1970, of the last increment
	released bool      // saved with the values
	shownAt  time.Time // when the 0 was first shown, by our clock; not saved
	other    bool      // counts what exceeds the limit
}

// table has label sets up to a limit; further ones are counted as Other.
type table[T any] struct {
	entries  []*entry[T] // in order of creation
	byKey    map[key]*entry[T]
	limit    int
	others   int // entries that do not count towards limit
	mask     mask
	overflow uint64 // increments that were counted as Other
}

func newTable[T any](m mask, limit int) table[T] {
	return table[T]{byKey: make(map[key]*entry[T]), mask: m, limit: limit}
}

// get returns the entry for k with its values outside of the mask blank, and
// creates it if need be.
func (t *table[T]) get(k key) *entry[T] {
	k.values = k.values.only(t.mask)
	if e := t.byKey[k]; e != nil {
		return e
	}
	other := len(t.entries)-t.others >= t.limit
	if other {
		k.values = t.mask.others()
		if e := t.byKey[k]; e != nil {
			if !e.other { // a site of that name
				e.other = true
				t.others++
			}
			return e
		}
	}
	k.values = k.values.clone()
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

// start keeps a new entry from being swept before its first increment.
func (e *entry[T]) start(day int64) {
	if e.used == 0 {
		e.used = day
	}
}

// touch notes an increment of an entry.
func (t *table[T]) touch(e *entry[T], day int64) {
	e.used = day
	if e.other {
		t.overflow++
	}
}

// maxIdle is the number of days without an increment after which a label set is
// dropped, so that old client versions do not use up the limit.
const maxIdle = 30

// tidy releases the entries that have been shown as 0 for hold, drops idle ones,
// and reports whether it dropped any. It appends the shownAt of those that were
// not shown yet to unshown.
func (t *table[T]) tidy(now time.Time, hold time.Duration, day int64, unshown *[]*time.Time) bool {
	kept := make([]*entry[T], 0, len(t.entries))
	for _, e := range t.entries {
		e.released = e.released || !e.shownAt.IsZero() && now.Sub(e.shownAt) >= hold
		if day-e.used <= maxIdle {
			kept = append(kept, e)
			if !e.released && e.shownAt.IsZero() {
				*unshown = append(*unshown, &e.shownAt)
			}
			continue
		}
		delete(t.byKey, e.key)
		if e.other {
			t.others--
		}
	}
	dropped := len(kept) < len(t.entries)
	t.entries = kept
	return dropped
}

// visit calls f with what may be shown of each entry, in order of creation.
func (t *table[T]) visit(f func(k *key, data *T)) {
	for _, e := range t.entries {
		data := new(T)
		if e.released {
			*data = e.data
		}
		f(&e.key, data)
	}
}

// tally counts the readings and the sessions of one label set.
type tally struct{ readings, sessions [verdicts]uint64 }
