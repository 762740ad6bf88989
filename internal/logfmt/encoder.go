// Package logfmt is a zap encoder for logfmt, the log format of the Prometheus
// programs: ts=… level=info msg="…" key=value.
package logfmt

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/go-logfmt/logfmt"
	"go.uber.org/zap/buffer"
	"go.uber.org/zap/zapcore"
)

// encoder translates the output of a JSON encoder, so that both formats contain the
// same.
type encoder struct {
	zapcore.Encoder                 // has the fields, and writes everything but the time
	time            zapcore.Encoder // writes the time, which comes before the level
	pool            buffer.Pool
}

// NewEncoder returns an encoder with the keys and formats of a JSON encoder with this
// configuration. An object or a namespace becomes one key for each of its fields, such
// as peer.address; an array is written as JSON.
func NewEncoder(config zapcore.EncoderConfig) zapcore.Encoder {
	time := zapcore.EncoderConfig{TimeKey: config.TimeKey, EncodeTime: config.EncodeTime, SkipLineEnding: true}
	config.TimeKey, config.SkipLineEnding = "", true
	return &encoder{
		Encoder: zapcore.NewJSONEncoder(config),
		time:    zapcore.NewJSONEncoder(time),
		pool:    buffer.NewPool(),
	}
}

// Clone implements zapcore.Encoder.
func (e *encoder) Clone() zapcore.Encoder {
	clone := *e
	clone.Encoder = e.Encoder.Clone()
	return &clone
}

// EncodeEntry implements zapcore.Encoder.
func (e *encoder) EncodeEntry(entry zapcore.Entry, fields []zapcore.Field) (*buffer.Buffer, error) {
	line := e.pool.Get()
	t := translation{logfmt.NewEncoder(line)}
	err := t.entry(e.time.EncodeEntry(entry, nil))
	if err == nil {
		err = t.entry(e.Encoder.EncodeEntry(entry, fields))
	}
	if err == nil {
		err = t.to.EndRecord()
	}
	if err != nil {
		line.Free()
		return nil, fmt.Errorf("encoding a log entry as logfmt: %w", err)
	}
	return line, nil
}

// translation writes JSON as logfmt.
type translation struct{ to *logfmt.Encoder }

// entry writes the output of a JSON encoder.
func (t translation) entry(json *buffer.Buffer, err error) error {
	if err != nil {
		return err
	}
	defer json.Free()
	return t.object("", jsontext.NewDecoder(bytes.NewReader(json.Bytes()), jsontext.AllowDuplicateNames(true)))
}

// object writes the members of the next object under name.
func (t translation) object(name string, from *jsontext.Decoder) error {
	if _, err := from.ReadToken(); err != nil { // the brace
		return err
	}
	if name != "" {
		if from.PeekKind() == '}' {
			if err := t.write(name, "{}"); err != nil {
				return err
			}
		}
		name += "."
	}
	for from.PeekKind() != '}' {
		key, err := from.ReadToken()
		if err != nil {
			return err
		}
		if err := t.value(name+key.String(), from); err != nil {
			return err
		}
	}
	_, err := from.ReadToken()
	return err
}

// value writes the next value under name.
func (t translation) value(name string, from *jsontext.Decoder) error {
	switch from.PeekKind() {
	case '{':
		return t.object(name, from)
	case '[':
		array, err := from.ReadValue()
		if err != nil {
			return err
		}
		return t.write(name, visible(string(array)))
	default:
		token, err := from.ReadToken()
		switch {
		case err != nil:
			return err
		case token.Kind() == 'n':
			return t.write(name, nil)
		default:
			return t.write(name, visible(token.String()))
		}
	}
}

// write writes a key and a value. A key that logfmt cannot represent becomes "_".
func (t translation) write(key string, value any) error {
	err := t.to.EncodeKeyval(visible(key), value)
	if errors.Is(err, logfmt.ErrInvalidKey) {
		return t.to.EncodeKeyval("_", value)
	}
	return err
}

// visible replaces characters that logfmt does not escape, but that terminals or
// programs that split lines act on.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= utf8.RuneSelf && !unicode.IsGraphic(r) {
			return utf8.RuneError
		}
		return r
	}, s)
}
