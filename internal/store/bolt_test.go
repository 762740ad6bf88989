package store

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func atNoon() time.Time { return time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC) }

// open opens a store that is not damaged.
func open(t testing.TB, dir string) *Bolt {
	t.Helper()
	b := NewBolt(dir, atNoon, func(aside string) { t.Errorf("it was found damaged and moved to %s", aside) })
	if err := b.Open(0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func save(t testing.TB, b *Bolt, id string, records map[string][]byte) {
	t.Helper()
	if err := b.Account(id).Save(records); err != nil {
		t.Fatal(err)
	}
}

func expect(t testing.TB, b *Bolt, id, name string, want []byte) {
	t.Helper()
	got, err := b.Account(id).Load(name)
	if err != nil || !bytes.Equal(got, want) || (got == nil) != (want == nil) {
		t.Errorf("record %s of %s is %q (%v), want %q", name, id, got, err, want)
	}
}

func TestRecordsLast(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "for it")
	b := open(t, dir)
	expect(t, b, "one", "ledger", nil)
	save(t, b, "one", map[string][]byte{"ledger": []byte("1"), "counters": []byte("a")})
	save(t, b, "two", map[string][]byte{"ledger": []byte("2"), "empty": {}})
	save(t, b, "one", map[string][]byte{"ledger": []byte("3"), "counters": nil})
	for range 2 {
		expect(t, b, "one", "ledger", []byte("3"))
		expect(t, b, "one", "counters", nil)
		expect(t, b, "two", "ledger", []byte("2"))
		expect(t, b, "two", "empty", []byte{})
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		b = open(t, dir)
	}
}

func TestLoadAll(t *testing.T) {
	b := open(t, t.TempDir())
	loaded := func(id, prefix string) string {
		t.Helper()
		records, err := b.Account(id).LoadAll(prefix)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(records)
	}
	if got := loaded("one", "r/"); got != "map[]" {
		t.Errorf("of an empty store got %s", got)
	}
	save(t, b, "one", map[string][]byte{"q": {1}, "r": {2}, "r/a": {3}, "r/b": {4}, "s": {5}})
	save(t, b, "two", map[string][]byte{"r/a": {6}})
	for prefix, want := range map[string]string{"r/": "map[r/a:[3] r/b:[4]]", "r": "map[r:[2] r/a:[3] r/b:[4]]", "x": "map[]"} {
		if got := loaded("one", prefix); got != want {
			t.Errorf("under %q got %s, want %s", prefix, got, want)
		}
	}

	// A record whose checksum does not match is lost alone.
	err := b.db.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket(bucket).Put(append(keyOf("one"), "r/a"...), []byte{frameVersion, 0, 0, 0, 0, 9})
	})
	if err != nil {
		t.Fatal(err)
	}
	records, err := b.Account("one").LoadAll("r/")
	if !errors.Is(err, ErrDamaged) || fmt.Sprint(records) != "map[r/b:[4]]" {
		t.Errorf("after damage got %v (%v)", records, err)
	}
}

func TestSaveIsAllOrNothing(t *testing.T) {
	b := open(t, t.TempDir())
	save(t, b, "one", map[string][]byte{"ledger": []byte("1")})
	tooLong := strings.Repeat("name", 10_000)
	if err := b.Account("one").Save(map[string][]byte{"ledger": []byte("2"), tooLong: []byte("2")}); err == nil {
		t.Error("a record was saved under a name that is too long for a key")
	}
	expect(t, b, "one", "ledger", []byte("1"))
}

func FuzzUnframe(f *testing.F) {
	key := []byte("key")
	f.Add(frame(key, []byte("record")))
	f.Add([]byte{})
	f.Add([]byte{frameVersion, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, framed []byte) {
		record, err := unframe(key, framed)
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Fatalf("%v is no ErrDamaged", err)
			}
			return
		}
		if !bytes.Equal(frame(key, record), framed) {
			t.Fatalf("%x was taken for %x", framed, record)
		}
	})
}

func TestIdentifiersAreNotSavedInClear(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	save(t, b, "an-account-id", map[string][]byte{"ledger": []byte("1")})
	content, err := os.ReadFile(b.path())
	if err != nil || bytes.Contains(content, []byte("an-account-id")) {
		t.Errorf("the account's id is in the file (%v)", err)
	}
	for _, path := range []string{b.path(), dir} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if path == b.path() && info.Mode().Perm() != 0o600 {
			t.Errorf("mode of %s is %v", path, info.Mode())
		}
	}
}

func TestDirectoryIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "storage")
	open(t, dir)
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode %v (%v), want 0700", info.Mode(), err)
	}
}

func TestOneProcessAtATime(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir)
	second := NewBolt(dir, atNoon, func(string) { t.Error("it was called damaged") })
	err := second.Open(20 * time.Millisecond)
	if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "--storage.path") {
		t.Fatalf("%v, want ErrInUse with the path and what to do", err)
	}
	if !InUse(dir) || InUse(t.TempDir()) {
		t.Error("InUse is wrong about a directory that is held, or one that is not")
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if InUse(dir) {
		t.Error("it is in use after the first was closed")
	}
	if err := second.Open(0); err != nil {
		t.Errorf("after the first was closed: %v", err)
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
	if err := second.Open(0); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v, want ErrClosed", err)
	}
}

func TestIncompleteFilesAreReplaced(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, newName), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := open(t, dir)
	save(t, b, "one", map[string][]byte{"ledger": []byte("1")})
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 2 {
		t.Errorf("%v are there", left)
	}
}

