package rules

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// promtool runs promtool, which has to be there.
func promtool(t *testing.T, arguments ...string) {
	t.Helper()
	path, err := exec.LookPath("promtool")
	if err != nil {
		t.Fatalf("%v: make setup installs it", err)
	}
	command := exec.Command(path, arguments...)
	command.Dir = directory
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("promtool %q: %v\n%s", arguments, err, out)
	}
}

func TestPromtoolCheck(t *testing.T) {
	promtool(t, "check", "config", "--lint=all", "--lint-fatal", "prometheus.yml")
	for _, path := range ruleFiles(t) {
		promtool(t, "check", "rules", "--lint=all", "--lint-fatal", filepath.Base(path))
	}
}

func TestPromtoolTest(t *testing.T) {
	for _, path := range ruleTests(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			promtool(t, "test", "rules", filepath.Base(path))
		})
	}
}

func ruleTests(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob(directory + "/*_test.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no tests in %s: %v", directory, err)
	}
	return paths
}

// Every alert is seen to fire and not to fire.
func TestAlertsAreTested(t *testing.T) {
	type seen struct{ firing, silent bool }
	tested := make(map[string]seen)
	for _, path := range ruleTests(t) {
		var file struct {
			RuleFiles      []string `yaml:"rule_files"`
			Interval       string   `yaml:"evaluation_interval"`
			GroupEvalOrder []string `yaml:"group_eval_order"`
			Tests          []struct {
				Name, Interval string
				InputSeries    []map[string]string `yaml:"input_series"`
				Expressions    []any               `yaml:"promql_expr_test"`
				Alerts         []struct {
					At     string `yaml:"eval_time"`
					Name   string `yaml:"alertname"`
					Alerts []any  `yaml:"exp_alerts"`
				} `yaml:"alert_rule_test"`
			}
		}
		decode(t, path, &file)
		for _, test := range file.Tests {
			for _, alert := range test.Alerts {
				s := tested[alert.Name]
				s.firing = s.firing || len(alert.Alerts) > 0
				s.silent = s.silent || len(alert.Alerts) == 0
				tested[alert.Name] = s
			}
		}
	}
	for _, r := range loadRules(t) {
		if s := tested[r.Alert]; r.Alert != "" && !(s.firing && s.silent) {
			t.Errorf("%s: tested firing: %t, not firing: %t", r.Alert, s.firing, s.silent)
		}
	}
}
