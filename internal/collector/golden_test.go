package collector

import (
	"flag"
	"os"
	"testing"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/difftest"
)

var update = flag.Bool("update", false, "write the golden files and docs/metrics.md anew")

// Golden compares what a test got with a file that holds what it wants.
func Golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := difftest.Lines(string(want), got); diff != "" {
		t.Errorf("%s differs; if that is meant, go test ./internal/collector -update writes it anew.\n%s", path, diff)
	}
}
