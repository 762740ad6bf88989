package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/config"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/store"
)

// startupCheck runs the steps that serve takes before it can answer a scrape,
// with the same code, and reports on each of them.
type startupCheck struct {
	*report
	program *program
	cfg     *config.Config
	path    string // --storage.path

	addresses []addressTrial
	// kept is where the check records its requests; nil if it records none.
	kept *storage
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

// checkStartup runs all steps. absent lists the files and variables that the
// configuration refers to and that are missing.
func (p *program) checkStartup(ctx context.Context, cfg *config.Config, absent config.Errors, n *notices) *startupCheck {
	s := &startupCheck{report: newReport(p.stdout, "start"), program: p, cfg: cfg, path: p.storagePath}
	defer s.end()
	for _, err := range absent {
		s.add(failed, "configuration", "%v", err)
		s.keyMissing = s.keyMissing || err.Path == "privacy.key_file"
	}
	s.webConfig()
	n.during("the listen addresses", func() { s.addresses = p.tryAddresses(ctx) })
	n.during("the storage "+s.path, s.storage)
	s.listen()
	s.listenForProfiles(ctx)
	return s
}

// close releases the storage.
func (s *startupCheck) close() {
	if s.kept != nil {
		s.kept.close()
	}
}

func (s *startupCheck) webConfig() {
	file := *s.program.web.WebConfigFile
	switch err := s.program.validateWeb(); {
	case err != nil:
		s.add(failed, "web configuration", "%v", err)
	case file == "":
		s.add(works, "web configuration", "none: plain HTTP without a password")
	default:
		s.add(works, "web configuration", "%s", file)
	}
}

// storage checks the storage directory and the hash key in it.
func (s *startupCheck) storage() {
	if s.path == "" {
		s.add(remark, "storage", "none: a restart forgets how many requests were sent today; set --storage.path to remember")
		s.hashKey(newKeys(new(storage), zap.NewNop()))
		return
	}
	info, _ := os.Stat(s.path) // its error is for opening to report
	owner, known := ownerOf(info)
	switch {
	case store.InUse(s.path):
		s.storageInUse()
	case !exists(s.path):
		s.storageToCreate()
	case known && owner != 0 && s.program.user == 0:
		s.untried = true
		s.add(remark, "storage", "%s belongs to user %d. This check runs as root and does not open it: files created by root would lock that user out. "+
			"Run it as user %d to check the storage", s.path, owner, owner)
		s.existingKey()
	default:
		s.openStorage(s.path, s.path)
	}
}

// storageInUse tells the running exporter, beside which a check is fine, from
// any other process.
func (s *startupCheck) storageInUse() {
	s.held = true
	if at := s.exporterAddress(); at != "" {
		s.add(remark, "storage", "%s is in use by the running exporter, which answers at %s; the requests of this check are not added to its count", s.path, at)
		s.existingKey()
		return
	}
	s.add(failed, "storage", "%s is in use by another process, such as another check, and no exporter answers at %s: stop that process or choose another --storage.path. "+
		"If it is the exporter, run check with the exporter's --web.listen-address", s.path, s.listed())
}

// storageToCreate tries a directory that does not exist yet by creating one
// beside it, so that a check leaves nothing behind.
func (s *startupCheck) storageToCreate() {
	parent := filepath.Dir(filepath.Clean(s.path))
	for !exists(parent) && parent != filepath.Dir(parent) {
		parent = filepath.Dir(parent)
	}
	trial, err := os.MkdirTemp(parent, ".zoom-qos-exporter-check-")
	if err != nil { // creating the directory itself fails, too, and says why
		s.openStorage(s.path, "")
		return
	}
	defer os.RemoveAll(trial)
	s.openStorage(trial, s.path+" does not exist yet and can be created")
	s.close()
	s.kept = nil
}

// openStorage opens the storage as serve does, and reports success in these
// words.
func (s *startupCheck) openStorage(path, success string) {
	kept, err := openStorage(path, s.program.clock, zap.NewNop(), 0) // what it would log is reported here
	if err != nil {
		s.add(failed, "storage", "%v", err)
		return
	}
	kept.log = s.program.log
	keys := newKeys(kept, zap.NewNop())
	if kept.trouble != nil {
		s.lost = append(s.lost, "request counts", "counted readings")
		s.add(remark, "storage", "cannot be used: the exporter would start, but it would keep nothing across restarts and stop counting readings; %s (%v)",
			cure(s.path, kept.trouble), kept.trouble)
		s.hashKey(keys)
		kept.close()
		return
	}
	if kept.aside != "" {
		s.add(remark, "storage", "%s was damaged and begins anew: a careful estimate of today's requests is taken as spent. The damaged file is now %s", path, kept.aside)
	} else {
		s.add(works, "storage", "%s", success)
	}
	s.hashKey(keys)
	s.kept = kept
}

// hashKey finds or creates the key of hashed labels as serve does.
func (s *startupCheck) hashKey(keys *keys) {
	if s.keyMissing {
		s.add(skipped, "hash key", "privacy.key_file cannot be read, see above")
		return
	}
	_, err := keys.of(s.cfg)
	lost := keys.lost()
	switch {
	case err != nil:
		s.add(failed, "hash key", "%v", err)
	case s.cfg.HashKey.Reveal() != "":
		s.add(works, "hash key", "from privacy.key_file")
	case lost != nil:
		s.lost = append(s.lost, "the key of hashed labels")
		s.add(remark, "hash key", "in memory: hashed labels would change at every start (%v)", lost)
	case keys.kept.path != "":
		s.add(works, "hash key", "in the storage directory")
	case hashes(&s.cfg.Privacy):
		s.add(remark, "hash key", "in memory: hashed labels change at every start; set --storage.path or privacy.key_file to keep the key")
	}
}

// existingKey checks the key in a storage directory that must not be changed.
func (s *startupCheck) existingKey() {
	if s.keyMissing || s.cfg.HashKey.Reveal() != "" {
		s.hashKey(newKeys(new(storage), zap.NewNop()))
		return
	}
	switch _, err := readKey(filepath.Join(s.path, keyFile)); {
	case err == nil:
		s.add(works, "hash key", "in the storage directory")
	case errors.Is(err, fs.ErrNotExist):
		s.add(works, "hash key", "none yet: the exporter creates it in the storage directory")
	default:
		s.add(failed, "hash key", "%v", err)
	}
}
