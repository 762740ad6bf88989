package main

import (
	"io"
	"log/slog"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/exp/zapslog"
	"go.uber.org/zap/zapcore"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/asynclog"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/logfmt"
)

// Formats of log lines.
const (
	formatLogfmt = "logfmt"
	formatJSON   = "json"
)

// newLogger returns the logger that writes all lines. level and format are the flags'
// values. Logging does not wait for w; Sync does, for a second at most.
func newLogger(w io.Writer, level, format string) *zap.Logger {
	encoding := zap.NewProductionEncoderConfig()
	encoding.EncodeTime = encodeTime
	encoding.EncodeDuration = zapcore.StringDurationEncoder
	encoder := logfmt.NewEncoder(encoding)
	if format == formatJSON {
		encoder = zapcore.NewJSONEncoder(encoding)
	}
	severity, err := zapcore.ParseLevel(level)
	if err != nil {
		severity = zapcore.InfoLevel
	}
	return zap.New(asynclog.New(zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(w)), severity)))
}

// encodeTime writes times as Prometheus does.
func encodeTime(t time.Time, enc zapcore.PrimitiveArrayEncoder) {
	enc.AppendString(t.UTC().Format("2006-01-02T15:04:05.000Z07:00"))
}

// slogger adapts log for libraries that use slog.
func slogger(log *zap.Logger) *slog.Logger {
	return slog.New(zapslog.NewHandler(log.Core(), zapslog.WithName("web")))
}
