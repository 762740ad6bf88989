// Package plan allocates an account's day of requests to its live meetings. It
// minimises the total age of the figures, over all participants and the day,
// under the constraint that the requests last until the day's end, and solves
// that by the constraint's shadow price
// (https://en.wikipedia.org/wiki/Shadow_price), see [Price].
//
// [Profile] learns the demand of each hour of the week and forecasts the rest of
// the day. [Profile.Outlook] finds the price at which the requests last that
// long, [Bucket] releases them by the clock, and [Choose] spends them on the
// meetings with the largest people × age² ÷ pages.
//
// Everything is a function of its arguments, the time among them. The constants
// that shape the result were chosen with the benchmark bench/workday; the commands
// and the results for other values are in docs/benchmarks.md.
package plan

import "time"

// MinInterval is the shortest refresh interval: Zoom renews its figures once a
// minute.
const MinInterval = time.Minute

// bounded is an interval of so many seconds, MinInterval at least and longest at
// most.
func bounded(seconds float64, longest time.Duration) time.Duration {
	longest = max(MinInterval, longest)
	if !(seconds < longest.Seconds()) {
		return longest
	}
	return max(MinInterval, time.Duration(seconds*float64(time.Second)))
}
