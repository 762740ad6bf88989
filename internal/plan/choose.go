package plan

import (
	"cmp"
	"slices"
	"time"
)

const (
	// again is the least time between two requests for a meeting: a little less
	// than MinInterval, as scrapes are not exactly a minute apart.
	again = 55 * time.Second
	// unseen is the factor on the age of a meeting without any answer yet: nothing
	// at all is shown of it. In bench/workday it raises the mean age by 0.7 %, and 3
	// would by 3 %.
	unseen = 1.5
	// overdue is the age, in refresh intervals, from which a meeting goes before
	// all younger ones, whatever its worth. In bench/workday 3, 4 and
	// 1000 give the same results, while 2 changes the order on ordinary days.
	overdue = 3
)

// Candidate is a live meeting as the plan sees it.
type Candidate struct {
	// Key names the meeting and breaks ties.
	Key string
	// Weight multiplies the meeting's worth; see Weights.
	Weight float64
	// People is how many have figures that age until the next answer.
	People int
	// Pages is the cost in requests: of all its pages or, while Underway, of the
	// remaining ones.
	Pages int
	// Age is the time since its last complete answer or, before the first, since
	// the meeting began.
	Age time.Duration
	// Unseen is true before the first complete answer.
	Unseen bool
	// SinceAsked is the time since its last walk began; negative if there was none.
	SinceAsked time.Duration
	// Underway is true while a walk over its pages has begun and not ended.
	Underway bool
}

// Choose picks the candidates to ask for now, most worthwhile first, for no more
// than allowance requests in all. Walks under way come first, and one that the
// allowance does not cover goes on as far as it does. Then come meetings that are
// overdue by the refresh interval, then the others by weight × people × age² ÷
// pages. Choose stops at the first candidate that does not fit, so that requests
// are saved up for it: the largest meetings would starve otherwise.
func Choose(candidates []Candidate, allowance float64, interval time.Duration) []Candidate {
	due := make([]ranked, 0, len(candidates))
	for _, c := range candidates {
		if c.Underway || c.SinceAsked < 0 || c.SinceAsked >= again {
			due = append(due, c.rank(interval))
		}
	}
	slices.SortFunc(due, ranked.compare)
	var chosen []Candidate
	for _, r := range due {
		pages := float64(max(r.Pages, 1))
		if pages > allowance && !(r.Underway && allowance >= 1) {
			break
		}
		allowance -= pages
		chosen = append(chosen, r.Candidate)
	}
	return chosen
}

// ranked is a candidate with its place in the order.
type ranked struct {
	Candidate
	tier  int // the lowest goes first
	worth float64
}

func (c Candidate) rank(interval time.Duration) ranked {
	age := max(c.Age, time.Second).Seconds()
	if c.Unseen {
		age *= unseen
	}
	r := ranked{Candidate: c, tier: 2}
	r.worth = max(c.Weight, 1) * float64(max(c.People, 1)) * age * age / float64(max(c.Pages, 1))
	switch {
	case c.Underway:
		r.tier = 0
	case c.Age >= overdue*interval:
		r.tier = 1
	}
	return r
}

func (r ranked) compare(other ranked) int {
	return cmp.Or(
		cmp.Compare(r.tier, other.tier),
		cmp.Compare(other.worth, r.worth),
		cmp.Compare(r.Key, other.Key),
	)
}
