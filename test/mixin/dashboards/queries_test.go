package dashboards

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/test/mixin/reference"
)

// Durations that nobody would write, so that it can be seen where they come from.
const (
	rateInterval = 6*time.Minute + time.Second
	wholeRange   = 61*time.Minute + time.Second
)

var (
	// standIns stand for variables where PromQL has no strings; any of the
	// dimensions will do for "by".
	standIns = strings.NewReplacer("$__rate_interval", "6m1s", "$__range", "61m1s", "$by", "site", "$aim", "0.95")
	byName   = regexp.MustCompile(`\$(\w+)`)
	byValue  = regexp.MustCompile(`^\$\w+$`)
)

// parse reads a query with its variables still in the strings of matchers.
func parse(expr string) (parser.Expr, error) {
	return reference.Parse(standIns.Replace(expr))
}

// queries runs a check on every query.
func queries(t *testing.T, check func(t *testing.T, d dashboard, q target, expr parser.Expr)) {
	panels(t, func(t *testing.T, d dashboard, p panel) {
		for _, q := range p.Targets {
			expr, err := parse(q.Expr)
			if err != nil {
				t.Errorf("query %s: %v\n%s", q.RefID, err, q.Expr)
				continue
			}
			check(t, d, q, expr)
		}
	})
}

// visit calls f for each node of a type, with the nodes around it, the nearest last.
func visit[N parser.Node](expr parser.Expr, f func(node N, around []parser.Node)) {
	parser.Inspect(expr, func(node parser.Node, around []parser.Node) error {
		if n, ok := node.(N); ok {
			f(n, around)
		}
		return nil
	})
}

func TestQueriesAskForWhatThereIs(t *testing.T) {
	all := metrics(t)
	queries(t, func(t *testing.T, _ dashboard, q target, expr parser.Expr) {
		for _, fault := range all.CheckNames(expr) {
			t.Errorf("query %s: %s", q.RefID, fault)
		}
		have := all.Labels(expr)
		for _, label := range regexp.MustCompile(`\{\{(\w+)\}\}`).FindAllStringSubmatch(q.LegendFormat, -1) {
			if !slices.Contains(have, label[1]) {
				t.Errorf("query %s: its legend has the label %s, the query has not", q.RefID, label[1])
			}
		}
	})
}

// Whoever chooses an account sees nothing of the others.
func TestQueriesMatchTheAccount(t *testing.T) {
	all := metrics(t)
	queries(t, func(t *testing.T, _ dashboard, q target, expr parser.Expr) {
		matched := 0
		visit(expr, func(selector *parser.VectorSelector, _ []parser.Node) {
			m, _ := all.Find(selector.Name)
			ok := slices.ContainsFunc(selector.LabelMatchers, func(m *labels.Matcher) bool {
				return m.Name == "account" && m.Type == labels.MatchRegexp && m.Value == "$account"
			})
			switch {
			case ok:
				matched++
			case slices.Contains(m.Labels, "account"):
				t.Errorf("query %s: %s is not of the chosen account", q.RefID, selector)
			}
		})
		if matched == 0 {
			t.Errorf("query %s: no selector has the account", q.RefID)
		}
	})
}

// Several values are a regular expression, of which Grafana quotes each. One
// value is a string: the + of a UUID would not match itself in an expression.
func TestMatchersFitTheirVariables(t *testing.T) {
	queries(t, func(t *testing.T, d dashboard, q target, expr parser.Expr) {
		visit(expr, func(selector *parser.VectorSelector, _ []parser.Node) {
			for _, m := range selector.LabelMatchers {
				if !byValue.MatchString(m.Value) {
					if strings.Contains(m.Value, "$") {
						t.Errorf("query %s: a variable and more in %s", q.RefID, m)
					}
					continue
				}
				v, ok := d.variable(m.Value[1:])
				if !ok {
					t.Errorf("query %s: no variable %s", q.RefID, m.Value)
					continue
				}
				want := labels.MatchEqual
				if v.Multi || v.IncludeAll {
					want = labels.MatchRegexp
				}
				if m.Type != want {
					t.Errorf("query %s: %s; want %s for this variable", q.RefID, m, want)
				}
			}
		})
	})
}

func TestCounters(t *testing.T) {
	all := metrics(t)
	queries(t, func(t *testing.T, _ dashboard, q target, expr parser.Expr) {
		visit(expr, func(selector *parser.VectorSelector, around []parser.Node) {
			call, over := function(around)
			m, _ := all.Find(selector.Name)
			grows := slices.Contains([]string{"rate", "irate", "increase"}, call)
			switch {
			case m.Type == "counter" && !grows:
				t.Errorf("query %s: the counter %s without a rate or increase", q.RefID, selector.Name)
			case m.Type != "counter" && grows:
				t.Errorf("query %s: %s of the gauge %s", q.RefID, call, selector.Name)
			case !grows:
			case over == rateInterval && !q.Instant:
			case over == wholeRange && q.Instant && call == "increase":
			default:
				t.Errorf("query %s: %s over %s; want $__rate_interval, or an increase over $__range at one instant", q.RefID, call, over)
			}
			if grows && !slices.ContainsFunc(around, isAggregate) && slices.Contains(m.Labels, "account") {
				t.Errorf("query %s: the %s of %s is not aggregated", q.RefID, call, selector.Name)
			}
		})
		visit(expr, func(subquery *parser.SubqueryExpr, _ []parser.Node) {
			t.Errorf("query %s: a subquery, which costs much: %s", q.RefID, subquery)
		})
	})
}

