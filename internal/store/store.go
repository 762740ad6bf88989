// Package store keeps small records of accounts over restarts of the process.
package store

import "errors"

// Store keeps the records of accounts. It is safe for use by many goroutines.
type Store interface {
	// Account gives the records of the account that id names. The id itself is
	// not kept, only a hash of it.
	Account(id string) Records
	// Close gives the store free for others.
	Close() error
}

// Records are what is kept of one account: bytes under names. What the bytes
// mean, and of which version they are, is their owner's business; that they
// are those which were saved is the store's.
type Records interface {
	// Load returns the record of a name, or nil if there is none. Its error is
	// ErrDamaged where there is one that can't be trusted.
	Load(name string) ([]byte, error)
	// LoadAll returns the records whose names begin with prefix, by their names.
	// What can't be trusted is left out, and its error is ErrDamaged.
	LoadAll(prefix string) (map[string][]byte, error)
	// Save replaces the records of these names, all or none of them; a nil
	// record is removed. What it returns without an error for outlives the
	// process and the machine's power.
	Save(records map[string][]byte) error
}

// Reachable through errors.Is.
var (
	// ErrInUse: another process holds the store.
	ErrInUse = errors.New("in use by another process")
	// ErrNotDirectory: the path, or a part of it, is a file.
	ErrNotDirectory = errors.New("not a directory")
	// ErrDamaged: what was read is not what was once saved.
	ErrDamaged = errors.New("damaged")
	// ErrClosed: the store was closed before.
	ErrClosed = errors.New("closed")
)
