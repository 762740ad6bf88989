package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

const (
	// fileName is the store's file in its directory.
	fileName = "state.db"
	// newSuffix is of files that are not a whole store yet.
	newSuffix = ".new"
)

// accounts is the bucket that holds a bucket for each account.
var accounts = []byte("accounts")

// Bolt is a Store in one file of a directory, held by one process at a time.
//
// It goes on where its file fails: Load and Save then tell why, and each of
// them tries to open the file anew.
type Bolt struct {
	dir     string
	now     func() time.Time
	damaged func(aside string)

	mu     sync.Mutex // one at a time: commits are rare, and so a damaged file is replaced once
	db     *bbolt.DB  // nil while the file can't be used
	closed bool
}

var _ Store = (*Bolt)(nil)

// NewBolt makes a store in a directory that it makes if missing. A file that is
// damaged it moves aside, under a name with the time that now tells; it calls
// damaged with that name, and begins anew.
func NewBolt(dir string, now func() time.Time, damaged func(aside string)) *Bolt {
	return &Bolt{dir: dir, now: now, damaged: damaged}
}

// Open opens the file, and waits so long for another process to let go of it.
// Its error is ErrInUse if that does not happen. After any other error the
// store can still be used: it tries again with each Load and Save.
func (b *Bolt) Open(wait time.Duration) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.open(wait)
}

// Close implements Store.
func (b *Bolt) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	if b.db == nil {
		return nil
	}
	err := b.db.Close()
	b.db = nil
	return err
}

// Account implements Store.
func (b *Bolt) Account(id string) Records { return &boltRecords{store: b, account: keyOf(id)} }

func (b *Bolt) path() string { return filepath.Join(b.dir, fileName) }

func (b *Bolt) open(wait time.Duration) error {
	switch {
	case b.closed:
		return fmt.Errorf("storage %s: %w", b.dir, ErrClosed)
	case b.db != nil:
		return nil
	}
	if err := os.MkdirAll(b.dir, 0o700); err != nil {
		return fmt.Errorf("the storage directory can't be made: %w", err)
	}
	db, err := b.openFile(wait)
	if errors.Is(err, ErrDamaged) {
		if err := b.setAside(); err != nil {
			return err
		}
		db, err = b.openFile(wait)
	}
	if err != nil {
		return err
	}
	b.db = db
	b.removeUnfinished()
	return nil
}

// openFile opens the file and reads all of it once.
func (b *Bolt) openFile(wait time.Duration) (*bbolt.DB, error) {
	info, err := os.Stat(b.path())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = b.create()
	case err == nil && info.Size() == 0:
		// It is made whole or not at all, so it was emptied.
		return nil, fmt.Errorf("storage %s is empty: %w", b.path(), ErrDamaged)
	}
	if err != nil {
		return nil, fmt.Errorf("the storage can't be used: %w", err)
	}
	var db *bbolt.DB
	err = guard(func() error {
		var err error
		db, err = bbolt.Open(b.path(), 0o600, &bbolt.Options{
			// bbolt takes no time for for ever.
			Timeout: max(wait, time.Millisecond),
			// Never makes a file: that takes two steps.
			OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
				return os.OpenFile(name, flag&^os.O_CREATE, mode)
			},
		})
		if err != nil {
			return err
		}
		return db.View(readAll)
	})
	if err == nil {
		return db, nil
	}
	var damage *damageError
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, fmt.Errorf("storage %s is %w: end that one, or give this one a --storage.path of its own", b.path(), ErrInUse)
	case errors.As(err, &damage):
		// Whoever panicked may hold its locks: it can't even be closed.
	case db != nil:
		_ = db.Close() // it is useless already
	}
	if fromSystem(err) {
		return nil, fmt.Errorf("the storage can't be used: %w", err)
	}
	return nil, fmt.Errorf("storage %s: %w: %w", b.path(), ErrDamaged, err)
}

// fromSystem tells what the system refuses us from what we found in the file.
func fromSystem(err error) bool {
	var path *fs.PathError
	var call *os.SyscallError
	var errno syscall.Errno
	return errors.As(err, &path) || errors.As(err, &call) || errors.As(err, &errno)
}

