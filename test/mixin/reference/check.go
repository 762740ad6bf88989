package reference

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// window is the shortest that a counter may be looked at over: three polls of a
// large company, whose data comes every ten minutes.
const window = 30 * time.Minute

// variable is a variable of Grafana's in a matcher: it may have any value.
var variable = regexp.MustCompile(`^\$\w+$`)

// Parse parses a query.
func Parse(query string) (parser.Expr, error) {
	return parser.NewParser(parser.Options{}).ParseExpr(query)
}

// Names are the names of the series that an expression selects.
func Names(expr parser.Expr) (names []string) {
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		if s, ok := node.(*parser.VectorSelector); ok {
			names = append(names, s.Name)
		}
		return nil
	})
	return names
}

// Check tells what is wrong with an expression: besides what CheckNames tells,
// counters without a rate, rates of gauges or of what was recorded, and too short
// windows.
func (m Metrics) Check(expr parser.Expr) []string {
	faults := m.CheckNames(expr)
	parser.Inspect(expr, func(node parser.Node, path []parser.Node) error {
		switch n := node.(type) {
		case *parser.VectorSelector:
			if metric, ok := m.Find(n.Name); ok {
				faults = append(faults, checkUse(n, metric, counting(path))...)
			}
		case *parser.Call:
			if matrix, ok := rated(n); ok && matrix.Range < window {
				faults = append(faults, fmt.Sprintf("%s: looks back %s, less than %s", n, matrix.Range, window))
			} else if isRate(n) && !ok {
				faults = append(faults, fmt.Sprintf("%s: a rate of what is no series of the exporter", n))
			}
		}
		return nil
	})
	return faults
}

// CheckNames tells which metrics, labels and values of labels in an expression
// do not exist.
func (m Metrics) CheckNames(expr parser.Expr) (faults []string) {
	missing := func(where fmt.Stringer, inner parser.Expr, labels ...string) {
		have := m.labels(inner)
		for _, label := range labels {
			if !have[label] {
				faults = append(faults, fmt.Sprintf("%s: %s has no label %q", where, inner, label))
			}
		}
	}
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		switch n := node.(type) {
		case *parser.VectorSelector:
			faults = append(faults, m.checkSelector(n)...)
		case *parser.AggregateExpr:
			missing(n, n.Expr, n.Grouping...)
		case *parser.BinaryExpr:
			if v := n.VectorMatching; v != nil {
				missing(n, n.LHS, v.MatchingLabels...)
				missing(n, n.RHS, v.MatchingLabels...)
				if v.Card == parser.CardOneToMany {
					missing(n, n.LHS, v.Include...)
				} else {
					missing(n, n.RHS, v.Include...)
				}
			}
		}
		return nil
	})
	return faults
}

func (m Metrics) checkSelector(s *parser.VectorSelector) (faults []string) {
	metric, ok := m.Find(s.Name)
	switch {
	case s.Name == "":
		return []string{fmt.Sprintf("%s: names no metric", s)}
	case !ok && strings.Contains(s.Name, ":"):
		return []string{fmt.Sprintf("%s: is not recorded", s)}
	case !ok:
		return []string{fmt.Sprintf("%s: is not in docs/metrics.md", s)}
	}
	for _, matcher := range s.LabelMatchers {
		switch known := metric.Values[matcher.Name]; {
		case matcher.Name == "__name__":
		case !slices.Contains(metric.all(), matcher.Name):
			faults = append(faults, fmt.Sprintf("%s: has no label %q", s, matcher.Name))
		case known != nil && !possible(matcher, known):
			faults = append(faults, fmt.Sprintf("%s: %s is none of %s", s, matcher, strings.Join(known, ", ")))
		}
	}
	return faults
}

// possible reports whether a matcher asks for a label's values: all that it
// names must exist, or some must match its expression.
func possible(matcher *labels.Matcher, values []string) bool {
	values = append(slices.Clip(values), "")
	named := []string{matcher.Value}
	switch matcher.Type {
	case labels.MatchNotRegexp:
		inverse, err := matcher.Inverse()
		return err == nil && possible(inverse, values)
	case labels.MatchRegexp:
		named = matcher.SetMatches()
		if len(named) == 0 && !variable.MatchString(matcher.Value) {
			return slices.ContainsFunc(values, matcher.Matches)
		}
	}
	return !slices.ContainsFunc(named, func(value string) bool {
		return !slices.Contains(values, value) && !variable.MatchString(value)
	})
}

// checkUse tells what is wrong with how a selector is used; counted says that
// it is looked at by rate or increase.
func checkUse(s *parser.VectorSelector, metric Metric, counted bool) (faults []string) {
	switch counter := metric.Type == "counter"; {
	case metric.Type == "record" && counted:
		faults = append(faults, fmt.Sprintf("%s: a rate after recording or aggregation", s))
	case counter != counted:
		faults = append(faults, fmt.Sprintf("%s: is a %s; rate and increase are for counters, and all that is for them", s, metric.Type))
	}
	return faults
}

// counting reports whether the selector at the end of a path stands, with its
// range, in a rate.
func counting(path []parser.Node) bool {
	if len(path) < 2 {
		return false
	}
	call, ok := path[len(path)-2].(*parser.Call)
	return ok && isRate(call)
}

func isRate(c *parser.Call) bool {
	return slices.Contains([]string{"rate", "increase", "irate"}, c.Func.Name)
}

// rated is what a rate is of.
func rated(c *parser.Call) (*parser.MatrixSelector, bool) {
	if !isRate(c) || len(c.Args) != 1 {
		return nil, false
	}
	matrix, ok := c.Args[0].(*parser.MatrixSelector)
	return matrix, ok
}
