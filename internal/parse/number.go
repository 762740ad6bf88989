package parse

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// maxDigits and maxExponent are beyond everything Zoom can mean, and keep
	// all values far from where float64 overflows or loses precision.
	maxDigits   = 64
	maxExponent = 99

	// exactDigits is how many digits always fit in a uint64.
	exactDigits = 19
)

// pow10 are the powers of ten that float64 holds exactly.
var pow10 = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// A number is a decimal number as it was written.
type number struct {
	negative bool
	// text is the mantissa: digits, with separators among them.
	text string
	// digits counts all digits of text, fraction those after the decimal mark.
	digits, fraction int
	// mantissa is what the digits say, if they are at most exactDigits.
	mantissa uint64
	// exponent is the written one; beyond maxExponent it is not exact.
	exponent int
}

// scan reads the number that s begins with; rest is what follows it.
func scan(s string) (n number, rest string, ok bool) {
	n.negative, s = cutSign(s)

	lead := digits(s)
	end, separator := lead, rune(0)
	if lead >= 1 && lead <= 3 && s[0] != '0' {
		end, separator = groups(s, lead)
	}
	if decimalMark(s[end:], separator) {
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

// float is the float64 nearest to n × 10^exp, which is never the negative
// zero. It is not ok if n is longer than a number may be.
func (n *number) float(exp int) (v float64, ok bool) {
	if n.digits > maxDigits || n.exponent > maxExponent || n.exponent < -maxExponent {
		return 0, false
	}
	exp += n.exponent - n.fraction
	// Where mantissa and power are both exact, one operation rounds once.
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

// slowFloat is the magnitude of float for numbers of any length, by strconv.
// It allocates where the digits are more than some 25, far finer than any figure is.
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

// cutSign cuts a sign off s.
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

// groups tells where the groups of thousands end that follow the lead first
// digits of s, and what separates them: 0 if there are none.
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

// isSeparator tells whether r may separate thousands.
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

// decimalMark tells whether s begins with a decimal mark, which a comma is
// not where it separates thousands.
func decimalMark(s string, separator rune) bool {
	return strings.HasPrefix(s, ".") || separator != ',' && strings.HasPrefix(s, ",")
}

// cutExponent cuts an exponent off s; without one it is 0.
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
		if exponent <= maxExponent { // one digit beyond is enough to know
			exponent = exponent*10 + int(rest[i]-'0')
		}
	}
	if negative {
		exponent = -exponent
	}
	return exponent, rest[n:]
}

// digits counts the digits that s begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
