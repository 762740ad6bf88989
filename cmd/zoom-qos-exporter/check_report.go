package main

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	// reportWidth is the longest line, in characters.
	reportWidth = 96
	// textColumn is where findings have their text.
	textColumn = 33
)

// verdict is a finding's first word.
type verdict string

const (
	works   verdict = "ok"
	missing verdict = "MISSING" // a scope or a plan
	failed  verdict = "FAILED"
	remark  verdict = "note"
	skipped verdict = "skipped"
)

// report writes findings and tables below a heading, each as soon as it is
// known.
type report struct {
	out    io.Writer
	bad    int
	spaced bool // the last line was empty
}

func newReport(out io.Writer, heading string) *report {
	r := &report{out: out}
	r.line(heading)
	return r
}

// end closes the section.
func (r *report) end() { r.space() }

// good reports whether nothing is missing and nothing failed.
func (r *report) good() bool { return r.bad == 0 }

// add writes a finding: a line, or more where its text is long.
func (r *report) add(v verdict, subject, format string, args ...any) {
	if v == missing || v == failed {
		r.bad++
	}
	lines := wrapped(fmt.Sprintf(format, args...), reportWidth-textColumn)
	r.line(fmt.Sprintf("  %-7s  %-*s  ", v, textColumn-13, subject) +
		strings.Join(lines, "\n"+strings.Repeat(" ", textColumn)))
}

func (r *report) line(text string) {
	text = strings.TrimRight(text, " ")
	r.spaced = text == ""
	_, _ = io.WriteString(r.out, text+"\n") // standard output: nobody to report to
}

// space writes an empty line, unless the last one is empty.
func (r *report) space() {
	if !r.spaced {
		r.line("")
	}
}

// table writes rows in columns as wide as they need. right says which columns
// are aligned to the right.
func (r *report) table(rows [][]string, right ...int) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	toRight := make([]bool, len(widths))
	for _, i := range right {
		toRight[i] = true
	}
	r.space()
	for _, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if toRight[i] {
				cell = pad + cell
			} else {
				cell += pad
			}
			b.WriteString("  " + cell)
		}
		r.line(b.String())
	}
	r.line("")
}

// wrapped breaks text into lines of at most width characters, but for words
// that are longer themselves.
func wrapped(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	return append(lines, line)
}

// counted is a number with its noun: "1 meeting", "2,000 meetings".
func counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return grouped(n) + " " + noun
}

// grouped writes 60000 as 60,000.
func grouped(n int) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// spoken writes a duration of a second or more, rounded up, with at most two
// units.
func spoken(d time.Duration) string {
	unit := time.Second
	switch {
	case d >= 24*time.Hour:
		unit = time.Hour
	case d >= 10*time.Minute:
		unit = time.Minute
	}
	d = (d + unit - 1) / unit * unit
	var parts []string
	for _, u := range []struct {
		name string
		size time.Duration
	}{{"h", time.Hour}, {"min", time.Minute}, {"s", time.Second}} {
		if n := d / u.size; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, u.name))
		}
		d %= u.size
	}
	if len(parts) == 0 {
		return "0 s"
	}
	return strings.Join(parts, " ")
}
