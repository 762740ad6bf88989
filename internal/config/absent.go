package config

import (
	"errors"
	"io/fs"
)

// AllAbsent reports whether every error is a missing file or variable, so that the
// configuration may be valid on another machine.
func (e Errors) AllAbsent() bool {
	for _, err := range e {
		if !err.Absent {
			return false
		}
	}
	return true
}

// markAbsent marks the latest error as Absent.
func (d *decoder) markAbsent() { d.errs[len(d.errs)-1].Absent = true }

// isAbsent reports whether a file may be readable by another user or on another
// machine.
func isAbsent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)
}
