package page

import (
	"cmp"
	"strings"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
)

// verdict is the grade of a figure and its severity within the grade, in multiples
// of the bound between poor and bad. The zero value stands for no figure.
type verdict struct {
	grade    qos.Quality
	severity float64
}

func (v verdict) compare(w verdict) int {
	return cmp.Or(cmp.Compare(v.grade, w.grade), cmp.Compare(v.severity, w.severity))
}

func (v verdict) worse(w verdict) verdict {
	if v.compare(w) < 0 {
		return w
	}
	return v
}

// measure is a figure that determines a grade.
type measure struct {
	name   string
	of     func(*qos.Figures) float64
	bounds func(*qos.Thresholds) *qos.Bounds
	text   func(float64) string
	exact  func(float64) string // without rounding, for thresholds
}

func (m *measure) judge(v float64, t *qos.Thresholds) verdict {
	b := m.bounds(t)
	grade := b.Quality(v)
	if grade == qos.QualityUnknown {
		return verdict{}
	}
	return verdict{grade, v / b.Poor}
}

const (
	latency = iota
	jitter
	loss
)

var measures = [...]measure{
	latency: {
		"latency",
		func(f *qos.Figures) float64 { return f.Latency },
		func(t *qos.Thresholds) *qos.Bounds { return &t.Latency },
		milliseconds, exactMilliseconds,
	},
	jitter: {
		"jitter",
		func(f *qos.Figures) float64 { return f.Jitter },
		func(t *qos.Thresholds) *qos.Bounds { return &t.Jitter },
		milliseconds, exactMilliseconds,
	},
	loss: {
		"packet loss",
		func(f *qos.Figures) float64 { return f.Loss },
		func(t *qos.Thresholds) *qos.Bounds { return &t.Loss },
		percent, exactPercent,
	},
}

// legend explains the grades.
func legend(t *qos.Thresholds) string {
	say := func(of func(*qos.Bounds) float64) string {
		var limits []string
		for i := range measures {
			m := &measures[i]
			limits = append(limits, m.name+" "+m.exact(of(m.bounds(t))))
		}
		return strings.Join(limits, ", ")
	}
	return "People are graded by the worst of their figures in the newest minute." +
		" Good is up to " + say(func(b *qos.Bounds) float64 { return b.Good }) +
		"; fair up to " + say(func(b *qos.Bounds) float64 { return b.Fair }) +
		"; poor up to " + say(func(b *qos.Bounds) float64 { return b.Poor }) +
		"; anything above is bad."
}

func judge(f *qos.Figures, t *qos.Thresholds) verdict {
	var worst verdict
	for i := range measures {
		m := &measures[i]
		worst = worst.worse(m.judge(m.of(f), t))
	}
	return worst
}

func judgeMinute(m *qos.Minute, t *qos.Thresholds) verdict {
	var worst verdict
	if m == nil {
		return worst
	}
	for i := range m.Readings {
		worst = worst.worse(judge(&m.Readings[i].Figures, t))
	}
	return worst
}

// mix is the number of people by the grade of their worst figure.
type mix struct{ Bad, Poor, Fair, Good, None int }

func (m *mix) add(grade qos.Quality) {
	switch grade {
	case qos.Bad:
		m.Bad++
	case qos.Poor:
		m.Poor++
	case qos.Fair:
		m.Fair++
	case qos.Good:
		m.Good++
	default:
		m.None++
	}
}

// People returns the number of people.
func (m mix) People() int { return m.Bad + m.Poor + m.Fair + m.Good + m.None }

// Worst returns the worst grade of all people.
func (m mix) Worst() qos.Quality {
	switch {
	case m.Bad > 0:
		return qos.Bad
	case m.Poor > 0:
		return qos.Poor
	case m.Fair > 0:
		return qos.Fair
	case m.Good > 0:
		return qos.Good
	default:
		return qos.QualityUnknown
	}
}

// trouble ranks meetings by the number of affected people times their share of the
// meeting, so that neither a call of two people nor a town hall with a few bad
// connections ranks first because of its size.
func (m mix) trouble() float64 {
	suffering := float64(m.Bad) + float64(m.Poor)/2
	return suffering * suffering / float64(max(1, m.People()))
}

// Bar returns the mix as a bar of 100 units.
func (m mix) Bar() []segment {
	return stack(float64(m.People()),
		part{"bad", m.Bad}, part{"poor", m.Poor}, part{"fair", m.Fair}, part{"good", m.Good}, part{"none", m.None})
}

// part is a part of a bar, with the class that sets its colour.
type part struct {
	class string
	size  int
}

// segment is the position of a part in a bar of 100 units.
type segment struct {
	Class    string
	X, Width float64
}

func stack(whole float64, parts ...part) []segment {
	var bar []segment
	x := 0.0
	for _, p := range parts {
		width := min(tenths(100*float64(p.size)/whole), 100-x)
		if p.size <= 0 || width <= 0 {
			continue
		}
		bar = append(bar, segment{p.class, tenths(x), tenths(width)})
		x += width
	}
	return bar
}
