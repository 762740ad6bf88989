package reference

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// window is the shortest that a counter may be looked at over: three polls of a
// large company, whose data comes every ten minutes.
const window = 30 * time.Minute

// Prometheus's own metrics.
var own = []string{
	"up", "scrape_duration_seconds",
	"prometheus_rule_group_last_duration_seconds", "prometheus_rule_group_interval_seconds",
}

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

// Check tells what is wrong with an expression: metrics and labels that do not
// exist, counters without a rate, rates of gauges or of what was recorded, too
// short windows, and probed series beside the account's own. Recorded are the
// names of recorded series.
func (m Metrics) Check(expr parser.Expr, recorded func(name string) bool) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	parser.Inspect(expr, func(node parser.Node, path []parser.Node) error {
		switch n := node.(type) {
		case *parser.VectorSelector:
			for _, f := range m.checkSelector(n, counting(path), recorded) {
				fault("%s: %s", n, f)
			}
		case *parser.Call:
			if matrix, ok := rated(n); ok && matrix.Range < window {
				fault("%s: looks back %s, less than %s", n, matrix.Range, window)
			} else if isRate(n) && !ok {
				fault("%s: a rate of what is no series of the exporter", n)
			}
		case *parser.AggregateExpr:
			m.checkLabels(n.Grouping, n, fault)
		case *parser.BinaryExpr:
			if v := n.VectorMatching; v != nil {
				m.checkLabels(slices.Concat(v.MatchingLabels, v.Include), n.Op, fault)
			}
		}
		return nil
	})
	return faults
}

func (m Metrics) checkLabels(names []string, where any, fault func(string, ...any)) {
	for _, name := range names {
		if !m.Label(name) {
			fault("%v: no metric has a label %q", where, name)
		}
	}
}

// checkSelector tells what is wrong with a selector; counted says that it is
// looked at by rate or increase.
func (m Metrics) checkSelector(s *parser.VectorSelector, counted bool, recorded func(string) bool) (faults []string) {
	if s.Name == "" {
		return []string{"names no metric"}
	}
	if slices.Contains(own, s.Name) {
		return nil
	}
	if strings.Contains(s.Name, ":") {
		switch {
		case !recorded(s.Name):
			faults = append(faults, "is not recorded")
		case counted:
			faults = append(faults, "a rate after recording or aggregation")
		}
		return faults
	}
	metric, ok := m.Find(s.Name)
	if !ok {
		return []string{"is not in docs/metrics.md"}
	}
	if counter := metric.Type == "counter"; counter != counted {
		faults = append(faults, fmt.Sprintf("is a %s; rate and increase are for counters, and all that is for them", metric.Type))
	}
	apart := false
	for _, matcher := range s.LabelMatchers {
		name := matcher.Name
		if name == "probe" && matcher.Type == labels.MatchEqual && matcher.Value == "" {
			apart = true
		}
		if name != "__name__" && !slices.Contains(metric.Labels, name) && !slices.Contains([]string{"job", "instance", "probe"}, name) {
			faults = append(faults, fmt.Sprintf("has no label %q", name))
		}
	}
	if metric.Probe && !apart {
		faults = append(faults, `/probe has it too: select probe=""`)
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
