package plan

import (
	"math"
	"time"
)

// Price is what a request has to be worth to be sent: the interval, in seconds,
// of a meeting with as many people as pages. A meeting of n people on p pages
// is asked for every Price × √(p ÷ n) seconds, but no more often than MinInterval.
// At 0 there is money for everything; at +Inf there is none.
type Price float64

// Forecast is the demand expected over the rest of a day, in the order of time.
type Forecast []Slot

// Slot is a stretch of time and the mean demand expected in it.
type Slot struct {
	Seconds float64
	Demand  Demand
	Guessed bool // nothing was learned of it
}

// Cost is what the forecast costs at a price in requests, without the lists.
func (f Forecast) Cost(price Price) (requests float64) {
	for i := range f {
		requests += f[i].Seconds * f[i].Demand.Rate(price)
	}
	return requests
}

// PageSeconds is how many pages will be live for how long.
func (f Forecast) PageSeconds() (sum float64) {
	for i := range f {
		sum += f[i].Seconds * f[i].Demand.Pages()
	}
	return sum
}

// Guessed is how much of the time nothing was learned of, from 0 to 1.
func (f Forecast) Guessed() float64 {
	guessed, all := 0.0, 0.0
	for i := range f {
		all += f[i].Seconds
		if f[i].Guessed {
			guessed += f[i].Seconds
		}
	}
	if all == 0 {
		return 0
	}
	return guessed / all
}

// ListRequests is what the live lists will cost when they are walked every so often.
func (f Forecast) ListRequests(every time.Duration) (requests float64) {
	for i := range f {
		requests += f[i].Seconds / every.Seconds() * f[i].Demand.Lists
	}
	return requests
}

// priceFor is the lowest price at which a forecast costs no more than requests.
func priceFor(f Forecast, requests float64) Price {
	if f.Cost(0) <= requests {
		return 0
	}
	if !(requests > 0) {
		return Price(math.Inf(1))
	}
	// At a price above MinInterval in every class the cost is in proportion to
	// 1 ÷ price, so the search is over in few steps from any start.
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

// spendable is what of the money left a price should count on: demand is made of
// counts, and the last hours must not run dry because a few meetings more came
// than on other days. What it holds back shrinks as the money does.
func spendable(requests float64) float64 {
	if requests <= 0 {
		return 0
	}
	return requests / (1 + 2/math.Sqrt(requests))
}

// hedge is the least part of an even pace that is spent on what is live while
// the rest of the day is a guess.
const hedge = 0.75

// hedged lowers a price that rests on a guess: however much the rest of the day
// may want, what is live now gets its part of an even pace. guessed is how much
// of the forecast is a guess, from 0 to 1.
func (p Price) hedged(guessed float64, live *Demand, requests float64, reset time.Duration) Price {
	pace := hedge * guessed * requests / reset.Seconds()
	if !(pace > 0) {
		return p
	}
	return min(p, priceFor(Forecast{{Seconds: 1, Demand: *live}}, pace))
}

// Interval is the mean refresh interval that the price gives a demand: MinInterval
// at least, a day at most and, without any money, the time to the reset.
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

const (
	// listShare is how much of the money the live lists may cost before they
	// are walked less often than once a minute.
	listShare = 0.25
	// slowestList is the longest interval between walks over a list.
	slowestList = time.Hour
)

// ListInterval is how often the live lists are walked that cost so many
// requests a walk: every minute, unless that took too much of the money. It is
// no longer than the reset is away, when there is new money.
func ListInterval(pages int, requests int, reset time.Duration) time.Duration {
	if requests == math.MaxInt {
		return time.Minute
	}
	every := min(slowestList, reset)
	if share := listShare * float64(requests); share > 0 {
		wanted := float64(pages) * reset.Seconds() / share
		every = time.Duration(min(wanted, every.Seconds()) * float64(time.Second))
	}
	return max(time.Minute, every)
}
