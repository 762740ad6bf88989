// Package accounts manages the life of the Zoom accounts of a configuration:
// [Manager] starts a poller and an API client for each and applies reloads to
// them, and [Storage] keeps what they must remember over restarts.
package accounts

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/collector"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/config"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// ErrStopped is returned by ApplyConfig after Stop.
var ErrStopped = errors.New("the exporter is stopping")

// replacedClientTTL is how long a client outlives its replacement: longer than
// any cycle that may still use it.
const replacedClientTTL = 10 * time.Minute

// Manager runs a poller for each account of a configuration, and hands them to
// the collector. It is safe for use by many goroutines.
type Manager struct {
	clock     clock.Clock
	log       *zap.Logger
	storage   *Storage
	collector *collector.Collector
	api       *collector.APIMetrics

	mu       sync.Mutex
	accounts map[string]*account // by name; nil before the first ApplyConfig
	// budgets outlive their accounts: an account that is removed and returns
	// must not start with the requests that it has already spent.
	budgets  map[identity]*budget.Budget
	replaced []replacedClient
	stopped  bool
}

// account is a running account. Only its identity never changes.
type account struct {
	identity   identity
	connection connection
	client     *zoomapi.Client
	budget     *budget.Budget
	poller     *poll.Account // nil until the account is started
}

// replacedClient is a client whose account got a new one by a reload. Cycles
// that started before may still use it.
type replacedClient struct {
	client *zoomapi.Client
	since  time.Time
}

// identity tells Zoom accounts apart. Budgets and records belong to an identity,
// whatever the account is called.
type identity struct{ accountID, apiURL string }

func identityOf(cfg *config.Account) identity {
	return identity{cfg.AccountID.Reveal(), cfg.APIURL.String()}
}

// NewManager returns a Manager without accounts. c and api are the metrics that
// its accounts feed.
func NewManager(clk clock.Clock, log *zap.Logger, storage *Storage, c *collector.Collector, api *collector.APIMetrics) *Manager {
	return &Manager{
		clock: clk, log: log, storage: storage, collector: c, api: api,
		budgets: make(map[identity]*budget.Budget),
	}
}

// ApplyConfig starts, reconfigures and stops accounts so that they are those of
// cfg. Accounts that remain keep their state. On an error nothing changes.
func (m *Manager) ApplyConfig(cfg *config.Config) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.stopped {
		return ErrStopped
	}
	key, err := m.storage.HashKey(cfg)
	if err != nil {
		return err
	}
	if m.accounts == nil {
		m.storage.logStart()
	}
	next, err := m.prepareAccounts(cfg)
	if err != nil {
		return err
	}
	m.closeReplacedClients()
	// Accounts stop before others start, as a renamed one loads what the old one
	// saves.
	m.stopAccounts(next)
	running := make([]collector.Account, len(cfg.Accounts))
	for i := range cfg.Accounts {
		a := next[cfg.Accounts[i].Name]
		m.startAccount(a, &cfg.Accounts[i], cfg, key)
		running[i] = a.poller
	}
	m.collector.ShowParticipants(cfg.Metrics.Participants)
	m.collector.SetAccounts(running)
	m.collector.SetProbing(cfg.Probe.Enabled)
	m.accounts = next
	return nil
}

// Stop stops all accounts, waits for them and saves their budgets.
func (m *Manager) Stop() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, a := range m.accounts {
		a.stop()
	}
	for _, r := range m.replaced {
		r.client.Close()
	}
	for _, b := range m.budgets {
		_ = b.Save() // the storage logs failures
	}
	m.accounts, m.replaced, m.budgets = nil, nil, nil
	m.stopped = true
}

func (a *account) stop() {
	a.poller.Close()
	a.client.Close()
}

// prepareAccounts returns the accounts of cfg by name: those that can remain,
// with a new client if their connection changes, and new ones.
func (m *Manager) prepareAccounts(cfg *config.Config) (map[string]*account, error) {
	next := make(map[string]*account, len(cfg.Accounts))
	for i := range cfg.Accounts {
		ac := &cfg.Accounts[i]
		a, err := m.prepareAccount(ac, cfg)
		if err != nil {
			for name, a := range next {
				if old := m.accounts[name]; old == nil || old.client != a.client {
					a.client.Close()
				}
			}
			return nil, fmt.Errorf("account %s: %w", ac.Name, err)
		}
		next[ac.Name] = a
	}
	return next, nil
}

