package zoomsim

// hash is a splittable pseudo-random number generator: a node in the tree of all
// draws, whose root is the seed. Everything is drawn from the hash of what it
// belongs to, never from a shared sequence, so that no answer depends on the
// order of requests.
type hash uint64

// with returns the child of h for v.
func (h hash) with(v uint64) hash {
	// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
	z := uint64(h) + 0x9e3779b97f4a7c15*(v+1)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return hash(z ^ z>>31)
}

// text returns the child of h for s.
func (h hash) text(s string) hash {
	const prime = 0x100000001b3 // FNV-1a
	v := uint64(0xcbf29ce484222325)
	for i := range len(s) {
		v = (v ^ uint64(s[i])) * prime
	}
	return h.with(v)
}

// unit returns a number in [0, 1).
func (h hash) unit() float64 { return float64(h>>11) / (1 << 53) }

// below returns a number from 0 to n-1; 0 for n < 2.
func (h hash) below(n int) int {
	if n < 2 {
		return 0
	}
	return int((uint64(h) >> 32) * uint64(n) >> 32)
}

// between returns a number from lo to hi.
func (h hash) between(lo, hi int) int { return lo + h.below(hi-lo+1) }

// oneIn returns true with probability 1/n.
func (h hash) oneIn(n int) bool { return h.below(n) == 0 }

// chance returns true with probability p.
func (h hash) chance(p float64) bool { return h.unit() < p }
