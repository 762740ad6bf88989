package accounts

import (
	"strings"

	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/config"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/store"
)

// Names of an account's records. They are part of the file's format.
const (
	budgetRecord   = "ledger"
	profileRecord  = "demand"
	readingsPrefix = "readings/"
)

// Budget returns the budget of an account, restored from its record if there is
// one.
func (s *Storage) Budget(account *config.Account) *budget.Budget {
	o := budget.Options{Limits: account.RateLimits, Reserve: account.Reserve, Clock: s.clock}
	if s.store == nil {
		o.Conservative = true
		return budget.New(o)
	}
	log := s.log.With(zap.String("account", account.Name))
	records := s.records(account)
	o.Journal = &journal{s, records}
	record, err := records.Load(budgetRecord)
	if err == nil && record != nil {
		var b *budget.Budget
		if b, err = budget.Restore(o, record); err == nil {
			log.Info("restored the count of today's requests")
			return b
		}
	}
	if err != nil && !s.isFailing() { // that is logged once for all accounts
		log.Error("the account's count of requests cannot be read from the storage; "+assumedSpent, zap.Error(err))
	}
	// A storage without a trace of an earlier start has not seen one.
	o.Conservative = err != nil || s.DamagedFile() != ""
	return budget.New(o)
}

// Profile returns where an account's demand profile is stored, or nil without a
// directory.
func (s *Storage) Profile(account *config.Account) poll.ProfileStore {
	if s.store == nil {
		return nil
	}
	return &profileStore{s, s.records(account)}
}

// Readings returns where an account's counted readings are stored, or nil without
// a directory.
func (s *Storage) Readings(account *config.Account) poll.ReadingsStore {
	if s.store == nil {
		return nil
	}
	return &readingsStore{s, s.records(account)}
}

func (s *Storage) records(account *config.Account) store.Records {
	id := identityOf(account)
	return s.store.Account(id.accountID + "\n" + id.apiURL)
}

// journal implements budget.Journal.
type journal struct {
	storage *Storage
	records store.Records
}

// Save implements budget.Journal.
func (j *journal) Save(record []byte) error {
	return j.storage.save(j.records, map[string][]byte{budgetRecord: record})
}

// profileStore implements poll.ProfileStore. It hides that the storage fails,
// which is logged once and not for each account.
type profileStore struct {
	storage *Storage
	records store.Records
}

// Load implements poll.ProfileStore.
func (p *profileStore) Load() ([]byte, error) {
	record, err := p.records.Load(profileRecord)
	if err != nil && p.storage.isFailing() {
		return nil, nil
	}
	return record, err
}

// Save implements poll.ProfileStore.
func (p *profileStore) Save(record []byte) error {
	_ = p.storage.save(p.records, map[string][]byte{profileRecord: record})
	return nil
}

// readingsStore implements poll.ReadingsStore.
type readingsStore struct {
	storage *Storage
	records store.Records
}

// Load implements poll.ReadingsStore.
func (r *readingsStore) Load() (map[string][]byte, error) {
	saved, err := r.records.LoadAll(readingsPrefix)
	if err != nil && r.storage.isFailing() {
		err = nil // logged already
	}
	records := make(map[string][]byte, len(saved))
	for name, record := range saved {
		records[strings.TrimPrefix(name, readingsPrefix)] = record
	}
	return records, err
}

// Save implements poll.ReadingsStore.
func (r *readingsStore) Save(records map[string][]byte) error {
	prefixed := make(map[string][]byte, len(records))
	for name, record := range records {
		prefixed[readingsPrefix+name] = record
	}
	return r.storage.save(r.records, prefixed)
}
