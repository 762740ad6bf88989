package plan

import (
	"math"
	"time"
)

// Sizing is what an account's money is good for, in numbers to act upon.
type Sizing struct {
	// Requests may be spent until the day's reset, math.MaxInt without a limit.
	// Lists of them go to the live lists, Tails to the last minutes of meetings
	// that end.
	Requests, Lists, Tails int
	// Needed is what it would take until then to ask for every meeting once a
	// minute, the lists and tails included.
	Needed int
	// Interval is the refresh interval to expect.
	Interval time.Duration
	// Guessed is how much of the time until the reset nothing was learned of,
	// from 0 to 1.
	Guessed float64
	// Assumed says that nobody knows what was spent before this process began.
	Assumed bool
}

// slow is the refresh interval above which a reader should be told how to get
// a faster one.
const slow = 5 * time.Minute

// Size works out a sizing of a forecast. lists and tails are what the live lists
// and the tails of meetings will cost of the money.
func Size(f Forecast, requests int, lists, tails float64, price Price) Sizing {
	s := Sizing{Requests: requests, Lists: int(lists), Tails: int(tails), Guessed: f.Guessed()}
	seconds, spent := f.PageSeconds(), f.Cost(price)
	s.Needed = int(math.Ceil(seconds/Fastest.Seconds() + lists + tails))
	s.Interval = Fastest
	if seconds > 0 {
		s.Interval = bounded(seconds/spent, 24*time.Hour)
	}
	return s
}

// Exhausted reports whether nothing can be asked for until the reset.
func (s Sizing) Exhausted() bool { return s.Interval >= 24*time.Hour && !s.Assumed }

// Message says what the numbers come to, and what can be done about it.
func (s Sizing) Message() string {
	switch {
	case s.Requests == math.MaxInt:
		return "sizing: there is no daily limit, so every live meeting is refreshed about once a minute"
	case s.Exhausted():
		return "sizing: the day's requests are spent, so nothing is refreshed until the reset; " + remedy
	case s.Interval > slow:
		return "sizing: the day's requests allow only slow refreshes; " + remedy
	case s.Interval.Round(time.Second) > Fastest:
		return "sizing: the day's requests do not allow a refresh of every live meeting once a minute"
	default:
		return "sizing: the day's requests allow a refresh of every live meeting about once a minute"
	}
}

const remedy = "to change that, collect less with include and exclude, list what matters under watch, lower the reserve if no other app of the account needs it, or ask Zoom for higher limits"

// Throttled is the sizing where no more than perSecond requests can be sent a
// second, which bounds the interval of what is live.
func (s Sizing) Throttled(live *Demand, perSecond int) Sizing {
	s.Interval = max(s.Interval, bounded(live.Pages()/float64(max(1, perSecond)), 24*time.Hour))
	return s
}
