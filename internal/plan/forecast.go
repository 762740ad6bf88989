package plan

import (
	"math"
	"slices"
	"time"
)

const (
	// levelLife is how fast evidence of today's level fades.
	levelLife = 6 * time.Hour
	// doubt, in mean hours of a day's demand, is how much evidence it takes to
	// half believe that today is not as learned.
	doubt = 1.0
	// guessLife is how fast evidence fades where there is nothing but today's.
	guessLife = 8 * time.Hour
	// surpriseLife is how fast a level that no course explains fades.
	surpriseLife = 90 * time.Minute
	// tolerance is how far, relative to what was seen, a day's assumed course
	// may lie from it without becoming unlikely.
	tolerance = 0.1
	// weekendLevel is what an unknown weekend is taken for, in working days.
	weekendLevel = 0.3
)

// Forecast is the demand to expect from now, which was the last observation,
// until an instant: as learned, at today's level; where nothing was learned, as
// a working day that fits what was seen of today.
func (p *Profile) forecast(now, until time.Time) Forecast {
	var f Forecast
	scale := p.scale(now)
	var guess *guess
	least := p.leastLists()
	for at := now; at.Before(until); {
		end := earlier(p.hourStart(at).Add(time.Hour), until)
		demand, ok := p.usual(at)
		if ok {
			demand = demand.Times(scale)
		} else {
			if guess == nil {
				guess = p.guess(now)
			}
			middle := at.Add(end.Sub(at) / 2)
			demand = guess.demand(p, middle, decayed(middle.Sub(now), surpriseLife))
		}
		demand.Lists = max(demand.Lists, least+math.Floor(demand.Pages()/listed))
		f = append(f, Slot{end.Sub(at).Seconds(), demand, !ok})
		at = end
	}
	return f
}

// listed is about how many pages of figures the meetings on one page of a live
// list have.
const listed = 400

// leastLists is what the lists cost when nothing is live, as far as is known.
func (p *Profile) leastLists() float64 {
	least := p.last.demand.Lists
	for i := range p.recent {
		least = min(least, p.recent[i].Demand.Lists)
	}
	return least
}

// scale is how today's demand compares with what was learned.
func (p *Profile) scale(now time.Time) float64 {
	was, expected := 0.0, 0.0
	for i := range p.recent {
		s := &p.recent[i]
		age := now.Sub(time.Unix(s.Start, 0))
		if s.Expected == 0 || age > 24*time.Hour || weekend(p.hourOfWeek(now)) != weekend(p.hourOfWeek(time.Unix(s.Start, 0))) {
			continue
		}
		weight := decayed(age, levelLife) * s.Seconds / 3600
		was += weight * s.Demand.intensity()
		expected += weight * s.Expected
	}
	sum, hours := 0.0, 0.0
	for h := range p.hours {
		if p.hours[h].Weeks > 0 && weekend(h) == weekend(p.hourOfWeek(now)) {
			sum, hours = sum+p.hours[h].Demand.intensity(), hours+1
		}
	}
	if sum == 0 {
		return 1
	}
	prior := doubt * sum / hours
	return (prior + was) / (prior + expected)
}

// guess is the course of a day of which nothing was learned: of many courses
// that it could take, those that fit what was seen of it.
type guess struct {
	courses []course
	mix     Demand // of what was seen, for a force of 1
	// surprise is by how much the present force is above the guessed one.
	surprise float64
}

// halfHours are the steps in which a course is known.
const halfHours = 48

// course is one that a day could take: its level by the half hour of the day.
type course struct {
	shape  *shape
	weight float64
	// root, squared, scales the shape to the evidence; usual and certain say
	// what it is before there is any.
	root, usual, certain float64
}

// shape is a course but for its scale. It is not written once made.
type shape struct {
	roots [halfHours]float64 // of its level
	mean  float64            // of its level
}

