//go:build unix

package store

import (
	"errors"
	"os"
	"syscall"
)

// tryLock takes the lock that a file stands for, until it is closed; busy says
// that another process has it.
func tryLock(f *os.File) (busy bool, err error) {
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return true, nil
	}
	return false, err
}
