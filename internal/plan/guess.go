package plan

import (
	"math"
	"slices"
	"time"
)

const (
	// guessLife is how fast evidence decays where there is none but today's. In
	// bench/workday 2 h raises the mean age of the first day by 17 %, and 24 h is no
	// better.
	guessLife = 8 * time.Hour
	// tolerance is the relative deviation of a course from the evidence beyond
	// which it becomes unlikely. In bench/workday 0.05 raises the mean age of an
	// ordinary first day by 7 %, and 0.3 that of a night shift by 12 %.
	tolerance = 0.1
	// weekendLevel is the level assumed for an unknown weekend, in working days.
	weekendLevel = 0.3
)

// A working day's demand is assumed to be a bell curve around half past noon, most
// likely some four hours wide to each side, over a low level at night.
const (
	bellCentre = 12.5
	bellSpread = 1.5  // the standard deviation of the centre, in hours
	bellOdd    = 0.02 // how likely any other centre is, where the likeliest is 1
)

var (
	bellWidths = [...]struct{ hours, weight float64 }{{2.5, 0.3}, {4, 0.5}, {5.5, 0.2}}
	bellFeet   = [...]struct{ level, weight float64 }{{0.01, 0.7}, {0.15, 0.2}, {1, 0.1}}
)

// guess is the demand over a day of which nothing was learned: a Bayesian model
// average (https://en.wikipedia.org/wiki/Ensemble_learning#Bayesian_model_averaging)
// of the courses that a day may take, weighted by how well each fits the evidence.
type guess struct {
	courses []course
	mix     Demand // the mean of the evidence, scaled to an intensity of 1
	// surprise is the difference of the intensity now and the guessed one.
	surprise float64
}

// halfHours are the steps of a course.
const halfHours = 48

// course is a possible course of a day's demand.
type course struct {
	shape  *shape
	weight float64
	// root, squared, scales the shape to the evidence. Before there is any, usual
	// is its expected value and certain the weight of that expectation.
	root, usual, certain float64
}

// shape is a course without its scale. It is immutable.
type shape struct {
	roots [halfHours]float64 // square roots of the level
	mean  float64            // of the level
}

func shapeOf(level func(half int) float64) *shape {
	s := new(shape)
	for half := range s.roots {
		s.roots[half] = math.Sqrt(level(half))
		s.mean += level(half) / halfHours
	}
	return s
}

// evidence is the square root of the intensity observed around a half hour of the
// day.
type evidence struct {
	half         int
	root, weight float64
}

// guess fits the courses that a day may take to the evidence.
func (p *Profile) guess(now time.Time) *guess {
	if p.guessed != nil && now.Equal(p.guessedAt) {
		return p.guessed
	}
	g := &guess{courses: p.courses(weekend(p.hourOfWeek(now)))}
	all := p.evidence(now, g)
	total := 0.0
	for i := range g.courses {
		c := &g.courses[i]
		c.fit(all)
		total += c.weight
	}
	for i := range g.courses {
		g.courses[i].weight /= total
	}
	g.surprise = p.last.demand.intensity() - g.intensity(p.halfHour(now))
	p.guessed, p.guessedAt = g, now
	return g
}

// courses are the courses that a day may take: bell curves, around noon most
// likely, at other times for a company elsewhere or a night shift; and on a
// weekend also the course of a learned working day at a lower level.
func (p *Profile) courses(onWeekend bool) []course {
	if p.bells == nil {
		p.bells = bells()
	}
	courses := slices.Clone(p.bells)
	if working, ok := p.workingDay(); ok && onWeekend {
		level := func(half int) float64 { return working[half/2] }
		courses = append(courses, course{shape: shapeOf(level), weight: 30, usual: weekendLevel, certain: 0.02})
	}
	return courses
}

