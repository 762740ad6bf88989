package readings

import (
	"math/bits"
	"slices"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// minute counts minutes since 1970.
type minute int64

// window is how many minutes up to its newest one a session remembers.
const window minute = 48 * 60

func minuteOf(t zoomtime.Time) minute { return minuteOfUnix(t.Unix()) }

// minuteOfUnix returns the minute of a Unix time in seconds.
func minuteOfUnix(seconds int64) minute { return minute(floorDiv(seconds, 60)) }

// minuteFrom returns the first minute that begins at or after t.
func minuteFrom(t zoomtime.Time) minute {
	m := minuteOf(t)
	if m.time().Before(t) {
		m++
	}
	return m
}

func (m minute) time() zoomtime.Time { return zoomtime.Unix(int64(m) * 60) }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// bitmap is a set of minutes. It grows to span them all, which its owner limits.
type bitmap struct {
	base  minute // the minute of bit 0; a multiple of 64
	words []uint64
}

func wordOf(m minute) minute { return minute(floorDiv(int64(m), 64)) }

func (b *bitmap) empty() bool { return len(b.words) == 0 }

func (b *bitmap) has(m minute) bool {
	i := m - b.base
	return i >= 0 && i < minute(len(b.words))*64 && b.words[i/64]&(1<<(i%64)) != 0
}

func (b *bitmap) set(m minute) {
	if b.empty() {
		b.base = wordOf(m) * 64
	}
	if missing := (b.base - wordOf(m)*64) / 64; missing > 0 {
		b.words = slices.Insert(b.words, 0, make([]uint64, missing)...)
		b.base -= missing * 64
	}
	i := m - b.base
	if more := int(i/64) + 1 - len(b.words); more > 0 {
		grown := make([]uint64, len(b.words)+more) // append would double it
		copy(grown, b.words)
		b.words = grown
	}
	b.words[i/64] |= 1 << (i % 64)
}

// count returns how many of the minutes from first to last are in the set.
func (b *bitmap) count(first, last minute) (n int64) {
	end := b.base + minute(len(b.words))*64
	for m := max(first, b.base); m <= last && m < end; m++ {
		if b.has(m) {
			n++
		}
	}
	return n
}

// first returns the first minute of a set that is not empty, and last the last.
func (b *bitmap) first() minute {
	for i, w := range b.words {
		if w != 0 {
			return b.base + minute(i*64+bits.TrailingZeros64(w))
		}
	}
	return b.base
}

func (b *bitmap) last() minute {
	for i, w := range slices.Backward(b.words) {
		if w != 0 {
			return b.base + minute(i*64+63-bits.LeadingZeros64(w))
		}
	}
	return b.base
}

// drop removes minutes before m, except for those in the same word.
func (b *bitmap) drop(m minute) {
	n := min((m-b.base)/64, minute(len(b.words)))
	if b.empty() || n <= 0 {
		return
	}
	b.words = slices.Clone(b.words[n:])
	b.base += n * 64
}
