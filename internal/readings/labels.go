package readings

import "github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"

// labels are a session's kind and dimensions. They cache the entries that these
// lead to, as long as the engine's generation is theirs.
type labels struct {
	key        key
	generation uint64
	tallies    [qos.Streams]*entry[tally]
	figures    [qos.Streams]*entry[figures]
}

// maxLabels limits the label values that are kept for sharing.
const maxLabels = 1 << 14

// labels returns the shared labels of a key.
func (e *Engine) labels(k key) *labels {
	l := e.shared[k]
	if l == nil {
		if len(e.shared) >= maxLabels {
			clear(e.shared) // sessions keep theirs
		}
		k.values = k.values.clone()
		l = &labels{key: k, generation: e.generation}
		e.shared[k] = l
	}
	return l
}

// entries returns the entries of one stream under labels.
func (e *Engine) entries(l *labels, stream int) (*entry[tally], *entry[figures]) {
	if l.generation != e.generation {
		l.generation = e.generation
		clear(l.tallies[:])
		clear(l.figures[:])
	}
	if l.tallies[stream] == nil {
		k := l.key
		k.stream = int8(stream)
		l.tallies[stream], l.figures[stream] = e.tallies.get(k), e.figures.get(k)
	}
	return l.tallies[stream], l.figures[stream]
}