func bells() []course {
	var courses []course
	for hour := range 24 {
		centre := float64(hour) + 0.5
		off := apart(centre, bellCentre) / bellSpread
		likely := bellOdd + math.Exp(-off*off/2)
		for _, width := range bellWidths {
			for _, foot := range bellFeet {
				level := func(half int) float64 {
					away := apart(float64(half)/2+0.25, centre) / width.hours
					return foot.level + math.Exp(-away*away/2)
				}
				courses = append(courses, course{shape: shapeOf(level), weight: likely * width.weight * foot.weight})
			}
		}
	}
	return courses
}

// apart is the distance between two hours of the day.
func apart(a, b float64) float64 {
	d := math.Abs(a - b)
	return min(d, 24-d)
}

// workingDay is the learned intensity of each hour of a working day; ok is false
// unless most hours were learned.
func (p *Profile) workingDay() (level [24]float64, ok bool) {
	known := 0
	for hour := range 24 {
		days := 0.0
		for day := time.Monday; day <= time.Friday; day++ {
			if h := &p.hours[int(day)*24+hour]; h.Weeks > 0 {
				level[hour] += h.Demand.intensity()
				days++
			}
		}
		if days > 0 {
			level[hour] /= days
			known++
		}
	}
	return level, known >= 18
}

// evidence is what was observed in the last 24 hours on days of the same kind. It
// sets the guess's mix.
func (p *Profile) evidence(now time.Time, g *guess) []evidence {
	var all []evidence
	add := func(at time.Time, demand *Demand, weight float64) {
		all = append(all, evidence{p.halfHour(at), math.Sqrt(demand.intensity()), weight})
		g.mix.add(demand, weight)
	}
	for i := range p.recent {
		o := &p.recent[i]
		if age := now.Sub(o.start()); age <= 24*time.Hour && p.sameKind(now, o.start()) {
			add(o.start().Add(30*time.Minute), &o.Demand, decayed(age, guessLife)*o.Seconds/3600)
		}
	}
	add(p.last.at, &p.last.demand, 0.1)
	if intensity := g.mix.intensity(); intensity > 0 {
		g.mix = g.mix.Times(1 / intensity)
	}
	return all
}

// halfHour is the number of the half hour of the account's day.
func (p *Profile) halfHour(t time.Time) int {
	local := t.In(p.zone)
	return 2*local.Hour() + local.Minute()/30
}

// fit scales a course to the evidence by weighted least squares and multiplies its
// weight by the likelihood. It works on square roots, which stabilise the variance
// of counts (https://en.wikipedia.org/wiki/Anscombe_transform) and bring a town
// hall closer to the other meetings.
func (c *course) fit(all []evidence) {
	top, bottom := c.certain*c.shape.mean*math.Sqrt(c.usual), c.certain*c.shape.mean
	size := 0.0
	for _, e := range all {
		root := c.shape.roots[e.half]
		top += e.weight * e.root * root
		bottom += e.weight * root * root
		size += e.weight * e.root * e.root
	}
	if bottom > 0 {
		c.root = top / bottom
	}
	if size == 0 {
		return
	}
	off := 0.0
	for _, e := range all {
		d := e.root - c.root*c.shape.roots[e.half]
		off += e.weight * d * d
	}
	c.weight *= math.Exp(-off / size / (2 * tolerance * tolerance))
	c.weight = max(c.weight, 1e-12) // or none may be left
}

// demand is the demand guessed for a half hour; left is the share of the surprise
// that has not decayed by then.
func (g *guess) demand(half int, left float64) Demand {
	d := g.mix.Times(max(0, g.intensity(half)+left*g.surprise))
	d.Lists = 0 // not in proportion to the meetings
	return d
}

// intensity is the intensity guessed for a half hour: the square of the mean root,
// not the mean, so that a few unlikely courses of enormous days do not dominate.
func (g *guess) intensity(half int) float64 {
	root := 0.0
	for i := range g.courses {
		c := &g.courses[i]
		root += c.weight * c.root * c.shape.roots[half]
	}
	return root * root
}
