// Package plan decides, by pure functions of the time, the live meetings, the
// money left and what was learned of demand, how fast an account's day of
// requests is spent and on which meetings.
//
// The cheapest total age asks for a meeting of n people on p pages at intervals
// in proportion to √(p ÷ n), the same proportion all day: its [Price].
// [Profile] foretells the demand of the rest of the day, [priceFor] finds the
// price at which the money lasts that long, [Purse] hands the money out by the
// clock, and [Choose] spends it where people × age² ÷ pages is largest.
package plan

import "time"

// MinInterval is the shortest refresh interval: Zoom renews its figures once a
// minute.
const MinInterval = time.Minute

// bounded is an interval of so many seconds, MinInterval at least and reset at most.
func bounded(seconds float64, reset time.Duration) time.Duration {
	most := max(MinInterval, reset)
	if !(seconds < most.Seconds()) {
		return most
	}
	return max(MinInterval, time.Duration(seconds*float64(time.Second)))
}
