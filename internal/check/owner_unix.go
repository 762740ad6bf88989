//go:build unix

package check

import (
	"io/fs"
	"syscall"
)

// ownerOf is the user that a file belongs to, where that is known.
func ownerOf(info fs.FileInfo) (user int, known bool) {
	if info == nil {
		return 0, false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(stat.Uid), true
}
