package plan

import (
	"math"
	"time"
)

// Forecast is the demand expected over the rest of a day, in the order of time.
type Forecast []Slot

// Slot is a stretch of time and the mean demand expected in it.
type Slot struct {
	Seconds float64
	Demand  Demand
	Guessed bool // no demand was learned for it
}

// Cost is what the forecast costs at a price, in requests, without the lists.
func (f Forecast) Cost(price Price) (requests float64) {
	for i := range f {
		requests += f[i].Seconds * f[i].Demand.Rate(price)
	}
	return requests
}

// PageSeconds is the sum of the live pages over the seconds of the forecast.
func (f Forecast) PageSeconds() (sum float64) {
	for i := range f {
		sum += f[i].Seconds * f[i].Demand.Pages()
	}
	return sum
}

// Guessed is the share of the time, from 0 to 1, for which no demand was learned.
func (f Forecast) Guessed() float64 {
	guessed, all := 0.0, 0.0
	for i := range f {
		all += f[i].Seconds
		if f[i].Guessed {
			guessed += f[i].Seconds
		}
	}
	if all == 0 {
		return 0
	}
	return guessed / all
}

// ListRequests is what the live lists will cost when they are walked every so
// often.
func (f Forecast) ListRequests(every time.Duration) (requests float64) {
	for i := range f {
		requests += f[i].Seconds / every.Seconds() * f[i].Demand.Lists
	}
	return requests
}

const (
	// levelLife is how fast evidence of today's level decays. In bench/workday both
	// 2 h and 24 h raise the mean age on a holiday, by 6 % and 16 %.
	levelLife = 6 * time.Hour
	// doubt is how much evidence, in mean hours of a day's demand, it takes for
	// today's level to lie halfway between the learned and the observed one. In
	// bench/workday 3 raises the mean age on a holiday by 11 %, and 0.3 that of an
	// ordinary day by 1 %.
	doubt = 1.0
	// surpriseLife is how fast the difference between the demand now and the
	// guessed one decays. In bench/workday 240 min raises the mean age of the first
	// day by 16 %, while 30 min lowers it by 3 %.
	surpriseLife = 90 * time.Minute
	// listed is about how many pages of figures the meetings on one page of a live
	// list have.
	listed = 400
)

// forecast is the demand to expect from now, which was the last observation, until
// an instant: as learned, scaled to today's level; where nothing was learned, as
// guessed from what was observed today.
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
			demand = guess.demand(p.halfHour(middle), decayed(middle.Sub(now), surpriseLife))
		}
		demand.Lists = max(demand.Lists, least+math.Floor(demand.Pages()/listed))
		f = append(f, Slot{end.Sub(at).Seconds(), demand, !ok})
		at = end
	}
	return f
}

// leastLists is the lowest cost of the lists observed.
func (p *Profile) leastLists() float64 {
	least := p.last.demand.Lists
	for i := range p.recent {
		least = min(least, p.recent[i].Demand.Lists)
	}
	return least
}

// scale is the ratio of today's demand to the learned one.
func (p *Profile) scale(now time.Time) float64 {
	observed, expected := 0.0, 0.0
	for i := range p.recent {
		o := &p.recent[i]
		age := now.Sub(o.start())
		if o.Expected == 0 || age > 24*time.Hour || !p.sameKind(now, o.start()) {
			continue
		}
		weight := decayed(age, levelLife) * o.Seconds / 3600
		observed += weight * o.Demand.intensity()
		expected += weight * o.Expected
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
	return (prior + observed) / (prior + expected)
}
