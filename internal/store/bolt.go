package store

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"sync"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

const (
	fileName = "state.db"
	// newName is of the next store's file while it is made.
	newName  = "state.db.new"
	lockName = "lock"
	// lockRetry is how often a lock that another process has is tried again.
	lockRetry = 50 * time.Millisecond
)

// bucket is the one bucket. It holds all records under the key of their
// account and their name: the flatter the file, the less can be torn.
var bucket = []byte("records")

// Bolt is a Store in one file of a directory, held by one process at a time.
//
// It goes on where its file fails: Load and Save then tell why, and each of
// them tries to open the file anew.
type Bolt struct {
	dir     string
	now     func() time.Time
	damaged func(aside string)

	mu     sync.Mutex // one at a time: commits are rare, and so a damaged file is replaced once
	lock   *os.File   // nil while we do not hold the directory
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
// Its error is ErrInUse if that does not happen, and ErrNotDirectory if a file is
// in the directory's place. After any error the store can still be used: it
// tries again with each Load and Save.
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
	var err error
	if b.db != nil {
		err = b.db.Close()
		b.db = nil
	}
	if b.lock != nil {
		err = errors.Join(err, b.lock.Close())
		b.lock = nil
	}
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
		if errors.Is(err, syscall.ENOTDIR) || errors.Is(err, fs.ErrExist) { // a link to nowhere exists, too
			return fmt.Errorf("storage %s is %w: remove the file in its place, or choose another --storage.path: %w", b.dir, ErrNotDirectory, err)
		}
		return fmt.Errorf("the storage directory can't be made: %w", err)
	}
	if err := b.hold(wait); err != nil {
		return err
	}
	err := b.renew()
	if errors.Is(err, ErrDamaged) {
		if err := b.setAside(); err != nil {
			return err
		}
		err = b.renew()
	}
	return err
}