// filled is the content of a store with some records of many accounts.
func filled(t testing.TB) (content []byte, records map[string][]byte) {
	t.Helper()
	dir := t.TempDir()
	b := open(t, dir)
	records = make(map[string][]byte)
	for i := range 20 {
		id := fmt.Sprint("account ", i)
		records[id] = bytes.Repeat([]byte{byte('a' + i)}, 100+150*i)
		save(t, b, id, map[string][]byte{"ledger": []byte("older")})
		save(t, b, id, map[string][]byte{"ledger": records[id], "other": records[id]})
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(b.path())
	if err != nil {
		t.Fatal(err)
	}
	return content, records
}

// survive opens a store with this content, reads and writes it: nothing is read that
// was not saved, and it remains usable.
func survive(t testing.TB, content []byte, records map[string][]byte) (movedAside bool) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, fileName)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	b := NewBolt(dir, atNoon, func(aside string) {
		movedAside = true
		if moved, err := os.ReadFile(aside); err != nil || !bytes.Equal(moved, content) {
			t.Errorf("%s is not the damaged file (%v)", aside, err)
		}
	})
	defer b.Close()
	if err := b.Open(0); err != nil {
		t.Fatalf("it is unusable: %v", err)
	}
	for id, record := range records {
		for _, name := range []string{"ledger", "other"} {
			got, err := b.Account(id).Load(name)
			if err != nil && !errors.Is(err, ErrDamaged) {
				t.Fatalf("%v is no ErrDamaged", err)
			}
			if got != nil && !bytes.Equal(got, record) && string(got) != "older" {
				t.Fatalf("%q was never saved", got)
			}
		}
	}
	// A page that only a write touches may fail one of them.
	fresh := map[string][]byte{"fresh": []byte("fresh")}
	if err := b.Account("fresh").Save(fresh); err != nil {
		if !errors.Is(err, ErrDamaged) || !movedAside {
			t.Fatal(err)
		}
		save(t, b, "fresh", fresh)
	}
	expect(t, b, "fresh", "fresh", []byte("fresh"))
	return movedAside
}

func TestDamagedFiles(t *testing.T) {
	content, records := filled(t)
	page := os.Getpagesize()
	for name, change := range map[string]func([]byte) []byte{
		"zero length":       func([]byte) []byte { return nil },
		"a few bytes":       func(c []byte) []byte { return c[:100] },
		"one page":          func(c []byte) []byte { return c[:page] },
		"two pages":         func(c []byte) []byte { return c[:2*page] },
		"four pages":        func(c []byte) []byte { return c[:4*page] },
		"zeroes":            func(c []byte) []byte { clear(c); return c },
		"text":              func([]byte) []byte { return []byte(strings.Repeat("not a store\n", 5000)) },
		"both metas":        func(c []byte) []byte { clear(c[:2*page]); return c },
		"all but the metas": func(c []byte) []byte { clear(c[2*page:]); return c },
	} {
		t.Run(name, func(t *testing.T) {
			if !survive(t, change(bytes.Clone(content)), records) {
				t.Error("it was not moved aside")
			}
		})
	}
	// Here its records may be refused one by one.
	survive(t, tear(bytes.Clone(content), page), records)
	if survive(t, content, records) {
		t.Error("an intact file was moved aside")
	}
}

// tear keeps the first half of every page.
func tear(content []byte, page int) []byte {
	for at := 0; at < len(content); at += page {
		clear(content[at+page/2 : at+page])
	}
	return content
}

// TestRandomDamage changes random bytes anywhere.
func TestRandomDamage(t *testing.T) {
	content, records := filled(t)
	rng := rand.New(rand.NewPCG(1, 2))
	moved := 0
	const rounds = 300
	for range rounds {
		bad := bytes.Clone(content)
		for range 1 + rng.IntN(40) {
			at := rng.IntN(len(bad))
			if rng.IntN(2) == 0 { // the headers of pages do most harm
				at = at/os.Getpagesize()*os.Getpagesize() + rng.IntN(64)
			}
			bad[at] = byte(rng.Uint32())
		}
		if survive(t, bad, records) {
			moved++
		}
	}
	if moved == 0 || moved == rounds {
		t.Errorf("%d of %d were moved aside", moved, rounds)
	}
}

func TestUnusableDirectory(t *testing.T) {
	occupied := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(occupied, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	b := NewBolt(filepath.Join(occupied, "storage"), atNoon, func(string) { t.Error("it was called damaged") })
	defer b.Close()
	if err := b.Open(0); !errors.Is(err, ErrNotDirectory) || !strings.Contains(err.Error(), "--storage.path") {
		t.Fatalf("under a file: %v, want ErrNotDirectory and what to do", err)
	}
	records := b.Account("one")
	if _, err := records.Load("ledger"); err == nil {
		t.Error("loaded from nowhere")
	}
	if err := records.Save(map[string][]byte{"ledger": []byte("1")}); err == nil {
		t.Error("saved to nowhere")
	}
	// Once it can be used it is.
	if err := os.Remove(occupied); err != nil {
		t.Fatal(err)
	}
	save(t, b, "one", map[string][]byte{"ledger": []byte("1")})
	expect(t, b, "one", "ledger", []byte("1"))
}

func TestNotADirectory(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "nowhere", "else"), link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, link, filepath.Join(file, "below")} {
		b := NewBolt(path, atNoon, func(string) { t.Error("it was called damaged") })
		if err := b.Open(0); !errors.Is(err, ErrNotDirectory) {
			t.Errorf("%s: %v, want ErrNotDirectory", path, err)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
}

func BenchmarkSave(b *testing.B) {
	s := open(b, b.TempDir())
	records := s.Account("one")
	value := bytes.Repeat([]byte("x"), 2000)
	for b.Loop() {
		if err := records.Save(map[string][]byte{"ledger": value}); err != nil {
			b.Fatal(err)
		}
	}
}
