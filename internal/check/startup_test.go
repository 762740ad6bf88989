package check

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/accounts"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
)

// Files created by root would lock out the user who owns the storage.
func TestRunAsRootDoesNotOpenStorageOfOthers(t *testing.T) {
	r := newRig(t, live(zoomsim.Options{}))
	r.options.UserID = 0
	dir := t.TempDir()
	if os.Geteuid() == 0 { // otherwise it belongs to another user than root already
		if err := os.Chown(dir, 1234, 1234); err != nil {
			t.Fatal(err)
		}
	}
	r.options.StoragePath = dir
	o := r.run(t.Context(), "")
	for _, want := range []string{"note storage " + dir + " belongs to user", "to check the storage", "ok hash key none yet", "READY, but the storage was not tried, see the note above."} {
		if !strings.Contains(o.words(), want) {
			t.Errorf("it does not say %q:\n%s", want, o.report)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 || !o.ready {
		t.Errorf("ready: %v; it left %v (%v)", o.ready, left, err)
	}
	if err := os.WriteFile(filepath.Join(dir, accounts.KeyFile), []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if o := r.run(t.Context(), ""); o.ready || !strings.Contains(o.words(), "FAILED hash key") {
		t.Errorf("with a bad key: ready: %v\n%s", o.ready, o.report)
	}
}

// A storage that does not exist yet does not exist after a check either.
func TestRunLeavesNothingBehind(t *testing.T) {
	r := newRig(t, live(zoomsim.Options{}))
	dir := t.TempDir()
	r.options.StoragePath = filepath.Join(dir, "not", "yet")
	for range 2 {
		o := r.run(t.Context(), "")
		if !o.ready || !strings.Contains(o.words(), "does not exist yet and can be created") {
			t.Errorf("ready: %v:\n%s", o.ready, o.report)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("it left %v (%v)", left, err)
	}
}
