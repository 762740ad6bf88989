package asynclog

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// stuck is a log that takes no line until it is released.
type stuck struct {
	zapcore.Core
	release chan struct{}
}

func (s *stuck) With(fields []zapcore.Field) zapcore.Core {
	return &stuck{s.Core.With(fields), s.release}
}

func (s *stuck) Write(entry zapcore.Entry, fields []zapcore.Field) error {
	<-s.release
	return s.Core.Write(entry, fields)
}

func TestLinesAreWrittenInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		observed, logs := observer.New(zap.InfoLevel)
		log := zap.New(New(observed))
		account := log.With(zap.String("account", "one"))
		log.Debug("left out")
		account.Info("first")
		log.Info("second")
		if err := log.Sync(); err != nil {
			t.Fatal(err)
		}
		all := logs.All()
		if len(all) != 2 || all[0].Message != "first" || all[0].ContextMap()["account"] != "one" || all[1].Message != "second" || len(all[1].Context) != 0 {
			t.Errorf("%v", all)
		}
	})
}

func TestStuckLogDelaysNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		observed, logs := observer.New(zap.InfoLevel)
		s := &stuck{observed, make(chan struct{})}
		log := zap.New(New(s)).With(zap.String("account", "one"))
		begun := time.Now()
		log.Info("first")
		synctest.Wait() // it is being written
		for i := range maxPending + 7 {
			log.Info(fmt.Sprint(i))
		}
		if waited := time.Since(begun); waited != 0 || logs.Len() != 0 {
			t.Fatalf("logging took %v, and %d lines are written", waited, logs.Len())
		}
		if err := log.Sync(); err == nil || time.Since(begun) != syncTimeout {
			t.Errorf("Sync took %v (%v), want %v and an error", time.Since(begun), err, syncTimeout)
		}

		close(s.release)
		if err := log.Sync(); err != nil {
			t.Fatal(err)
		}
		all := logs.All()
		if len(all) != maxPending+2 || all[1].Message != "0" || all[maxPending].Message != fmt.Sprint(maxPending-1) {
			t.Fatalf("%d lines", len(all))
		}
		if last := all[maxPending+1]; last.Level != zap.WarnLevel || last.ContextMap()["lines"] != int64(7) {
			t.Errorf("the last line is %q %v, want that 7 were dropped", last.Message, last.ContextMap())
		}
		log.Info("later")
		if err := log.Sync(); err != nil || logs.All()[logs.Len()-1].Message != "later" {
			t.Errorf("nothing is logged afterwards (%v)", err)
		}
	})
}
