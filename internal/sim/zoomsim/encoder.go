package zoomsim

import (
	"strconv"
	"unicode/utf8"
)

// encoder appends JSON. It is written by hand so that benchmarks measure the
// readers of these pages, not their making.
type encoder struct {
	b []byte
	// words has the texts of common figures.
	words *vocabulary
}

func (e *encoder) comma() {
	if n := len(e.b); n > 0 && e.b[n-1] != '{' && e.b[n-1] != '[' {
		e.b = append(e.b, ',')
	}
}

// key appends the name of a member, which must need no escaping.
func (e *encoder) key(name string) {
	e.comma()
	e.b = append(e.b, '"')
	e.b = append(e.b, name...)
	e.b = append(e.b, '"', ':')
}

func (e *encoder) str(name, v string) {
	e.key(name)
	e.b = appendString(e.b, v)
}

func (e *encoder) num(name string, v int64) {
	e.key(name)
	e.b = strconv.AppendInt(e.b, v, 10)
}

func (e *encoder) flag(name string, v bool) {
	e.key(name)
	e.b = strconv.AppendBool(e.b, v)
}

func (e *encoder) strs(name string, v ...string) {
	e.array(name)
	for _, s := range v {
		e.comma()
		e.b = appendString(e.b, s)
	}
	e.end(']')
}

// array opens an array; end closes it.
func (e *encoder) array(name string) {
	e.key(name)
	e.b = append(e.b, '[')
}

// object opens an object; end closes it. An element of an array has no name.
func (e *encoder) object(name string) {
	if name != "" {
		e.key(name)
	} else {
		e.comma()
	}
	e.b = append(e.b, '{')
}

func (e *encoder) end(c byte) { e.b = append(e.b, c) }

func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, '\\', 'n')
		case r < ' ':
			b = append(b, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}

// vocabulary has common figures as Zoom writes them, by their number.
type vocabulary struct {
	kbps, ms, loss, fps, cpu []string
}

func newVocabulary() *vocabulary {
	table := func(n int, word func(int) string) []string {
		words := make([]string, n)
		for i := range words {
			words[i] = word(i)
		}
		return words
	}
	return &vocabulary{
		kbps: table(2500, func(i int) string { return strconv.Itoa(i) + " kbps" }),
		ms:   table(500, func(i int) string { return strconv.Itoa(i) + " ms" }),
		loss: table(1001, func(i int) string { return tenths(i) + "%" }),
		fps:  table(61, func(i int) string { return strconv.Itoa(i) + " fps" }),
		cpu:  table(101, func(i int) string { return strconv.Itoa(i) + "%" }),
	}
}

// tenths returns "0.3" for 3.
func tenths(v int) string { return strconv.Itoa(v/10) + "." + strconv.Itoa(v%10) }
