package web

import (
	"errors"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// errorLog logs incomplete answers, each kind once a minute, because a client that
// disconnects causes an error for every metric not sent yet. It does not log the
// errors themselves: they contain labels, which may name people.
type errorLog struct{ log *zap.Logger }

func newErrorLog(log *zap.Logger) errorLog {
	return errorLog{log.Named("metrics").WithOptions(zap.WrapCore(func(core zapcore.Core) zapcore.Core {
		return zapcore.NewSamplerWithOptions(core, time.Minute, 1, 0)
	}))}
}

// Println implements promhttp.Logger.
func (l errorLog) Println(v ...any) {
	failed := 1
	gathering := false
	for _, part := range v {
		switch part := part.(type) {
		case string:
			gathering = gathering || strings.Contains(part, "gathering")
		case error:
			var several prometheus.MultiError
			if errors.As(part, &several) {
				failed = len(several)
			}
		}
	}
	if gathering {
		l.log.Error("gathering some series failed, they are left out; this is a bug in the exporter, the others are correct", zap.Int("series", failed))
		return
	}
	l.log.Warn("sending metrics failed: the client disconnected or was too slow")
}
