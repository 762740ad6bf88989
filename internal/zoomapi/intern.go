package zoomapi

import (
	"bytes"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

const (
	maxInterned    = 64   // bytes of a text worth remembering
	maxInternTable = 4096 // entries of a table worth keeping for the next page
)

// interner makes one Text of equal scalars: a page of history says "0 ms" and
// "0%" thousands of times.
type interner struct {
	texts   map[string]Text
	scratch []byte
}

// text is the text of a JSON scalar, with U+FFFD for what is not UTF-8.
func (in *interner) text(value jsontext.Value) Text {
	raw := []byte(value)
	if value.Kind() == '"' {
		raw = raw[1 : len(raw)-1]
		if bytes.IndexByte(raw, '\\') >= 0 || !utf8.Valid(raw) {
			// Its error tells of invalid UTF-8, which is mended.
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

// reset forgets every text.
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
