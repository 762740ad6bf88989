package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// cure says what to do about a path that the system refuses to this process.
func cure(path string, err error) string {
	switch {
	case errors.Is(err, fs.ErrPermission):
		user := os.Geteuid()
		return fmt.Sprintf("user %d may not use %s: give it to that user (chown -R %d %[2]s; chmod -R u+rwX %[2]s)", user, path, user)
	case errors.Is(err, syscall.EROFS):
		return "the file system of " + path + " is read-only: mount it writable, or take another path"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "there is no room left at " + path + ": make some"
	}
	return "see to the space and the permissions of " + path
}
