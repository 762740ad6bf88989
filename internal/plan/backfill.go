package plan

import (
	"math"
	"time"
)

const (
	// usualLife is how long a page of figures is assumed to be live before its
	// meeting ends, until that is learned. In bench/workday 15 min or 120 min change
	// the mean age of the first day by 1 %.
	usualLife = 45 * time.Minute
	// usualPages is how many ended pages that assumption is worth. In bench/workday
	// 5 and 500 are no better.
	usualPages = 50
	// endingsLife is how fast evidence of endings fades.
	endingsLife = 3 * 24 * time.Hour
	// backfillLimit is the largest share of a day's requests that backfills may
	// take from the live meetings: a little over half, so that no backfill is
	// dropped where there are enough for one walk over each meeting and its
	// backfill, although what they will take is an estimate. Where there are fewer
	// it is a trade: in bench/workday 22 % of the minutes are lost, and 30 % with 0.5
	// or 15 % with 0.7, at a mean age about 6 % lower or higher.
	backfillLimit = 0.6
	// backfillRestLimit is the largest share of what is left of the day, where the
	// live meetings took more than theirs. In bench/workday 0.99 changes nothing, and
	// 0.5 loses 0.3 % more of the minutes.
	backfillRestLimit = 0.9
)

// endings is what is known of how pages stop being live.
type endings struct {
	Seconds float64 `json:"page_seconds"` // that pages were live
	Cost    float64 `json:"requests"`     // that their backfills took
}

// observe records that pages were live for so long.
func (e *endings) observe(long time.Duration, pages float64) {
	left := math.Exp(-long.Seconds() / endingsLife.Seconds())
	e.Seconds = e.Seconds*left + pages*long.Seconds()
	e.Cost *= left
}

// rate is what backfills cost for each second that a page is live.
func (e *endings) rate() float64 {
	return (e.Cost + usualPages) / (e.Seconds + usualPages*usualLife.Seconds())
}

// ObserveBackfill records how many requests a meeting's backfill took, whether it
// succeeded or not.
func (p *Profile) ObserveBackfill(requests int) { p.ends.Cost += float64(requests) }

// BackfillRate is what pages that are live now make backfills cost, in requests a
// second.
func (p *Profile) BackfillRate(pages float64) float64 { return pages * p.ends.rate() }

// backfillRequests is what the backfills of meetings that end during the forecast
// will cost.
func (p *Profile) backfillRequests(f Forecast) float64 { return p.BackfillRate(f.PageSeconds()) }

// backfillAllowance is what backfills that would cost so much may take of the
// requests left, and that as a share, from 0 to 1, of the cost. Backfills come
// before a second look at a live meeting, but leave the live meetings their share
// of the day's requests.
func backfillAllowance(cost, left float64, usage Usage) (requests, share float64) {
	left = max(0, left)
	live, backfills := float64(usage.LiveSpent), float64(usage.BackfillsSpent)
	limit := backfillLimit*(left+live+backfills) - backfills
	limit = max(0, min(limit, backfillRestLimit*left))
	if cost <= limit {
		return max(0, cost), 1
	}
	return limit, limit / cost
}