func shapeOf(level func(half int) float64) *shape {
	s := new(shape)
	for half := range s.roots {
		s.roots[half] = math.Sqrt(level(half))
		s.mean += level(half) / halfHours
	}
	return s
}

// evidence is the root of the force seen around a half hour of the day.
type evidence struct {
	half         int
	root, weight float64
}

// A working day's demand is a bell around half past noon, most likely some
// four hours wide to each side, with nights that are not quite without.
const (
	bellCentre = 12.5
	bellAway   = 1.5 // hours that the centre may well be off
	bellOdd    = 0.02
)

var (
	bellWidths = [...]struct{ hours, weight float64 }{{2.5, 0.3}, {4, 0.5}, {5.5, 0.2}}
	bellFeet   = [...]struct{ level, weight float64 }{{0.01, 0.7}, {0.15, 0.2}, {1, 0.1}}
)

// guess fits the courses that a day could take to what was seen.
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

// courses are those a day could take: a bell around noon, most likely; one at
// another time, as of a company elsewhere or of a night's shift; and, of a
// weekend, a working day's course at a lower level.
func (p *Profile) courses(weekend bool) []course {
	if p.bells == nil {
		p.bells = bells()
	}
	courses := slices.Clone(p.bells)
	if working, ok := p.workingDay(); ok && weekend {
		level := func(half int) float64 { return working[half/2] }
		courses = append(courses, course{shape: shapeOf(level), weight: 30, usual: weekendLevel, certain: 0.02})
	}
	return courses
}

func bells() []course {
	var courses []course
	for hour := range 24 {
		centre := float64(hour) + 0.5
		off := apart(centre, bellCentre) / bellAway
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

// apart is how far two hours of the day are from each other.
func apart(a, b float64) float64 {
	d := math.Abs(a - b)
	return min(d, 24-d)
}

// workingDay is the learned force of each hour of a working day, where most of
// one was learned.
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

// evidence is what was seen of the last 24 hours on days of the same kind, and
// sets the guess's mix by it.
func (p *Profile) evidence(now time.Time, g *guess) []evidence {
	var all []evidence
	enter := func(at time.Time, demand *Demand, weight float64) {
		all = append(all, evidence{p.halfHour(at), math.Sqrt(demand.intensity()), weight})
		g.mix.add(demand, weight)
	}
	for i := range p.recent {
		s := &p.recent[i]
		start := time.Unix(s.Start, 0)
		if age := now.Sub(start); age <= 24*time.Hour && weekend(p.hourOfWeek(start)) == weekend(p.hourOfWeek(now)) {
			enter(start.Add(30*time.Minute), &s.Demand, decayed(age, guessLife)*s.Seconds/3600)
		}
	}
	enter(p.last.at, &p.last.demand, 0.1)
	if intensity := g.mix.intensity(); intensity > 0 {
		g.mix = g.mix.Times(1 / intensity)
	}
	return all
}

// halfHour numbers the half hours of the account's day.
func (p *Profile) halfHour(t time.Time) int {
	local := t.In(p.zone)
	return 2*local.Hour() + local.Minute()/30
}

// fit scales a course to the evidence and weighs it by how well it fits.
// Meetings are counts, whose roots are about equally exact at any level; and a
// town hall's root is not so far from the others.
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
	c.weight = max(c.weight, 1e-12) // that some course is always left
}

// demand is the demand guessed at an instant, when a part of the surprise is
// left.
func (g *guess) demand(p *Profile, at time.Time, left float64) Demand {
	d := g.mix.Times(max(0, g.intensity(p.halfHour(at))+left*g.surprise))
	d.Lists = 0 // they do not grow with each meeting
	return d
}

// force is the force that the courses together have in a half hour.
func (g *guess) intensity(half int) float64 {
	// The mean of the roots: a few unlikely courses of enormous days must not
	// outweigh all others.
	root := 0.0
	for i := range g.courses {
		c := &g.courses[i]
		root += c.weight * c.root * c.shape.roots[half]
	}
	return root * root
}
