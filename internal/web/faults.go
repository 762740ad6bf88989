package web

import (
	"errors"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// faultLog tells of answers with series missing, each kind once a minute: one
// reader that goes away makes an error of every metric not sent yet. It does
// not quote errors, as they quote labels, which may name people.
type faultLog struct{ log *zap.Logger }

func newFaultLog(log *zap.Logger) faultLog {
	return faultLog{log.Named("metrics").WithOptions(zap.WrapCore(func(core zapcore.Core) zapcore.Core {
		return zapcore.NewSamplerWithOptions(core, time.Minute, 1, 0)
	}))}
}

// Println implements promhttp.Logger: what went wrong, and the error.
func (l faultLog) Println(v ...any) {
	faults := 1
	gathering := false
	for _, part := range v {
		switch part := part.(type) {
		case string:
			gathering = gathering || strings.Contains(part, "gathering")
		case error:
			var several prometheus.MultiError
			if errors.As(part, &several) {
				faults = len(several)
			}
		}
	}
	if gathering {
		l.log.Error("some series could not be gathered and are left out; this is a bug of the exporter, the others are right", zap.Int("series", faults))
		return
	}
	l.log.Warn("metrics were not sent in whole: the reader went away or was too slow")
}
