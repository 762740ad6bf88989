package poll

import (
	"context"
	"sync"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// maxPending bounds the lines that wait for a log that accepts none.
const maxPending = 1000

// logQueue writes log lines in their order from a goroutine of its own, so that
// nobody waits for a log that accepts none, such as a stopped terminal. Its methods
// may be called with any mutex held.
type logQueue struct {
	zap *zap.Logger

	mu      sync.Mutex
	pending []line
	dropped int           // lines since the log accepted one
	writing chan struct{} // closed when nothing is pending; nil while nobody writes
}

type line struct {
	entry  *zapcore.CheckedEntry
	fields []zap.Field
}

func newLogQueue(log *zap.Logger) *logQueue { return &logQueue{zap: log} }

func (l *logQueue) Info(msg string, fields ...zap.Field)  { l.Log(zap.InfoLevel, msg, fields...) }
func (l *logQueue) Warn(msg string, fields ...zap.Field)  { l.Log(zap.WarnLevel, msg, fields...) }
func (l *logQueue) Error(msg string, fields ...zap.Field) { l.Log(zap.ErrorLevel, msg, fields...) }

func (l *logQueue) Log(level zapcore.Level, msg string, fields ...zap.Field) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.pending) >= maxPending {
		l.dropped++
		return
	}
	entry := l.zap.Check(level, msg) // dates it
	if entry == nil {
		return
	}
	l.pending = append(l.pending, line{entry, fields})
	if l.writing == nil {
		l.writing = make(chan struct{})
		go l.write()
	}
}

// write writes what is pending until nothing is.
func (l *logQueue) write() {
	for lines := l.take(); len(lines) > 0; lines = l.take() {
		for _, line := range lines {
			line.entry.Write(line.fields...)
		}
	}
}

// take takes all pending lines. If there are none the writing is over.
func (l *logQueue) take() []line {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := l.pending
	l.pending = nil
	if l.dropped > 0 {
		if entry := l.zap.Check(zap.WarnLevel, "log lines were dropped: the log accepted none for too long"); entry != nil {
			lines = append(lines, line{entry, []zap.Field{zap.Int("lines", l.dropped)}})
		}
		l.dropped = 0
	}
	if len(lines) == 0 {
		close(l.writing)
		l.writing = nil
	}
	return lines
}

// flush waits until nothing is pending or ctx ends.
func (l *logQueue) flush(ctx context.Context) {
	l.mu.Lock()
	writing := l.writing
	l.mu.Unlock()
	if writing == nil {
		return
	}
	select {
	case <-writing:
	case <-ctx.Done():
	}
}
