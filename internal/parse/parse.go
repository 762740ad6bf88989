// Package parse turns the strings in which Zoom writes its figures, such as
// "126 ms", "0.3%", "27.15kbps" and "1280*720", into base units.
//
// Every function returns one of:
//
//   - a value: ok is true and err is nil;
//   - no value, for a blank: ok is false and err is nil. Blanks are the empty string,
//     white space, dashes ("-", "--", "–", "—") and, in any case, "N/A", "NA", "null"
//     and "none". A blank is not 0, and 0 is not blank;
//   - an error that wraps [ErrMalformed], [ErrUnit] or [ErrRange]. It never contains
//     the input, which may be anything.
//
// # Numbers
//
// A value is the float64 nearest to the scaled number, rounded once: "0.7%" is 0.007,
// not 0.7/100. Zero has no sign. The ranges apply to the rounded value.
//
// A number without a unit, such as a JSON number in place of a string, is in the unit
// that Zoom uses for the figure. Exponents ("3.0E-4") have at most two significant
// digits. NaN, infinities, hexadecimal digits and underscores are malformed. A sign is
// "+", "-" or U+2212.
//
// A point is always the decimal separator. Apostrophes and single spaces of any width
// separate thousands, between groups of three digits. A comma separates thousands if
// exactly three digits follow it and one to three digits, of which the first is not 0,
// precede it ("1,234" is 1234, "12,345,678" is 12345678); otherwise it is the decimal
// separator ("0,3", "0,125", "1234,5", "1 234,567"). A number has only one kind of
// thousands separator.
//
// A number of more than 64 digits is out of range, whatever its value.
//
// # Units
//
// White space between number and unit is optional. Units are case-insensitive, except
// for bytes; see [BytesPerSecond].
package parse

import (
	"errors"
	"math"
	"strings"
)

// The errors, for [errors.Is].
var (
	// ErrMalformed means that the string is not a number with an optional unit.
	ErrMalformed = errors.New("not a number with a unit")
	// ErrUnit means that the unit is not one of the figure.
	ErrUnit = errors.New("unknown unit for this figure")
	// ErrRange means that the value is out of the range of the figure.
	ErrRange = errors.New("value out of range")
)

// The reasons that [Reason] returns.
const (
	ReasonMalformed = "malformed"
	ReasonUnit      = "unit"
	ReasonRange     = "range"
)

// Reason returns the label value for an error of this package: one of the constants
// above, or "" for nil and for other errors.
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

// Seconds parses a latency or jitter such as "126 ms", "1.2 s" or "850 µs" as seconds,
// 0 to 3600. Without a unit it is in milliseconds. "Ms" is milliseconds, too, as a
// megasecond would be out of range.
func Seconds(s string) (v float64, ok bool, err error) {
	return duration.parse(s)
}

// Ratio parses a share such as "0.3%" or "28.3 %" as a ratio, 0 to 1. Without a unit
// it is in percent, the only unit that Zoom uses: "1" is 0.01.
func Ratio(s string) (v float64, ok bool, err error) {
	return share.parse(s)
}

// BytesPerSecond parses a bit rate such as "23 kbps", "1.2 Mbit/s" or "64000 bps" as
// bytes per second, 0 to 1.25e10 (100 Gbit/s). Without a unit it is in kbit/s. k, M
// and G, in either case, are powers of 1000, as nobody uses millibits. "kB/s" and
// "MBps" mean bytes, which Zoom does not use, and are an [ErrUnit]; "KBPS", whose case
// has no meaning, is bits.
func BytesPerSecond(s string) (v float64, ok bool, err error) {
	bits, ok, err := bitRate.parse(s)
	// Division by a power of two is exact, so this does not round again.
	return bits / 8, ok, err
}

// FramesPerSecond parses a frame rate such as "12 fps" or "12", 0 to 1000.
func FramesPerSecond(s string) (v float64, ok bool, err error) {
	return frameRate.parse(s)
}

// DBm parses a signal strength such as "-75" or "-75 dBm", -200 to 50 dBm.
func DBm(s string) (v float64, ok bool, err error) {
	return signal.parse(s)
}

// Resolution parses the size of a picture such as "1280*720", also with x, X or × in
// place of the asterisk, as width and height in whole pixels, 0 to 65536 each. "0*0" is
// two zeros. If one side is invalid, there is no value for either.
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

// cutTimes cuts s at the first multiplication sign.
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

// side parses one side of a resolution, which must be neither blank nor a fraction.
func side(s string) (float64, error) {
	v, ok, err := pixels.parse(s)
	if err == nil && (!ok || v != math.Trunc(v)) {
		err = pixels.fail(ErrMalformed)
	}
	return v, err
}

// Blank reports whether s stands for no value; see the package comment.
func Blank(s string) bool {
	s = strings.TrimSpace(s)
	switch s {
	case "", "-", "--", "–", "—":
		return true
	}
	return oneOf(s, "n/a", "na", "null", "none")
}

// oneOf reports whether s is one of names, regardless of case.
func oneOf(s string, names ...string) bool {
	for _, name := range names {
		if strings.EqualFold(s, name) {
			return true
		}
	}
	return false
}
