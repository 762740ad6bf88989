package reference

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"
)

// Rule is a rule of a rule file.
type Rule struct {
	Record, Alert, Expr string
	For                 string
	KeepFiringFor       string `yaml:"keep_firing_for"`
	Labels, Annotations map[string]string

	File string `yaml:"-"`
}

// Name is what the rule records, or its alert's name.
func (r *Rule) Name() string { return r.Record + r.Alert }

// Rules reads the rule files of a directory, but not their tests.
func Rules(directory string) (rules []Rule, err error) {
	paths, err := filepath.Glob(filepath.Join(directory, "*.yaml"))
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.yaml") {
			continue
		}
		var file struct {
			Groups []struct {
				Name  string
				Rules []Rule
			}
		}
		if err := Decode(path, &file); err != nil {
			return nil, err
		}
		for _, group := range file.Groups {
			for _, r := range group.Rules {
				r.File = filepath.Base(path)
				rules = append(rules, r)
			}
		}
	}
	if len(rules) == 0 {
		return nil, fmt.Errorf("%s has no rules", directory)
	}
	return rules, nil
}

// Decode decodes a YAML file that has no other fields than into has.
func Decode(path string, into any) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	decoder := yaml.NewDecoder(file)
	decoder.KnownFields(true)
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// Recorded are the metrics with those that rules record, whose labels follow
// from the rules' expressions.
func (m Metrics) Recorded(rules []Rule) (Metrics, error) {
	recorder := recorder{metrics: maps.Clone(m), rules: make(map[string][]Rule)}
	for _, r := range rules {
		if r.Record != "" {
			recorder.rules[r.Record] = append(recorder.rules[r.Record], r)
		}
	}
	for name := range recorder.rules {
		if err := recorder.record(name); err != nil {
			return nil, err
		}
	}
	return recorder.metrics, nil
}

// recorder adds recorded series to metrics.
type recorder struct {
	metrics Metrics
	rules   map[string][]Rule
}

// record adds a series, after those that it is made of.
func (r *recorder) record(name string) error {
	if _, done := r.metrics[name]; done || r.rules[name] == nil {
		return nil
	}
	r.metrics[name] = Metric{} // so that a rule that is made of itself ends
	all := set{}
	values := make(map[string][]string)
	for _, rule := range r.rules[name] {
		expr, err := Parse(rule.Expr)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", rule.File, name, err)
		}
		for _, source := range Names(expr) {
			if err := r.record(source); err != nil {
				return err
			}
		}
		for label := range r.metrics.labels(expr) {
			all[label] = true
			values[label] = append(values[label], r.metrics.values(expr, label)...)
		}
		for label, value := range rule.Labels {
			all[label] = true
			values[label] = append(values[label], value)
		}
	}
	maps.DeleteFunc(values, func(_ string, list []string) bool { return len(list) == 0 })
	r.metrics[name] = Metric{Name: name, Type: "record", Labels: slices.Sorted(maps.Keys(all)), Values: values}
	return nil
}

// values are all values of a label in an expression's result; none if they are
// not known.
func (m Metrics) values(expr parser.Expr, label string) (all []string) {
	for _, name := range Names(expr) {
		metric, _ := m.Find(name)
		if slices.Contains(metric.Labels, label) {
			if metric.Values[label] == nil {
				return nil
			}
			all = append(all, metric.Values[label]...)
		}
	}
	return all
}
