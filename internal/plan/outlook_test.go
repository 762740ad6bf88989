package plan

import (
	"math"
	"testing"
	"time"
)

// The outlook of a day spends its money, no more and hardly less.
func TestOutlook(t *testing.T) {
	p := NewProfile(nil)
	live(p, monday, day(7), working)
	now := day(7)
	demand := meetings(working(now))
	wholeDay := func(m Money, c Commitments) Outlook {
		m.Reset = 24 * time.Hour
		return p.Outlook(now, &demand, m, c)
	}
	cost := func(o Outlook) float64 { return o.Lists + o.Tails + o.Forecast.Cost(o.Price) }

	short := wholeDay(Money{Requests: 30_000, Lists: 30_000, Shared: true}, Commitments{})
	if got := cost(short); got > 30_000 || got < 0.95*30_000 {
		t.Errorf("a day of 30,000 requests costs %.0f", got)
	}
	if short.Lists < 24*60 || short.Tails <= 0 || short.TailPart != 1 {
		t.Errorf("lists of %.0f and tails of %.0f, of which %v are paid for", short.Lists, short.Tails, short.TailPart)
	}
	if s := short.Sizing(); s.Requests != 30_000 || s.Interval <= Fastest || s.Needed <= 30_000 {
		t.Errorf("sizing %+v", s)
	}
	apart := wholeDay(Money{Requests: 30_000, Lists: 30_000}, Commitments{})
	if apart.Lists != 0 || apart.Price >= short.Price {
		t.Errorf("with a day's money of their own lists cost %.0f, at a price of %v", apart.Lists, apart.Price)
	}
	promised := wholeDay(Money{Requests: 30_000, Lists: 30_000, Shared: true}, Commitments{Purse: 5000, Waiting: 5000})
	if got := cost(promised); got > 25_000 || promised.Tails < short.Tails+4999 {
		t.Errorf("with 5,000 promised and as many for tails that wait it costs %.0f, %.0f of them for tails", got, promised.Tails)
	}
	if plenty := wholeDay(Money{Requests: 1_000_000, Lists: 1_000_000, Shared: true}, Commitments{}); plenty.Price != 0 || plenty.Sizing().Interval != Fastest {
		t.Errorf("with plenty the price is %v", plenty.Price)
	}
	if unlimited := wholeDay(Money{Requests: math.MaxInt, Shared: true}, Commitments{}); unlimited.Price != 0 || unlimited.Lists != 0 || unlimited.TailPart != 1 {
		t.Errorf("without a limit %+v", unlimited)
	}
	if none := wholeDay(Money{Shared: true}, Commitments{}); !math.IsInf(float64(none.Price), 1) || none.TailPart != 0 {
		t.Errorf("without money the price is %v", none.Price)
	}
}

// While the day is a guess, what is live now gets most of an even pace.
func TestOutlookOfAGuess(t *testing.T) {
	p := NewProfile(nil)
	night := day(1).Add(3 * time.Hour)
	demand := meetings(300)
	p.Observe(night, demand)
	o := p.Outlook(night, &demand, Money{Requests: 20_000, Lists: 20_000, Shared: true, Reset: 21 * time.Hour}, Commitments{})
	if o.Forecast.Guessed() != 1 {
		t.Fatalf("%v of it is a guess", o.Forecast.Guessed())
	}
	if least := hedge * Spendable(20_000-o.Lists-o.Tails) / (21 * 3600); demand.Rate(o.Price) < 0.99*least {
		t.Errorf("%v requests a second, want %v at least", demand.Rate(o.Price), least)
	}
}