func (m *Manager) prepareAccount(ac *config.Account, cfg *config.Config) (*account, error) {
	id, conn := identityOf(ac), connectionOf(ac, cfg)
	a := &account{identity: id, connection: conn}
	switch old := m.accounts[ac.Name]; {
	case old == nil || old.identity != id:
		a.budget = m.budget(id, ac)
	case old.connection.equal(conn):
		return old, nil
	default:
		a.budget, a.poller = old.budget, old.poller
	}
	var err error
	a.client, err = NewClient(ac, cfg, m.clock, a.budget, m.api.Observer(ac.Name))
	return a, err
}

func (m *Manager) budget(id identity, ac *config.Account) *budget.Budget {
	b := m.budgets[id]
	if b == nil {
		b = m.storage.Budget(ac)
		m.budgets[id] = b
	}
	return b
}

// closeReplacedClients closes the clients that no cycle uses any more.
func (m *Manager) closeReplacedClients() {
	now := m.clock.Now()
	m.replaced = slices.DeleteFunc(m.replaced, func(r replacedClient) bool {
		expired := now.Sub(r.since) >= replacedClientTTL
		if expired {
			r.client.Close()
		}
		return expired
	})
}

// stopAccounts stops the accounts that next does not continue, and remembers the
// clients that it replaces.
func (m *Manager) stopAccounts(next map[string]*account) {
	for name, old := range m.accounts {
		switch a := next[name]; {
		case a == nil:
			old.stop()
			m.api.Forget(name)
		case a.poller != old.poller:
			old.stop()
		case a.client != old.client:
			m.replaced = append(m.replaced, replacedClient{old.client, m.clock.Now()})
		}
	}
}

// startAccount configures an account's budget and poller, and makes the poller
// of a new account.
func (m *Manager) startAccount(a *account, ac *config.Account, cfg *config.Config, key []byte) {
	opts := pollOptions(ac, cfg, key, a)
	opts.Profile = m.storage.Profile(ac)
	opts.ReadingsStore = m.storage.Readings(ac)
	opts.SlowStart = m.storage.store == nil
	if cfg.Probe.Enabled {
		opts.Single = a.client
	}
	m.api.Expect(ac.Name, append(opts.Endpoints(), opts.ProbeEndpoints()...))
	a.budget.Configure(ac.RateLimits, ac.Reserve)
	if a.poller == nil {
		a.poller = poll.New(ac.Name, opts, m.clock, m.log)
	} else {
		a.poller.Configure(opts)
	}
}

func pollOptions(account *config.Account, cfg *config.Config, key []byte, a *account) poll.Options {
	collect := &account.Collect
	lists := map[zoomapi.Kind]bool{
		zoomapi.Webinar: collect.ParticipantsList.Includes(zoomapi.Webinar),
		zoomapi.Meeting: collect.ParticipantsList.Includes(zoomapi.Meeting),
	}
	privacy := cfg.Privacy
	privacy.Key = key
	return poll.Options{
		Settings: live.Settings{
			Converter: &qos.Converter{
				Privacy: privacy,
				Sites:   cfg.Sites,
				CRC:     collect.RoomConnector,
				RWG:     collect.WebGateway,
				CPU:     collect.CPU,
				WiFi:    collect.WiFi,
			},
			Meetings:             collect.Meetings,
			Webinars:             collect.Webinars != config.Off,
			ParticipantsLists:    lists,
			ParticipantsListFrom: participantsListFrom(collect.ParticipantsList),
			Keep:                 account.Meetings.Keeps,
			Watched:              account.Watches,
			Weights:              account.Weights,
			MaxParticipants:      cfg.Limits.ParticipantsPerAccount,
			MaxAge:               cfg.Limits.MaxAge,
			Readings:             cfg.Readings,
		},
		Zoom:             a.client,
		Budget:           a.budget,
		WebinarsOptional: collect.Webinars == config.Auto,
		Summaries:        collect.QoSSummary,
		TimeZone:         account.TimeZone,
	}
}

// participantsListFrom returns how many people a meeting must have for its participants
// list to be requested.
func participantsListFrom(l config.ParticipantsList) int {
	if l == config.ParticipantsListLarge {
		return config.LargeMeeting
	}
	return 0
}
