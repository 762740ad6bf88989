package main

import (
	"bufio"
	"bytes"
	"context"
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
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/store"
)

const (
	// keyFile holds the key of hashed labels in the storage directory.
	keyFile = "hash.key"
	// minStoredKey is in bytes; what is shorter was torn.
	minStoredKey = 32
)

// What can be wrong with a key that is there.
var (
	errBadKey        = errors.New("it holds no key of hashed labels")
	errUnreadableKey = errors.New("cannot be read")
)

// keys finds the key of hashed labels for each configuration of a process.
type keys struct {
	kept *storage
	log  *zap.Logger

	mu      sync.Mutex
	passing []byte // lasts as long as the process, reloads included
	// trouble is why passing is in use despite a storage; nil if it is not.
	trouble error
}

func newKeys(kept *storage, log *zap.Logger) *keys { return &keys{kept: kept, log: log} }

// of is the configured key, or the key in the storage directory, created if
// missing. Without a storage, or if that fails, it is a key that lasts as long as
// the process. A key that exists and cannot be used is an error, since another
// one would change every hash.
func (k *keys) of(cfg *config.Config) ([]byte, error) {
	if key := cfg.HashKey.Reveal(); key != "" {
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
func (k *keys) keep() {
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

// lost is why the key in use ends with the process despite a storage; nil if it
// does not.
func (k *keys) lost() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.trouble
}

func newKey() []byte {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it never fails
	return []byte(hex.EncodeToString(key))
}

// storedKey is the key in the storage directory, which becomes fresh if there is
// none.
func storedKey(storage string, fresh []byte) ([]byte, error) {
	path := filepath.Join(storage, keyFile)
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
		return nil, fmt.Errorf("the key of hashed labels %w: %w; %s", errUnreadableKey, err, cure(path, err))
	}
	key := strings.TrimSpace(string(text))
	if len(key) < minStoredKey {
		return nil, fmt.Errorf("%s: %w; restore it, or remove it and a new one is made, which changes all hashes", path, errBadKey)
	}
	return []byte(key), nil
}

// lastingKey is the configured key or the storage directory's. Accounts count
// for nothing here: who looks somebody up need not have their credentials.
func (p *program) lastingKey() ([]byte, error) {
	if p.configFile != "" {
		configured, err := config.LoadHashKey(p.configFile)
		if err != nil {
			return nil, err
		}
		if key := configured.Reveal(); key != "" {
			return []byte(key), nil
		}
	}
	if p.storagePath == "" {
		return nil, errors.New("there is no lasting key to hash with: give --storage.path, or --config.file with privacy.key_file, as the exporter has them")
	}
	return readKey(filepath.Join(p.storagePath, keyFile))
}

func (p *program) hash(context.Context) int {
	key, err := p.lastingKey()
	if err != nil {
		fmt.Fprintln(p.stderr, err)
		return exitFailed
	}
	values := p.hashValues
	if len(values) == 0 {
		lines := bufio.NewScanner(p.stdin)
		for lines.Scan() {
			values = append(values, lines.Text())
		}
		if err := lines.Err(); err != nil {
			fmt.Fprintln(p.stderr, "standard input can't be read:", err)
			return exitFailed
		}
	}
	for _, value := range values {
		if value = strings.TrimSpace(value); value != "" {
			fmt.Fprintln(p.stdout, qos.HashOf(key, value))
		}
	}
	return exitOK
}
