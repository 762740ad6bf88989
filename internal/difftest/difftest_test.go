package difftest

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

func TestEqual(t *testing.T) {
	type figures struct{ Latency *float64 }
	one, same := math.NaN(), math.NaN()
	if diff := Diff(figures{&one}, figures{&same}); diff != "" {
		t.Error(diff)
	}
	if diff := Lines("a\nb\n", "a\nb\n"); diff != "" {
		t.Error(diff)
	}
}

func TestDiffShowsWhatPointersPointAt(t *testing.T) {
	type figures struct{ Latency *float64 }
	one, two := 1.25, 2.5
	diff := Diff(figures{&one}, figures{&two})
	if !strings.Contains(diff, "1.25") || !strings.Contains(diff, "2.5") || strings.Contains(diff, "0xc") {
		t.Error(diff)
	}
}

func TestLines(t *testing.T) {
	for _, x := range []struct{ name, want, got, diff string }{
		{"changed", "a\nb\nc", "a\nB\nc", "-2: b\n+2: B"},
		{"missing", "a\nb\nc", "a\nc", "-2: b"},
		{"added", "a\nc", "a\nb\nc", "+2: b"},
		{"moved numbers", "a\nc\nd", "a\nb\nc\nD", "+2: b\n-3: d\n+4: D"},
		{"last line end", "a\n", "a", "-2: "},
	} {
		if diff := Lines(x.want, x.got); diff != x.diff {
			t.Errorf("%s: %q, want %q", x.name, diff, x.diff)
		}
	}
}

// However much differs, a diff is short.
func TestBounds(t *testing.T) {
	var want, got strings.Builder
	for i := range 40 {
		fmt.Fprintln(&want, i, strings.Repeat("ä", 400))
		fmt.Fprintln(&got, -i, strings.Repeat("ö", 400))
	}
	for name, diff := range map[string]string{
		"lines":  Lines(want.String(), got.String()),
		"values": Diff(strings.Split(want.String(), "\n"), strings.Split(got.String(), "\n")),
	} {
		lines := strings.Split(diff, "\n")
		if len(lines) != maxLines+1 || !strings.HasPrefix(lines[maxLines], "… ") {
			t.Errorf("%s: %d lines, the last %.100q", name, len(lines), lines[len(lines)-1])
		}
		for _, line := range lines {
			if len(line) > maxWidth+len("…") || strings.ContainsRune(line, '\uFFFD') {
				t.Errorf("%s: a line of %d bytes: %q", name, len(line), line)
			}
		}
	}
}
