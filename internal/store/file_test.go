package store

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	for _, content := range []string{"one\n", "another\n"} {
		if err := WriteFile(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != content {
			t.Errorf("the file holds %q (%v), want %q", got, err, content)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode() != 0o600 {
			t.Errorf("its mode is %v (%v), want 0600", info.Mode(), err)
		}
	}
	holdsOnly(t, dir, "key")
}

// A write that fails leaves the old content, and no incomplete file.
func TestWriteFileFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	if err := os.MkdirAll(filepath.Join(path, "below"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(path, []byte("one\n")); err == nil {
		t.Error("a directory was replaced by a file")
	}
	holdsOnly(t, dir, "key")
	if err := WriteFile(filepath.Join(dir, "nowhere", "key"), nil); err == nil {
		t.Error("a file was written where there is no directory")
	}
}

func holdsOnly(t *testing.T, dir, name string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || entries[0].Name() != name {
		t.Errorf("the directory holds %v (%v), want %s alone", entries, err, name)
	}
}
