package check

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"
)

const (
	// reportWidth is the longest line, in characters.
	reportWidth = 96
	// textColumn is where the text of a finding begins. It is fixed, as findings
	// are written one by one.
	textColumn = 33
)

// status is the first word of a finding.
type status string

const (
	passed  status = "ok"
	missing status = "MISSING" // a scope or a plan
	failed  status = "FAILED"
	note    status = "note"
	skipped status = "skipped"
)

// errWriter passes text on until that fails, and keeps the error. Its own Write
// never fails.
type errWriter struct {
	w   io.Writer
	err error
}

// Write implements io.Writer.
func (e *errWriter) Write(text []byte) (int, error) {
	if e.err == nil {
		_, e.err = e.w.Write(text)
	}
	return len(text), nil
}

// report writes findings and tables below a heading, each as soon as it is
// known. Its writer does not fail: it is an errWriter, or a turn at one.
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

// add writes a finding, in more than one line where its text is long.
func (r *report) add(s status, subject, format string, args ...any) {
	if s == missing || s == failed {
		r.bad++
	}
	lines := wrapped(fmt.Sprintf(format, args...), reportWidth-textColumn)
	r.columns(textColumn, 0, fmt.Sprintf("  %-7s  %s\t%s\n", s, subject, strings.Join(lines, "\n\t")))
	r.spaced = false
}

func (r *report) line(text string) {
	fmt.Fprintln(r.out, text)
	r.spaced = text == ""
}

// space writes an empty line, unless the last one is empty.
func (r *report) space() {
	if !r.spaced {
		r.line("")
	}
}

// table writes rows in columns.
func (r *report) table(rows [][]string) {
	r.space()
	var text strings.Builder
	for _, row := range rows {
		text.WriteString("  " + strings.Join(row, "\t") + "\n")
	}
	r.columns(0, 2, text.String())
	r.line("")
}

// columns writes text with cells that end in tabs, at once, as notices may come in
// between.
func (r *report) columns(minWidth, padding int, text string) {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, minWidth, 0, padding, ' ', 0)
	_, _ = io.WriteString(w, text)
	_ = w.Flush() // a Builder does not fail
	_, _ = io.WriteString(r.out, b.String())
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