// hold takes the directory for this process.
func (b *Bolt) hold(wait time.Duration) error {
	if b.lock != nil {
		return nil
	}
	f, err := os.OpenFile(filepath.Join(b.dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("the storage can't be used: %w", err)
	}
	for {
		busy, err := tryLock(f)
		if err == nil && !busy {
			b.lock = f
			return nil
		}
		if err != nil || wait <= 0 {
			_ = f.Close() // it is of no use
		}
		switch {
		case err != nil:
			return fmt.Errorf("the storage can't be locked: %w", err)
		case wait <= 0:
			return b.inUse()
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
	busy, _ := tryLock(f)
	_ = f.Close() // which releases the lock
	return busy
}

func (b *Bolt) inUse() error {
	return fmt.Errorf("storage %s is %w: end that one, or give this one a --storage.path of its own", b.dir, ErrInUse)
}

// renew opens a fresh copy of the file that is there, if any. Nothing of an old
// file is written to: a bad list of its free pages would do more damage.
func (b *Bolt) renew() error {
	records, err := b.readFile()
	if err != nil {
		return err
	}
	if b.db, err = b.writeFile(records); err == nil || records == nil {
		return err
	}
	if !fromSystem(err) {
		return fmt.Errorf("storage %s: %w: %w", b.path(), ErrDamaged, err) // its records can't be saved
	}
	// There is no room for a copy.
	return guard(func() (err error) {
		b.db, err = bbolt.Open(b.path(), 0o600, &bbolt.Options{Timeout: lockRetry})
		return err
	})
}

// sealed are the records as they stand in the file, by their keys.
type sealed map[string][]byte

// readFile reads all that is in the file; nil if there is none.
func (b *Bolt) readFile() (sealed, error) {
	info, err := os.Stat(b.path())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err == nil && info.Size() == 0:
		// It is made whole or not at all, so it was emptied.
		return nil, fmt.Errorf("storage %s is empty: %w", b.path(), ErrDamaged)
	case err != nil:
		return nil, fmt.Errorf("the storage can't be used: %w", err)
	}
	records := make(sealed)
	err = guard(func() error {
		db, err := bbolt.Open(b.path(), 0o600, &bbolt.Options{ReadOnly: true, Timeout: lockRetry})
		if err != nil {
			return err
		}
		// Not deferred: who panicked over a page may hold its locks for ever.
		err = db.View(records.read)
		return errors.Join(err, db.Close())
	})
	switch {
	case err == nil:
		return records, nil
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, b.inUse()
	case fromSystem(err):
		return nil, fmt.Errorf("the storage can't be used: %w", err)
	}
	return nil, fmt.Errorf("storage %s: %w: %w", b.path(), ErrDamaged, err)
}

var errTooLong = errors.New("its records are longer than the file")

func (s sealed) read(tx *bbolt.Tx) error {
	all := tx.Bucket(bucket)
	if all == nil {
		return nil
	}
	left := tx.Size()
	return all.ForEach(func(key, record []byte) error {
		// A damaged length may reach far beyond the file.
		if left -= int64(len(key) + len(record)); left < 0 {
			return errTooLong
		}
		s[string(key)] = append([]byte{}, record...)
		return nil
	})
}

// write puts all records into an empty store.
func (s sealed) write(tx *bbolt.Tx) error {
	all, err := tx.CreateBucketIfNotExists(bucket)
	if err != nil {
		return err
	}
	for key, record := range s {
		if err := all.Put([]byte(key), record); err != nil {
			return err
		}
	}
	return nil
}

// writeFile makes a store of these records, whole before it takes the old
// one's place: a kill may come at any moment.
func (b *Bolt) writeFile(records sealed) (*bbolt.DB, error) {
	next := filepath.Join(b.dir, newName)
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the storage can't be used: %w", err)
	}
	db, err := bbolt.Open(next, 0o600, &bbolt.Options{Timeout: lockRetry})
	if err != nil {
		_ = os.Remove(next) // a full disk needs the room
		return nil, fmt.Errorf("the storage can't be used: %w", err)
	}
	if err = db.Update(records.write); err == nil {
		err = os.Rename(next, b.path())
	}
	if err == nil {
		err = syncDir(b.dir)
	}
	if err != nil {
		_, _ = db.Close(), os.Remove(next) // the error above is what matters
		return nil, fmt.Errorf("the storage can't be used: %w", err)
	}
	return db, nil
}

// fromSystem tells what the system refuses us from what we found in the file.
func fromSystem(err error) bool {
	var path *fs.PathError
	var call *os.SyscallError
	var errno syscall.Errno
	var link *os.LinkError
	return errors.As(err, &path) || errors.As(err, &call) || errors.As(err, &link) || errors.As(err, &errno)
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
		b.db = nil // see readFile: it can't be closed
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

func (r *boltRecords) key(name string) []byte { return slices.Concat(r.account, []byte(name)) }

// Load implements Records.
func (r *boltRecords) Load(name string) (record []byte, err error) {
	err = r.store.with(func(db *bbolt.DB) error {
		return db.View(func(tx *bbolt.Tx) error {
			key := r.key(name)
			all := tx.Bucket(bucket)
			if all == nil {
				return nil
			}
			sealed := all.Get(key)
			if sealed == nil {
				return nil
			}
			if record, err = unseal(key, sealed); err != nil {
				return fmt.Errorf("record %q: %w", name, err)
			}
			return nil
		})
	})
	return record, err
}

// LoadAll implements Records.
func (r *boltRecords) LoadAll(prefix string) (map[string][]byte, error) {
	records := make(map[string][]byte)
	err := r.store.with(func(db *bbolt.DB) error {
		return db.View(func(tx *bbolt.Tx) error {
			all := tx.Bucket(bucket)
			if all == nil {
				return nil
			}
			var damage error
			first := r.key(prefix)
			cursor := all.Cursor()
			for key, sealed := cursor.Seek(first); bytes.HasPrefix(key, first); key, sealed = cursor.Next() {
				name := string(key[len(r.account):])
				record, err := unseal(key, sealed)
				if err != nil {
					damage = fmt.Errorf("record %q and perhaps others: %w", name, err)
					continue
				}
				records[name] = record
			}
			return damage
		})
	})
	return records, err
}

// Save implements Records.
func (r *boltRecords) Save(records map[string][]byte) error {
	err := r.store.with(func(db *bbolt.DB) error {
		return db.Update(func(tx *bbolt.Tx) error {
			all, err := tx.CreateBucketIfNotExists(bucket)
			if err != nil {
				return err
			}
			for name, record := range records {
				key := r.key(name)
				if record == nil {
					err = all.Delete(key)
				} else {
					err = all.Put(key, seal(key, record))
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
