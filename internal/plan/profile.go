package plan

import (
	"math"
	"time"
)

const (
	hoursOfWeek = 7 * 24
	// gap is the longest time between two observations that counts as observed.
	// Scrapes are 2 min apart at most.
	gap = 3 * time.Minute
	// enough is how much of an hour must have been observed for it to be learned.
	enough = 20 * time.Minute
	// newest is the least weight of the newest week in the learned demand.
	newest = 0.3
	// kept is how many of the last hours are kept as evidence of today's level.
	kept = 24
)

// Profile is the demand learned for each hour of the week, in the account's time
// zone, by exponential smoothing
// (https://en.wikipedia.org/wiki/Exponential_smoothing). It is not safe for
// concurrent use.
type Profile struct {
	zone   *time.Location
	hours  [hoursOfWeek]learned
	recent []observed // the newest last, at most kept
	bells  []course   // made when first needed
	last   struct {
		at     time.Time
		demand Demand
	}
	// guessed caches guess's result for guessedAt.
	guessed     *guess
	guessedAt   time.Time
	fullRefresh time.Time
	ends        endings
}

// learned is the mean demand of an hour of the week.
type learned struct {
	Weeks  int    `json:"weeks"`
	Demand Demand `json:"demand"`
}

// observed is the demand of one past hour.
type observed struct {
	Start   int64   `json:"start"`   // Unix seconds
	Seconds float64 `json:"seconds"` // of the hour that were observed
	Demand  Demand  `json:"demand"`  // the mean over them
	// Expected is the intensity that had been learned before the hour began; 0 if
	// none.
	Expected float64 `json:"expected"`
}

func (o *observed) start() time.Time { return time.Unix(o.Start, 0) }

// NewProfile makes a profile that has learned nothing. zone is the account's time
// zone; nil is UTC.
func NewProfile(zone *time.Location) *Profile {
	if zone == nil {
		zone = time.UTC
	}
	return &Profile{zone: zone}
}

// Observe records the demand of the live meetings at now.
func (p *Profile) Observe(now time.Time, demand Demand) {
	if since := now.Sub(p.last.at); !p.last.at.IsZero() && since > 0 && since <= gap {
		p.ends.observe(since, p.last.demand.Pages())
		for at := p.last.at; at.Before(now); {
			end := earlier(p.hourStart(at).Add(time.Hour), now)
			p.hour(at).add(&p.last.demand, end.Sub(at).Seconds())
			at = end
		}
	}
	p.last.at, p.last.demand = now, demand
	p.guessed = nil
}

// hour is the observed hour that contains t; where t begins a new one, the last is
// learned.
func (p *Profile) hour(t time.Time) *observed {
	start := p.hourStart(t).Unix()
	if n := len(p.recent); n > 0 {
		if p.recent[n-1].Start == start {
			return &p.recent[n-1]
		}
		p.learn(&p.recent[n-1])
	}
	if len(p.recent) >= kept {
		p.recent = p.recent[:copy(p.recent, p.recent[1:])]
	}
	expected, _ := p.usual(t)
	p.recent = append(p.recent, observed{Start: start, Expected: expected.intensity()})
	return &p.recent[len(p.recent)-1]
}

// add averages a demand in that lasted so many seconds.
func (o *observed) add(demand *Demand, seconds float64) {
	o.Demand = o.Demand.Times(o.Seconds)
	o.Demand.add(demand, seconds)
	o.Demand = o.Demand.Times(1 / (o.Seconds + seconds))
	o.Seconds = min(o.Seconds+seconds, 3600) // more only if the clock was set back
}

// learn adds a past hour to its hour of the week.
func (p *Profile) learn(o *observed) {
	if o.Seconds < enough.Seconds() {
		return
	}
	h := &p.hours[p.hourOfWeek(o.start())]
	share := max(1/float64(h.Weeks+1), newest)
	h.Demand = h.Demand.Times(1 - share)
	h.Demand.add(&o.Demand, share)
	h.Weeks = min(h.Weeks+1, 52)
}

// usual is the demand learned for the hour of t, averaged with the same hour of
// days of the same kind, working days or weekends; ok is false if there is none.
func (p *Profile) usual(t time.Time) (demand Demand, ok bool) {
	own := p.hourOfWeek(t)
	var sum Demand
	total := 0.0
	for day := range 7 {
		h := day*24 + own%24
		if p.hours[h].Weeks == 0 || weekend(h) != weekend(own) {
			continue
		}
		// A day differs from the same day a week ago about as much as from the day
		// before, so the others count until the day itself is well known.
		weight := 1.0
		if h == own {
			weight = 2 * float64(p.hours[h].Weeks)
		}
		sum.add(&p.hours[h].Demand, weight)
		total += weight
	}
	if total == 0 {
		return Demand{}, false
	}
	return sum.Times(1 / total), true
}

// weekend reports whether an hour of the week is on a Saturday or Sunday.
func weekend(hourOfWeek int) bool {
	day := time.Weekday(hourOfWeek / 24)
	return day == time.Saturday || day == time.Sunday
}

// sameKind reports whether both are on working days, or both on weekends.
func (p *Profile) sameKind(a, b time.Time) bool {
	return weekend(p.hourOfWeek(a)) == weekend(p.hourOfWeek(b))
}

func (p *Profile) hourOfWeek(t time.Time) int {
	local := t.In(p.zone)
	return int(local.Weekday())*24 + local.Hour()
}

// hourStart is when the hour of t began in the account's time zone, whose offset
// from UTC may include half an hour.
func (p *Profile) hourStart(t time.Time) time.Time {
	local := t.In(p.zone)
	return t.Add(-time.Duration(local.Minute())*time.Minute - time.Duration(local.Second())*time.Second -
		time.Duration(local.Nanosecond()))
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// decayed is the weight of evidence of that age.
func decayed(age, life time.Duration) float64 {
	return math.Exp(-max(0, age.Seconds()) / life.Seconds())
}

// LastFullRefresh is the time of the last RecordFullRefresh; zero if there was
// none. It is saved with the profile, so that a process that restarts again and
// again does not refresh everything each time.
func (p *Profile) LastFullRefresh() time.Time { return p.fullRefresh }

// RecordFullRefresh records that all live meetings are refreshed at once, as after
// a start.
func (p *Profile) RecordFullRefresh(now time.Time) { p.fullRefresh = now }
