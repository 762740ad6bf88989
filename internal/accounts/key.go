package accounts

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/config"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/store"
)

const (
	// KeyFile holds the key of hashed labels in the storage directory.
	KeyFile = "hash.key"
	// minStoredKey is in bytes; what is shorter was torn.
	minStoredKey = 32
)

// What can be wrong with a key that is there.
var (
	errBadKey        = errors.New("it holds no key of hashed labels")
	errUnreadableKey = errors.New("cannot be read")
)

// Keys finds the key of hashed labels for each configuration of a process.
type Keys struct {
	kept *Storage
	log  *zap.Logger

	mu      sync.Mutex
	passing []byte // lasts as long as the process, reloads included
	// trouble is why passing is in use despite a storage; nil if it is not.
	trouble error
}

func NewKeys(kept *Storage, log *zap.Logger) *Keys { return &Keys{kept: kept, log: log} }

// Of is the configured key, or the key in the storage directory, created if
// missing. Without a storage, or if that fails, it is a key that lasts as long as
// the process. A key that exists and cannot be used is an error, since another
// one would change every hash.
func (k *Keys) Of(cfg *config.Config) ([]byte, error) {
	if key := cfg.Privacy.Key.Reveal(); key != "" {
		return []byte(key), nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	first := k.passing == nil
	if first {
		k.passing = newKey()
	}
	if k.kept.path == "" {
		if first {
			k.log.Warn("hashed labels will change at the next start: give --storage.path or privacy.key_file to keep their key")
		}
		return k.passing, nil
	}
	key, err := storedKey(k.kept.path, k.passing)
	switch {
	case err == nil:
		k.trouble = nil
		return key, nil
	case errors.Is(err, errBadKey), errors.Is(err, errUnreadableKey) && !k.kept.fails():
		return nil, err
	}
	k.trouble = err
	return k.passing, nil
}

// keep saves the key in use once the storage works again.
func (k *Keys) keep() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.trouble == nil {
		return
	}
	if key, err := storedKey(k.kept.path, k.passing); err == nil && bytes.Equal(key, k.passing) {
		k.trouble = nil
		k.log.Info("the key of hashed labels is saved now", zap.String("path", k.kept.path))
	}
}

// Lost is why the key in use ends with the process despite a storage; nil if it
// does not.
func (k *Keys) Lost() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.trouble
}

// StoredKey is the key in a storage directory.
func StoredKey(storage string) ([]byte, error) { return readKey(filepath.Join(storage, KeyFile)) }

func newKey() []byte {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it never fails
	return []byte(hex.EncodeToString(key))
}

// storedKey is the key in the storage directory, which becomes fresh if there is
// none.
func storedKey(storage string, fresh []byte) ([]byte, error) {
	path := filepath.Join(storage, KeyFile)
	key, err := readKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if _, err := os.Lstat(path); err == nil { // it must not be replaced
		return nil, fmt.Errorf("the key of hashed labels cannot be saved: %s is a link to a file that does not exist", path)
	}
	if err := store.WriteFile(path, append(fresh, '\n')); err != nil {
		return nil, fmt.Errorf("the key of hashed labels cannot be saved: %w", err)
	}
	return readKey(path)
}

func readKey(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no key of hashed labels: %w", err)
	}
	if err != nil {
		return nil, fmt.Errorf("the key of hashed labels %w: %w; %s", errUnreadableKey, err, Remedy(path, err))
	}
	key := strings.TrimSpace(string(text))
	if len(key) < minStoredKey {
		return nil, fmt.Errorf("%s: %w; restore it, or remove it and a new one is made, which changes all hashes", path, errBadKey)
	}
	return []byte(key), nil
}
