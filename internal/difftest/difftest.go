// Package difftest tells in few lines how what a test got differs from what it
// wants. Only tests import it.
package difftest

import (
	"fmt"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// The bounds of a diff: nobody reads more.
const (
	maxLines = 20
	maxWidth = 300 // bytes of a line
)

// Diff tells how got differs from want, "-" being before what is only in want
// and "+" before what is only in got. It is "" if they are equal; NaN equals
// NaN. What differs otherwise may be allowed by options.
func Diff(want, got any, options ...cmp.Option) string {
	options = append(options, cmpopts.EquateNaNs())
	return bounded(strings.Split(strings.TrimSpace(cmp.Diff(want, got, options...)), "\n"))
}

// Lines tells in which lines a text differs from the one that is wanted, with
// the numbers that the lines have in their texts. It is "" if they are equal.
func Lines(want, got string) string {
	var r lineReporter
	cmp.Equal(strings.Split(want, "\n"), strings.Split(got, "\n"), cmp.Reporter(&r))
	return bounded(r.differences)
}

// Short is the beginning of a text.
func Short(text string) string { return bounded(strings.Split(text, "\n")) }

// bounded joins lines, and cuts what is too long or too wide.
func bounded(lines []string) string {
	left := max(0, len(lines)-maxLines)
	lines = lines[:len(lines)-left]
	for i, line := range lines {
		if len(line) > maxWidth {
			lines[i] = strings.ToValidUTF8(line[:maxWidth], "") + "…"
		}
	}
	if left > 0 {
		lines = append(lines, fmt.Sprintf("… %d more", left))
	}
	return strings.Join(lines, "\n")
}

// lineReporter collects the differences between two slices of strings.
type lineReporter struct {
	path        cmp.Path
	differences []string
}

// PushStep enters a part of what is compared.
func (r *lineReporter) PushStep(step cmp.PathStep) { r.path = append(r.path, step) }

// PopStep leaves it.
func (r *lineReporter) PopStep() { r.path = r.path[:len(r.path)-1] }

// Report tells whether a line is equal.
func (r *lineReporter) Report(result cmp.Result) {
	step, ok := r.path.Last().(cmp.SliceIndex)
	if result.Equal() || !ok {
		return
	}
	want, got := step.Values()
	wantIndex, gotIndex := step.SplitKeys()
	if want.IsValid() {
		r.differences = append(r.differences, fmt.Sprintf("-%d: %s", wantIndex+1, want))
	}
	if got.IsValid() {
		r.differences = append(r.differences, fmt.Sprintf("+%d: %s", gotIndex+1, got))
	}
}
