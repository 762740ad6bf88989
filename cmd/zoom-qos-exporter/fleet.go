package main

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/common/version"
	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/collector"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/config"
	livestate "github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// fleet is the accounts at work, made and remade of configurations.
type fleet struct {
	clock     clock.Clock
	log       *zap.Logger
	storage   *storage
	collector *collector.Collector
	api       *collector.APIMetrics

	mu      sync.Mutex
	members map[string]*member
	// ledgers outlive their accounts: one that is removed and comes back has
	// spent what it has spent.
	ledgers map[identity]*budget.Budget
	// retired are clients that a reload has replaced. A cycle may be at work
	// with them yet, so they are closed by a reload that comes much later.
	retired []retired
	closed  bool
}

// errStopping is why a reload that comes too late changes nothing.
var errStopping = errors.New("the exporter is stopping")

// member is one account at work.
type member struct {
	identity   identity
	connection connection
	client     *zoomapi.Client
	ledger     *budget.Budget
	account    *poll.Account
}

type retired struct {
	client *zoomapi.Client
	at     time.Time
}

// outlast is longer than any cycle, its last answer included.
const outlast = 10 * time.Minute

// identity is what an account's ledger and meetings belong to: they outlive
// any change of configuration but these.
type identity struct{ accountID, apiURL string }

// connection is what a client is made of; a change of it takes a new client.
type connection struct {
	config.Account // only the fields of the connection
	limits         config.Limits
}

func newFleet(clk clock.Clock, log *zap.Logger, kept *storage) *fleet {
	return &fleet{
		clock: clk, log: log, storage: kept,
		collector: collector.New(),
		api:       collector.NewAPIMetrics(),
		members:   make(map[string]*member),
		ledgers:   make(map[identity]*budget.Budget),
	}
}

// apply puts a configuration to work. What goes on keeps its state; where cfg
// can't be put to work nothing changes.
func (f *fleet) apply(cfg *config.Config, key []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return errStopping
	}
	next := make(map[string]*member, len(cfg.Accounts))
	for i := range cfg.Accounts {
		account := &cfg.Accounts[i]
		m, err := f.prepare(account, cfg)
		if err != nil {
			for _, m := range next {
				if !f.works(m.client) {
					m.client.Close()
				}
			}
			return fmt.Errorf("account %s: %w", account.Name, err)
		}
		next[account.Name] = m
	}

	now := f.clock.Now()
	f.retired = slices.DeleteFunc(f.retired, func(r retired) bool {
		if now.Sub(r.at) < outlast {
			return false
		}
		r.client.Close()
		return true
	})
	// First, as one that comes under another name begins with what is kept of it.
	f.leave(next, now)
	accounts := make([]collector.Account, len(cfg.Accounts))
	for i := range cfg.Accounts {
		account := &cfg.Accounts[i]
		m := next[account.Name]
		opts := pollOptions(account, cfg, key, m)
		opts.Profile = f.storage.demand(account)
		opts.ReadingsStore = f.storage.counted(account)
		opts.SlowStart = f.storage.store == nil
		if cfg.Probe.Enabled {
			opts.Single = m.client
		}
		f.api.Expect(account.Name, append(opts.Endpoints(), opts.ProbeEndpoints()...))
		m.ledger.Configure(account.RateLimits, account.Reserve)
		if m.account == nil {
			m.account = poll.New(account.Name, opts, f.clock, f.log)
		} else {
			m.account.Configure(opts)
		}
		accounts[i] = m.account
	}
	f.collector.ShowParticipants(cfg.Metrics.Participants)
	f.collector.SetAccounts(accounts)
	f.collector.SetProbing(cfg.Probe.Enabled)
	f.members = next
	return nil
}

// leave ends the accounts that are not among the next ones, and retires the
// clients that are not.
func (f *fleet) leave(next map[string]*member, now time.Time) {
	for name, was := range f.members {
		switch is := next[name]; {
		case is == nil:
			was.close()
			f.api.Forget(name)
		case is.account != was.account:
			was.close()
		case is.client != was.client:
			f.retired = append(f.retired, retired{was.client, now})
		}
	}
}

// prepare makes what an account needs that it does not have yet.
func (f *fleet) prepare(account *config.Account, cfg *config.Config) (*member, error) {
	id := identity{account.AccountID.Reveal(), account.APIURL.String()}
	conn := connectionOf(account, cfg)
	was := f.members[account.Name]
	if was != nil && was.identity == id {
		if reflect.DeepEqual(was.connection, conn) {
			return was, nil
		}
		m := *was
		m.connection = conn
		client, err := f.dial(account, cfg, m.ledger)
		m.client = client
		return &m, err
	}
	m := &member{identity: id, connection: conn, ledger: f.ledger(id, account)}
	client, err := f.dial(account, cfg, m.ledger)
	m.client = client
	return m, err
}

