package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Error is one fault of a configuration. It never holds a secret, nor a value
// that might be one.
type Error struct {
	// File is the file as it was named; "" for the environment.
	File string
	// Line and Column count from 1; 0 where there is none.
	Line, Column int
	// Path is the key, such as accounts[0].reserve, or the variable's name.
	Path string
	// Message says what is wrong and what to do.
	Message string
	// Absent is true if a file or variable that the configuration refers to is
	// missing or not readable here.
	Absent bool
	// Err is the cause, if another package found it; nil otherwise.
	Err error
}

// Error is file:line:column: path: message, less what there is not.
func (e *Error) Error() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File)
		for _, n := range []int{e.Line, e.Column} {
			if n > 0 {
				fmt.Fprintf(&b, ":%d", n)
			}
		}
		b.WriteString(": ")
	}
	if e.Path != "" {
		b.WriteString(e.Path + ": ")
	}
	b.WriteString(e.Message)
	return b.String()
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errors are all faults of a configuration, by line.
type Errors []*Error

// Error has a line for each.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, err := range e {
		lines[i] = err.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives errors.Is and errors.As each of them.
func (e Errors) Unwrap() []error {
	errs := make([]error, len(e))
	for i, err := range e {
		errs[i] = err
	}
	return errs
}

func (e Errors) sort() {
	slices.SortStableFunc(e, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}
