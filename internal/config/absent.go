package config

import (
	"errors"
	"io/fs"
)

// AllAbsent reports whether every fault is a missing file or variable: the
// configuration may be right on another machine.
func (e Errors) AllAbsent() bool {
	for _, err := range e {
		if !err.Absent {
			return false
		}
	}
	return true
}

// markAbsent marks the newest fault as Absent.
func (d *decoder) markAbsent() { d.errs[len(d.errs)-1].Absent = true }

// notHere reports whether a file may well be readable for another user or on
// another machine.
func notHere(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)
}
