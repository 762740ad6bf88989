package plan

import (
	"math"
	"time"
)

// Sizing sums up an Outlook in numbers that an operator can act upon.
type Sizing struct {
	// Requests may be spent until the day's reset; math.MaxInt is no limit.
	// ListRequests of them are for the live lists, BackfillRequests for
	// backfills.
	Requests, ListRequests, BackfillRequests int
	// NeededRequests is how many would refresh every meeting once a minute until
	// then, lists and backfills included.
	NeededRequests int
	// Interval is the refresh interval to expect.
	Interval time.Duration
	// Guessed is the share of the time until the reset, from 0 to 1, for which no
	// demand was learned.
	Guessed float64
	// Assumed is true where nobody knows what was spent before this process
	// began.
	Assumed bool
}

// slow is the refresh interval above which the message says how to get a shorter
// one.
const slow = 5 * time.Minute

// Sizing sums up the outlook.
func (o *Outlook) Sizing() Sizing {
	pageSeconds := o.Forecast.PageSeconds()
	s := Sizing{
		Requests: o.Allowance.Requests, ListRequests: int(o.ListRequests), BackfillRequests: int(o.BackfillRequests),
		NeededRequests: int(math.Ceil(pageSeconds/MinInterval.Seconds() + o.ListRequests + o.BackfillRequests)),
		Interval:       MinInterval,
		Guessed:        o.Forecast.Guessed(),
	}
	if pageSeconds > 0 {
		s.Interval = bounded(pageSeconds/o.Forecast.Cost(o.Price), 24*time.Hour)
	}
	return s
}

// Exhausted reports whether nothing can be refreshed until the reset.
func (s Sizing) Exhausted() bool { return s.Interval >= 24*time.Hour && !s.Assumed }

// Message says what the numbers mean and what can be done about them.
func (s Sizing) Message() string {
	switch {
	case s.Requests == math.MaxInt:
		return "sizing: there is no daily limit, so every live meeting is refreshed about once a minute"
	case s.Exhausted():
		return "sizing: the day's requests are spent, so nothing is refreshed until the reset; " + remedy
	case s.Interval > slow:
		return "sizing: the day's requests allow only slow refreshes; " + remedy
	case s.Interval.Round(time.Second) > MinInterval:
		return "sizing: the day's requests do not allow every live meeting to be refreshed once a minute"
	default:
		return "sizing: the day's requests allow every live meeting to be refreshed about once a minute"
	}
}

const remedy = "for shorter intervals collect fewer meetings (include and exclude), list those that matter under watch, lower the reserve if no other app of the account needs it, or ask Zoom for higher limits"

// Throttled is the sizing where no more than perSecond requests can be sent a
// second, which bounds the interval of what is live.
func (s Sizing) Throttled(live *Demand, perSecond int) Sizing {
	s.Interval = max(s.Interval, bounded(live.Pages()/float64(max(1, perSecond)), 24*time.Hour))
	return s
}
