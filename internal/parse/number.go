package parse

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// maxDigits and maxExponent exceed all plausible figures, and keep values far from
	// where float64 overflows or loses precision.
	maxDigits   = 64
	maxExponent = 99

	// exactDigits is the number of digits that always fit in a uint64.
	exactDigits = 19
)

// pow10 are the powers of ten that float64 holds exactly.
var pow10 = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// number is a decimal number as written.
type number struct {
	negative bool
	// text is the mantissa: digits and separators.
	text string
	// digits is the number of digits in text, fraction that of the digits after the
	// decimal separator.
	digits, fraction int
	// mantissa is the value of the digits, if there are at most exactDigits.
	mantissa uint64
	// exponent is the written exponent; it is inexact beyond maxExponent.
	exponent int
}

// scan parses the number at the start of s; rest is the remainder of s.
func scan(s string) (n number, rest string, ok bool) {
	n.negative, s = cutSign(s)

	lead := digits(s)
	end, separator := lead, rune(0)
	if lead >= 1 && lead <= 3 && s[0] != '0' {
		end, separator = groups(s, lead)
	}
	if startsFraction(s[end:], separator) {
		if n.fraction = digits(s[end+1:]); n.fraction > 0 {
			end += 1 + n.fraction
		}
	}
	if lead == 0 && n.fraction == 0 {
		return number{}, s, false
	}

	n.text = s[:end]
	for i := range len(n.text) {
		if isDigit(n.text[i]) {
			n.digits++
			n.mantissa = n.mantissa*10 + uint64(n.text[i]-'0')
		}
	}
	n.exponent, rest = cutExponent(s[end:])
	return n, rest, true
}

// float returns the float64 nearest to n × 10^exp, and never negative zero. ok is
// false if n is too long.
func (n *number) float(exp int) (v float64, ok bool) {
	if n.digits > maxDigits || n.exponent > maxExponent || n.exponent < -maxExponent {
		return 0, false
	}
	exp += n.exponent - n.fraction
	// If mantissa and power are exact, a single operation rounds only once.
	exact := n.digits <= exactDigits && n.mantissa < 1<<53
	switch {
	case exact && exp >= 0 && exp < len(pow10):
		v = float64(n.mantissa) * pow10[exp]
	case exact && exp < 0 && -exp < len(pow10):
		v = float64(n.mantissa) / pow10[-exp]
	default:
		if v, ok = n.slowFloat(exp); !ok {
			return 0, false
		}
	}
	if n.negative && v != 0 {
		v = -v
	}
	return v, true
}

// slowFloat returns the magnitude of float for numbers of any length. It allocates if
// there are more than about 25 digits, which no real figure has.
func (n *number) slowFloat(exp int) (v float64, ok bool) {
	var buf [maxDigits + len("e-999")]byte
	b := buf[:0]
	for i := range len(n.text) {
		if isDigit(n.text[i]) {
			b = append(b, n.text[i])
		}
	}
	b = append(b, 'e')
	b = strconv.AppendInt(b, int64(exp), 10)
	v, err := strconv.ParseFloat(string(b), 64)
	return v, err == nil
}

// cutSign removes a sign from the start of s.
func cutSign(s string) (negative bool, rest string) {
	switch {
	case strings.HasPrefix(s, "+"):
		return false, s[1:]
	case strings.HasPrefix(s, "-"):
		return true, s[1:]
	case strings.HasPrefix(s, "−"):
		return true, s[len("−"):]
	}
	return false, s
}

// groups returns the end of the groups of thousands after the first lead digits of s,
// and their separator; 0 if there are no groups.
func groups(s string, lead int) (end int, separator rune) {
	end = lead
	for {
		r, size := utf8.DecodeRuneInString(s[end:])
		if !isSeparator(r) || separator != 0 && r != separator || digits(s[end+size:]) != 3 {
			return end, separator
		}
		end, separator = end+size+3, r
	}
}

// isSeparator reports whether r may separate thousands.
func isSeparator(r rune) bool {
	switch r {
	case ',', '\'', '’', ' ',
		'\u00a0', // no-break space
		'\u2007', // figure space
		'\u2009', // thin space
		'\u202f': // narrow no-break space
		return true
	}
	return false
}

// startsFraction reports whether s begins with a decimal separator, which a comma is
// not if it separates thousands.
func startsFraction(s string, separator rune) bool {
	return strings.HasPrefix(s, ".") || separator != ',' && strings.HasPrefix(s, ",")
}

// cutExponent removes an exponent from the start of s; 0 if there is none.
func cutExponent(s string) (exponent int, rest string) {
	if s == "" || s[0] != 'e' && s[0] != 'E' {
		return 0, s
	}
	rest = s[1:]
	negative := strings.HasPrefix(rest, "-")
	if negative || strings.HasPrefix(rest, "+") {
		rest = rest[1:]
	}
	n := digits(rest)
	if n == 0 {
		return 0, s
	}
	for i := range n {
		if exponent <= maxExponent { // beyond that, its value does not matter
			exponent = exponent*10 + int(rest[i]-'0')
		}
	}
	if negative {
		exponent = -exponent
	}
	return exponent, rest[n:]
}

// digits returns the number of digits at the start of s.
func digits(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
