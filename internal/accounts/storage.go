package accounts

import (
	"errors"
	"os"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/collector"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/store"
)

// Storage is a directory that keeps what must survive a restart: the records of
// accounts and the key of hashed labels. While it fails, the accounts continue
// in memory. It is safe for use by many goroutines.
type Storage struct {
	path     string
	clock    clock.Clock
	log      *zap.Logger
	failures prometheus.Counter
	store    store.Store // nil without a directory
	openErr  error

	mu          sync.Mutex
	failing     bool // the failure is logged, and no record has been saved since
	damagedFile string

	memoryKey memoryKey
}

// OpenStorage opens a storage directory, and waits up to wait for another process
// to release it. Without a path everything is forgotten at exit. It is an error
// if another process holds the directory or if the path is not a directory;
// other failures are returned by Err.
func OpenStorage(path string, clk clock.Clock, log *zap.Logger, wait time.Duration) (*Storage, error) {
	s := &Storage{
		path: path, clock: clk, log: log,
		failures: prometheus.NewCounter(collector.StoreCommitFailures),
	}
	if path == "" {
		return s, nil
	}
	bolt := store.NewBolt(path, clk.Now, s.handleDamage)
	s.store = bolt
	err := bolt.Open(wait)
	if errors.Is(err, store.ErrInUse) || errors.Is(err, store.ErrNotDirectory) {
		_ = bolt.Close() // it holds nothing
		return nil, err
	}
	s.openErr, s.failing = err, err != nil
	return s, nil
}

// Close releases the directory.
func (s *Storage) Close() {
	if s.store == nil {
		return
	}
	if err := s.store.Close(); err != nil {
		s.log.Warn("closing the storage failed", zap.Error(err))
	}
}

// Err returns why the store could not be opened, or nil. It may work since.
func (s *Storage) Err() error { return s.openErr }

// DamagedFile returns where a damaged file was moved to, or "".
func (s *Storage) DamagedFile() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.damagedFile
}

// Failures returns the counter of records that could not be saved.
func (s *Storage) Failures() prometheus.Counter { return s.failures }

func (s *Storage) handleDamage(movedTo string) {
	s.mu.Lock()
	s.damagedFile = movedTo
	s.mu.Unlock()
	s.log.Error("the storage was damaged and starts empty; "+assumedSpent, zap.String("moved_to", movedTo))
}

// assumedSpent is logged when the day's record of requests is lost.
const assumedSpent = "assuming that today's requests were spent evenly until now"

// save saves records, and logs when saving begins to fail and when it works again.
func (s *Storage) save(to store.Records, records map[string][]byte) error {
	if err := to.Save(records); err != nil {
		s.failures.Inc()
		s.handleFailure(err)
		return err
	}
	s.handleSuccess()
	return nil
}

func (s *Storage) handleFailure(err error) {
	s.mu.Lock()
	known := s.failing
	s.failing = true
	s.mu.Unlock()
	if !known {
		s.logFailure(storageFails, err)
	}
}

func (s *Storage) handleSuccess() {
	s.mu.Lock()
	recovered := s.failing
	s.failing = false
	s.mu.Unlock()
	if recovered {
		s.log.Info("the storage works again", zap.String("path", s.path))
		s.storeMemoryKey()
	}
}

func (s *Storage) isFailing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failing
}

const (
	storageFails  = "the storage fails, continuing in memory until it works again: requests are spread evenly over the day, and counters of readings stand still"
	keyChanges    = "hashed labels change at the next start"
	keyStoreFails = "the key of hashed labels cannot be saved, continuing with one in memory: " + keyChanges
)

// logStart logs, in one line, what does not work when the exporter starts.
func (s *Storage) logStart() {
	keyErr := s.KeyErr()
	switch {
	case s.openErr != nil && keyErr != nil:
		s.logFailure(storageFails+", and unless it does "+keyChanges, s.openErr)
	case s.openErr != nil:
		s.logFailure(storageFails, s.openErr)
	case keyErr != nil:
		s.logFailure(keyStoreFails, keyErr)
	}
}

func (s *Storage) logFailure(what string, err error) {
	s.log.Error(what+"; "+Remedy(s.path, err), zap.String("path", s.path), zap.Int("user", os.Geteuid()), zap.Error(err))
}
