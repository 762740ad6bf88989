package readings

import (
	"math"
	"time"
)

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
	collapse collapse  // more than collapsedNone if it counts what exceeds the limit
}

// collapse says which dimensions of a label set are Other, as the table was full.
type collapse uint8

// The steps of collapsing, in their order. They are saved.
const (
	collapsedNone    collapse = iota
	collapsedNetwork          // NetworkType is Other
	collapsedAll              // every dimension is
	collapses
)

// table has label sets up to a limit. Further ones are counted under collapsed
// ones: with Other as NetworkType, for which a share of the limit is reserved, and
// beyond that with Other in every dimension.
type table[T any] struct {
	entries  []*entry[T] // in order of creation
	byKey    map[key]*entry[T]
	limit    int
	mask     mask
	counts   [collapses]int    // of entries
	overflow [collapses]uint64 // increments of collapsed entries
}

func newTable[T any](m mask, limit int) table[T] {
	return table[T]{byKey: make(map[key]*entry[T]), mask: m, limit: limit}
}

// get returns the entry for k with its values outside of the mask blank, and
// creates it if need be.
func (t *table[T]) get(k key) *entry[T] {
	k.values = k.values.only(t.mask)
	c, e := collapsedNone, t.byKey[k]
	for e == nil && t.counts[c] >= t.room(c) {
		c++
		k.values = t.mask.collapse(k.values, c)
		e = t.byKey[k]
	}
	if e == nil {
		k.values = k.values.clone()
		return t.add(&entry[T]{key: k, collapse: c})
	}
	if e.collapse < c { // a site or a network of that name
		t.counts[e.collapse]--
		t.counts[c]++
		e.collapse = c
	}
	return e
}

// room is how many entries may be collapsed so: those with Other in every dimension
// come on top of the limit.
func (t *table[T]) room(c collapse) int {
	switch reserve := t.mask.reserve(t.limit); c {
	case collapsedNone:
		return t.limit - reserve
	case collapsedNetwork:
		return reserve
	default:
		return math.MaxInt
	}
}

func (t *table[T]) add(e *entry[T]) *entry[T] {
	t.counts[e.collapse]++
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
	if e.collapse != collapsedNone {
		t.overflow[e.collapse]++
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
		t.counts[e.collapse]--
	}
	dropped := len(kept) < len(t.entries)
	t.entries = kept
	return dropped
}

// visit calls f with what may be shown of each entry, in order of creation.
func (t *table[T]) visit(f func(k *key, data *T)) {
	zero := new(T)
	for _, e := range t.entries {
		if e.released {
			f(&e.key, &e.data)
		} else {
			f(&e.key, zero)
		}
	}
}

// tally counts the readings and the sessions of one label set.
type tally struct{ readings, sessions [verdicts]uint64 }
