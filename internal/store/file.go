package store

import (
	"errors"
	"os"
	"path/filepath"
)

// WriteFile writes a file that only its owner can read. It needs no hard links,
// which some file systems lack. After a crash or a loss of power there is either
// what was there before or all of content: hash keys depend on that.
func WriteFile(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // with mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncDir(filepath.Dir(path))
}
