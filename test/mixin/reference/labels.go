package reference

import (
	"maps"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// set is a set of labels.
type set map[string]bool

func setOf(labels ...string) set {
	s := set{}
	for _, label := range labels {
		s[label] = true
	}
	return s
}

func (s set) with(others set) set {
	all := maps.Clone(s)
	maps.Copy(all, others)
	return all
}

func (s set) without(labels ...string) set {
	rest := maps.Clone(s)
	for _, label := range labels {
		delete(rest, label)
	}
	return rest
}

// Labels are the labels that the series of an expression's result can have.
func (m Metrics) Labels(expr parser.Expr) []string {
	return slices.Sorted(maps.Keys(m.labels(expr)))
}

func (m Metrics) labels(expr parser.Expr) set {
	switch e := expr.(type) {
	case *parser.VectorSelector:
		metric, _ := m.Find(e.Name)
		return setOf(metric.all()...)
	case *parser.MatrixSelector:
		return m.labels(e.VectorSelector)
	case *parser.SubqueryExpr:
		return m.labels(e.Expr)
	case *parser.ParenExpr:
		return m.labels(e.Expr)
	case *parser.UnaryExpr:
		return m.labels(e.Expr)
	case *parser.StepInvariantExpr:
		return m.labels(e.Expr)
	case *parser.AggregateExpr:
		return m.ofAggregate(e)
	case *parser.BinaryExpr:
		return m.ofBinary(e)
	case *parser.Call:
		return m.ofCall(e)
	}
	return set{} // a number or a string
}

func (m Metrics) ofAggregate(e *parser.AggregateExpr) set {
	inner := m.labels(e.Expr)
	switch {
	case slices.Contains([]parser.ItemType{parser.TOPK, parser.BOTTOMK, parser.LIMITK, parser.LIMIT_RATIO}, e.Op):
		return inner
	case e.Without:
		return inner.without(e.Grouping...)
	case e.Op == parser.COUNT_VALUES:
		return setOf(e.Grouping...).with(setOf(e.Param.(*parser.StringLiteral).Val))
	}
	return setOf(e.Grouping...)
}

func (m Metrics) ofBinary(e *parser.BinaryExpr) set {
	left, right := m.labels(e.LHS), m.labels(e.RHS)
	matching := e.VectorMatching
	switch {
	case matching == nil: // a scalar is on one side at least
		return left.with(right)
	case e.Op == parser.LOR:
		return left.with(right)
	case e.Op == parser.LAND, e.Op == parser.LUNLESS:
		return left
	case matching.Card == parser.CardManyToOne:
		return left.with(setOf(matching.Include...))
	case matching.Card == parser.CardOneToMany:
		return right.with(setOf(matching.Include...))
	case matching.On:
		return setOf(matching.MatchingLabels...)
	}
	return left.without(matching.MatchingLabels...)
}

func (m Metrics) ofCall(e *parser.Call) set {
	all := set{}
	for _, argument := range e.Args {
		all = all.with(m.labels(argument))
	}
	switch e.Func.Name {
	case "scalar":
		return set{}
	case "histogram_quantile":
		return all.without("le")
	case "label_replace", "label_join":
		return all.with(setOf(e.Args[1].(*parser.StringLiteral).Val))
	case "absent", "absent_over_time":
		return equalities(e.Args[0])
	}
	return all
}

// equalities are the labels that a selector asks to be equal to something;
// absent makes its result of them.
func equalities(expr parser.Expr) set {
	found := set{}
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		if s, ok := node.(*parser.VectorSelector); ok {
			for _, matcher := range s.LabelMatchers {
				if matcher.Type == labels.MatchEqual && matcher.Name != "__name__" {
					found[matcher.Name] = true
				}
			}
		}
		return nil
	})
	return found
}
