package parse

import (
	"math/big"
	"strings"
	"testing"
)

// Frame rates are not scaled, so they show numbers as they are parsed.
func TestSeparators(t *testing.T) {
	checkValues(t, FramesPerSecond, []valueCase{
		{"0,3", 0.3},
		{"0,125", 0.125}, // thousands do not begin with 0
		{"00,125", 0.125},
		{"1,5", 1.5},
		{"1,23", 1.23},
		{"1,2345", 1.2345},
		{"999,1", 999.1},
		{"0.125", 0.125},
		{"1.234", 1.234}, // a point is always decimal
		{"12.345", 12.345},
		{"0001", 1},
	})
	checkValues(t, func(s string) (float64, bool, error) {
		v, ok, err := BytesPerSecond(s + "bps")
		return v * 8, ok, err
	}, []valueCase{
		{"1,234", 1234},
		{"12,345", 12345},
		{"123,456", 123456},
		{"1234,567", 1234.567}, // four digits are not a group
		{"1,234,567", 1234567},
		{"1,234.5", 1234.5},
		{"1,234,567.25", 1234567.25},
		{"1 234", 1234},
		{"1\u00a0234", 1234},
		{"1\u2007234", 1234},
		{"1\u2009234", 1234},
		{"1\u202f234", 1234},
		{"1\u202f234\u202f567,5", 1234567.5},
		{"1 234,567", 1234.567},
		{"1'234", 1234},
		{"1’234", 1234},
		{"1'234'567.5", 1234567.5},
		{"1'234,5", 1234.5},
	})
	checkFailures(t, FramesPerSecond, []failureCase{
		{"0,234,567", ErrMalformed},
		{"1,23,456", ErrMalformed},
		{"1,234,5", ErrMalformed},
		{"1,234,5678", ErrMalformed},
		{"1234,567,890", ErrMalformed},
		{"1,234 567", ErrMalformed},
		{"1 234'567", ErrMalformed},
		{"0 234", ErrMalformed},
		{"1  234", ErrMalformed},
		{"1\t234", ErrMalformed},
		{"1 23", ErrMalformed},
		{"1 2345", ErrMalformed},
		{"1'23", ErrMalformed},
		{"1.234.567", ErrMalformed},
		{"1.234 567", ErrMalformed},
		{",", ErrMalformed},
		{"1,", ErrMalformed},
	})
}

func TestExponents(t *testing.T) {
	checkValues(t, FramesPerSecond, []valueCase{
		{"1e2", 100},
		{"1E2", 100},
		{"1e+2", 100},
		{"1.0E-5", 0.00001},
		{"3.0E-4 fps", 0.0003},
		{"1e002", 100},
		{"0e99", 0},
		{"1e-99", 1e-99},
	})
	checkFailures(t, FramesPerSecond, []failureCase{
		{"1e4", ErrRange},
		{"1e99", ErrRange},
		{"1e100", ErrRange},
		{"1e-100", ErrRange},
		{"0e100", ErrRange},
		{"1e99999999999999999999", ErrRange},
		{"1e-99999999999999999999", ErrRange},
		{"1e", ErrUnit},
		{"1e+", ErrMalformed},
		{"1e5.5", ErrMalformed},
		{"e5", ErrMalformed},
	})
}

func TestLongNumbers(t *testing.T) {
	checkValues(t, FramesPerSecond, []valueCase{
		{strings.Repeat("0", 64), 0},
		{"-" + strings.Repeat("0", 64), 0},
		{strings.Repeat("0", 62) + "12", 12},
		{"0." + strings.Repeat("0", 62) + "1", 1e-63},
		{"12." + strings.Repeat("0", 62), 12},
		// Halfway between 1 and its successor: to even, and up by the last digit.
		{"1.00000000000000011102230246251565404236316680908203125", 1},
		{"1.00000000000000011102230246251565404236316680908203126", 1.0000000000000002},
	})
	checkFailures(t, FramesPerSecond, []failureCase{
		{strings.Repeat("0", 65), ErrRange},
		{strings.Repeat("9", 64), ErrRange},
		{strings.Repeat("9", 1<<20), ErrRange},
		{"1." + strings.Repeat("0", 1<<20), ErrRange},
		{"1" + strings.Repeat(",000", 1<<18), ErrRange},
		{strings.Repeat("9", 1<<20) + "?", ErrUnit},
	})
}

// The boundaries of the exact path are 2^53, 19 digits and 10^22.
func TestBoundariesOfTheExactPath(t *testing.T) {
	for _, mantissa := range []string{
		"1", "9007199254740991", "9007199254740992", "9007199254740993", "9007199254740995",
		"9999999999999999999", "10000000000000000001", "18446744073709551615", "18446744073709551616",
		"18446744073709551617", "36893488147419103233",
	} {
		for exp := -30; exp <= 30; exp++ {
			n, rest, ok := scan(mantissa)
			if !ok || rest != "" {
				t.Fatalf("scan(%s): %q, %t", mantissa, rest, ok)
			}
			got, ok := n.float(exp)
			want, _ := rat(mantissa, exp).Float64()
			if !ok || got != want {
				t.Errorf("%se%d: got %v, %t; want %v", mantissa, exp, got, ok, want)
			}
		}
	}
}

// rat returns mantissa × 10^exp.
func rat(mantissa string, exp int) *big.Rat {
	m, ok := new(big.Int).SetString(mantissa, 10)
	if !ok {
		panic("not an integer: " + mantissa)
	}
	r := new(big.Rat).SetInt(m)
	ten := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(exp, -exp))), nil)
	scale := new(big.Rat).SetInt(ten)
	if exp < 0 {
		scale.Inv(scale)
	}
	return r.Mul(r, scale)
}
