// Package plan decides, by pure functions, how often the account's meetings
// can be asked for and which of them are worth asking for next.
package plan

import (
	"cmp"
	"math"
	"slices"
	"time"
)

const (
	// Fastest is the shortest refresh interval: Zoom renews its figures once a
	// minute.
	Fastest = time.Minute
	// slack lets a meeting be due shortly before its interval is over, as
	// scrapes are not exactly a minute apart.
	slack = 5 * time.Second
)

// Money is what may still be spent on an account's day.
type Money struct {
	// Requests may still be sent before Reset; math.MaxInt is no limit.
	Requests int
	// Reset is how long that has to last.
	Reset time.Duration
	// ListPages are spent on the live lists every minute, whatever else is.
	ListPages int
}

// Interval is the one refresh interval at which the money lasts until its
// reset, if what is live now stays live: pages still to be asked for divided
// by requests left. It is Fastest at least, and Reset at most: then there is
// no money to ask again.
func Interval(pages int, money Money) time.Duration {
	if money.Requests == math.MaxInt || pages <= 0 {
		return Fastest
	}
	left := float64(money.Requests) - float64(money.ListPages)*money.Reset.Minutes()
	if left <= 0 {
		return max(Fastest, money.Reset)
	}
	interval := money.Reset.Seconds() * float64(pages) / left
	return time.Duration(min(max(interval, Fastest.Seconds()), max(Fastest, money.Reset).Seconds()) * float64(time.Second))
}

// Candidate is a live meeting as the plan sees it.
type Candidate struct {
	// Key names the meeting and settles ties.
	Key string
	// Participants are the people whose figures age while it is not asked for.
	Participants int
	// Pages is what asking for it costs in requests.
	Pages int
	// Age is how old its last complete answer is or, before the first, how
	// long it has been known.
	Age time.Duration
	// Asked is how long ago it was last begun; negative if never.
	Asked time.Duration
	// Underway says that its pages were begun and are not all there yet.
	Underway bool
}

// Due are the candidates to ask for now, the most worthwhile first: what is
// under way is finished first, then participants × age² ÷ pages, since the
// cheapest total age has each meeting's interval in proportion to
// √(pages ÷ participants).
func Due(candidates []Candidate, interval time.Duration) []Candidate {
	due := make([]Candidate, 0, len(candidates))
	for _, c := range candidates {
		if c.Underway || c.Asked < 0 || c.Asked >= interval-slack {
			due = append(due, c)
		}
	}
	slices.SortFunc(due, func(a, b Candidate) int {
		if a.Underway != b.Underway {
			if a.Underway {
				return -1
			}
			return 1
		}
		return cmp.Or(-cmp.Compare(a.worth(), b.worth()), cmp.Compare(a.Key, b.Key))
	})
	return due
}

func (c Candidate) worth() float64 {
	age := max(c.Age, time.Second).Seconds()
	return float64(max(c.Participants, 1)) * age * age / float64(max(c.Pages, 1))
}
