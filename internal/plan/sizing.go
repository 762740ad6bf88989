package plan

import (
	"fmt"
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

// Text says it for the log.
func (s Sizing) Text() string {
	if s.Requests == math.MaxInt {
		return "there is no daily limit: every meeting is asked for once a minute"
	}
	text := fmt.Sprintf("until the reset %d requests may be spent, %d of them on the live lists and %d on the last minutes of meetings that end; every meeting once a minute would take %d",
		s.Requests, s.Lists, s.Tails, s.Needed)
	if s.Interval >= 24*time.Hour && !s.Assumed {
		return text + "; the money is gone, so nothing is asked for until the reset: " + remedy
	}
	text += fmt.Sprintf("; expect a refresh about every %s", s.Interval.Round(time.Second))
	if s.Interval > slow {
		text += "; if that is too slow: " + remedy
	}
	if s.Guessed > 0.5 {
		text += " (a guess: most of the demand of these hours has yet to be learned)"
	}
	if s.Assumed {
		text += "; what was spent today before this start is assumed by the hours that are over, until Zoom tells: --storage.path keeps count"
	}
	return text
}

const remedy = "collect less by include and exclude, put what matters under watch, lower the reserve if no other app of the account needs it, or ask Zoom for higher limits"
