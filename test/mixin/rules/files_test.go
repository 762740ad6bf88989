// Package rules holds the tests of what deploy/prometheus has for Prometheus.
package rules

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/test/mixin/reference"
)

const (
	repository = "../../.."
	directory  = repository + "/deploy/prometheus"
)

// rule is a rule of a rule file.
type rule struct {
	Record, Alert, Expr string
	For                 string
	KeepFiringFor       string `yaml:"keep_firing_for"`
	Labels, Annotations map[string]string

	file string
}

func (r *rule) name() string { return r.Record + r.Alert }

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
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	decoder := yaml.NewDecoder(file)
	decoder.KnownFields(true)
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// loadRules reads all rules.
func loadRules(t *testing.T) (rules []rule) {
	t.Helper()
	for _, path := range ruleFiles(t) {
		var file struct {
			Groups []struct {
				Name  string
				Rules []rule
			}
		}
		decode(t, path, &file)
		for _, group := range file.Groups {
			for _, r := range group.Rules {
				r.file = filepath.Base(path)
				rules = append(rules, r)
			}
		}
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
