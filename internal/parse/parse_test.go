package parse

import (
	"errors"
	"io"
	"math"
	"strings"
	"testing"
)

// parser is the type of all parsers but Resolution.
type parser func(string) (float64, bool, error)

// parsers are all parsers, with the width of Resolution.
var parsers = map[string]parser{
	"Seconds":         Seconds,
	"Ratio":           Ratio,
	"BytesPerSecond":  BytesPerSecond,
	"FramesPerSecond": FramesPerSecond,
	"DBm":             DBm,
	"Resolution": func(s string) (float64, bool, error) {
		width, _, ok, err := Resolution(s)
		return width, ok, err
	},
}

type valueCase struct {
	in   string
	want float64
}

type failureCase struct {
	in   string
	want error
}

func checkValues(t *testing.T, parse parser, cases []valueCase) {
	t.Helper()
	for _, c := range cases {
		v, ok, err := parse(c.in)
		// Compared by bits, to tell -0 from 0.
		if !ok || err != nil || math.Float64bits(v) != math.Float64bits(c.want) {
			t.Errorf("%q: got %v, %t, %v; want %v", c.in, v, ok, err, c.want)
		}
	}
}

func checkFailures(t *testing.T, parse parser, cases []failureCase) {
	t.Helper()
	for _, c := range cases {
		v, ok, err := parse(c.in)
		if v != 0 || ok || !errors.Is(err, c.want) {
			t.Errorf("%q: got %v, %t, %v; want the error %q", c.in, v, ok, err, c.want)
		}
	}
}

func TestSeconds(t *testing.T) {
	checkValues(t, Seconds, []valueCase{
		{"126 ms", 0.126},
		{"126ms", 0.126},
		{"0ms", 0},
		{"0 ms", 0},
		{"-0 ms", 0},
		{"0.1 ms", 0.0001},
		{"126", 0.126},
		{"126.5", 0.1265},
		{"1.2 s", 1.2},
		{"1.2s", 1.2},
		{"2 sec", 2},
		{"2 Seconds", 2},
		{"850 µs", 0.00085}, // micro sign
		{"850 μs", 0.00085}, // Greek mu
		{"850us", 0.00085},
		{"850 usec", 0.00085},
		{"7 msec", 0.007},
		{"7 MS", 0.007},
		{"7 Ms", 0.007},
		{"7 milliseconds", 0.007},
		{" 126 ms\t", 0.126},
		{"126\u00a0ms", 0.126},
		{"126\u2009ms", 0.126},
		{"126\u202fms", 0.126},
		{"126  ms", 0.126},
		{"+126 ms", 0.126},
		{"3600 s", 3600},
		{"1 234 ms", 1.234},
	})
	checkFailures(t, Seconds, []failureCase{
		{"0x1F", ErrMalformed},
		{"-1 ms", ErrRange},
		{"−1 ms", ErrRange},
		{"3600.1 s", ErrRange},
		{"4294967295 ms", ErrRange},
		{"126 kbps", ErrUnit},
		{"126 %", ErrUnit},
		{"5 min", ErrUnit},
		{"126 m s", ErrUnit},
	})
}

func TestRatio(t *testing.T) {
	checkValues(t, Ratio, []valueCase{
		{"0.3%", 0.003},
		{"0.7%", 0.007},
		{"0.03%", 0.0003},
		{"28.3%", 0.283},
		{"28.3 %", 0.283},
		{"4 %", 0.04},
		{"4\u00a0%", 0.04},
		{"4 percent", 0.04},
		{"0.0%", 0},
		{"-0%", 0},
		{"100%", 1},
		{"100.0 %", 1},
		{"0.3", 0.003},
		{"1", 0.01},
		{"0,3%", 0.003},
		{".3%", 0.003},
		{",3%", 0.003},
		{"3.0E-4", 0.000003},
		{"0.1%", 0.001},
		{"0.29%", 0.0029},
		{"14.000000000000002%", 0.14000000000000002},
	})
	checkFailures(t, Ratio, []failureCase{
		{"101%", ErrRange},
		{"100.1%", ErrRange},
		{"-0.1%", ErrRange},
		{"1,234%", ErrRange},
		{"3 ‰", ErrUnit},
		{"3 ms", ErrUnit},
		{"3%%", ErrUnit},
		{"%", ErrMalformed},
		{"3/100", ErrMalformed},
	})
}

