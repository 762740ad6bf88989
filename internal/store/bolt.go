package store

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
)

const (
	fileName = "state.db"
	// newName is the file of the next store while it is written.
	newName = "state.db.new"
)

// bucket is the only bucket. Its keys are an account's key and a record's name:
// a flat file has less that damage can tear.
var bucket = []byte("records")

// Bolt is a Store in one file of a directory that one process at a time holds.
//
// It remains usable when its file fails: Load and Save return the error, and each
// of them tries to open the file again.
type Bolt struct {
	dir       string
	now       func() time.Time
	onDamaged func(aside string)

	mu     sync.Mutex // one call at a time: commits are rare, and a damaged file is replaced once
	lock   *os.File   // nil while this process does not hold the directory
	db     *bbolt.DB  // nil while the file is unusable
	closed bool
}

var _ Store = (*Bolt)(nil)

// NewBolt returns a store in a directory that it creates if it is missing. It moves
// a damaged file aside, under a name with the time by now, and calls onDamaged
// with that name. onDamaged must not block, as requests to Zoom wait for it.
func NewBolt(dir string, now func() time.Time, onDamaged func(aside string)) *Bolt {
	return &Bolt{dir: dir, now: now, onDamaged: onDamaged}
}

// Open opens the file. It waits that long for another process to release the
// directory. The error wraps ErrInUse if that process does not, and
// ErrNotDirectory if a file is in the directory's place. After any error the store
// can still be used: each Load and Save tries to open it again.
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

func (b *Bolt) open(wait time.Duration) (err error) {
	switch {
	case b.closed:
		return fmt.Errorf("storage %s: %w", b.dir, ErrClosed)
	case b.db != nil:
		return nil
	}
	if err := os.MkdirAll(b.dir, 0o700); err != nil {
		if errors.Is(err, syscall.ENOTDIR) || errors.Is(err, fs.ErrExist) { // a dangling link exists, too
			return fmt.Errorf("storage %s is %w: remove the file in its place, or choose another --storage.path: %w", b.dir, ErrNotDirectory, err)
		}
		return fmt.Errorf("the storage directory cannot be created: %w", err)
	}
	if b.lock == nil {
		if b.lock, err = lockDir(b.dir, wait); err != nil {
			return err
		}
	}
	err = b.reopen()
	if errors.Is(err, ErrDamaged) {
		if err := b.moveAside(); err != nil {
			return err
		}
		err = b.reopen()
	}
	return err
}

// with calls f with the open file. If the file turns out to be damaged it is moved
// aside, and the next call begins a new one.
func (b *Bolt) with(f func(*bbolt.DB) error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.open(0); err != nil {
		return err
	}
	err := recovered(func() error { return f(b.db) })
	var page *pageError
	if errors.As(err, &page) {
		b.db = nil // not closed: see readFile
		return errors.Join(fmt.Errorf("storage %s: %w: %w", b.path(), ErrDamaged, err), b.moveAside())
	}
	return err
}

// view calls f with the bucket; without one it does nothing.
func (b *Bolt) view(f func(*bbolt.Bucket) error) error {
	return b.with(func(db *bbolt.DB) error {
		return db.View(func(tx *bbolt.Tx) error {
			if all := tx.Bucket(bucket); all != nil {
				return f(all)
			}
			return nil
		})
	})
}

// boltRecords are one account's records.
type boltRecords struct {
	store   *Bolt
	account []byte
}

func (r *boltRecords) key(name string) []byte { return slices.Concat(r.account, []byte(name)) }

// Load implements Records.
func (r *boltRecords) Load(name string) (record []byte, err error) {
	err = r.store.view(func(all *bbolt.Bucket) (err error) {
		key := r.key(name)
		if framed := all.Get(key); framed != nil {
			if record, err = unframe(key, framed); err != nil {
				return fmt.Errorf("record %q: %w", name, err)
			}
		}
		return nil
	})
	return record, err
}

// LoadAll implements Records.
func (r *boltRecords) LoadAll(prefix string) (map[string][]byte, error) {
	records := make(map[string][]byte)
	err := r.store.view(func(all *bbolt.Bucket) error {
		var damaged error
		first := r.key(prefix)
		cursor := all.Cursor()
		for key, framed := cursor.Seek(first); bytes.HasPrefix(key, first); key, framed = cursor.Next() {
			name := string(key[len(r.account):])
			record, err := unframe(key, framed)
			if err != nil {
				damaged = fmt.Errorf("record %q and perhaps others: %w", name, err)
				continue
			}
			records[name] = record
		}
		return damaged
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
					err = all.Put(key, frame(key, record))
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
