package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/config"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
)

// keyFile holds the key of hashed labels in the storage directory.
const keyFile = "hash.key"

// keys finds the key of hashed labels for each configuration of a process.
type keys struct {
	storage string
	log     *zap.Logger
	passing []byte // lasts as long as the process, reloads included
}

func newKeys(storage string, log *zap.Logger) *keys { return &keys{storage: storage, log: log} }

// of is the configured key, or the storage directory's, made if missing, or
// one that lasts as long as the process.
func (k *keys) of(cfg *config.Config) ([]byte, error) {
	if key := cfg.Privacy.Key.Reveal(); key != "" {
		return []byte(key), nil
	}
	if k.storage != "" {
		return storedKey(k.storage)
	}
	if k.passing == nil {
		k.log.Warn("hashed labels will change at the next start: give --storage.path or privacy.key_file to keep their key")
		k.passing = newKey()
	}
	return k.passing, nil
}

func newKey() []byte {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it never fails
	return []byte(hex.EncodeToString(key))
}

func storedKey(storage string) ([]byte, error) {
	if err := os.MkdirAll(storage, 0o700); err != nil {
		return nil, fmt.Errorf("the storage directory can't be made: %w", err)
	}
	path := filepath.Join(storage, keyFile)
	key, err := readKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err := writeKey(path, newKey()); err != nil {
		return nil, fmt.Errorf("the key of hashed labels can't be kept: %w", err)
	}
	return readKey(path)
}

func readKey(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the key of hashed labels can't be read: %w", err)
	}
	key := strings.TrimSpace(string(text))
	if len(key) < 32 {
		return nil, fmt.Errorf("%s holds no key of hashed labels; remove it and a new one is made, under which all hashes differ", path)
	}
	return []byte(key), nil
}

// writeKey leaves a whole key or none: a torn one would change every hash. Of
// two processes that write at once the first wins.
func writeKey(path string, key []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), keyFile+".*") // with mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(append(key, '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// lastingKey is the configured key or the storage directory's. Accounts count
// for nothing here: who looks somebody up need not have their credentials.
func (p *program) lastingKey() ([]byte, error) {
	if p.configFile != "" {
		privacy, err := config.LoadPrivacy(p.configFile)
		if err != nil {
			return nil, err
		}
		if key := privacy.Key.Reveal(); key != "" {
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
