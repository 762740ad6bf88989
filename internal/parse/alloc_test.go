package parse

import "testing"

// good are texts that Zoom writes, and similar ones, by parser.
var good = map[string][]string{
	"Seconds":         {"126 ms", "0ms", "1.2 s", "850 µs", "126", "1\u202f234,5 ms", "0.30000000000000004 ms"},
	"Ratio":           {"0.3%", "28.3 %", "0.0%", "0,3%", "3.0E-4", "14.000000000000002%"},
	"BytesPerSecond":  {"23 kbps", "27.15kbps", "1.2 Mbit/s", "64000 bps", "1,234 kbits/sec", "9007199254740993e-9"},
	"FramesPerSecond": {"12 fps", "12", "29.970000000000000639488462"},
	"DBm":             {"-75", "-75 dBm", "−75"},
	"Resolution":      {"1280*720", "1280 x 720", "1280×720", "0*0"},
}

func TestNoAllocations(t *testing.T) {
	for name, parse := range parsers {
		inputs := append(good[name][:len(good[name]):len(good[name])], blanks...)
		for _, in := range inputs {
			if _, _, err := parse(in); err != nil {
				t.Errorf("%s(%q): %v", name, in, err)
			}
			if n := testing.AllocsPerRun(100, func() { parse(in) }); n != 0 {
				t.Errorf("%s(%q): %v allocations", name, in, n)
			}
		}
	}
}

func benchmark(b *testing.B, parse parser, in string) {
	b.ReportAllocs()
	for b.Loop() {
		parse(in)
	}
}

func BenchmarkSeconds(b *testing.B)         { benchmark(b, Seconds, "126 ms") }
func BenchmarkRatio(b *testing.B)           { benchmark(b, Ratio, "0.3%") }
func BenchmarkBytesPerSecond(b *testing.B)  { benchmark(b, BytesPerSecond, "27.15 kbps") }
func BenchmarkFramesPerSecond(b *testing.B) { benchmark(b, FramesPerSecond, "12 fps") }
func BenchmarkDBm(b *testing.B)             { benchmark(b, DBm, "-75 dBm") }
func BenchmarkBlank(b *testing.B)           { benchmark(b, Seconds, "") }
func BenchmarkLong(b *testing.B)            { benchmark(b, Seconds, "0.30000000000000004440892098 ms") }
func BenchmarkMalformed(b *testing.B)       { benchmark(b, Seconds, "soon") }

func BenchmarkResolution(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Resolution("1280*720")
	}
}
