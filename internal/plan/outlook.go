package plan

import (
	"math"
	"time"
)

// LastMinutes of a day are priced as one: what is left in the very last is so
// little that the interval would leap.
const LastMinutes = 10 * time.Minute

// Money is what may still be spent on an account's day.
type Money struct {
	// Requests are those for the figures of meetings; math.MaxInt is no limit.
	Requests int
	// Lists are those for the live lists.
	Lists int
	// Shared says that both are paid from one pool.
	Shared bool
	// Reset is how long it has to last: to the end of Zoom's day, LastMinutes at
	// least.
	Reset time.Duration
}

// Commitments are what was promised of the money, and what was spent of the
// day's before.
type Commitments struct {
	// Purse was handed out to the live meetings and not spent yet.
	Purse float64
	// Waiting is what the tails of meetings that have ended will cost.
	Waiting float64
	// Live and Tails are what either had of the day's money.
	Live, Tails float64
}

// Outlook is the rest of a day as it is expected.
type Outlook struct {
	Money    Money
	Forecast Forecast
	Lists    float64 // requests that the live lists will cost of the money
	Tails    float64 // requests set aside for the tails of meetings
	TailPart float64 // how much of what the tails will cost that is, 0 to 1
	Price    Price
}

// Outlook foretells the rest of the day from now, when so much is live.
func (p *Profile) Outlook(now time.Time, live *Demand, money Money, c Commitments) Outlook {
	o := Outlook{Money: money, TailPart: 1}
	o.Forecast = p.Forecast(now, now.Add(money.Reset))
	if money.Requests == math.MaxInt {
		return o
	}
	if money.Shared {
		o.Lists = o.Forecast.Lists(ListInterval(int(live.Lists), money.Lists, money.Reset))
	}
	left := float64(money.Requests) - o.Lists - max(0, c.Purse)
	o.Tails, o.TailPart = TailMoney(c.Waiting+p.Tails(o.Forecast), left, c.Live, c.Tails)
	left = Spendable(left - o.Tails)
	o.Price = PriceOf(o.Forecast, left)
	o.Price = o.Price.Hedged(o.Forecast.Guessed(), live, left, money.Reset)
	return o
}

// Sizing is what the money is good for, in numbers to act upon.
func (o *Outlook) Sizing() Sizing {
	return Size(o.Forecast, o.Money.Requests, o.Lists, o.Tails, o.Price)
}