// readAll meets every page that is in use, so that damage shows now.
func readAll(tx *bbolt.Tx) error {
	all := tx.Bucket(accounts)
	if all == nil {
		return nil
	}
	return all.ForEachBucket(func(account []byte) error {
		return all.Bucket(account).ForEach(func(name, sealed []byte) error {
			_, _ = unseal(account, string(name), sealed) // Load tells of a bad one
			return nil
		})
	})
}

// create makes an empty store whole before it gets its name, for a kill may
// come at any moment. Of two processes that make it at once the first wins.
func (b *Bolt) create() error {
	f, err := os.CreateTemp(b.dir, fileName+".*"+newSuffix) // with mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if err := f.Close(); err != nil {
		return err
	}
	db, err := bbolt.Open(f.Name(), 0o600, &bbolt.Options{Timeout: time.Second})
	if err != nil {
		return err
	}
	if err := db.Close(); err != nil {
		return err
	}
	if err := os.Link(f.Name(), b.path()); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(b.dir)
}

// removeUnfinished clears away what killed processes left of create. We hold
// the store, so nobody needs them.
func (b *Bolt) removeUnfinished() {
	left, _ := filepath.Glob(filepath.Join(b.dir, fileName+".*"+newSuffix))
	for _, name := range left {
		_ = os.Remove(name) // only tidiness
	}
}

func (b *Bolt) setAside() error {
	aside := b.path() + ".damaged-" + b.now().UTC().Format("20060102T150405Z")
	if err := os.Rename(b.path(), aside); err != nil {
		return fmt.Errorf("the damaged storage can't be moved aside; move it yourself: %w", err)
	}
	b.damaged(aside)
	return syncDir(b.dir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	_ = d.Sync() // some systems can't, and need not
	return nil
}

// with runs f on the open file. A file that turns out to be damaged is moved
// aside, and the next call begins anew.
func (b *Bolt) with(f func(*bbolt.DB) error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.open(0); err != nil {
		return err
	}
	err := guard(func() error { return f(b.db) })
	var damage *damageError
	if errors.As(err, &damage) {
		b.db = nil // see openFile: it can't be closed
		return errors.Join(fmt.Errorf("storage %s: %w: %w", b.path(), ErrDamaged, err), b.setAside())
	}
	return err
}

// guard makes errors of the panics by which bbolt tells of damaged pages, and
// of the faults that pages beyond the end of a file give.
func guard(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = &damageError{cause: r}
		}
	}()
	return f()
}

// damageError is a panic over damaged pages.
type damageError struct{ cause any }

func (e *damageError) Error() string { return fmt.Sprint("a page can't be read: ", e.cause) }

// boltRecords are one account's records.
type boltRecords struct {
	store   *Bolt
	account []byte
}

// Load implements Records.
func (r *boltRecords) Load(name string) (record []byte, err error) {
	err = r.store.with(func(db *bbolt.DB) error {
		return db.View(func(tx *bbolt.Tx) error {
			all := tx.Bucket(accounts)
			if all == nil {
				return nil
			}
			account := all.Bucket(r.account)
			if account == nil {
				return nil
			}
			sealed := account.Get([]byte(name))
			if sealed == nil {
				return nil
			}
			record, err = unseal(r.account, name, sealed)
			return err
		})
	})
	return record, err
}

// Save implements Records.
func (r *boltRecords) Save(records map[string][]byte) error {
	err := r.store.with(func(db *bbolt.DB) error {
		return db.Update(func(tx *bbolt.Tx) error {
			all, err := tx.CreateBucketIfNotExists(accounts)
			if err != nil {
				return err
			}
			account, err := all.CreateBucketIfNotExists(r.account)
			if err != nil {
				return err
			}
			for name, record := range records {
				if record == nil {
					err = account.Delete([]byte(name))
				} else {
					err = account.Put([]byte(name), seal(r.account, name, record))
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		return fmt.Errorf("nothing was saved: %w", err)
	}
	return nil
}
