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
	slots  []*qos.Participant // nil is free
	rings  []recent           // of the participants, by slot
	index  map[string]int
	free   []int
	blocks []*Block // as last shown; nil where something has changed since
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

// recent returns the recent minutes of the participant of an ID, which must be there.
func (r *roster) recent(id string) *recent { return &r.rings[r.index[id]] }

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
		r.slots, r.rings = append(r.slots, nil), append(r.rings, recent{})
		if slot%blockSize == 0 {
			r.blocks = append(r.blocks, nil)
		}
	}
	r.index[p.ID], r.slots[slot], r.blocks[slot/blockSize] = slot, p, nil
}

// remove removes the participant of an ID and reports whether it was there.
func (r *roster) remove(id string) bool {
	slot, ok := r.index[id]
	if ok {
		delete(r.index, id)
		r.slots[slot], r.rings[slot], r.blocks[slot/blockSize] = nil, recent{}, nil
		r.free = append(r.free, slot)
	}
	return ok
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

// withRecent yields the participants with their recent minutes.
func (r *roster) withRecent() iter.Seq2[*qos.Participant, *recent] {
	return func(yield func(*qos.Participant, *recent) bool) {
		for slot, p := range r.slots {
			if p != nil && !yield(p, &r.rings[slot]) {
				return
			}
		}
	}
}

// touch has all blocks made anew.
func (r *roster) touch() { clear(r.blocks) }

// members yields the participants of a block.
func (r *roster) members(block int) []*qos.Participant {
	return r.slots[block*blockSize : min((block+1)*blockSize, len(r.slots))]
}
