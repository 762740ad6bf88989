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

import "time"

// Fastest is the shortest refresh interval: Zoom renews its figures once a
// minute.
const Fastest = time.Minute

// bounded is an interval of so many seconds, Fastest at least and reset at most.
func bounded(seconds float64, reset time.Duration) time.Duration {
	most := max(Fastest, reset)
	if !(seconds < most.Seconds()) {
		return most
	}
	return max(Fastest, time.Duration(seconds*float64(time.Second)))
}
