package plan

import (
	"math"
	"time"
)

// MinReset is the shortest Allowance.Reset: with less time left the few requests
// left would make the refresh interval jump.
const MinReset = 10 * time.Minute

// Allowance is what is left of an account's day of requests.
type Allowance struct {
	// Requests may be sent for the figures of meetings; math.MaxInt is no limit.
	Requests int
	// Lists may be sent for the live lists.
	Lists int
	// Shared is true where Requests and Lists are one and the same limit.
	Shared bool
	// Reset is how long the allowance has to last: until the end of Zoom's day,
	// MinReset at least.
	Reset time.Duration
}

// Usage is what the day's requests were spent on so far, and what they are
// committed to.
type Usage struct {
	// Tokens were handed out to the live meetings and are not spent yet.
	Tokens float64
	// BackfillsWaiting is what the backfills of meetings that have ended will
	// take.
	BackfillsWaiting int
	// LiveSpent and BackfillsSpent were sent on this day.
	LiveSpent, BackfillsSpent int
}

// Outlook is the forecast of the rest of a day, and how its allowance is spent.
type Outlook struct {
	Allowance Allowance
	Forecast  Forecast
	// ListRequests is what the live lists will take of Allowance.Requests.
	ListRequests float64
	// BackfillRequests are set aside for backfills; BackfillShare is that as a
	// share, from 0 to 1, of what all backfills would take.
	BackfillRequests, BackfillShare float64
	Price                           Price
}

// Outlook forecasts the rest of the day from now, when live is the demand, and
// splits the allowance between lists, backfills and live meetings.
func (p *Profile) Outlook(now time.Time, live *Demand, allowance Allowance, usage Usage) Outlook {
	o := Outlook{Allowance: allowance, BackfillShare: 1}
	o.Forecast = p.forecast(now, now.Add(allowance.Reset))
	if allowance.Requests == math.MaxInt {
		return o
	}
	if allowance.Shared {
		o.ListRequests = o.Forecast.ListRequests(ListInterval(int(live.Lists), allowance.Lists, allowance.Reset))
	}
	left := float64(allowance.Requests) - o.ListRequests - usage.Tokens
	wanted := float64(usage.BackfillsWaiting) + p.backfillRequests(o.Forecast)
	o.BackfillRequests, o.BackfillShare = backfillAllowance(wanted, left, usage)
	left = spendable(left - o.BackfillRequests)
	o.Price = priceFor(o.Forecast, left).hedged(o.Forecast.Guessed(), live, left, allowance.Reset)
	return o
}

const (
	// listShare is the share of the requests that the live lists may take before
	// they are walked less often than once a minute. It keeps the numbers of live
	// meetings and participants up to date where requests are few; in bench/workday
	// 22 % of the minutes are lost then, and 17 % would be with 0.1.
	listShare = 0.25
	// maxListInterval is the longest interval between walks over a list.
	maxListInterval = time.Hour
)

// ListInterval is how often live lists of so many pages are walked: once a
// minute, unless that took too many of the requests. It is no longer than the
// time to the reset, after which there are new ones.
func ListInterval(pages, requests int, reset time.Duration) time.Duration {
	if requests == math.MaxInt {
		return time.Minute
	}
	every := min(maxListInterval, reset)
	if share := listShare * float64(requests); share > 0 {
		wanted := float64(pages) * reset.Seconds() / share
		every = time.Duration(min(wanted, every.Seconds()) * float64(time.Second))
	}
	return max(time.Minute, every)
}
