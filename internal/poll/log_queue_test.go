package poll

import (
	"context"
	"fmt"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// held is a log whose first line waits.
type held struct {
	zapcore.Core
	begun, release chan struct{}
}

func (h *held) Check(e zapcore.Entry, ce *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	return ce.AddCore(e, h)
}

func (h *held) Write(e zapcore.Entry, fields []zapcore.Field) error {
	if e.Message == "first" {
		close(h.begun)
		<-h.release
	}
	return h.Core.Write(e, fields)
}

func TestWhatAStuckLogCannotTakeIsBounded(t *testing.T) {
	core, logs := observer.New(zapcore.InfoLevel)
	h := &held{core, make(chan struct{}), make(chan struct{})}
	log := newLogQueue(zap.New(h))
	log.Info("first")
	<-h.begun
	for i := range maxPending + 7 {
		log.Info(fmt.Sprint(i))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	log.flush(ctx) // does not wait
	if n := logs.Len(); n != 0 {
		t.Fatalf("%d lines were written", n)
	}
	close(h.release)
	log.flush(t.Context())
	all := logs.All()
	if len(all) != maxPending+2 || all[1].Message != "0" || all[maxPending].Message != fmt.Sprint(maxPending-1) {
		t.Fatalf("%d lines", len(all))
	}
	if last := all[maxPending+1]; last.ContextMap()["lines"] != int64(7) {
		t.Errorf("the last line is %q %v, want that 7 were dropped", last.Message, last.ContextMap())
	}
	log.Info("later")
	log.flush(t.Context())
	if all := logs.All(); all[len(all)-1].Message != "later" {
		t.Error("nothing is logged afterwards")
	}
}
