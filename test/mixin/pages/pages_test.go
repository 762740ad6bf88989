package pages

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/test/mixin/reference"
)

const repository = "../../.."

// checker holds pages against metrics.
type checker struct {
	metrics reference.Metrics // with those that rules record
	labels  map[string]bool   // of metrics and of alerts
	values  map[string]bool   // of labels
	queries int               // that were checked
}

func newChecker(metrics reference.Metrics, rules []reference.Rule) (*checker, error) {
	metrics, err := metrics.Recorded(rules)
	if err != nil {
		return nil, err
	}
	c := &checker{metrics: metrics, labels: make(map[string]bool), values: make(map[string]bool)}
	for _, m := range metrics {
		for _, label := range m.Labels {
			c.labels[label] = true
		}
		for label, values := range m.Values {
			c.labels[label] = true
			for _, value := range values {
				c.values[value] = true
			}
		}
	}
	for _, r := range rules {
		for label := range r.Labels {
			c.labels[label] = true
		}
	}
	return c, nil
}

// check tells what is wrong with a page, by line.
func (c *checker) check(page string) (faults []string) {
	page = withoutFormerNames(page)
	fault := func(line int, what string) { faults = append(faults, fmt.Sprintf("line %d: %s", line, what)) }
	for _, q := range queries(page) {
		c.queries++
		expr, err := reference.Parse(q.text)
		if err != nil {
			fault(q.line, fmt.Sprintf("%v in %s", err, strings.TrimSpace(q.text)))
			continue
		}
		for _, f := range c.metrics.Check(expr) {
			fault(q.line, f)
		}
	}
	for _, s := range append(samples(page), selectors(page)...) {
		expr, err := reference.Parse(s.text)
		if err != nil {
			fault(s.line, fmt.Sprintf("%v in %s", err, s.text))
			continue
		}
		for _, f := range c.metrics.CheckNames(expr) {
			fault(s.line, f)
		}
	}
	for _, m := range name.FindAllStringIndex(page, -1) {
		if m[0] > 0 && page[m[0]-1] == '/' {
			continue // a file
		}
		if word := page[m[0]:m[1]]; !c.known(word) {
			fault(lineAt(page, m[0]), word+" is no metric, is not recorded and is no label or value of one")
		}
	}
	for _, s := range inline(page) {
		if m := matcher.FindStringSubmatch(s.text); m != nil {
			if f := c.checkMatcher(m[1], s.text); f != "" {
				fault(s.line, f)
			}
		}
	}
	return faults
}

// samples are the series of the expositions in a page.
func samples(page string) (found []span) {
	for _, b := range blocks(page) {
		for _, m := range sample.FindAllStringSubmatchIndex(b.text, -1) {
			found = append(found, span{b.line + lineAt(b.text, m[0]) - 1, b.text[m[2]:m[3]]})
		}
	}
	return found
}

// selectors are the spans of code that are more than the name of a metric.
func selectors(page string) (found []span) {
	for _, s := range inline(page) {
		if name.MatchString(s.text) && strings.ContainsAny(s.text, "{([") && !strings.Contains(s.text, "…") {
			found = append(found, s)
		}
	}
	return found
}

func (c *checker) known(word string) bool {
	if prefix, open := strings.CutSuffix(word, "…"); open {
		for name := range c.metrics {
			if strings.HasPrefix(name, prefix) {
				return true
			}
		}
		return false
	}
	_, found := c.metrics[word] // a histogram too, which Find does not find
	if !found {
		_, found = c.metrics.Find(word)
	}
	return found || c.labels[word] || c.values[word]
}

// checkMatcher tells what is wrong with a matcher that stands by itself: it is
// right if it is for any metric, or of an alert's label.
func (c *checker) checkMatcher(label, text string) string {
	if !c.labels[label] {
		return fmt.Sprintf("%s: no metric or alert has a label %q", text, label)
	}
	enumerated := false
	for name, m := range c.metrics {
		if m.Values[label] == nil {
			continue
		}
		enumerated = true
		if m.Type == "histogram" {
			name += "_count"
		}
		expr, err := reference.Parse(fmt.Sprintf("%s{%s}", name, text))
		if err == nil && len(c.metrics.CheckNames(expr)) == 0 {
			return ""
		}
	}
	if enumerated {
		return text + ": no metric has such a value of the label"
	}
	return ""
}

func readChecker(t *testing.T) *checker {
	t.Helper()
	metrics, err := reference.Read(repository + "/docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	rules, err := reference.Rules(repository + "/deploy/prometheus")
	if err != nil {
		t.Fatal(err)
	}
	c, err := newChecker(metrics, rules)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Every query, sample and name of a metric in the documentation is right.
func TestPages(t *testing.T) {
	c := readChecker(t)
	for _, path := range pages(t) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range c.check(string(text)) {
			t.Errorf("%s: %s", strings.TrimPrefix(path, repository+"/"), f)
		}
	}
	if c.queries < 40 {
		t.Errorf("only %d queries in the documentation", c.queries)
	}
}

// So is what alerts say to people.
func TestAlertTexts(t *testing.T) {
	rules, err := reference.Rules(repository + "/deploy/prometheus")
	if err != nil {
		t.Fatal(err)
	}
	c := readChecker(t)
	for _, r := range rules {
		for name, text := range r.Annotations {
			for _, f := range c.check(text) {
				t.Errorf("%s: %s: %s", r.Name(), name, f)
			}
		}
	}
}

// pages are all pages of the documentation; the changelog tells of what is no
// more.
func pages(t *testing.T) (paths []string) {
	t.Helper()
	skipped := []string{"node_modules", "testdata", "dist"}
	err := filepath.WalkDir(repository, func(path string, entry fs.DirEntry, err error) error {
		name := entry.Name()
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != repository && (slices.Contains(skipped, name) || strings.HasPrefix(name, ".")):
			return fs.SkipDir
		case strings.HasSuffix(name, ".md") && name != "CHANGELOG.md":
			paths = append(paths, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}
