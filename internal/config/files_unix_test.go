//go:build unix

package config

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Opening a pipe without a writer would block startup and every reload.
func TestOnlyRegularFiles(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(pipe, link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{pipe, link, os.DevNull} {
		const want = "it is a pipe, a socket or a device; it must be a regular file"
		_, err := Load(path, nil)
		if got := errorLines(t, err); len(got) != 1 || !strings.Contains(got[0], want) {
			t.Errorf("as the configuration: %q", got)
		}
		_, err = FromEnv(env("ZOOM_ACCOUNT_ID", "a", "ZOOM_CLIENT_ID", "c", "ZOOM_CLIENT_SECRET_FILE", path))
		if got := errorLines(t, err); len(got) != 1 || !strings.Contains(got[0], "ZOOM_CLIENT_SECRET_FILE: the file cannot be read: "+want) {
			t.Errorf("as a secret: %q", got)
		}
	}
}

// Kubernetes mounts a secret as a link to a link: key → ..data/key, and ..data → a
// directory with a timestamp.
func TestLinkedSecret(t *testing.T) {
	dir := t.TempDir()
	day := filepath.Join(dir, "..2026_03_02")
	if err := os.Mkdir(day, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, day, "secret", secretWord+"\n")
	for link, target := range map[string]string{"..data": "..2026_03_02", "secret": filepath.Join("..data", "secret")} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	c, err := FromEnv(env("ZOOM_ACCOUNT_ID", "a", "ZOOM_CLIENT_ID", "c", "ZOOM_CLIENT_SECRET_FILE", filepath.Join(dir, "secret")))
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Accounts[0].ClientSecret; got != secretWord {
		t.Errorf("the secret is %q", got.Reveal())
	}
}
