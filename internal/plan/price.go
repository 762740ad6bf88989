package plan

import (
	"math"
	"time"
)

// Price is the shadow price of a request, the Lagrange multiplier
// (https://en.wikipedia.org/wiki/Lagrange_multiplier) of the constraint that the
// requests last until the day's end, in the form in which it is used: the refresh
// interval, in seconds, of a meeting with as many people as pages.
//
// A meeting of n people on p pages that is refreshed every T seconds has figures
// that are T ÷ 2 old on average, for n people, and costs p ÷ T requests a second.
// Where the sum of n × T ÷ 2 over all meetings is least, one more request saves
// the same anywhere: T = Price × √(p ÷ n), and it saves Price² ÷ 2, in people ×
// seconds of age × seconds. The same price for the whole day is best, as requests
// can be spent at any time of it. No meeting is refreshed more often than
// MinInterval allows.
//
// At 0 the requests suffice for everything; at +Inf there are none.
type Price float64

// priceFor is the lowest price at which a forecast costs no more than requests.
func priceFor(f Forecast, requests float64) Price {
	if f.Cost(0) <= requests {
		return 0
	}
	if !(requests > 0) {
		return Price(math.Inf(1))
	}
	// Where no interval is at its minimum the cost is inversely proportional to the
	// price, so doubling and bisecting end after a few steps.
	low, high := 0.0, MinInterval.Seconds()
	for f.Cost(Price(high)) > requests {
		low, high = high, 2*high
	}
	for high-low > 1e-4*high {
		middle := (low + high) / 2
		if f.Cost(Price(middle)) > requests {
			low = middle
		} else {
			high = middle
		}
	}
	return Price(high)
}

// spendable is the part of the requests left that a price may count on. The rest
// keeps the last hours of a day from running dry when a few meetings more than
// usual take place: the demand is a count, which varies by about its square root.
func spendable(requests float64) float64 {
	if requests <= 0 {
		return 0
	}
	return requests / (1 + 2/math.Sqrt(requests))
}

// hedge is the least share of an even pace that live meetings get while the rest
// of the day is a guess. In bench/workday 0 would lower the mean age of an ordinary
// first day by 8 % and raise that of a night shift, which is guessed wrong, by 33 %.
const hedge = 0.75

// hedged lowers a price that rests on a guess: however high the guessed demand of
// the rest of the day, live meetings get their share of an even pace. guessed is
// the share of the forecast, from 0 to 1, that is a guess.
func (p Price) hedged(guessed float64, live *Demand, requests float64, reset time.Duration) Price {
	pace := hedge * guessed * requests / reset.Seconds()
	if !(pace > 0) {
		return p
	}
	return min(p, priceFor(Forecast{{Seconds: 1, Demand: *live}}, pace))
}

// Interval is the mean refresh interval that the price gives a demand: MinInterval
// at least, a day at most and, where there are no requests, the time to the reset.
func (p Price) Interval(d *Demand, reset time.Duration) time.Duration {
	pages := d.Pages()
	if pages == 0 {
		return MinInterval
	}
	if math.IsInf(float64(p), 1) {
		return max(MinInterval, reset)
	}
	return bounded(pages/d.Rate(p), 24*time.Hour)
}
