package budget

import (
	"math"
	"time"
)

// Journal saves the record of a Budget, for Restore after a restart.
type Journal interface {
	// Save replaces the saved record. A record that was saved without an error
	// outlives the process. Attempts wait for it, so it must not wait for anything
	// but the storage.
	Save(record []byte) error
}

const (
	// A block is the attempts that a record has as sent before they leave, and the
	// most that a crash costs: a minute's share of the day, within these bounds.
	smallestBlock = 4
	largestBlock  = 64
	// listBlock is the same for lists, of which few are requested in a minute.
	listBlock = 4
	// blockLasts bounds the age of a block.
	blockLasts = time.Minute
	// journalRetry is how long a journal that failed is left alone.
	journalRetry = 10 * time.Second
)

// prerecorded is what is left of the blocks of the last record. An attempt leaves
// only while a block covers it or, conservatively, while the journal fails.
type prerecorded struct {
	granted [queues]int   // attempts that have not been entered yet
	span    days          // the days that the record charges them to
	until   time.Duration // elapsed time at which they expire

	saved   time.Duration // when the journal last saved a record
	failing bool          // the journal did not save the last record
	retry   time.Duration // elapsed time until which it is left alone
	// unrecorded counts the attempts since the last record that no block covered.
	unrecorded [queues]int
}

// covers reports whether a record has an attempt that leaves now.
func (p *prerecorded) covers(q queue, now time.Duration, span days) bool {
	return p.granted[q] > 0 && now < p.until && p.span == span
}

// blocks returns the size of each queue's next block.
func (s *state) blocks() [queues]int {
	var blocks [queues]int
	for q := range blocks {
		share := float64(largestBlock)
		for _, l := range s.ledgers(queue(q)) {
			if l.limited() {
				share = min(share, l.share(s.reserve)*blockLasts.Hours()/dayLength.Hours())
			}
		}
		blocks[q] = int(max(smallestBlock, math.Ceil(share)))
	}
	blocks[resourceIntensive] = min(blocks[resourceIntensive], listBlock)
	return blocks
}

// mayLeave reports whether the journal lets an attempt leave now: a record has it, or
// the journal fails and is left alone.
func (b *Budget) mayLeave(q queue, now time.Duration) bool {
	if b.journal == nil || b.ahead.covers(q, now, b.state.zoom.days(now)) {
		return true
	}
	return b.ahead.failing && now < b.ahead.retry
}

// usePrerecorded takes an attempt that leaves from its block.
func (b *Budget) usePrerecorded(q queue, now time.Duration) {
	switch {
	case b.journal == nil:
	case b.ahead.covers(q, now, b.state.zoom.days(now)):
		b.ahead.granted[q]--
	default:
		b.ahead.unrecorded[q]++
	}
}

// prerecord saves the present state with new blocks, unless another call has just
// made that needless. The caller holds mu, which is released while it saves.
func (b *Budget) prerecord(needless func() bool) error {
	b.mu.Unlock()
	b.saving.Lock()
	defer b.saving.Unlock()
	b.mu.Lock()
	if needless() {
		return nil
	}
	_, now := b.now()
	span := b.state.zoom.days(now)
	p := &b.ahead
	if p.span != span || now >= p.until {
		p.granted = [queues]int{}
	}
	// Attempts that were granted before may leave while the record is being saved.
	granted, added := p.granted, [queues]int{}
	for q, block := range b.state.blocks() {
		added[q] = max(0, block-granted[q])
		granted[q] += added[q]
	}
	if err := b.save(now, granted); err != nil {
		return err
	}
	for q := range added {
		p.granted[q] += added[q]
	}
	p.span, p.until = span, now+blockLasts
	return nil
}

// save saves the state at now. The caller holds mu, which is released meanwhile.
func (b *Budget) save(now time.Duration, granted [queues]int) error {
	unrecorded := b.ahead.unrecorded
	data, err := b.state.encode(now, granted)
	if err == nil {
		b.mu.Unlock()
		err = b.journal.Save(data)
		b.mu.Lock()
	}
	p := &b.ahead
	if err != nil {
		_, now = b.now()
		p.failing, p.retry = true, now+journalRetry
		return err
	}
	p.failing, p.saved = false, now
	for q := range unrecorded {
		p.unrecorded[q] -= unrecorded[q]
	}
	return nil
}

// Save saves exactly what was sent. Without it, at the end of the process, the blocks
// of the last record count as sent.
func (b *Budget) Save() error {
	if b.journal == nil {
		return nil
	}
	b.saving.Lock()
	defer b.saving.Unlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ahead.granted = [queues]int{}
	_, now := b.now()
	return b.save(now, [queues]int{})
}

// conservativeTurn returns when an attempt may leave at the earliest that a restart
// would not know of: such attempts stay within what a restart assumes as spent.
func (b *Budget) conservativeTurn(q queue, now time.Duration, place, others int) time.Duration {
	at := now
	p := &b.ahead
	failing := p.failing && !p.covers(q, now, b.state.zoom.days(now))
	for i, l := range b.state.ledgers(q) {
		if !l.limited() {
			continue
		}
		share := max(1, l.share(b.state.reserve))
		if b.conservative && now < time.Minute &&
			float64(l.entered)+float64(place+others) >= math.Ceil(share/(24*60)) {
			at = max(at, time.Minute)
		}
		if failing {
			n := p.unrecorded[q] + place + 1
			if i == 0 { // the shared ledger
				n += p.unrecorded[1-q] + others
			}
			at = max(at, p.saved+time.Duration(float64(n)/share*float64(dayLength)))
		}
	}
	return at
}

// limited reports whether the day has a configured limit.
func (l *ledger) limited() bool { return l.configured > 0 }

// share returns how many of a whole day's requests the exporter may send.
func (l *ledger) share(reserve float64) float64 { return float64(l.configured) * (1 - reserve) }
