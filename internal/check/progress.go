package check

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"time"
)

// inTurn merges the output of concurrent writers so that it reads as if they
// had written one after the other. What the first unfinished writer writes
// appears at once; what the others write is buffered until it is their turn.
type inTurn struct {
	out io.Writer

	mu      sync.Mutex
	pending []*turn // in order, those that have not finished
}

// turn is one of the writers.
type turn struct {
	all    *inTurn
	buffer bytes.Buffer
	done   bool
}

// newInTurn returns n writers, in their order. out must not fail.
func newInTurn(out io.Writer, n int) []*turn {
	all := &inTurn{out: out}
	turns := make([]*turn, n)
	for i := range turns {
		turns[i] = &turn{all: all}
	}
	all.pending = turns
	return turns
}

// Write implements io.Writer.
func (t *turn) Write(text []byte) (int, error) {
	t.all.mu.Lock()
	defer t.all.mu.Unlock()
	if len(t.all.pending) > 0 && t.all.pending[0] == t {
		return t.all.out.Write(text)
	}
	return t.buffer.Write(text)
}

// finish lets the next writer take its turn.
func (t *turn) finish() {
	all := t.all
	all.mu.Lock()
	defer all.mu.Unlock()
	t.done = true
	for len(all.pending) > 0 && all.pending[0].done {
		all.pending = all.pending[1:]
		if len(all.pending) > 0 {
			_, _ = all.pending[0].buffer.WriteTo(all.out) // it does not fail
		}
	}
}

// notices say what a check waits for, if that takes long.
type notices struct {
	after time.Duration

	mu  sync.Mutex
	out io.Writer
}

// during runs f, and names what it waits for if that takes long.
func (n *notices) during(what string, f func()) {
	timer := time.AfterFunc(n.after, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		fmt.Fprintf(n.out, "still waiting for %s\n", what)
	})
	defer timer.Stop()
	f()
}
