package plan

import (
	"math"
	"time"
)

const (
	// usualLife is how long a page of figures is taken to be live before its
	// meeting ends, until that is known.
	usualLife = 45 * time.Minute
	// usualPages is how many ended pages that assumption is worth.
	usualPages = 50
	// endingsLife is how fast what was seen of endings fades.
	endingsLife = 3 * 24 * time.Hour
	// tailShare is the most of a day's money that tails may take from the live
	// meetings: a little over half, so that no tail is given up where there is
	// enough for one look at each meeting and its tail, though what they will cost
	// is an estimate.
	tailShare = 0.6
	// lastShare is the most of what is left of it, as where the live meetings were
	// given more than the day could bear.
	lastShare = 0.9
)

// endings are what is known of how pages stop being live.
type endings struct {
	Seconds float64 `json:"page_seconds"` // that were live
	Cost    float64 `json:"requests"`     // that their tails took
}

// pass takes note of pages that were live for so long.
func (e *endings) pass(long time.Duration, pages float64) {
	left := math.Exp(-long.Seconds() / endingsLife.Seconds())
	e.Seconds = e.Seconds*left + pages*long.Seconds()
	e.Cost *= left
}

// rate is the cost of tails for each second that a page is live.
func (e *endings) rate() float64 {
	return (e.Cost + usualPages) / (e.Seconds + usualPages*usualLife.Seconds())
}

// Ended notes what the tail of a meeting took in requests, in vain or not.
func (p *Profile) Ended(requests int) { p.ends.Cost += float64(requests) }

// Tails is what the last minutes of meetings that end will cost over the
// forecast.
func (p *Profile) Tails(f Forecast) (requests float64) { return f.PageSeconds() * p.ends.rate() }

// TailRate is what pages that are live now make tails cost, in requests a
// second.
func (p *Profile) TailRate(pages float64) float64 { return pages * p.ends.rate() }

// TailMoney is what of the money that is left goes to tails that are to cost so
// much: they come before a second look at a live meeting, but leave the live
// meetings their share of the day's. live and tails are what either had of it already.
// part is how much of the cost that pays for, from 0 to 1.
func TailMoney(cost, left, live, tails float64) (requests, part float64) {
	left = max(0, left)
	most := tailShare*(left+live+tails) - tails
	most = max(0, min(most, lastShare*left))
	if cost <= most {
		return max(0, cost), 1
	}
	return most, most / cost
}
