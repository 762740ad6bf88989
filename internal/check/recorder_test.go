package check

import (
	"context"
	"maps"
	"testing"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

type openLimiter struct{ observed int }

func (*openLimiter) Acquire(context.Context, zoomapi.Class) error { return nil }
func (l *openLimiter) Observe(zoomapi.Class, zoomapi.Answer)      { l.observed++ }

// TestRecorder keeps the lowest numbers for each pool.
func TestRecorder(t *testing.T) {
	type answer struct {
		class            zoomapi.Class
		scope            zoomapi.LimitScope
		limit, remaining int
	}
	for name, c := range map[string]struct {
		limits  budget.Limits
		answers []answer
		want    map[budget.Pool]header
	}{
		"the lowest": {
			answers: []answer{
				{zoomapi.Heavy, zoomapi.PerDay, 60000, 500}, {zoomapi.ResourceIntensive, zoomapi.PerDay, 60000, 499},
				{zoomapi.Heavy, zoomapi.PerDay, 50000, -1}, {zoomapi.Heavy, zoomapi.PerDay, 60000, 501},
			},
			want: map[budget.Pool]header{budget.PerDay: {50000, 499}},
		},
		"remaining comes later": {
			answers: []answer{{zoomapi.Heavy, zoomapi.PerSecond, 40, -1}, {zoomapi.Heavy, zoomapi.PerSecond, 40, 0}},
			want:    map[budget.Pool]header{budget.HeavyPerSecond: {40, 0}},
		},
		"a day for each": {
			limits: budget.Limits{HeavyPerDay: 1000, ResourceIntensivePerDay: 30000},
			answers: []answer{
				{zoomapi.Heavy, zoomapi.PerDay, 1000, 9}, {zoomapi.ResourceIntensive, zoomapi.PerDay, 30000, 8},
				{zoomapi.ResourceIntensive, zoomapi.PerMinute, 10, 7},
			},
			want: map[budget.Pool]header{
				budget.HeavyPerDay: {1000, 9}, budget.ResourceIntensivePerDay: {30000, 8}, budget.ResourceIntensivePerMinute: {10, 7},
			},
		},
		"nonsense": {
			answers: []answer{
				{zoomapi.Heavy, zoomapi.PerDay, -1, 9}, {zoomapi.Heavy, zoomapi.PerDay, 0, 0}, {zoomapi.Heavy, zoomapi.PerDay, 8, 9},
				{zoomapi.ResourceIntensive, zoomapi.PerSecond, 20, 9}, {zoomapi.Heavy, zoomapi.UnknownScope, 20, 9},
			},
			want: map[budget.Pool]header{},
		},
	} {
		limiter := new(openLimiter)
		w := newRecorder(limiter, c.limits)
		for _, a := range c.answers {
			w.Observe(a.class, zoomapi.Answer{Scope: a.scope, Limit: a.limit, Remaining: a.remaining})
		}
		if !maps.Equal(w.headers, c.want) {
			t.Errorf("%s: got %v, want %v", name, w.headers, c.want)
		}
		if limiter.observed != len(c.answers) {
			t.Errorf("%s: %d of %d answers reached the limiter", name, limiter.observed, len(c.answers))
		}
	}
}
