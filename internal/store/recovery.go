package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// reopen opens a new copy of the file, if there is one. It never writes to an old
// file, whose list of free pages may be damaged: that would damage more of it.
func (b *Bolt) reopen() error {
	records, err := b.readFile()
	if err != nil {
		return err
	}
	if b.db, err = b.writeFile(records); err == nil || records == nil {
		return err
	}
	if !fromSystem(err) {
		return fmt.Errorf("storage %s: %w: its records cannot be copied: %w", b.path(), ErrDamaged, err)
	}
	// There is no space for a copy.
	return recovered(func() (err error) {
		b.db, err = bbolt.Open(b.path(), 0o600, &bbolt.Options{Timeout: lockRetry})
		return err
	})
}

// framedRecords are the records of all accounts by key, with their frames.
type framedRecords map[string][]byte

// readFile reads the whole file; nil if there is none.
func (b *Bolt) readFile() (framedRecords, error) {
	info, err := os.Stat(b.path())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err == nil && info.Size() == 0:
		// A file is renamed into place when it is complete, so this one was emptied.
		return nil, fmt.Errorf("storage %s is empty: %w", b.path(), ErrDamaged)
	case err != nil:
		return nil, fmt.Errorf("the storage cannot be used: %w", err)
	}
	records := make(framedRecords)
	err = recovered(func() error {
		db, err := bbolt.Open(b.path(), 0o600, &bbolt.Options{ReadOnly: true, Timeout: lockRetry})
		if err != nil {
			return err
		}
		// Not deferred: after a panic over a page bbolt may hold its locks for ever,
		// and Close would wait for them.
		err = db.View(records.read)
		return errors.Join(err, db.Close())
	})
	switch {
	case err == nil:
		return records, nil
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, inUse(b.dir)
	case fromSystem(err):
		return nil, fmt.Errorf("the storage cannot be used: %w", err)
	}
	return nil, fmt.Errorf("storage %s: %w: %w", b.path(), ErrDamaged, err)
}

var errTooLong = errors.New("its records are longer than the file")

func (r framedRecords) read(tx *bbolt.Tx) error {
	all := tx.Bucket(bucket)
	if all == nil {
		return nil
	}
	left := tx.Size()
	return all.ForEach(func(key, framed []byte) error {
		// A damaged length may reach far beyond the file.
		if left -= int64(len(key) + len(framed)); left < 0 {
			return errTooLong
		}
		r[string(key)] = append([]byte{}, framed...)
		return nil
	})
}

// write writes all records into an empty store.
func (r framedRecords) write(tx *bbolt.Tx) error {
	all, err := tx.CreateBucketIfNotExists(bucket)
	if err != nil {
		return err
	}
	for key, framed := range r {
		if err := all.Put([]byte(key), framed); err != nil {
			return err
		}
	}
	return nil
}

// writeFile writes a store of these records. It is complete before it replaces the
// old one, as the process may be killed at any moment.
func (b *Bolt) writeFile(records framedRecords) (_ *bbolt.DB, err error) {
	next := filepath.Join(b.dir, newName)
	defer func() {
		if err != nil {
			_ = os.Remove(next) // a full disk needs the space
			err = fmt.Errorf("the storage cannot be used: %w", err)
		}
	}()
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	db, err := bbolt.Open(next, 0o600, &bbolt.Options{Timeout: lockRetry})
	if err != nil {
		return nil, err
	}
	if err = db.Update(records.write); err == nil {
		err = os.Rename(next, b.path())
	}
	if err == nil {
		err = syncDir(b.dir)
	}
	if err != nil {
		_ = db.Close() // the error above is what matters
		return nil, err
	}
	return db, nil
}

// fromSystem reports whether an error is the operating system's, not one about the
// content of the file.
func fromSystem(err error) bool {
	var path *fs.PathError
	var call *os.SyscallError
	var errno syscall.Errno
	var link *os.LinkError
	return errors.As(err, &path) || errors.As(err, &call) || errors.As(err, &link) || errors.As(err, &errno)
}

func (b *Bolt) moveAside() error {
	aside := b.path() + ".damaged-" + b.now().UTC().Format("20060102T150405Z")
	if err := os.Rename(b.path(), aside); err != nil {
		return fmt.Errorf("the damaged storage cannot be moved aside; move it yourself: %w", err)
	}
	b.onDamaged(aside)
	return syncDir(b.dir)
}

// recovered calls f and returns its panics as errors: bbolt panics over damaged
// pages, and pages beyond the end of the file are faults.
func recovered(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = &pageError{cause: r}
		}
	}()
	return f()
}

// pageError is a panic over a damaged page.
type pageError struct{ cause any }

func (e *pageError) Error() string { return fmt.Sprint("a page cannot be read: ", e.cause) }
