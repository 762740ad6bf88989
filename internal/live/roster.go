package live

import (
	"iter"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
)

// blockSize is how many people a Block shows at most.
const blockSize = 64

// roster holds the participants of a meeting that are held, by ID. Each keeps its
// slot while it is there, and slots are shown in blocks of blockSize, so that a
// change makes one block anew and not the whole of a town hall.
type roster struct {
	slots     []*qos.Participant // nil is free
	histories []history          // of the participants, by slot
	index     map[string]int
	free      []int
	blocks    []*Block // as last shown; nil where something has changed since
}

// history is what is remembered of a participant beyond their newest row.
type history struct {
	rings
	degraded bool // they have been since they joined
	followed following
}

func newRoster() roster { return roster{index: make(map[string]int)} }

func (r *roster) len() int { return len(r.index) }

// get returns the participant of an ID, or nil.
func (r *roster) get(id string) *qos.Participant {
	if slot, ok := r.index[id]; ok {
		return r.slots[slot]
	}
	return nil
}

// history returns the history of the participant of an ID, which must be there.
func (r *roster) history(id string) *history { return &r.histories[r.index[id]] }

// put adds a participant or replaces the one of the same ID.
func (r *roster) put(p *qos.Participant) {
	slot, ok := r.index[p.ID]
	switch {
	case ok:
	case len(r.free) > 0:
		slot = r.free[len(r.free)-1]
		r.free = r.free[:len(r.free)-1]
	default:
		slot = len(r.slots)
		r.slots, r.histories = append(r.slots, nil), append(r.histories, history{})
		if slot%blockSize == 0 {
			r.blocks = append(r.blocks, nil)
		}
	}
	r.index[p.ID], r.slots[slot], r.blocks[slot/blockSize] = slot, p, nil
}

// remove removes the participant of an ID, which must be there.
func (r *roster) remove(id string) {
	slot := r.index[id]
	delete(r.index, id)
	r.slots[slot], r.histories[slot], r.blocks[slot/blockSize] = nil, history{}, nil
	r.free = append(r.free, slot)
}

// follow sets why the participant in a slot is followed.
func (r *roster) follow(slot int, why following) {
	h := &r.histories[slot]
	if (h.followed == notFollowed) != (why == notFollowed) {
		r.blocks[slot/blockSize] = nil
	}
	h.followed = why
}

// all yields the participants. The one it yielded may be removed or replaced
// meanwhile.
func (r *roster) all() iter.Seq[*qos.Participant] {
	return func(yield func(*qos.Participant) bool) {
		for _, p := range r.slots {
			if p != nil && !yield(p) {
				return
			}
		}
	}
}

// withHistory yields the participants with their histories.
func (r *roster) withHistory() iter.Seq2[*qos.Participant, *history] {
	return r.between(0, len(r.slots))
}

// members yields the participants of a block with their histories.
func (r *roster) members(block int) iter.Seq2[*qos.Participant, *history] {
	return r.between(block*blockSize, min((block+1)*blockSize, len(r.slots)))
}

func (r *roster) between(from, to int) iter.Seq2[*qos.Participant, *history] {
	return func(yield func(*qos.Participant, *history) bool) {
		for slot := from; slot < to; slot++ {
			if p := r.slots[slot]; p != nil && !yield(p, &r.histories[slot]) {
				return
			}
		}
	}
}

// touch has all blocks made anew.
func (r *roster) touch() { clear(r.blocks) }
