package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// lockName is the file whose lock stands for the whole directory. bbolt's own lock
// does not: it belongs to a file that every start replaces.
const lockName = "lock"

// lockRetry is how often a busy lock is tried again.
const lockRetry = 50 * time.Millisecond

// lockDir locks a directory for this process until the returned file is closed. It
// waits that long for another process to release it.
func lockDir(dir string, wait time.Duration) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the storage cannot be used: %w", err)
	}
	for {
		err := tryLock(f)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			_ = f.Close() // the error above is what matters
			return nil, fmt.Errorf("the storage cannot be locked: %w", err)
		}
		if wait <= 0 {
			_ = f.Close()
			return nil, inUse(dir)
		}
		time.Sleep(lockRetry)
		wait -= lockRetry
	}
}

// InUse reports whether a process holds a directory. It changes nothing there.
func InUse(dir string) bool {
	f, err := os.Open(filepath.Join(dir, lockName))
	if err != nil {
		return false
	}
	err = tryLock(f)
	_ = f.Close() // releases the lock
	return errors.Is(err, syscall.EWOULDBLOCK)
}

func inUse(dir string) error {
	return fmt.Errorf("storage %s is %w: stop that process, or give this one a --storage.path of its own", dir, ErrInUse)
}

// tryLock locks a file until it is closed. Its error is EWOULDBLOCK if another
// process holds the lock.
func tryLock(f *os.File) error {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}
