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

// storage is what lasts over restarts, as far as it can.
type storage struct {
	path     string
	clock    clock.Clock
	log      *zap.Logger
	failures prometheus.Counter
	store    store.Store // nil without --storage.path
	// trouble is why it could not be opened; nil if it could.
	trouble error
	// recovered is called when it works again; nil calls nothing.
	recovered func()

	mu      sync.Mutex
	failing bool // not told yet that it works again
	lost    bool // there was something before that can't be read
}

// openStorage opens the storage directory, and waits so long for another
// process to let go of it. Without a path, or where the disk refuses, it gives
// a storage that forgets. It fails if another process holds the directory, or
// where a file is in its place.
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
	s.lost = true
	s.mu.Unlock()
	s.log.Error("the storage was damaged and begins anew: of today's requests a careful estimate is taken as spent",
		zap.String("moved_to", aside))
}

// ledger makes an account's budget, which goes on from what was kept of it.
func (s *storage) ledger(account *config.Account) *budget.Budget {
	o := budget.Options{Limits: budget.Limits(account.RateLimits), Reserve: account.Reserve, Clock: s.clock}
	if s.store == nil {
		o.Wary = true
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
	lost, told := s.lost, s.failing
	s.mu.Unlock()
	if err != nil && !told {
		log.Error("what was kept of the account's requests can't be read: of today's a careful estimate is taken as spent", zap.Error(err))
	}
	// Where there is no trace of an earlier start there was none.
	o.Wary = err != nil || lost
	return budget.New(o)
}

// demand is where an account's poller keeps what it learns; nil where nothing
// is kept.
func (s *storage) demand(account *config.Account) poll.ProfileStore {
	if s.store == nil {
		return nil
	}
	return &journal{storage: s, records: s.records(account), name: demandRecord}
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

// Load implements poll.ProfileStore.
func (j *journal) Load() ([]byte, error) { return j.records.Load(j.name) }

// Save implements budget.Journal and poll.ProfileStore.
func (j *journal) Save(record []byte) error {
	return j.storage.save(j.records, map[string][]byte{j.name: record})
}

// countedReadings keeps an account's counted readings.
type countedReadings struct {
	storage *storage
	records store.Records
}

// Load implements poll.ReadingsStore.
func (c *countedReadings) Load() (map[string][]byte, error) {
	saved, err := c.records.LoadAll(readingsRecords)
	records := make(map[string][]byte, len(saved))
	for name, record := range saved {
		records[strings.TrimPrefix(name, readingsRecords)] = record
	}
	return records, err
}

// Save implements poll.ReadingsStore.
func (c *countedReadings) Save(put map[string][]byte, remove []string) error {
	records := make(map[string][]byte, len(put)+len(remove))
	for _, name := range remove {
		records[readingsRecords+name] = nil
	}
	for name, record := range put {
		records[readingsRecords+name] = record
	}
	return c.storage.save(c.records, records)
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

// failed tells the log, once until the storage works again.
func (s *storage) failed(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.failing {
		s.failing = true
		s.goesOnWithout("the storage fails", "with requests spread thin over the day and counters that stand still, and trying again", err)
	}
}

// started tells the log what a start goes on without. key is why the key of
// hashed labels is not kept there; nil if it is, or need not be.
func (s *storage) started(key error) {
	switch {
	case s.trouble != nil && key != nil:
		s.goesOnWithout("the storage fails", "with requests spread thin over the day, counters that stand still and hashed labels that change at the next start, and trying again", s.trouble)
	case s.trouble != nil:
		s.goesOnWithout("the storage fails", "with requests spread thin over the day and counters that stand still, and trying again", s.trouble)
	case key != nil:
		s.goesOnWithout("the key of hashed labels is not kept", "so that hashed labels change at the next start", key)
	}
}

func (s *storage) goesOnWithout(what, how string, err error) {
	s.log.Error(what+": going on in memory, "+how+"; "+cure(s.path, err),
		zap.String("path", s.path), zap.Int("user", os.Geteuid()), zap.Error(err))
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

// fails reports whether the storage is out of use at present.
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
