package accounts

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestRemedy(t *testing.T) {
	here := t.TempDir()
	nowhere := filepath.Join(here, "nowhere")
	shared := t.TempDir()
	if err := os.Mkdir(filepath.Join(shared, "other"), 0o700); err != nil {
		t.Fatal(err)
	}
	user := fmt.Sprintf("user %d", os.Geteuid())
	for _, tt := range []struct {
		path string
		err  error
		want []string
	}{
		{here, syscall.EACCES, []string{user + " may not use " + here, fmt.Sprintf("chown -R %d %s;", os.Geteuid(), here)}},
		// The remedy must never be to take a whole system from its owner.
		{"/", syscall.EACCES, []string{user + " may not use /:", "choose a directory of its own"}},
		{shared, syscall.EACCES, []string{user + " may not use " + shared, "choose a directory of its own"}},
		{here, syscall.EISDIR, []string{here + " is a directory", "remove it"}},
		{nowhere, syscall.EPERM, []string{user + " may not create " + nowhere, "install -d"}},
		{here, syscall.EROFS, []string{"read-only file system", here}},
		{here, &fs.PathError{Op: "write", Path: here, Err: syscall.ENOSPC}, []string{"no space left at " + here}},
		{here, syscall.EDQUOT, []string{"no space left at " + here}},
		{here, syscall.EIO, []string{"the free space and the permissions of " + here}},
	} {
		got := Remedy(tt.path, fmt.Errorf("x: %w", tt.err))
		for _, want := range tt.want {
			if !strings.Contains(got, want) {
				t.Errorf("%v: %q does not say %q", tt.err, got, want)
			}
		}
	}
}
