package zoomapi

import (
	"bytes"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

const (
	maxInterned    = 64   // bytes of the longest text that is interned
	maxInternTable = 4096 // entries of the largest table that is reused
)

// interner returns the same Text for equal scalars: a page of history has "0 ms"
// and "0%" thousands of times.
type interner struct {
	texts   map[string]Text
	scratch []byte
}

// text returns the text of a JSON scalar, with U+FFFD for invalid UTF-8.
func (in *interner) text(value jsontext.Value) Text {
	raw := []byte(value)
	if value.Kind() == '"' {
		raw = raw[1 : len(raw)-1]
		if bytes.IndexByte(raw, '\\') >= 0 || !utf8.Valid(raw) {
			// Its only error is about invalid UTF-8, which it replaces.
			in.scratch, _ = jsontext.AppendUnquote(in.scratch[:0], value)
			raw = in.scratch
		}
	}
	switch {
	case len(raw) == 0:
		return ""
	case len(raw) > maxInterned:
		return Text(raw)
	}
	if t, ok := in.texts[string(raw)]; ok {
		return t
	}
	if in.texts == nil {
		in.texts = make(map[string]Text)
	}
	t := Text(raw)
	in.texts[string(t)] = t
	return t
}

// reset removes every text.
func (in *interner) reset() {
	if len(in.texts) > maxInternTable {
		in.texts = nil
	}
	clear(in.texts)
	clear(in.scratch[:cap(in.scratch)])
	if cap(in.scratch) > 64<<10 {
		in.scratch = nil
	}
}
