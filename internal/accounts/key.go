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
	// KeyFile is the name of the file in the storage directory that holds the key
	// of hashed labels.
	KeyFile = "hash.key"
	// minStoredKey is in bytes: a shorter key was not written completely.
	minStoredKey = 32
)

// Reasons why an existing key cannot be used.
var (
	errInvalidKey    = errors.New("holds no valid key of hashed labels")
	errUnreadableKey = errors.New("cannot be read")
)

// memoryKey is the key of hashed labels for as long as none can be stored.
type memoryKey struct {
	mu  sync.Mutex
	key []byte // nil until it is needed; it outlives reloads
	// err is why the key is in use although there is a storage directory.
	err error
}

// HashKey returns the configured key of hashed labels, or else the one in the
// storage directory, which it creates if missing. Without a storage directory,
// or if that fails, the key lasts as long as the process. A key that exists but
// cannot be used is an error, since another one would change every hash.
func (s *Storage) HashKey(cfg *config.Config) ([]byte, error) {
	if key := cfg.HashKey.Reveal(); key != "" {
		return []byte(key), nil
	}
	m := &s.memoryKey
	m.mu.Lock()
	defer m.mu.Unlock()
	first := m.key == nil
	if first {
		m.key = newKey()
	}
	if s.path == "" {
		if first {
			s.log.Warn(keyChanges + "; set --storage.path or privacy.key_file to keep their key")
		}
		return m.key, nil
	}
	key, err := loadOrStoreKey(s.path, m.key)
	switch {
	case err == nil:
		m.err = nil
		return key, nil
	case errors.Is(err, errInvalidKey), errors.Is(err, errUnreadableKey) && !s.isFailing():
		return nil, err
	}
	m.err = err
	return m.key, nil
}

// KeyErr returns why the key in use is lost at exit although there is a storage
// directory, or nil.
func (s *Storage) KeyErr() error {
	s.memoryKey.mu.Lock()
	defer s.memoryKey.mu.Unlock()
	return s.memoryKey.err
}

// storeMemoryKey stores the key in use, if there is none in the directory yet.
func (s *Storage) storeMemoryKey() {
	m := &s.memoryKey
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err == nil {
		return
	}
	if key, err := loadOrStoreKey(s.path, m.key); err == nil && bytes.Equal(key, m.key) {
		m.err = nil
		s.log.Info("saved the key of hashed labels", zap.String("path", s.path))
	}
}

func newKey() []byte {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it never fails
	return []byte(hex.EncodeToString(key))
}

// LoadKey returns the key in a storage directory. Its error is fs.ErrNotExist if
// there is none.
func LoadKey(dir string) ([]byte, error) {
	path := filepath.Join(dir, KeyFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no key of hashed labels: %w", err)
	}
	if err != nil {
		return nil, fmt.Errorf("the key of hashed labels %w: %w; %s", errUnreadableKey, err, Remedy(path, err))
	}
	key := strings.TrimSpace(string(text))
	if len(key) < minStoredKey {
		return nil, fmt.Errorf("%s %w; restore it, or remove it to have a new one made, which changes all hashes", path, errInvalidKey)
	}
	return []byte(key), nil
}

// loadOrStoreKey returns the key in a storage directory, after storing fresh if
// there is none.
func loadOrStoreKey(dir string, fresh []byte) ([]byte, error) {
	key, err := LoadKey(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	path := filepath.Join(dir, KeyFile)
	if exists(path) { // it must not be replaced
		return nil, fmt.Errorf("the key of hashed labels cannot be saved: %s is a link to a file that does not exist", path)
	}
	if err := store.WriteFile(path, append(fresh, '\n')); err != nil {
		return nil, fmt.Errorf("the key of hashed labels cannot be saved: %w", err)
	}
	return LoadKey(dir)
}