// Readings come in batches, one a poll: a window has to hold three of them.
func TestWindowsHoldThreePolls(t *testing.T) {
	queries(t, func(t *testing.T, d dashboard, q target, expr parser.Expr) {
		if q.Instant || !strings.Contains(q.Expr, "$__rate_interval") {
			return
		}
		if q.Interval == "" {
			t.Errorf("query %s: a rate without a least step", q.RefID)
			return
		}
		if slices.Contains([]string{"1h", "1d", "7d"}, q.Interval) {
			return
		}
		v, _ := d.variable(strings.TrimSuffix(strings.TrimPrefix(q.Interval, "${"), "}m"))
		if !strings.Contains(v.expr(), "zoom_poll_interval_seconds") {
			t.Errorf("query %s: its step %s does not follow the poll interval", q.RefID, q.Interval)
		}
	})
}

// Two replicas, or two Prometheus servers behind one, hold a series twice:
// before it meets another, it is aggregated, or it only says which are meant.
func TestReplicasDoNotBreakJoins(t *testing.T) {
	queries(t, func(t *testing.T, _ dashboard, q target, expr parser.Expr) {
		visit(expr, func(selector *parser.VectorSelector, around []parser.Node) {
			var inner parser.Node = selector
			for _, node := range slices.Backward(around) {
				if isAggregate(node) {
					return
				}
				if b, ok := node.(*parser.BinaryExpr); ok && b.VectorMatching != nil {
					if (b.Op == parser.LAND || b.Op == parser.LUNLESS) && b.RHS == inner || b.Op == parser.LOR {
						return
					}
					if isScalar(b.LHS) || isScalar(b.RHS) {
						inner = node
						continue
					}
					if onInstance(b) {
						return
					}
					t.Errorf("query %s: %s meets another before it is aggregated", q.RefID, selector)
					return
				}
				inner = node
			}
			if !strings.Contains(q.Expr, "on (job, instance)") {
				t.Errorf("query %s: %s is not aggregated", q.RefID, selector)
			}
		})
	})
}

func TestVariables(t *testing.T) {
	all := metrics(t)
	for _, d := range load(t) {
		before := map[string]bool{}
		for _, v := range d.Templating.List {
			if v.Type == "query" {
				if v.Datasource.UID != chosen {
					t.Errorf("%s: %s: data source %q; want the variable", d.file, v.Name, v.Datasource.UID)
				}
				for _, name := range byName.FindAllStringSubmatch(strings.ReplaceAll(v.expr(), "$__range", ""), -1) {
					if name[1] != "1" && !before[name[1]] { // $1 is label_replace's
						t.Errorf("%s: %s: asks with %s, which does not come before it", d.file, v.Name, name[0])
					}
				}
				checkVariable(t, fmt.Sprintf("%s: %s", d.file, v.Name), v, all)
			}
			before[v.Name] = true
		}
		used := map[string]bool{"datasource": true}
		for _, p := range d.Panels {
			for _, q := range p.Targets {
				for name := range before {
					if regexp.MustCompile(`\$\{?` + name + `\b`).MatchString(q.Expr + q.Interval) {
						used[name] = true
					}
				}
			}
		}
		for _, v := range d.Templating.List {
			for name := range before {
				if strings.Contains(v.expr(), "$"+name+`"`) {
					used[name] = true
				}
			}
		}
		for name := range before {
			if !used[name] {
				t.Errorf("%s: nothing uses the variable %s", d.file, name)
			}
		}
	}
}

func checkVariable(t *testing.T, what string, v variable, all reference.Metrics) {
	inner := regexp.MustCompile(`^(?:query_result|label_values)\((.*?)(?:, (\w+))?\)$`).FindStringSubmatch(v.expr())
	if inner == nil {
		t.Errorf("%s: %q is neither query_result nor label_values", what, v.expr())
		return
	}
	expr, err := parse(inner[1])
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	for _, fault := range all.CheckNames(expr) {
		t.Errorf("%s: %s", what, fault)
	}
	if inner[2] != "" && !slices.Contains(all.Labels(expr), inner[2]) {
		t.Errorf("%s: %s has no label %s", what, inner[1], inner[2])
	}
}

func isAggregate(node parser.Node) bool {
	_, ok := node.(*parser.AggregateExpr)
	return ok
}

func isScalar(expr parser.Expr) bool { return expr.Type() == parser.ValueTypeScalar }

func onInstance(b *parser.BinaryExpr) bool {
	return slices.Equal(b.VectorMatching.MatchingLabels, []string{"job", "instance"})
}

// function is the function that a selector's range is given to, and the range.
func function(around []parser.Node) (string, time.Duration) {
	if len(around) < 2 {
		return "", 0
	}
	matrix, ok := around[len(around)-1].(*parser.MatrixSelector)
	if !ok {
		return "", 0
	}
	call, ok := around[len(around)-2].(*parser.Call)
	if !ok {
		return "", 0
	}
	return call.Func.Name, matrix.Range
}
