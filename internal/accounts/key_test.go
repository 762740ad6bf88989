package accounts

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/config"
)

func TestKeyOutlastsReloads(t *testing.T) {
	s := &Storage{log: zap.NewNop()}
	first, err := s.HashKey(new(config.Config))
	if err != nil || len(first) == 0 {
		t.Fatal(err)
	}
	if again, _ := s.HashKey(new(config.Config)); !bytes.Equal(first, again) {
		t.Error("a reload changes every hash")
	}
	given := &config.Config{HashKey: "a key of its own"}
	if key, _ := s.HashKey(given); string(key) != "a key of its own" {
		t.Error("the configured key is not used")
	}
}

func TestStoredKeyLasts(t *testing.T) {
	storage := t.TempDir()
	key, err := loadOrStoreKey(storage, newKey())
	if err != nil {
		t.Fatal(err)
	}
	again, err := loadOrStoreKey(storage, newKey())
	if err != nil || !bytes.Equal(key, again) {
		t.Errorf("the key is not stored: %v", err)
	}
	if info, err := os.Stat(filepath.Join(storage, KeyFile)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the key: %v %v", info.Mode(), err)
	}
}
