package main

import (
	"errors"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/collector"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/config"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/store"
)

// The records of an account.
const (
	ledgerRecord = "ledger" // of its budget
	demandRecord = "demand" // what was learned of its meetings
	// readingsRecords begin the names of what was counted.
	readingsRecords = "readings/"
)

// storage keeps what must last over restarts, while it can.
type storage struct {
	path     string
	clock    clock.Clock
	log      *zap.Logger
	failures prometheus.Counter
	store    store.Store // nil without --storage.path
	// trouble is why it could not be opened at the start; nil if it could.
	trouble error
	// recovered, if not nil, is called when the storage works again.
	recovered func()

	mu      sync.Mutex
	failing bool   // logged as failing, and not yet as working again
	aside   string // where a damaged file was moved to; "" if none was
}

// openStorage opens the storage directory, and waits this long for another
// process to release it. Without a path, or if the system refuses access, the
// storage forgets at exit. It is an error if another process holds the directory
// or if the path is not a directory.
func openStorage(path string, clk clock.Clock, log *zap.Logger, wait time.Duration) (*storage, error) {
	s := &storage{
		path: path, clock: clk, log: log,
		failures: prometheus.NewCounter(collector.StoreCommitFailures),
	}
	if path == "" {
		return s, nil
	}
	bolt := store.NewBolt(path, clk.Now, s.damaged)
	s.store = bolt
	err := bolt.Open(wait)
	if errors.Is(err, store.ErrInUse) || errors.Is(err, store.ErrNotDirectory) {
		_ = bolt.Close() // it holds nothing
		return nil, err
	}
	s.trouble, s.failing = err, err != nil
	return s, nil
}

// damaged tells of a file that was moved aside.
func (s *storage) damaged(aside string) {
	s.mu.Lock()
	s.aside = aside
	s.mu.Unlock()
	s.log.Error("the storage was damaged and begins anew: of today's requests a careful estimate is taken as spent",
		zap.String("moved_to", aside))
}

// ledger makes an account's budget, which goes on from what was kept of it.
func (s *storage) ledger(account *config.Account) *budget.Budget {
	o := budget.Options{Limits: account.RateLimits, Reserve: account.Reserve, Clock: s.clock}
	if s.store == nil {
		o.Conservative = true
		return budget.New(o)
	}
	log := s.log.With(zap.String("account", account.Name))
	records := s.records(account)
	o.Journal = &journal{storage: s, records: records, name: ledgerRecord}
	record, err := records.Load(ledgerRecord)
	if err == nil && record != nil {
		var ledger *budget.Budget
		if ledger, err = budget.Restore(o, record); err == nil {
			log.Info("the day's ledger goes on from what was kept")
			return ledger
		}
	}
	s.mu.Lock()
	lost, told := s.aside != "", s.failing
	s.mu.Unlock()
	if err != nil && !told {
		log.Error("what was kept of the account's requests can't be read: of today's a careful estimate is taken as spent", zap.Error(err))
	}
	// Where there is no trace of an earlier start there was none.
	o.Conservative = err != nil || lost
	return budget.New(o)
}

// demand is where an account's poller keeps what it learns; nil where nothing
// is kept.
func (s *storage) demand(account *config.Account) poll.ProfileStore {
	if s.store == nil {
		return nil
	}
	return &learned{journal{storage: s, records: s.records(account), name: demandRecord}}
}

// counted is where an account's poller keeps what it counts; nil where nothing
// is kept.
func (s *storage) counted(account *config.Account) poll.ReadingsStore {
	if s.store == nil {
		return nil
	}
	return &countedReadings{storage: s, records: s.records(account)}
}

func (s *storage) records(account *config.Account) store.Records {
	return s.store.Account(account.AccountID.Reveal() + "\n" + account.APIURL.String())
}

// journal keeps one of an account's records.
type journal struct {
	storage *storage
	records store.Records
	name    string
}

// Save implements budget.Journal.
func (j *journal) Save(record []byte) error {
	return j.storage.save(j.records, map[string][]byte{j.name: record})
}

// learned keeps what an account's poller learns. It hides that the storage
// fails, which is logged once and not for each account.
type learned struct{ journal }

// Load implements poll.ProfileStore.
func (l *learned) Load() ([]byte, error) {
	record, err := l.records.Load(l.name)
	if err != nil && l.storage.fails() {
		return nil, nil
	}
	return record, err
}

// Save implements poll.ProfileStore.
func (l *learned) Save(record []byte) error {
	_ = l.journal.Save(record)
	return nil
}

// countedReadings keeps an account's counted readings.
type countedReadings struct {
	storage *storage
	records store.Records
}

// Load implements poll.ReadingsStore.
func (c *countedReadings) Load() (map[string][]byte, error) {
	saved, err := c.records.LoadAll(readingsRecords)
	if err != nil && c.storage.fails() {
		err = nil // logged already
	}
	records := make(map[string][]byte, len(saved))
	for name, record := range saved {
		records[strings.TrimPrefix(name, readingsRecords)] = record
	}
	return records, err
}

// Save implements poll.ReadingsStore.
func (c *countedReadings) Save(records map[string][]byte) error {
	prefixed := make(map[string][]byte, len(records))
	for name, record := range records {
		prefixed[readingsRecords+name] = record
	}
	return c.storage.save(c.records, prefixed)
}

// save saves records, and tells where it can't.
func (s *storage) save(to store.Records, records map[string][]byte) error {
	if err := to.Save(records); err != nil {
		s.failures.Inc()
		s.failed(err)
		return err
	}
	s.succeeded()
	return nil
}

// failed logs a failure, once until the storage works again.
func (s *storage) failed(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.failing {
		s.failing = true
		s.logFailure(storageFails, err)
	}
}

const (
	storageFails    = "the storage fails, continuing in memory until it works again: requests are spread evenly over the day, and counters of readings stand still"
	keyChanges      = "hashed labels change at the next start"
	keyCannotBeKept = "the key of hashed labels cannot be saved, continuing with one in memory: " + keyChanges
)

// started logs what the exporter starts without. key is why the key of hashed
// labels cannot be kept; nil if it is, or if none is needed.
func (s *storage) started(key error) {
	switch {
	case s.trouble != nil && key != nil:
		s.logFailure(storageFails+", and unless it does "+keyChanges, s.trouble)
	case s.trouble != nil:
		s.logFailure(storageFails, s.trouble)
	case key != nil:
		s.logFailure(keyCannotBeKept, key)
	}
}

func (s *storage) logFailure(what string, err error) {
	s.log.Error(what+"; "+cure(s.path, err), zap.String("path", s.path), zap.Int("user", os.Geteuid()), zap.Error(err))
}

func (s *storage) succeeded() {
	s.mu.Lock()
	again := s.failing
	s.failing = false
	s.mu.Unlock()
	if !again {
		return
	}
	s.log.Info("the storage works again", zap.String("path", s.path))
	if s.recovered != nil {
		s.recovered()
	}
}

// fails reports whether the storage does not work at present.
func (s *storage) fails() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failing
}

// close gives the directory free.
func (s *storage) close() {
	if s.store == nil {
		return
	}
	if err := s.store.Close(); err != nil {
		s.log.Warn("the storage could not be closed", zap.Error(err))
	}
}
