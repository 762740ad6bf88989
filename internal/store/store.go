// Package store is an embedded key-value store ([Key–value database]) that keeps
// small records of accounts over restarts of the process, in a file of
// [go.etcd.io/bbolt].
//
// It alone checks the integrity of records: a record that is read is one that was
// saved under that name. Its owner's codec only has to decode it, and to know the
// versions of its own format.
//
// [Key–value database]: https://en.wikipedia.org/wiki/Key%E2%80%93value_database
package store

import "errors"

// Store keeps the records of accounts. It is safe for concurrent use.
type Store interface {
	// Account returns the records of the account that id names. The id itself is
	// not saved, only a hash of it.
	Account(id string) Records
	// Close releases the store for other processes.
	Close() error
}

// Records are one account's records: bytes under names.
type Records interface {
	// Load returns the record of a name, or nil if there is none. The error wraps
	// ErrDamaged if the record is there but cannot be trusted.
	Load(name string) ([]byte, error)
	// LoadAll returns the records whose names begin with prefix, by name. It leaves
	// out records that cannot be trusted; the error then wraps ErrDamaged.
	LoadAll(prefix string) (map[string][]byte, error)
	// Save replaces the records of these names, all or none of them; a nil record
	// removes one. Records that were saved without an error outlive the process and
	// a loss of power.
	Save(records map[string][]byte) error
}

// Errors that a Store wraps.
var (
	// ErrInUse says that another process holds the store.
	ErrInUse = errors.New("in use by another process")
	// ErrNotDirectory says that the path, or a part of it, is a file.
	ErrNotDirectory = errors.New("not a directory")
	// ErrDamaged says that what was read is not what was saved.
	ErrDamaged = errors.New("damaged")
	// ErrClosed says that the store was closed.
	ErrClosed = errors.New("closed")
)