// ledger is the budget of a Zoom account, under whatever name.
func (f *fleet) ledger(id identity, account *config.Account) *budget.Budget {
	ledger := f.ledgers[id]
	if ledger == nil {
		ledger = f.storage.ledger(account)
		f.ledgers[id] = ledger
	}
	return ledger
}

// works reports whether a client is that of an account at work.
func (f *fleet) works(client *zoomapi.Client) bool {
	for _, m := range f.members {
		if m.client == client {
			return true
		}
	}
	return false
}

func connectionOf(account *config.Account, cfg *config.Config) connection {
	return connection{
		Account: config.Account{
			AccountID: account.AccountID, ClientID: account.ClientID, ClientSecret: account.ClientSecret,
			APIURL: account.APIURL, APIURLFixed: account.APIURLFixed, OAuthURL: account.OAuthURL,
			Proxy: account.Proxy, CA: account.CA,
		},
		limits: config.Limits{BodySize: cfg.Limits.BodySize, RequestTimeout: cfg.Limits.RequestTimeout},
	}
}

func (f *fleet) dial(account *config.Account, cfg *config.Config, ledger *budget.Budget) (*zoomapi.Client, error) {
	return dial(account, cfg, f.clock, ledger, f.api.Observer(account.Name))
}

// dial makes an account's client.
func dial(account *config.Account, cfg *config.Config, clk clock.Clock, limiter zoomapi.Limiter, observer zoomapi.Observer) (*zoomapi.Client, error) {
	apiURL := ""
	if account.APIURLFixed {
		apiURL = account.APIURL.String()
	}
	return zoomapi.New(zoomapi.Config{
		AccountID:    account.AccountID.Reveal(),
		ClientID:     account.ClientID.Reveal(),
		ClientSecret: account.ClientSecret.Reveal(),
		APIURL:       apiURL,
		OAuthURL:     account.OAuthURL.String(),
		Transport:    transport(account),
		Timeout:      cfg.Limits.RequestTimeout,
		MaxBody:      cfg.Limits.BodySize,
		UserAgent:    userAgent(),
		Clock:        clk,
	}, limiter, observer)
}

func transport(account *config.Account) http.RoundTripper {
	t := zoomapi.NewTransport()
	t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: account.RootCAs()}
	if proxy := account.Proxy.Reveal(); proxy != nil {
		t.Proxy = http.ProxyURL(proxy)
	}
	return t
}

func pollOptions(account *config.Account, cfg *config.Config, key []byte, m *member) poll.Options {
	collect := &account.Collect
	lists := map[zoomapi.Kind]bool{
		zoomapi.Webinar: collect.ParticipantsList.Includes(zoomapi.Webinar),
		zoomapi.Meeting: collect.ParticipantsList.Includes(zoomapi.Meeting),
	}
	privacy := cfg.Privacy
	privacy.Key = key
	return poll.Options{
		Settings: livestate.Settings{
			Converter: &qos.Converter{
				Privacy: privacy,
				Sites:   cfg.Sites,
				CRC:     collect.RoomConnector,
				RWG:     collect.WebGateway,
				CPU:     collect.CPU,
				WiFi:    collect.WiFi,
			},
			Meetings:          collect.Meetings,
			Webinars:          collect.Webinars != config.Off,
			ParticipantsLists: lists,
			Keep:              account.Meetings.Keeps,
			Watched:           account.Watches,
			Weights:           account.Weights,
			MaxParticipants:   cfg.Limits.ParticipantsPerAccount,
			MaxAge:            cfg.Limits.MaxAge,
			Readings:          cfg.Readings,
		},
		Zoom:             m.client,
		Budget:           m.ledger,
		WebinarsOptional: collect.Webinars == config.Auto,
		Summaries:        collect.QoSSummary,
		TimeZone:         account.TimeZone,
	}
}

// close ends all accounts, waits for them and has their ledgers kept.
func (f *fleet) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range f.members {
		m.close()
	}
	for _, r := range f.retired {
		r.client.Close()
	}
	for _, ledger := range f.ledgers {
		_ = ledger.Save() // its journal tells the log
	}
	f.members, f.retired, f.ledgers = nil, nil, nil
	f.closed = true
}

func (m *member) close() {
	m.account.Close()
	m.client.Close()
}

func userAgent() string { return "zoom-qos-exporter/" + buildVersion() }

func buildVersion() string { return cmp.Or(version.Version, "devel") }
