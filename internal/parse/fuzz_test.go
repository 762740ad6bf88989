package parse

import (
	"math"
	"math/big"
	"strings"
	"testing"
)

// FuzzParse passes arbitrary text to every parser.
func FuzzParse(f *testing.F) {
	for _, s := range blanks {
		f.Add(s)
	}
	for _, s := range []string{
		"126 ms", "0.3%", "27.15kbps", "12 fps", "-75 dBm", "−75", "1280*720", "1280 × 720", "0*0",
		"1,234.5 Mbit/s", "1\u202f234,5", "1'234'567", "3.0E-4", "1e99", "850 µs", "NaN", "0x1p-2",
		strings.Repeat("9", 70), "\xff1", "1\xc2",
	} {
		f.Add(s)
	}
	bounds := []struct {
		name     string
		parse    parser
		min, max float64
	}{
		{"Seconds", Seconds, 0, 3600},
		{"Ratio", Ratio, 0, 1},
		{"BytesPerSecond", BytesPerSecond, 0, 1.25e10},
		{"FramesPerSecond", FramesPerSecond, 0, 1000},
		{"DBm", DBm, -200, 50},
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, b := range bounds {
			v, ok, err := b.parse(s)
			checkResult(t, b.name, s, v, ok, err)
			if !(v >= b.min && v <= b.max) {
				t.Errorf("%s(%q) = %v", b.name, s, v)
			}
		}
		width, height, ok, err := Resolution(s)
		for _, v := range []float64{width, height} {
			checkResult(t, "Resolution", s, v, ok, err)
			if !(v >= 0 && v <= 65536) || v != math.Trunc(v) {
				t.Errorf("Resolution(%q) = %v, %v", s, width, height)
			}
		}
	})
}

// checkResult checks what holds for every result.
func checkResult(t *testing.T, name, s string, v float64, ok bool, err error) {
	t.Helper()
	switch {
	case ok && err != nil:
		t.Errorf("%s(%q): a value and the error %v", name, s, err)
	case !ok && v != 0:
		t.Errorf("%s(%q): no value, yet %v", name, s, v)
	case err != nil && Reason(err) == "":
		t.Errorf("%s(%q): the error %v has no reason", name, s, err)
	case v == 0 && math.Signbit(v):
		t.Errorf("%s(%q): negative zero", name, s)
	}
}

// FuzzRounding formats numbers and compares the parsed values with the exact scaled
// fractions, rounded once.
func FuzzRounding(f *testing.F) {
	units := []struct {
		name     string
		parse    parser
		unit     string
		exp      int
		divisor  int64
		max      int64
		negative bool
	}{
		{"Seconds", Seconds, "ms", -3, 1, 3600, false},
		{"Seconds", Seconds, "s", 0, 1, 3600, false},
		{"Seconds", Seconds, "µs", -6, 1, 3600, false},
		{"Seconds", Seconds, "", -3, 1, 3600, false},
		{"Ratio", Ratio, "%", -2, 1, 1, false},
		{"BytesPerSecond", BytesPerSecond, "bps", 0, 8, 12_500_000_000, false},
		{"BytesPerSecond", BytesPerSecond, "kbps", 3, 8, 12_500_000_000, false},
		{"BytesPerSecond", BytesPerSecond, "Mbit/s", 6, 8, 12_500_000_000, false},
		{"BytesPerSecond", BytesPerSecond, "Gbps", 9, 8, 12_500_000_000, false},
		{"BytesPerSecond", BytesPerSecond, "", 3, 8, 12_500_000_000, false},
		{"FramesPerSecond", FramesPerSecond, "fps", 0, 1, 1000, false},
		{"DBm", DBm, "dBm", 0, 1, 50, true},
	}
	f.Add(uint64(126), uint64(0), uint8(0), false, uint8(0))
	f.Add(uint64(27), uint64(15), uint8(2), false, uint8(6))
	f.Add(uint64(0), uint64(7), uint8(1), false, uint8(4))
	f.Add(uint64(9007199254740993), uint64(5), uint8(9), false, uint8(5))
	f.Add(uint64(75), uint64(5), uint8(1), true, uint8(11))
	f.Add(uint64(3), uint64(math.MaxUint64), uint8(40), false, uint8(1))
	f.Fuzz(func(t *testing.T, whole, part uint64, width uint8, negative bool, pick uint8) {
		u := units[int(pick)%len(units)]
		integer := new(big.Int).SetUint64(whole).String()
		fraction := new(big.Int).SetUint64(part).String()
		width %= 44 // at most 20 + 44 digits
		if len(fraction) < int(width) {
			fraction = strings.Repeat("0", int(width)-len(fraction)) + fraction
		}
		exact := rat(integer+fraction, u.exp-len(fraction))
		exact.Quo(exact, big.NewRat(u.divisor, 1))
		sign := ""
		if negative {
			sign = "-"
			exact.Neg(exact)
		}
		want, _ := exact.Float64()
		inside := want >= 0 && want <= float64(u.max) || u.negative && want >= -200 && want <= 0

		for _, s := range []string{
			sign + integer + "." + fraction + u.unit,
			sign + integer + "." + fraction + " " + u.unit,
			sign + grouped(integer, ",") + "." + fraction + "\u00a0" + u.unit,
			sign + grouped(integer, "\u2009") + "," + fraction + u.unit,
			sign + integer + fraction + "e-" + new(big.Int).SetInt64(int64(len(fraction))).String() + u.unit,
		} {
			if ambiguous(integer, fraction, s) {
				continue
			}
			v, ok, err := u.parse(s)
			switch {
			case inside && (!ok || math.Float64bits(v) != math.Float64bits(want)):
				t.Errorf("%s(%q): got %v, %t, %v; want %v", u.name, s, v, ok, err, want)
			case !inside && Reason(err) != ReasonRange:
				t.Errorf("%s(%q): got %v, %t, %v; want out of range", u.name, s, v, ok, err)
			}
		}
	})
}

// grouped inserts sep between the thousands of an integer.
func grouped(integer, sep string) string {
	for i := len(integer) - 3; i > 0; i -= 3 {
		integer = integer[:i] + sep + integer[i:]
	}
	return integer
}

// ambiguous reports whether the decimal comma of s is parsed as a separator of
// thousands.
func ambiguous(integer, fraction, s string) bool {
	return strings.Contains(s, integer+","+fraction) &&
		len(integer) <= 3 && integer[0] != '0' && len(fraction) == 3
}
