package check

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/accounts"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/store"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/web"
)

// startupCheck takes the steps that the exporter takes before it can answer a
// scrape, with the same code, and reports on each of them.
type startupCheck struct {
	*report
	*checker

	listeners listenerTrials
	// storage is where the check records its requests; nil if it records none.
	storage *accounts.Storage
	// held is true if another process holds the storage.
	held bool
	// keyMissing is true if privacy.key_file cannot be read.
	keyMissing bool
	// untried is true if the storage belongs to a user whom this check could lock
	// out.
	untried bool
	// lost lists what each restart would lose because the storage does not work.
	lost []string
}

// checkStartup takes all steps.
func (c *checker) checkStartup(ctx context.Context) *startupCheck {
	s := &startupCheck{report: newReport(c.out, "start"), checker: c}
	defer s.end()
	for _, err := range c.absent {
		s.add(failed, "configuration", "%v", err)
		s.keyMissing = s.keyMissing || err.Path == "privacy.key_file"
	}
	s.checkWebConfig()
	c.notices.during("the listen addresses", func() { s.listeners = c.tryListeners(ctx) })
	c.notices.during("the storage "+c.StoragePath, s.checkStorage)
	s.reportAddresses()
	s.reportProfiles()
	return s
}

// close releases the storage.
func (s *startupCheck) close() {
	if s.storage != nil {
		s.storage.Close()
	}
}

func (s *startupCheck) checkWebConfig() {
	switch err := web.ValidateConfig(s.WebConfigFile); {
	case err != nil:
		s.add(failed, "web configuration", "%v", err)
	case s.WebConfigFile == "":
		s.add(passed, "web configuration", "none: plain HTTP without a password")
	default:
		s.add(passed, "web configuration", "%s", s.WebConfigFile)
	}
}

// checkStorage checks the storage directory and the hash key in it.
func (s *startupCheck) checkStorage() {
	path := s.StoragePath
	owner := ownerOf(path)
	switch {
	case path == "":
		s.add(note, "storage", "none: a restart forgets how many requests were sent today; set --storage.path to keep the count")
		s.checkHashKeyWithoutStorage()
	case store.InUse(path):
		s.held = true
		s.reportStorageInUse()
	case !exists(path):
		s.tryNewStorage()
	case owner > 0 && s.UserID == 0:
		s.untried = true
		s.add(note, "storage", "%s belongs to user %d. This check runs as root and does not open it: files created by root would lock that user out. "+
			"Run it as user %d to check the storage", path, owner, owner)
		s.checkStoredHashKey()
	default:
		s.storage = s.openStorage(path, path)
	}
}

// reportStorageInUse tells the running exporter, beside which a check is fine,
// from any other process.
func (s *startupCheck) reportStorageInUse() {
	if at := s.listeners.exporterAddress(); at != "" {
		s.add(note, "storage", "%s is in use by the running exporter, which answers at %s; the requests of this check are not added to its count", s.StoragePath, at)
		s.checkStoredHashKey()
		return
	}
	s.add(failed, "storage", "%s is in use by another process, such as another check, and no exporter answers at %s: stop that process or choose another --storage.path. "+
		"If it is the exporter, run check with the exporter's --web.listen-address", s.StoragePath, s.listeners.listed())
}

// tryNewStorage tries a directory that does not exist yet by creating one beside
// it, so that a check leaves nothing behind.
func (s *startupCheck) tryNewStorage() {
	parent := filepath.Dir(filepath.Clean(s.StoragePath))
	for !exists(parent) && parent != filepath.Dir(parent) {
		parent = filepath.Dir(parent)
	}
	trial, err := os.MkdirTemp(parent, ".zoom-qos-exporter-check-")
	if err != nil { // creating the directory itself fails, too, and says why
		s.storage = s.openStorage(s.StoragePath, s.StoragePath)
		return
	}
	defer os.RemoveAll(trial)
	if storage := s.openStorage(trial, s.StoragePath+" does not exist yet and can be created"); storage != nil {
		storage.Close()
	}
}

// openStorage opens the storage as the exporter does, and reports success in
// these words. It returns nil if the storage does not work.
func (s *startupCheck) openStorage(path, success string) *accounts.Storage {
	storage, err := accounts.OpenStorage(path, s.Clock, zap.NewNop(), 0) // its log lines would repeat the report
	if err != nil {
		s.add(failed, "storage", "%v", err)
		return nil
	}
	err = storage.Err()
	switch damaged := storage.DamagedFile(); {
	case err != nil:
		s.lost = append(s.lost, "request counts", "counted readings")
		s.add(note, "storage", "cannot be used: the exporter would start, but it would keep nothing across restarts and stop counting readings; %s (%v)",
			accounts.Remedy(s.StoragePath, err), err)
	case damaged != "":
		s.add(note, "storage", "%s was damaged and starts empty: the exporter assumes that today's requests were spent evenly until now. The damaged file is now %s", path, damaged)
	default:
		s.add(passed, "storage", "%s", success)
	}
	s.checkHashKey(storage)
	if err != nil {
		storage.Close()
		return nil
	}
	return storage
}

// checkHashKey finds or creates the key of hashed labels as the exporter does.
func (s *startupCheck) checkHashKey(storage *accounts.Storage) {
	if s.keyMissing {
		s.add(skipped, "hash key", "privacy.key_file cannot be read, see above")
		return
	}
	_, err := storage.HashKey(s.cfg)
	keyErr := storage.KeyErr()
	switch {
	case err != nil:
		s.add(failed, "hash key", "%v", err)
	case s.cfg.HashKey.Reveal() != "":
		s.add(passed, "hash key", "from privacy.key_file")
	case keyErr != nil:
		s.lost = append(s.lost, "the key of hashed labels")
		s.add(note, "hash key", "in memory: hashed labels would change at every start (%v)", keyErr)
	case s.StoragePath != "":
		s.add(passed, "hash key", "in the storage directory")
	case hashes(&s.cfg.Privacy):
		s.add(note, "hash key", "in memory: hashed labels change at every start; set --storage.path or privacy.key_file to keep the key")
	}
}

func (s *startupCheck) checkHashKeyWithoutStorage() {
	storage, _ := accounts.OpenStorage("", s.Clock, zap.NewNop(), 0) // only a directory can fail
	s.checkHashKey(storage)
}

// checkStoredHashKey checks the key in a storage directory that must not be
// changed.
func (s *startupCheck) checkStoredHashKey() {
	if s.keyMissing || s.cfg.HashKey.Reveal() != "" {
		s.checkHashKeyWithoutStorage()
		return
	}
	switch _, err := accounts.LoadKey(s.StoragePath); {
	case err == nil:
		s.add(passed, "hash key", "in the storage directory")
	case errors.Is(err, fs.ErrNotExist):
		s.add(passed, "hash key", "none yet: the exporter creates it in the storage directory")
	default:
		s.add(failed, "hash key", "%v", err)
	}
}

// ownerOf is the id of the user who owns a file; -1 if it is unknown.
func ownerOf(path string) int {
	info, err := os.Stat(path)
	if err != nil { // opening reports it
		return -1
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return -1
	}
	return int(stat.Uid)
}

// exists reports whether anything is at a path, even a dangling link.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
