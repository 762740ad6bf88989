package budget

import (
	"math"
	"time"
)

// Journal keeps what a Budget writes down, for Restore after a restart.
type Journal interface {
	// Save replaces what was saved before. What it returns without an error
	// for is kept whatever happens to the process.
	Save(record []byte) error
}

const (
	// A block is what is written down as spent ahead of sending, and what a
	// crash costs at most: a minute's share of the day, within these bounds.
	smallestBlock = 4
	largestBlock  = 64
	// listBlock is the same for lists, of which few are asked in a minute.
	listBlock = 4
	// blockLasts bounds the age of what is written down.
	blockLasts = time.Minute
	// journalRetry is how long a journal that failed is left alone.
	journalRetry = 10 * time.Second
)

// keeping is what is written down ahead of sending.
type keeping struct {
	granted [lanes]int    // of the blocks, attempts that have not been entered yet
	span    days          // on which they are written down
	until   time.Duration // elapsed time; they are of no use after it

	saved   time.Duration // when the journal last took a record
	failing bool          // it has not taken the last one
	retry   time.Duration // and is left alone until then
	// unkept counts the attempts since, by lane, that no record tells of.
	unkept [lanes]int
}

// covers reports whether an attempt that leaves now is written down.
func (k *keeping) covers(l lane, now time.Duration, span days) bool {
	return k.granted[l] > 0 && now < k.until && k.span == span
}

// blocks are what to write down ahead in each lane.
func (s *state) blocks() [lanes]int {
	var blocks [lanes]int
	for l := range blocks {
		share := float64(largestBlock)
		for _, g := range s.ledgers(lane(l)) {
			if g.limited() {
				share = min(share, g.share(s.reserve)*blockLasts.Hours()/dayLength.Hours())
			}
		}
		blocks[l] = int(max(smallestBlock, math.Ceil(share)))
	}
	blocks[resourceIntensive] = min(blocks[resourceIntensive], listBlock)
	return blocks
}

// ready reports whether an attempt may leave now as far as the journal goes: it
// is written down, or can't be for the time being.
func (b *Budget) ready(l lane, now time.Duration) bool {
	if b.journal == nil || b.keeping.covers(l, now, b.state.zoom.days(now)) {
		return true
	}
	return b.keeping.failing && now < b.keeping.retry
}

// booked notes that an attempt leaves.
func (b *Budget) booked(l lane, now time.Duration) {
	switch {
	case b.journal == nil:
	case b.keeping.covers(l, now, b.state.zoom.days(now)):
		b.keeping.granted[l]--
	default:
		b.keeping.unkept[l]++
	}
}

// write has the journal keep the present state with new blocks, unless another
// call has just made that needless. It is called with b.mu held and gives it
// back meanwhile: a slow disk holds up attempts, but nobody who only looks.
func (b *Budget) write(needless func() bool) error {
	b.mu.Unlock()
	b.writing.Lock()
	defer b.writing.Unlock()
	b.mu.Lock()
	if needless() {
		return nil
	}
	_, now := b.now()
	span := b.state.zoom.days(now)
	k := &b.keeping
	if k.span != span || now >= k.until {
		k.granted = [lanes]int{}
	}
	// What was granted before may leave while the record is on its way.
	granted, added := k.granted, [lanes]int{}
	for l, block := range b.state.blocks() {
		added[l] = max(0, block-granted[l])
		granted[l] += added[l]
	}
	if err := b.save(now, granted); err != nil {
		return err
	}
	for l := range added {
		k.granted[l] += added[l]
	}
	k.span, k.until = span, now+blockLasts
	return nil
}

// save has the journal keep the state at now. b.mu is given back meanwhile.
func (b *Budget) save(now time.Duration, granted [lanes]int) error {
	unkept := b.keeping.unkept
	data, err := b.state.encode(now, granted)
	if err == nil {
		b.mu.Unlock()
		err = b.journal.Save(data)
		b.mu.Lock()
	}
	k := &b.keeping
	if err != nil {
		_, now = b.now()
		k.failing, k.retry = true, now+journalRetry
		return err
	}
	k.failing, k.saved = false, now
	for l := range unkept {
		k.unkept[l] -= unkept[l]
	}
	return nil
}

// Save writes down exactly what was sent. Without it, before the end of the
// process, the blocks that were written down ahead count as sent.
func (b *Budget) Save() error {
	if b.journal == nil {
		return nil
	}
	b.writing.Lock()
	defer b.writing.Unlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.keeping.granted = [lanes]int{}
	_, now := b.now()
	return b.save(now, [lanes]int{})
}

// thrift is when the attempt at a place in line may leave at the earliest where
// a restart would not know of it: such attempts keep within what a restart
// takes as spent.
func (b *Budget) thrift(l lane, now time.Duration, place, others int) time.Duration {
	at := now
	k := &b.keeping
	failing := k.failing && !k.covers(l, now, b.state.zoom.days(now))
	for i, g := range b.state.ledgers(l) {
		if !g.limited() {
			continue
		}
		share := max(1, g.share(b.state.reserve))
		if b.wary && now < time.Minute {
			// The first minute's share is all that a start can have which may be
			// one of many that know nothing of each other.
			if float64(g.entered)+float64(place+others) >= math.Ceil(share/(24*60)) {
				at = max(at, time.Minute)
			}
		}
		if failing {
			n := k.unkept[l] + place + 1
			if i == 0 { // the shared ledger
				n += k.unkept[1-l] + others
			}
			at = max(at, k.saved+time.Duration(float64(n)/share*float64(dayLength)))
		}
	}
	return at
}

// limited reports whether there is a limit to the day.
func (l *ledger) limited() bool { return l.configured > 0 }

// share is what of a whole day's limit we may use.
func (l *ledger) share(reserve float64) float64 { return float64(l.configured) * (1 - reserve) }
