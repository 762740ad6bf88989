package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Error is one error in a configuration. It never contains a secret, nor a value
// that might be one.
type Error struct {
	// File is the path of the file as given; "" for the environment.
	File string
	// Line and Column count from 1; 0 if unknown.
	Line, Column int
	// Path is the key, such as accounts[0].reserve, or the variable's name.
	Path string
	// Message says what is wrong and what to do.
	Message string
	// Absent reports that a file or variable that the configuration refers to is
	// missing or unreadable on this machine.
	Absent bool
	// Err is the cause, if it comes from another package; nil otherwise.
	Err error
}

// Error returns "file:line:column: path: message", without the parts that are empty.
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

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errors are all errors in a configuration, ordered by line.
type Errors []*Error

// Error returns a line for each error.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, err := range e {
		lines[i] = err.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets errors.Is and errors.As examine each error.
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
