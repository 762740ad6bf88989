// Package plan decides, by pure functions of the time, the live meetings, the
// money left and what was learned of demand, how fast an account's day of
// requests is spent and on which meetings.
//
// The cheapest total age asks for a meeting of n people on p pages at intervals
// in proportion to √(p ÷ n), the same proportion all day: its [Price].
// [Profile] foretells the demand of the rest of the day, [PriceOf] finds the
// price at which the money lasts that long, [Purse] hands the money out by the
// clock, and [Choose] spends it where people × age² ÷ pages is largest.
package plan

import (
	"math"
	"time"
)

// Fastest is the shortest refresh interval: Zoom renews its figures once a
// minute.
const Fastest = time.Minute

// Money is what may still be spent on an account's day.
type Money struct {
	// Requests may still be sent before Reset; math.MaxInt is no limit.
	Requests int
	// Reset is how long that has to last.
	Reset time.Duration
	// ListPages are spent on the live lists every minute, whatever else is; 0
	// where the lists are paid for otherwise.
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
	return bounded(interval, money.Reset)
}

// bounded is an interval of so many seconds, Fastest at least and reset at most.
func bounded(seconds float64, reset time.Duration) time.Duration {
	most := max(Fastest, reset)
	if !(seconds < most.Seconds()) {
		return most
	}
	return max(Fastest, time.Duration(seconds*float64(time.Second)))
}
