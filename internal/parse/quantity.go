package parse

import (
	"fmt"
	"strings"
)

// quantity is a kind of figure.
type quantity struct {
	// want describes valid text in errors.
	want string
	// bare is the power of ten of a number without a unit.
	bare int
	// unit returns the power of ten of a unit; ok is false for an unknown unit.
	unit func(string) (exp int, ok bool)
	// min and max are the inclusive bounds, in the unit of 10^0.
	min, max float64
}

// The quantities.
var (
	duration = quantity{
		want: `a duration such as "126 ms", from 0 to 3600 s`,
		bare: -3, unit: durationUnit, max: 3600,
	}
	share = quantity{
		want: `a share such as "0.3%", from 0% to 100%`,
		bare: -2, unit: shareUnit, max: 1,
	}
	bitRate = quantity{
		want: `a bit rate such as "23 kbps", from 0 to 100 Gbps`,
		bare: 3, unit: bitRateUnit, max: 100e9,
	}
	frameRate = quantity{
		want: `a frame rate such as "12 fps", from 0 to 1000 fps`,
		unit: frameRateUnit, max: 1000,
	}
	signal = quantity{
		want: `a signal strength such as "-75 dBm", from -200 to 50 dBm`,
		unit: signalUnit, min: -200, max: 50,
	}
	pixels = quantity{
		want: `a size such as "1280*720", in whole pixels from 0 to 65536`,
		unit: noUnit, max: 65536,
	}
)

// parse parses s; see the package comment.
func (q *quantity) parse(s string) (v float64, ok bool, err error) {
	if Blank(s) {
		return 0, false, nil
	}
	s = strings.TrimSpace(s)
	n, rest, ok := scan(s)
	if !ok {
		return 0, false, q.fail(ErrMalformed)
	}
	exp := q.bare
	if rest = strings.TrimSpace(rest); rest != "" {
		if exp, ok = q.unit(rest); !ok {
			return 0, false, q.fail(unitError(rest))
		}
	}
	v, ok = n.float(exp)
	if !ok || v < q.min || v > q.max {
		return 0, false, q.fail(ErrRange)
	}
	return v, true, nil
}

// fail returns an error for reason. It leaves out the input, which is untrusted.
func (q *quantity) fail(reason error) error {
	return fmt.Errorf("%w: want %s", reason, q.want)
}

// unitError returns the reason why the text after a number is not a unit of its
// quantity: it is another unit, or the text is not a number.
func unitError(rest string) error {
	if strings.ContainsAny(rest, "0123456789.,'’+-−*_") {
		return ErrMalformed
	}
	return ErrUnit
}

func durationUnit(s string) (exp int, ok bool) {
	switch {
	case oneOf(s, "ms", "msec", "msecs", "millisecond", "milliseconds"):
		return -3, true
	case oneOf(s, "s", "sec", "secs", "second", "seconds"):
		return 0, true
	// The micro sign (U+00B5) and the Greek mu (U+03BC) look alike.
	case oneOf(s, "\u00b5s", "\u03bcs", "us", "usec", "usecs", "microsecond", "microseconds"):
		return -6, true
	}
	return 0, false
}

func shareUnit(s string) (exp int, ok bool) {
	return -2, oneOf(s, "%", "percent")
}

func bitRateUnit(s string) (exp int, ok bool) {
	switch s[0] {
	case 'k', 'K':
		exp, s = 3, s[1:]
	case 'm', 'M':
		exp, s = 6, s[1:]
	case 'g', 'G':
		exp, s = 9, s[1:]
	}
	switch s {
	case "Bps", "B/s", "B/sec": // bytes: eight times as much
		return 0, false
	}
	return exp, oneOf(s, "bps", "bit/s", "bits/s", "b/s", "bit/sec", "bits/sec", "b/sec")
}

func frameRateUnit(s string) (exp int, ok bool) {
	return 0, oneOf(s, "fps", "f/s", "frames/s")
}

func signalUnit(s string) (exp int, ok bool) {
	return 0, oneOf(s, "dBm")
}

func noUnit(string) (exp int, ok bool) {
	return 0, false
}