func TestBytesPerSecond(t *testing.T) {
	checkValues(t, BytesPerSecond, []valueCase{
		{"23 kbps", 2875},
		{"27.15kbps", 3393.75},
		{"27.15 kbps", 3393.75},
		{"1.2 Mbps", 150000},
		{"1.2 mbps", 150000},
		{"1.2 MBPS", 150000},
		{"23 KBPS", 2875},
		{"23 Kbps", 2875},
		{"64000 bps", 8000},
		{"1 bps", 0.125},
		{"1 Gbps", 125e6},
		{"1 gbps", 125e6},
		{"100 Gbps", 1.25e10},
		{"23 kbit/s", 2875},
		{"23 kBit/s", 2875},
		{"23 kbits/s", 2875},
		{"23 kb/s", 2875},
		{"23 Kb/s", 2875},
		{"23 KB/S", 2875},
		{"23 kbit/sec", 2875},
		{"23 kbits/sec", 2875},
		{"23 kb/sec", 2875},
		{"8 bit/s", 1},
		{"8 b/s", 1},
		{"23", 2875},
		{"27.15", 3393.75},
		{"0 kbps", 0},
		{"0", 0},
		{"1,234 kbps", 154250},
		{"1 234 kbps", 154250},
		{"1'234 kbps", 154250},
		{"0.1 bps", 0.0125},
	})
	checkFailures(t, BytesPerSecond, []failureCase{
		{"100.1 Gbps", ErrRange},
		{"-1 kbps", ErrRange},
		{"23 kB/s", ErrUnit},
		{"23 KB/s", ErrUnit},
		{"23 MBps", ErrUnit},
		{"23 B/s", ErrUnit},
		{"23 kB/sec", ErrUnit},
		{"23 k", ErrUnit},
		{"23 Kibit/s", ErrUnit},
		{"23 Tbps", ErrUnit},
		{"23 kkbps", ErrUnit},
		{"23 ms", ErrUnit},
		{"kbps", ErrMalformed},
	})
}

func TestFramesPerSecond(t *testing.T) {
	checkValues(t, FramesPerSecond, []valueCase{
		{"12 fps", 12},
		{"12fps", 12},
		{"12 FPS", 12},
		{"12", 12},
		{"29.97 fps", 29.97},
		{"29,97", 29.97},
		{"12 f/s", 12},
		{"12 frames/s", 12},
		{"0 fps", 0},
		{"1000", 1000},
	})
	checkFailures(t, FramesPerSecond, []failureCase{
		{"1001 fps", ErrRange},
		{"-12 fps", ErrRange},
		{"12 Hz", ErrUnit},
		{"12 fps 5", ErrMalformed},
	})
}

func TestDBm(t *testing.T) {
	checkValues(t, DBm, []valueCase{
		{"-75", -75},
		{"-75 dBm", -75},
		{"-75dbm", -75},
		{"-75 DBM", -75},
		{"−75", -75},
		{"−75 dBm", -75},
		{"-75.5 dBm", -75.5},
		{"+3 dBm", 3},
		{"0", 0},
		{"-0 dBm", 0},
		{"−0", 0},
		{"-200", -200},
		{"50", 50},
	})
	checkFailures(t, DBm, []failureCase{
		{"-200.5", ErrRange},
		{"51", ErrRange},
		{"-75 dB", ErrUnit},
		{"75 %", ErrUnit},
		{"- 75", ErrMalformed},
		{"–75", ErrMalformed}, // a dash is not a sign
		{"--75", ErrMalformed},
	})
}

