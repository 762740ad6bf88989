// Package asynclog writes log lines [asynchronously], from a bounded queue, so that a
// log that takes no more lines, such as the standard error of a stopped terminal,
// delays nobody who logs: neither scrapes nor requests, nor who holds a mutex that
// they need.
//
// [asynchronously]: https://en.wikipedia.org/wiki/Producer%E2%80%93consumer_problem
package asynclog

import (
	"errors"
	"sync"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

const (
	// maxPending bounds the lines that wait for a log that takes none.
	maxPending = 1000
	// syncTimeout is how long Sync waits for such a log.
	syncTimeout = time.Second
)

var errStuck = errors.New("the log takes no more lines")

// New returns a core whose lines another core writes, in order. Its Write never waits;
// lines beyond those that may be pending are dropped, and their number is logged. Its
// Sync waits a second at most until all lines are written.
func New(to zapcore.Core) zapcore.Core { return &core{to, &queue{to: to}} }

type core struct {
	zapcore.Core
	queue *queue // shared by all that With returned
}

// With implements zapcore.Core.
func (c *core) With(fields []zapcore.Field) zapcore.Core { return &core{c.Core.With(fields), c.queue} }

// Check implements zapcore.Core.
func (c *core) Check(entry zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(entry.Level) {
		return checked.AddCore(entry, c)
	}
	return checked
}

// Write implements zapcore.Core.
func (c *core) Write(entry zapcore.Entry, fields []zapcore.Field) error {
	c.queue.add(line{c.Core, entry, fields})
	return nil
}

// Sync implements zapcore.Core.
func (c *core) Sync() error {
	if !c.queue.wait(syncTimeout) {
		return errStuck
	}
	return c.Core.Sync()
}

// queue holds the lines that are not written yet. One goroutine writes them and ends
// when none are pending.
type queue struct {
	to zapcore.Core

	mu      sync.Mutex
	pending []line
	dropped int           // lines since the log last took one
	written chan struct{} // closed when nothing is pending; nil while no goroutine writes
}

type line struct {
	to     zapcore.Core
	entry  zapcore.Entry
	fields []zapcore.Field
}

func (q *queue) add(l line) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.pending) >= maxPending {
		q.dropped++
		return
	}
	q.pending = append(q.pending, l)
	if q.written == nil {
		q.written = make(chan struct{})
		go q.write()
	}
}

func (q *queue) write() {
	for lines := q.take(); len(lines) > 0; lines = q.take() {
		for _, l := range lines {
			_ = l.to.Write(l.entry, l.fields) // there is nowhere to say so
		}
	}
}

// take takes all pending lines. Without any the goroutine that writes has to end.
func (q *queue) take() []line {
	q.mu.Lock()
	defer q.mu.Unlock()
	lines := q.pending
	q.pending = nil
	if q.dropped > 0 {
		lines = append(lines, line{
			q.to,
			zapcore.Entry{Level: zap.WarnLevel, Time: time.Now(), Message: "log lines were dropped: the log took none for too long"},
			[]zapcore.Field{zap.Int("lines", q.dropped)},
		})
		q.dropped = 0
	}
	if len(lines) == 0 {
		close(q.written)
		q.written = nil
	}
	return lines
}

// wait waits until nothing is pending, and reports whether that came in time.
func (q *queue) wait(timeout time.Duration) bool {
	q.mu.Lock()
	written := q.written
	q.mu.Unlock()
	if written == nil {
		return true
	}
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-written:
		return true
	case <-timer.C:
		return false
	}
}
