package accounts

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// Remedy says what to do when the system refuses access to a path.
func Remedy(path string, err error) string {
	user := os.Geteuid()
	switch {
	case errors.Is(err, syscall.EISDIR):
		return path + " is a directory: remove it"
	case errors.Is(err, fs.ErrPermission) && shared(path):
		return fmt.Sprintf("user %d may not use %s: choose a directory of its own", user, path)
	case errors.Is(err, fs.ErrPermission) && !exists(path):
		return fmt.Sprintf("user %d may not create %s: create it for that user (install -d -o %[1]d %[2]s)", user, path)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Sprintf("user %d may not use %s: give it to that user (chown -R %[1]d %[2]s; chmod -R u+rwX %[2]s)", user, path)
	case errors.Is(err, syscall.EROFS):
		return path + " is on a read-only file system: mount it writable, or choose another path"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "there is no space left at " + path + ": free some"
	}
	return "check the free space and the permissions of " + path
}

// shared reports whether a directory holds more than a storage, which has only
// files. Such a directory must not be given to the exporter's user.
func shared(path string) bool {
	if filepath.Dir(filepath.Clean(path)) == filepath.Clean(path) { // the root
		return true
	}
	entries, _ := os.ReadDir(path) // a directory that cannot be listed is taken for a storage
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.IsDir() && e.Name() != "lost+found" })
}

// exists reports whether anything is at a path, even a dangling link.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
