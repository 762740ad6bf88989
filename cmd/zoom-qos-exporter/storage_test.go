package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
	toolkit "github.com/prometheus/exporter-toolkit/web"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/config"
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

// lists is how many lists an account may ask now. Unlike the day's money that
// does not hang on the time of day.
func lists(t *testing.T, f *fleet, name string) int {
	t.Helper()
	for _, p := range f.members[name].ledger.Status() {
		if p.Pool == budget.ResourceIntensivePerMinute {
			return p.Remaining
		}
	}
	t.Fatalf("%s has no limit of lists", name)
	return 0
}

func spend(t *testing.T, f *fleet, name string, n int) {
	t.Helper()
	for range n {
		if err := f.members[name].ledger.Acquire(context.Background(), zoomapi.ResourceIntensive); err != nil {
			t.Fatal(err)
		}
	}
}

func observed() (*zap.Logger, *observer.ObservedLogs) {
	core, logs := observer.New(zap.InfoLevel)
	return zap.New(core), logs
}

// kept opens a storage that must open.
func kept(t *testing.T, path string, log *zap.Logger) *storage {
	t.Helper()
	s, err := openStorage(path, clock.System{}, log, 0)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAnAccountThatComesBackHasSpentWhatItHasSpent(t *testing.T) {
	log, _ := observed()
	for name, path := range map[string]string{"with storage": filepath.Join(t.TempDir(), "storage"), "without": ""} {
		t.Run(name, func(t *testing.T) {
			s := kept(t, path, log)
			defer s.close()
			f := newFleet(clock.System{}, log, s)
			defer f.close()
			for _, cfg := range []*config.Config{
				accounts(t, "one", "id-1", "two", "id-2"),
				accounts(t, "one", "id-1"),
				accounts(t, "one", "id-1", "renamed", "id-2"),
			} {
				if err := f.apply(cfg, nil); err != nil {
					t.Fatal(err)
				}
				if f.members["two"] != nil {
					spend(t, f, "two", 5)
				}
			}
			before := lists(t, f, "one")
			if got := lists(t, f, "renamed"); got != before-5 {
				t.Errorf("%d lists may be asked, want %d", got, before-5)
			}
		})
	}
}

// What an account keeps last is there for the same account under another name.
func TestARenamedAccountBeginsWithAllThatIsKept(t *testing.T) {
	log, _ := observed()
	s := kept(t, filepath.Join(t.TempDir(), "storage"), log)
	defer s.close()
	calls := new([]string)
	s.store = &spied{s.store, calls}
	f := newFleet(clock.System{}, log, s)
	defer f.close()
	env := newRig(t)
	rename := func(name string) string {
		env["ZOOM_ACCOUNT_NAME"] = name
		cfg, err := config.FromEnv(func(key string) (string, bool) { value, ok := env[key]; return value, ok })
		if err != nil {
			t.Fatal(err)
		}
		*calls = nil
		if err := f.apply(cfg, nil); err != nil {
			t.Fatal(err)
		}
		return strings.Join(*calls, " ")
	}
	if got := rename("old"); got != "load" {
		t.Errorf("at first the counted readings' calls were %q", got)
	}
	if !f.members["old"].account.Poll(t.Context()) {
		t.Fatal("the cycle did not end")
	}
	if got := rename("new"); got != "save load" {
		t.Errorf("under another name the counted readings' calls were %q", got)
	}
}

// spied notes what is asked of a store about counted readings.
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
		if strings.HasPrefix(name, readingsRecords) {
			*r.calls = append(*r.calls, "save")
			break
		}
	}
	return r.Records.Save(records)
}

func TestAStartGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "storage")
	log, logs := observed()
	cfg := accounts(t, "one", "id-1")
	for range 2 {
		s := kept(t, path, log)
		f := newFleet(clock.System{}, log, s)
		if err := f.apply(cfg, nil); err != nil {
			t.Fatal(err)
		}
		spend(t, f, "one", 3)
		if got := lists(t, f, "one"); logs.FilterMessageSnippet("goes on").Len() == 1 && got != 14-6 {
			t.Errorf("%d lists may be asked by the second start, want 8", got)
		}
		f.close()
		s.close()
	}
	if n := logs.FilterMessageSnippet("goes on").Len(); n != 1 {
		t.Errorf("%d starts went on, want the second", n)
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
	path := filepath.Join(dir, keyFile)
	if err := os.Symlink("nowhere", path); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// startable is a program that can prepare to serve.
func startable(storage string, log *zap.Logger) *program {
	return &program{clock: clock.System{}, log: log, storagePath: storage, web: &toolkit.FlagConfig{WebConfigFile: new(string)}}
}

func TestAStorageThatFailsIsToldOnceAndCounted(t *testing.T) {
	path := t.TempDir()
	undo := jam(t, path)
	log, logs := observed()
	s := kept(t, path, log)
	defer s.close()
	recovered := 0
	s.recovered = func() { recovered++ }
	s.started(nil)
	j := &journal{storage: s, records: s.store.Account("id")}
	for range 3 {
		if j.Save([]byte("1")) == nil {
			t.Fatal("saved in a storage that can't be made")
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
		t.Errorf("told %d times", n)
	}
	if n := logs.FilterMessageSnippet("the storage works again").Len(); n != 1 || recovered != 1 {
		t.Errorf("the end was told %d times and acted upon %d times", n, recovered)
	}
}

// An exporter that cannot save its key keeps one in memory, logs one line, and
// saves that key once the storage works.
func TestAKeyInMemoryIsKeptLater(t *testing.T) {
	path := t.TempDir()
	undo := jam(t, path)
	unlink := jamKey(t, path)
	log, logs := observed()
	p := startable(path, log)
	ready, err := p.prepare(new(config.Config))
	if err != nil {
		t.Fatal(err)
	}
	defer ready.kept.close()
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
	before, err := ready.keys.of(new(config.Config))
	if err != nil {
		t.Fatal(err)
	}

	undo()
	unlink()
	j := &journal{storage: ready.kept, records: ready.kept.store.Account("id")}
	if err := j.Save([]byte("1")); err != nil {
		t.Fatal(err)
	}
	if stored, err := readKey(filepath.Join(path, keyFile)); err != nil || !bytes.Equal(stored, before) {
		t.Errorf("the key in use is not the one that is kept (%v)", err)
	}
	if n := logs.FilterMessageSnippet("is saved now").Len(); n != 1 || ready.keys.lost() != nil {
		t.Errorf("told %d times that the key is kept", n)
	}
	if after, err := ready.keys.of(new(config.Config)); err != nil || !bytes.Equal(after, before) {
		t.Errorf("a reload changes the key (%v)", err)
	}
}

// A key that exists and can be read is used even if the storage fails.
func TestAStorageThatFailsHasItsKeyAllTheSame(t *testing.T) {
	path := t.TempDir()
	jam(t, path)
	want := newKey()
	if err := store.WriteFile(filepath.Join(path, keyFile), want); err != nil {
		t.Fatal(err)
	}
	log, logs := observed()
	ready, err := startable(path, log).prepare(new(config.Config))
	if err != nil {
		t.Fatal(err)
	}
	defer ready.kept.close()
	if got, err := ready.keys.of(new(config.Config)); err != nil || !bytes.Equal(got, want) {
		t.Errorf("another key is in use (%v)", err)
	}
	if logs.Len() != 1 || strings.Contains(logs.All()[0].Message, "hashed labels") {
		t.Errorf("it logs %v", logs.All())
	}
}

func TestARecordThatCannotBeReadMakesConservative(t *testing.T) {
	path := filepath.Join(t.TempDir(), "storage")
	log, logs := observed()
	s := kept(t, path, log)
	defer s.close()
	cfg := accounts(t, "one", "id-1")
	account := &cfg.Accounts[0]
	records := s.store.Account(account.AccountID.Reveal() + "\n" + account.APIURL.String())
	if err := records.Save(map[string][]byte{ledgerRecord: []byte("not a ledger")}); err != nil {
		t.Fatal(err)
	}
	f := newFleet(clock.System{}, log, s)
	defer f.close()
	if err := f.apply(cfg, nil); err != nil {
		t.Fatal(err)
	}
	if n := logs.FilterMessageSnippet("can't be read").Len(); n != 1 {
		t.Errorf("told %d times: %v", n, logs.All())
	}
	spend(t, f, "one", 1)
	if record, err := records.Load(ledgerRecord); err != nil || !strings.HasPrefix(string(record), "{") {
		t.Errorf("the record is still %q (%v)", record, err)
	}
}
