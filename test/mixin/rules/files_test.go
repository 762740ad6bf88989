// Package rules holds the tests of what deploy/prometheus has for Prometheus.
package rules

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/test/mixin/reference"
)

const (
	repository = "../../.."
	directory  = repository + "/deploy/prometheus"
)

// ruleFiles are the rule files, without their tests.
func ruleFiles(t *testing.T) (paths []string) {
	t.Helper()
	all, err := filepath.Glob(directory + "/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range all {
		if !strings.HasSuffix(path, "_test.yaml") {
			paths = append(paths, path)
		}
	}
	if len(paths) < 4 {
		t.Fatalf("only %d rule files in %s", len(paths), directory)
	}
	return paths
}

// decode decodes a YAML file that has no other fields than into has.
func decode(t *testing.T, path string, into any) {
	t.Helper()
	if err := reference.Decode(path, into); err != nil {
		t.Fatal(err)
	}
}

// loadRules reads all rules.
func loadRules(t *testing.T) []reference.Rule {
	t.Helper()
	rules, err := reference.Rules(directory)
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

func readReference(t *testing.T) reference.Metrics {
	t.Helper()
	metrics, err := reference.Read(repository + "/docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	return metrics
}

// readRecorded reads the reference, with what the rules record.
func readRecorded(t *testing.T) reference.Metrics {
	t.Helper()
	metrics, err := readReference(t).Recorded(loadRules(t))
	if err != nil {
		t.Fatal(err)
	}
	return metrics
}
