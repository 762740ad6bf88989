package plan

import (
	"math"
	"time"
)

const (
	hoursOfWeek = 7 * 24
	// gap is how far apart two observations may be for the time between them
	// to count as seen. Scrapes are 2 min apart at most.
	gap = 3 * time.Minute
	// enough of an hour must have been seen for it to be learned.
	enough = 20 * time.Minute
	// newest is the least weight of the newest week in what is learned.
	newest = 0.3
	// kept is how many of the last hours are held as evidence of today's level.
	kept = 24
)

// Profile is the demand learned for each hour of the week, in the account's
// time zone. It is not safe for concurrent use.
type Profile struct {
	zone   *time.Location
	hours  [hoursOfWeek]learned
	recent []seen   // the newest last, at most kept
	bells  []course // made when first needed
	last   struct {
		at     time.Time
		demand Demand
	}
	// guessed is what guess made of all that, at guessedAt.
	guessed   *guess
	guessedAt time.Time
	// opened is when everything was last looked at out of turn; see Opened.
	opened time.Time
	ends   endings
}

// learned is the mean demand of an hour of the week.
type learned struct {
	Weeks  int    `json:"weeks"`
	Demand Demand `json:"demand"`
}

// seen is the demand of one hour that was.
type seen struct {
	Start   int64   `json:"start"`   // Unix seconds
	Seconds float64 `json:"seconds"` // of it that were seen
	Demand  Demand  `json:"demand"`  // the mean of those
	// Expected is the force that was learned for the hour before it began; 0
	// where nothing was.
	Expected float64 `json:"expected"`
}

// NewProfile makes a profile that has learned nothing. zone is the account's
// time zone; nil is UTC.
func NewProfile(zone *time.Location) *Profile {
	if zone == nil {
		zone = time.UTC
	}
	return &Profile{zone: zone}
}

// Observe enters the demand of the live meetings at now.
func (p *Profile) Observe(now time.Time, demand Demand) {
	if since := now.Sub(p.last.at); !p.last.at.IsZero() && since > 0 && since <= gap {
		p.ends.observe(since, p.last.demand.Pages())
		for at := p.last.at; at.Before(now); {
			end := earlier(p.hourStart(at).Add(time.Hour), now)
			p.hour(at).see(&p.last.demand, end.Sub(at).Seconds())
			at = end
		}
	}
	p.last.at, p.last.demand = now, demand
	p.guessed = nil
}

// hour is the hour of the evidence that t is in, begun where there is none.
func (p *Profile) hour(t time.Time) *seen {
	start := p.hourStart(t).Unix()
	if n := len(p.recent); n > 0 {
		if p.recent[n-1].Start == start {
			return &p.recent[n-1]
		}
		p.learn(&p.recent[n-1])
	}
	if len(p.recent) == kept {
		p.recent = p.recent[:copy(p.recent, p.recent[1:])]
	}
	expected, _ := p.usual(t)
	p.recent = append(p.recent, seen{Start: start, Expected: expected.intensity()})
	return &p.recent[len(p.recent)-1]
}

func (s *seen) see(demand *Demand, seconds float64) {
	s.Demand = s.Demand.Times(s.Seconds)
	s.Demand.add(demand, seconds)
	s.Demand = s.Demand.Times(1 / (s.Seconds + seconds))
	s.Seconds = min(s.Seconds+seconds, 3600) // more only if the clock was set back
}

// learn takes an hour that is over into the week.
func (p *Profile) learn(s *seen) {
	if s.Seconds < enough.Seconds() {
		return
	}
	h := &p.hours[p.hourOfWeek(time.Unix(s.Start, 0))]
	part := max(1/float64(h.Weeks+1), newest)
	h.Demand = h.Demand.Times(1 - part)
	h.Demand.add(&s.Demand, part)
	h.Weeks = min(h.Weeks+1, 52)
}

// usual is what was learned for the hour of t, or for the same hour of days of
// the same kind, working days or weekends; false where that is nothing.
func (p *Profile) usual(t time.Time) (Demand, bool) {
	own := p.hourOfWeek(t)
	var sum Demand
	total := 0.0
	for day := range 7 {
		h := day*24 + own%24
		if p.hours[h].Weeks == 0 || weekend(h) != weekend(own) {
			continue
		}
		// One day differs from itself a week ago about as much as from the day
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

// weekend reports whether an hour of the week is of a Saturday or Sunday.
func weekend(hourOfWeek int) bool {
	day := time.Weekday(hourOfWeek / 24)
	return day == time.Saturday || day == time.Sunday
}

func (p *Profile) hourOfWeek(t time.Time) int {
	local := t.In(p.zone)
	return int(local.Weekday())*24 + local.Hour()
}

// hourStart is when the hour of t began by the account's clock, which may be
// half an hour from UTC's.
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

// decayed is the weight of evidence that is so old.
func decayed(age, life time.Duration) float64 {
	return math.Exp(-max(0, age.Seconds()) / life.Seconds())
}

// Opened is when everything was last looked at out of turn, as at a start; zero
// for never. It is kept with the profile, so that a process that starts again
// and again does not look each time.
func (p *Profile) LastFullRefresh() time.Time { return p.opened }

// Open notes such a look.
func (p *Profile) RecordFullRefresh(now time.Time) { p.opened = now }
