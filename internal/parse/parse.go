// Package parse turns the strings in which Zoom writes its figures, such as
// "126 ms", "0.3%", "27.15kbps" and "1280*720", into base units.
//
// Every function answers in one of three ways:
//
//   - a value: ok is true and err is nil;
//   - a blank: ok is false and err is nil. Blank are the empty string, white
//     space, dashes ("-", "--", "–", "—") and, in any case, "N/A", "NA",
//     "null" and "none". A blank is no value and never 0, and a 0 is no blank;
//   - an error that wraps [ErrMalformed], [ErrUnit] or [ErrRange]. It never
//     holds the text that was read, which may be anything.
//
// # Numbers
//
// A value is the float64 nearest to what is written, rounded once and after
// scaling: "0.7%" is 0.007 and not 0.7/100. Zero has no sign. Ranges hold for
// the rounded value.
//
// A bare number, as when Zoom sends a JSON number in place of a string, is in
// the unit that Zoom uses for that figure. JSON's exponents ("3.0E-4") are
// read, up to two digits that count; NaN, infinities, hexadecimal digits and
// underscores are malformed. A sign is "+", "-" or U+2212.
//
// A point is always decimal. Apostrophes and single spaces, of any width,
// between groups of three digits separate thousands. A comma separates
// thousands where exactly three digits follow it, and one to three digits, the
// first of them not 0, precede it ("1,234" is 1234, as "12,345,678" is
// 12345678); else it is a decimal comma ("0,3", "0,125", "1234,5", "1 234,567").
// One number has one kind of separator.
//
// A number of more than 64 digits is out of range, whatever its value.
//
// # Units
//
// Between number and unit may be white space or none. Units may be in any
// case, but for bytes, as [BytesPerSecond] tells.
package parse

import (
	"errors"
	"math"
	"strings"
)

// What keeps a string from being read, for [errors.Is].
var (
	// ErrMalformed says that the text is no number with at most a unit.
	ErrMalformed = errors.New("not a number with a unit")
	// ErrUnit says that the figure cannot be in the unit that is written.
	ErrUnit = errors.New("unit not known for this figure")
	// ErrRange says that the figure cannot have the value that is written.
	ErrRange = errors.New("value out of range")
)

// The reasons that [Reason] gives.
const (
	ReasonMalformed = "malformed"
	ReasonUnit      = "unit"
	ReasonRange     = "range"
)

// Reason is the label value for an error of this package: one of the
// constants above, or "" for nil and for errors from elsewhere.
func Reason(err error) string {
	switch {
	case errors.Is(err, ErrMalformed):
		return ReasonMalformed
	case errors.Is(err, ErrUnit):
		return ReasonUnit
	case errors.Is(err, ErrRange):
		return ReasonRange
	}
	return ""
}

// Seconds reads a latency or jitter such as "126 ms", "1.2 s" or "850 µs" as
// seconds, 0 to 3600. A bare number is in milliseconds. "Ms" is milliseconds
// too: a megasecond would be out of range.
func Seconds(s string) (v float64, ok bool, err error) {
	return duration.read(s)
}

// Ratio reads a share such as "0.3%" or "28.3 %" as a ratio, 0 to 1. A bare
// number is in percent, as Zoom speaks only percent: "1" is 0.01.
func Ratio(s string) (v float64, ok bool, err error) {
	return share.read(s)
}

// BytesPerSecond reads a bit rate such as "23 kbps", "1.2 Mbit/s" or
// "64000 bps" as bytes a second, 0 to 1.25e10 (100 Gbit/s). A bare number is
// in kbit/s. k, M and G stand for powers of 1000 in either case: a millibit
// is nobody's unit. "kB/s" and "MBps" mean bytes, in which Zoom does not
// speak, and are an [ErrUnit]; "KBPS", where case tells nothing, is bits.
func BytesPerSecond(s string) (v float64, ok bool, err error) {
	bits, ok, err := bitRate.read(s)
	// To divide by a power of two is exact, so this rounds no second time.
	return bits / 8, ok, err
}

// FramesPerSecond reads a frame rate such as "12 fps" or a bare "12", 0 to
// 1000.
func FramesPerSecond(s string) (v float64, ok bool, err error) {
	return frameRate.read(s)
}

// DBm reads a signal strength such as "-75" or "-75 dBm", -200 to 50 dBm.
func DBm(s string) (v float64, ok bool, err error) {
	return signal.read(s)
}

// Resolution reads a picture's size such as "1280*720", also with x, X or ×
// for the star, as width and height in whole pixels, 0 to 65536 each. "0*0"
// is two zeros; where only one side can be read there is neither.
func Resolution(s string) (width, height float64, ok bool, err error) {
	s = strings.TrimSpace(s)
	if Blank(s) {
		return 0, 0, false, nil
	}
	left, right, found := cutTimes(s)
	if !found {
		return 0, 0, false, pixels.fail(ErrMalformed)
	}
	if width, err = side(left); err != nil {
		return 0, 0, false, err
	}
	if height, err = side(right); err != nil {
		return 0, 0, false, err
	}
	return width, height, true, nil
}

// cutTimes cuts s at the first sign of multiplication.
func cutTimes(s string) (left, right string, found bool) {
	for i, r := range s {
		switch r {
		case '*', 'x', 'X':
			return s[:i], s[i+1:], true
		case '×':
			return s[:i], s[i+len("×"):], true
		}
	}
	return "", "", false
}

// side reads one side of a resolution, where a blank is as wrong as a
// fraction.
func side(s string) (float64, error) {
	v, ok, err := pixels.read(s)
	if err == nil && (!ok || v != math.Trunc(v)) {
		err = pixels.fail(ErrMalformed)
	}
	return v, err
}

// Blank tells whether s, whatever white space is around it, says that there
// is no value.
func Blank(s string) bool {
	s = strings.TrimSpace(s)
	switch s {
	case "", "-", "--", "–", "—":
		return true
	}
	return oneOf(s, "n/a", "na", "null", "none")
}

// oneOf tells whether s is one of names in any case.
func oneOf(s string, names ...string) bool {
	for _, name := range names {
		if strings.EqualFold(s, name) {
			return true
		}
	}
	return false
}
