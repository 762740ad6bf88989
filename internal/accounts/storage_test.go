package accounts

import (
	"bytes"
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/collector"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/config"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/store"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// accounts is a configuration of accounts by name and account id.
func accounts(t *testing.T, namesAndIDs ...string) *config.Config {
	t.Helper()
	var text strings.Builder
	text.WriteString("accounts:\n")
	for i := 0; i < len(namesAndIDs); i += 2 {
		fmt.Fprintf(&text, "  - {name: %s, account_id: %s, client_id: client, client_secret: secret, plan: unlimited}\n",
			namesAndIDs[i], namesAndIDs[i+1])
	}
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(path, func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	for i := range cfg.Accounts {
		cfg.Accounts[i].RateLimits.ResourceIntensivePerMinute = 20
	}
	return cfg
}

// lists is how many lists an account may request now. Unlike what is left of the
// day, that does not depend on the time of day.
func lists(t *testing.T, m *Manager, name string) int {
	t.Helper()
	for _, p := range m.accounts[name].budget.Status() {
		if p.Pool == budget.ResourceIntensivePerMinute {
			return p.Remaining
		}
	}
	t.Fatalf("%s has no limit of lists", name)
	return 0
}

func spend(t *testing.T, m *Manager, name string, n int) {
	t.Helper()
	for range n {
		if err := m.accounts[name].budget.Acquire(context.Background(), zoomapi.ResourceIntensive); err != nil {
			t.Fatal(err)
		}
	}
}

func observed() (*zap.Logger, *observer.ObservedLogs) {
	core, logs := observer.New(zap.InfoLevel)
	return zap.New(core), logs
}

// openStorage opens a storage that must open.
func openStorage(t *testing.T, path string, log *zap.Logger) *Storage {
	t.Helper()
	s, err := OpenStorage(path, clock.System{}, log, 0)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestReturningAccountKeepsItsSpending(t *testing.T) {
	log, _ := observed()
	for name, path := range map[string]string{"with storage": filepath.Join(t.TempDir(), "storage"), "without": ""} {
		t.Run(name, func(t *testing.T) {
			s := openStorage(t, path, log)
			defer s.Close()
			m := NewManager(clock.System{}, log, s, collector.New(), collector.NewAPIMetrics())
			defer m.Stop()
			for _, cfg := range []*config.Config{
				accounts(t, "one", "id-1", "two", "id-2"),
				accounts(t, "one", "id-1"),
				accounts(t, "one", "id-1", "renamed", "id-2"),
			} {
				if err := m.ApplyConfig(cfg); err != nil {
					t.Fatal(err)
				}
				if m.accounts["two"] != nil {
					spend(t, m, "two", 5)
				}
			}
			before := lists(t, m, "one")
			if got := lists(t, m, "renamed"); got != before-5 {
				t.Errorf("%d lists may be asked, want %d", got, before-5)
			}
		})
	}
}

// A renamed account loads what it saved last under its old name.
func TestRenamedAccountLoadsItsRecords(t *testing.T) {
	log, _ := observed()
	s := openStorage(t, filepath.Join(t.TempDir(), "storage"), log)
	defer s.Close()
	calls := new([]string)
	s.store = &spied{s.store, calls}
	m := NewManager(clock.System{}, log, s, collector.New(), collector.NewAPIMetrics())
	defer m.Stop()
	sim := zoomsim.New(zoomsim.Options{Seed: 1, Meetings: 3, Webinars: 1, History: 10, Fixed: true})
	server := httptest.NewServer(sim.Handler())
	defer server.Close()
	env := map[string]string{"ZOOM_PLAN": "unlimited"}
	for _, assignment := range sim.Env(server.URL) {
		name, value, _ := strings.Cut(assignment, "=")
		env[name] = value
	}
	rename := func(name string) string {
		env["ZOOM_ACCOUNT_NAME"] = name
		cfg, err := config.FromEnv(func(key string) (string, bool) { value, ok := env[key]; return value, ok })
		if err != nil {
			t.Fatal(err)
		}
		*calls = nil
		if err := m.ApplyConfig(cfg); err != nil {
			t.Fatal(err)
		}
		return strings.Join(*calls, " ")
	}
	if got := rename("old"); got != "load" {
		t.Errorf("at first the calls about counted readings were %q", got)
	}
	if !m.accounts["old"].poller.Poll(t.Context()) {
		t.Fatal("the cycle did not end")
	}
	if got := rename("new"); got != "save load" {
		t.Errorf("under another name the calls about counted readings were %q", got)
	}
}

// spied records the calls about counted readings.
type spied struct {
	store.Store
	calls *[]string
}

func (s *spied) Account(id string) store.Records {
	return &spiedRecords{s.Store.Account(id), s.calls}
}

type spiedRecords struct {
	store.Records
	calls *[]string
}

func (r *spiedRecords) LoadAll(prefix string) (map[string][]byte, error) {
	*r.calls = append(*r.calls, "load")
	return r.Records.LoadAll(prefix)
}

func (r *spiedRecords) Save(records map[string][]byte) error {
	for name := range records {
		if strings.HasPrefix(name, readingsPrefix) {
			*r.calls = append(*r.calls, "save")
			break
		}
	}
	return r.Records.Save(records)
}

func TestRestartRestoresBudget(t *testing.T) {
	path := filepath.Join(t.TempDir(), "storage")
	log, logs := observed()
	cfg := accounts(t, "one", "id-1")
	for range 2 {
		s := openStorage(t, path, log)
		m := NewManager(clock.System{}, log, s, collector.New(), collector.NewAPIMetrics())
		if err := m.ApplyConfig(cfg); err != nil {
			t.Fatal(err)
		}
		spend(t, m, "one", 3)
		if got := lists(t, m, "one"); logs.FilterMessageSnippet("restored the count").Len() == 1 && got != 14-6 {
			t.Errorf("%d lists may be asked by the second start, want 8", got)
		}
		m.Stop()
		s.Close()
	}
	if n := logs.FilterMessageSnippet("restored the count").Len(); n != 1 {
		t.Errorf("%d starts restored the budget, want the second only", n)
	}
	if n := logs.FilterLevelExact(zap.ErrorLevel).Len(); n != 0 {
		t.Errorf("%d errors: %v", n, logs.All())
	}
}

// jam makes a directory useless as a storage, even for root, until it is undone.
func jam(t *testing.T, dir string) (undo func()) {
	t.Helper()
	blocking := filepath.Join(dir, "state.db.new", "in the way")
	if err := os.MkdirAll(blocking, 0o700); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.RemoveAll(filepath.Dir(blocking)); err != nil {
			t.Fatal(err)
		}
	}
}

// jamKey keeps a key from being created in a directory.
func jamKey(t *testing.T, dir string) (undo func()) {
	t.Helper()
	path := filepath.Join(dir, KeyFile)
	if err := os.Symlink("nowhere", path); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFailingStorageIsLoggedOnceAndCounted(t *testing.T) {
	path := t.TempDir()
	undo := jam(t, path)
	log, logs := observed()
	s := openStorage(t, path, log)
	defer s.Close()
	s.logStart()
	j := &journal{s, s.store.Account("id")}
	for range 3 {
		if j.Save([]byte("1")) == nil {
			t.Fatal("saved in a storage that cannot be created")
		}
	}
	if n := testutil.ToFloat64(s.failures); n != 3 {
		t.Errorf("%v failures are counted, want 3", n)
	}
	undo()
	for range 2 {
		if err := j.Save([]byte("1")); err != nil {
			t.Fatal(err)
		}
	}
	if n := logs.FilterMessageSnippet("the storage fails").Len(); n != 1 {
		t.Errorf("logged %d times", n)
	}
	if n := logs.FilterMessageSnippet("the storage works again").Len(); n != 1 {
		t.Errorf("its end was logged %d times", n)
	}
}

// An exporter that cannot save its key keeps one in memory, logs one line, and
// saves that key once the storage works.
func TestMemoryKeyIsSavedLater(t *testing.T) {
	path := t.TempDir()
	undo := jam(t, path)
	unlink := jamKey(t, path)
	log, logs := observed()
	s := openStorage(t, path, log)
	defer s.Close()
	before, err := s.HashKey(new(config.Config))
	if err != nil {
		t.Fatal(err)
	}
	s.logStart()
	lines := logs.All()
	if len(lines) != 1 || lines[0].Level != zap.ErrorLevel {
		t.Fatalf("it logs %v, want one line", lines)
	}
	for _, want := range []string{"continuing in memory", "hashed labels change", path} {
		if !strings.Contains(lines[0].Message, want) {
			t.Errorf("%q does not say %q", lines[0].Message, want)
		}
	}
	if fields := lines[0].ContextMap(); fields["path"] != path || fields["user"] != int64(os.Geteuid()) || fields["error"] == nil {
		t.Errorf("fields %v", fields)
	}

	undo()
	unlink()
	j := &journal{s, s.store.Account("id")}
	if err := j.Save([]byte("1")); err != nil {
		t.Fatal(err)
	}
	if stored, err := LoadKey(path); err != nil || !bytes.Equal(stored, before) {
		t.Errorf("the saved key is not the one in use (%v)", err)
	}
	if n := logs.FilterMessageSnippet("saved the key").Len(); n != 1 || s.KeyErr() != nil {
		t.Errorf("logged %d times that the key is saved, or it still counts as lost", n)
	}
	if after, err := s.HashKey(new(config.Config)); err != nil || !bytes.Equal(after, before) {
		t.Errorf("a reload changes the key (%v)", err)
	}
}

// A key that exists and can be read is used even if the storage fails.
func TestFailingStorageStillHasItsKey(t *testing.T) {
	path := t.TempDir()
	jam(t, path)
	want := newKey()
	if err := store.WriteFile(filepath.Join(path, KeyFile), want); err != nil {
		t.Fatal(err)
	}
	log, logs := observed()
	s := openStorage(t, path, log)
	defer s.Close()
	if got, err := s.HashKey(new(config.Config)); err != nil || !bytes.Equal(got, want) {
		t.Errorf("another key is in use (%v)", err)
	}
	s.logStart()
	if logs.Len() != 1 || strings.Contains(logs.All()[0].Message, "hashed labels") {
		t.Errorf("it logs %v", logs.All())
	}
}

func TestUnreadableBudgetRecordIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "storage")
	log, logs := observed()
	s := openStorage(t, path, log)
	defer s.Close()
	cfg := accounts(t, "one", "id-1")
	account := &cfg.Accounts[0]
	records := s.store.Account(account.AccountID.Reveal() + "\n" + account.APIURL.String())
	if err := records.Save(map[string][]byte{budgetRecord: []byte("not a ledger")}); err != nil {
		t.Fatal(err)
	}
	m := NewManager(clock.System{}, log, s, collector.New(), collector.NewAPIMetrics())
	defer m.Stop()
	if err := m.ApplyConfig(cfg); err != nil {
		t.Fatal(err)
	}
	if n := logs.FilterMessageSnippet("cannot be read").Len(); n != 1 {
		t.Errorf("logged %d times: %v", n, logs.All())
	}
	spend(t, m, "one", 1)
	if record, err := records.Load(budgetRecord); err != nil || !strings.HasPrefix(string(record), "{") {
		t.Errorf("the record is still %q (%v)", record, err)
	}
}