func TestResolution(t *testing.T) {
	for _, c := range []struct {
		in            string
		width, height float64
	}{
		{"1280*720", 1280, 720},
		{"1280x720", 1280, 720},
		{"1280X720", 1280, 720},
		{"1280×720", 1280, 720},
		{"1280 * 720", 1280, 720},
		{" 1280\u00a0×\u00a0720 ", 1280, 720},
		{"0*0", 0, 0},
		{"0 x 0", 0, 0},
		{"-0*-0", 0, 0},
		{"720*1280", 720, 1280},
		{"65536*1", 65536, 1},
		{"640.0*360.0", 640, 360},
	} {
		width, height, ok, err := Resolution(c.in)
		if !ok || err != nil ||
			math.Float64bits(width) != math.Float64bits(c.width) ||
			math.Float64bits(height) != math.Float64bits(c.height) {
			t.Errorf("%q: got %v, %v, %t, %v; want %v, %v", c.in, width, height, ok, err, c.width, c.height)
		}
	}
	for _, c := range []failureCase{
		{"1280", ErrMalformed},
		{"1280 720", ErrMalformed},
		{"1280*", ErrMalformed},
		{"*720", ErrMalformed},
		{"*", ErrMalformed},
		{"-*-", ErrMalformed},
		{"N/A*720", ErrMalformed},
		{"1280**720", ErrMalformed},
		{"1280*720*3", ErrMalformed},
		{"1280*720.5", ErrMalformed},
		{"1280.5*720", ErrMalformed},
		{"1280*720@30", ErrMalformed},
		{"HD", ErrMalformed},
		{"1280*720p", ErrUnit},
		{"1280*720 px", ErrUnit},
		{"65537*720", ErrRange},
		{"1280*65537", ErrRange},
		{"-1280*720", ErrRange},
		{"1280*-720", ErrRange},
	} {
		width, height, ok, err := Resolution(c.in)
		if width != 0 || height != 0 || ok || !errors.Is(err, c.want) {
			t.Errorf("%q: got %v, %v, %t, %v; want the error %q", c.in, width, height, ok, err, c.want)
		}
	}
}

var blanks = []string{
	"", " ", "\t", "\r\n", "\u00a0", "\u2009\u202f",
	"-", "--", "–", "—", " - ", "\u00a0–\u00a0",
	"N/A", "n/a", "N/a", "NA", "na", "null", "NULL", "none", "None",
}

func TestBlankIsNoValue(t *testing.T) {
	for name, parse := range parsers {
		for _, in := range blanks {
			if v, ok, err := parse(in); v != 0 || ok || err != nil {
				t.Errorf("%s(%q): got %v, %t, %v; want a blank", name, in, v, ok, err)
			}
		}
	}
}

func TestMalformedEverywhere(t *testing.T) {
	for name, parse := range parsers {
		for _, in := range []string{
			"NaN", "nan", "Inf", "+Inf", "-Inf", "Infinity", "0x1p-2", "1_000", "0b1",
			"---", "- -", "-n/a", "n.a.", "unknown", "true", "{}", "[1]", `"1"`,
			".", ",", "-.", "+", "+-1", "1.", "1.2.3", "1..2", "1,2,3", "1.234,5",
			"<1", "~1", "(1)", "1-2", "1 2", "1;2", "\x00", "\xff\xfe", "１２", "٣",
		} {
			checkFailures(t, parse, []failureCase{{in, ErrMalformed}})
		}
		if t.Failed() {
			t.Fatalf("%s is wrong", name)
		}
	}
}

func TestReason(t *testing.T) {
	_, _, malformed := Seconds("soon")
	_, _, unit := Seconds("1 mile")
	_, _, outside := Seconds("-1 ms")
	for _, c := range []struct {
		err  error
		want string
	}{
		{malformed, "malformed"},
		{unit, "unit"},
		{outside, "range"},
		{nil, ""},
		{io.EOF, ""},
	} {
		if got := Reason(c.err); got != c.want {
			t.Errorf("Reason(%v) = %q, want %q", c.err, got, c.want)
		}
	}
}

func TestErrorsContainWhatIsWantedButNotTheInput(t *testing.T) {
	const private = "jchill@example.com"
	for name, parse := range parsers {
		for _, in := range []string{private, "1 " + private, "1*" + private, private + "*1"} {
			_, _, err := parse(in)
			if err == nil {
				t.Fatalf("%s(%q): no error", name, in)
			}
			if text := err.Error(); strings.Contains(text, "jchill") || !strings.Contains(text, "such as") {
				t.Errorf("%s: the error says %q", name, text)
			}
		}
	}
}
