package plan

import (
	"cmp"
	"slices"
	"time"
)

const (
	// again is how soon a meeting may be asked for again. It is a little less
	// than MinInterval, as scrapes are not exactly a minute apart.
	again = 55 * time.Second
	// unseen is how much older than it is a meeting counts that was never
	// asked for: nothing at all is shown of it yet.
	unseen = 1.5
	// overdue, in refresh intervals, is the age at which a meeting goes before
	// all that are younger, whatever it is worth.
	overdue = 3
)

// Candidate is a live meeting as the plan sees it.
type Candidate struct {
	// Key names the meeting and settles ties.
	Key string
	// Weight raises what the meeting is worth; 1 for most.
	Weight float64
	// People are those whose figures age while it is not asked for.
	People int
	// Pages is what asking for it costs in requests or, where it is under way,
	// what the rest of it costs.
	Pages int
	// Age is how old its last complete answer is or, before the first, how
	// long the meeting has gone on.
	Age time.Duration
	// Unseen says that there was no complete answer yet.
	Unseen bool
	// Asked is how long ago it was last begun; negative if never.
	SinceAsked time.Duration
	// Underway says that its pages were begun and are not all there yet.
	Underway bool
}

// Choose picks the candidates to ask for now, the most worthwhile first, that
// together cost no more than allowance. What is under way is finished first,
// as far as there is money at all: it goes on where the money ends. Then comes
// who is overdue by the refresh interval, then weight × people × age² ÷ pages.
// The first that does not fit ends the choice: the allowance is saved up for
// it, or the largest meetings would be passed over for ever.
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

type ranked struct {
	Candidate
	class int // the lower goes first
	worth float64
}

func (c Candidate) rank(interval time.Duration) ranked {
	age := max(c.Age, time.Second).Seconds()
	if c.Unseen {
		age *= unseen
	}
	r := ranked{Candidate: c, class: 2}
	r.worth = max(c.Weight, 1) * float64(max(c.People, 1)) * age * age / float64(max(c.Pages, 1))
	switch {
	case c.Underway:
		r.class = 0
	case c.Age >= overdue*interval:
		r.class = 1
	}
	return r
}

func (r ranked) compare(other ranked) int {
	return cmp.Or(
		cmp.Compare(r.class, other.class),
		cmp.Compare(other.worth, r.worth),
		cmp.Compare(r.Key, other.Key),
	)
}
