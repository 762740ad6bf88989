package plan

import (
	"math"
	"testing"
	"time"
)

// The outlook of a day spends its requests, no more and hardly fewer.
func TestOutlook(t *testing.T) {
	p := NewProfile(nil)
	observe(p, monday, day(7), working)
	now := day(7)
	demand := meetings(working(now))
	wholeDay := func(a Allowance, u Usage) Outlook {
		a.Reset = 24 * time.Hour
		return p.Outlook(now, &demand, a, u)
	}
	cost := func(o Outlook) float64 { return o.ListRequests + o.BackfillRequests + o.Forecast.Cost(o.Price) }

	short := wholeDay(Allowance{Requests: 30_000, Lists: 30_000, Shared: true}, Usage{})
	if got := cost(short); got > 30_000 || got < 0.95*30_000 {
		t.Errorf("a day of 30,000 requests costs %.0f", got)
	}
	if short.ListRequests < 24*60 || short.BackfillRequests <= 0 || short.BackfillShare != 1 {
		t.Errorf("%.0f for lists and %.0f for backfills, a share of %v", short.ListRequests, short.BackfillRequests, short.BackfillShare)
	}
	if s := short.Sizing(); s.Requests != 30_000 || s.Interval <= MinInterval || s.NeededRequests <= 30_000 {
		t.Errorf("sizing %+v", s)
	}
	apart := wholeDay(Allowance{Requests: 30_000, Lists: 30_000}, Usage{})
	if apart.ListRequests != 0 || apart.Price >= short.Price {
		t.Errorf("with a limit of their own lists cost %.0f, at a price of %v", apart.ListRequests, apart.Price)
	}
	committed := wholeDay(Allowance{Requests: 30_000, Lists: 30_000, Shared: true}, Usage{Tokens: 5000, BackfillsWaiting: 5000})
	if got := cost(committed); got > 25_000 || committed.BackfillRequests < short.BackfillRequests+4999 {
		t.Errorf("with 5,000 tokens and 5,000 for waiting backfills it costs %.0f, %.0f of them for backfills", got, committed.BackfillRequests)
	}
	if plenty := wholeDay(Allowance{Requests: 1_000_000, Lists: 1_000_000, Shared: true}, Usage{}); plenty.Price != 0 || plenty.Sizing().Interval != MinInterval {
		t.Errorf("with plenty of requests the price is %v", plenty.Price)
	}
	if unlimited := wholeDay(Allowance{Requests: math.MaxInt, Shared: true}, Usage{}); unlimited.Price != 0 || unlimited.ListRequests != 0 || unlimited.BackfillShare != 1 {
		t.Errorf("without a limit %+v", unlimited)
	}
	if none := wholeDay(Allowance{Shared: true}, Usage{}); !math.IsInf(float64(none.Price), 1) || none.BackfillShare != 0 {
		t.Errorf("without requests the price is %v", none.Price)
	}
}

// While the day is a guess, live meetings get most of an even pace.
func TestOutlookOfAGuess(t *testing.T) {
	p := NewProfile(nil)
	night := day(1).Add(3 * time.Hour)
	demand := meetings(300)
	p.Observe(night, demand)
	o := p.Outlook(night, &demand, Allowance{Requests: 20_000, Lists: 20_000, Shared: true, Reset: 21 * time.Hour}, Usage{})
	if o.Forecast.Guessed() != 1 {
		t.Fatalf("%v of it is a guess", o.Forecast.Guessed())
	}
	if least := hedge * spendable(20_000-o.ListRequests-o.BackfillRequests) / (21 * 3600); demand.Rate(o.Price) < 0.99*least {
		t.Errorf("%v requests a second, want %v at least", demand.Rate(o.Price), least)
	}
}
