package poll

import (
	"math"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/plan"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

const (
	// saveEvery is how often what was learned of demand is kept.
	saveEvery = 5 * time.Minute
	// opening is the share of the day's money that a start may spend at once on
	// what is live, where the ledger knows what was spent before it.
	opening = 0.1
	// openEvery is how long after such an opening another start has none.
	openEvery = time.Hour
	// halfDay tells the next day's end from this day's, which moves by seconds.
	halfDay = 12 * time.Hour
	// lastMinutes of a day are priced as one: what is left in the very last is so
	// little that the interval would leap.
	lastMinutes = 10 * time.Minute
	// saved is how many looks at everything may be saved up.
	saved = 3
)

// ProfileStore keeps the demand profile over restarts. Save is called every few
// minutes and at Close, never twice at once. Load returns nothing, and no
// error, where nothing was saved yet.
type ProfileStore interface {
	Load() ([]byte, error)
	Save([]byte) error
}

// pacing is an account's spending over the day. The account's mutex guards all
// of it but saving.
type pacing struct {
	profile *plan.Profile
	purse   plan.Purse
	// tails is what ended meetings may cost by now; tailsFree says that there is
	// money for all of them.
	tails     plan.Purse
	tailsFree bool
	// liveSpent and tailsSpent are what either cost of this day's money.
	liveSpent, tailsSpent float64
	// unbound says that there is money for every live meeting every minute.
	unbound bool
	opened  bool // something was live since the start
	dayEnd  time.Time
	savedAt time.Time
	saving  sync.Mutex // one save at a time, so that none overwrites a newer one
	sized   bool       // the sizing was told since the demand was known
}

// money is what an account may spend, and how long it has to last.
type money struct {
	requests int           // heavy ones; math.MaxInt is no limit
	lists    int           // resource-intensive ones
	shared   bool          // both are paid from one pool
	reset    time.Duration // to the end of Zoom's day
}

// money is what the ledger has left. The mutex is held.
func (a *Account) money() money {
	m := money{}
	m.requests, m.reset = a.opts.Ledger.Left(zoomapi.Heavy)
	m.lists, _ = a.opts.Ledger.Left(zoomapi.ResourceIntensive)
	for _, pool := range a.opts.Ledger.Status() {
		m.shared = m.shared || pool.Pool == budget.PerDay
	}
	m.reset = max(lastMinutes, m.reset)
	return m
}

// demand is what is live now. The mutex is held.
func (a *Account) demand(now time.Time) plan.Demand {
	var d plan.Demand
	for _, m := range a.store.meetings {
		if a.wanted(m, now) {
			d.Add(a.weight(m), m.people(), m.pages())
		}
	}
	d.Lists = float64(a.listPages())
	return d
}

// wanted reports whether a meeting counts as demand: it is not asked for in vain.
// That Zoom fails for a while is no lack of demand, and must not cost what was
// saved up.
func (a *Account) wanted(m *meeting, now time.Time) bool {
	missing := a.pauses[qosEndpoint(m.kind)].Sub(now) > admission
	return !missing && (m.stumbles > 0 || !m.notBefore.After(now))
}

// askable reports whether a meeting can be asked for now: neither it nor its
// kind is left alone.
func (a *Account) askable(m *meeting, now time.Time) bool {
	return !m.notBefore.After(now) && !now.Before(a.pauses[qosEndpoint(m.kind)])
}

func (a *Account) weight(m *meeting) float64 {
	return a.opts.Weights.Of(m.info.Quality >= poorWord || m.poor, m.watched)
}

// listPages is what one walk over the live lists costs.
func (a *Account) listPages() int {
	pages := 0
	for _, kind := range kinds {
		if a.opts.collects(kind) && !a.clock.Now().Before(a.pauses[listEndpoint(kind)]) {
			pages += max(1, a.lists[kind].pages)
		}
	}
	return pages
}

// listInterval is how often the live lists are walked. The mutex is held.
func (a *Account) listInterval(m money) time.Duration {
	return plan.ListInterval(a.listPages(), m.lists, m.reset)
}

// outlook is the rest of the day as it is expected.
type outlook struct {
	money    money
	forecast plan.Forecast
	lists    float64 // requests that the live lists will cost of the money
	tails    float64 // requests set aside for the tails of meetings
	tailPart float64 // how much of what the tails will cost that is, 0 to 1
	price    plan.Price
}

// outlook foretells the rest of the day. The mutex is held.
func (a *Account) outlook(demand *plan.Demand) outlook {
	o := outlook{money: a.money(), tailPart: 1}
	now := a.zoomNow().UTC() // the profile's days are Zoom's
	o.forecast = a.pacing.profile.Forecast(now, now.Add(o.money.reset))
	if o.money.requests == math.MaxInt {
		return o
	}
	if o.money.shared {
		o.lists = o.forecast.Lists(a.listInterval(o.money))
	}
	// What the purse holds was handed out already.
	left := float64(o.money.requests) - o.lists - max(0, a.pacing.purse.Requests)
	cost := float64(a.waitingPages()) + a.pacing.profile.Tails(o.forecast)
	o.tails, o.tailPart = plan.TailMoney(cost, left, a.pacing.liveSpent, a.pacing.tailsSpent)
	left = plan.Spendable(left - o.tails)
	o.price = plan.PriceOf(o.forecast, left)
	o.price = o.price.Hedged(o.forecast.Guessed(), demand, left, o.money.reset)
	return o
}

// interval is the refresh interval of what is live, as far as the day's money
// and the rate of requests allow. The mutex is held.
func (a *Account) interval(now time.Time, demand *plan.Demand, o *outlook) time.Duration {
	interval := o.price.Interval(demand, o.money.reset)
	for _, pool := range a.opts.Ledger.Status() {
		if pool.Pool == budget.HeavyPerSecond && pool.Limit > pool.Reserved {
			// A cycle admits for a little less than a minute.
			perMinute := float64(pool.Limit-pool.Reserved) * admission.Seconds()
			interval = max(interval, time.Duration(demand.Pages()/perMinute*float64(time.Minute)))
		}
	}
	return interval
}

// handOut puts into the purse what may be spent by now; look is what asking for
// all that can be asked for costs. The mutex is held.
func (a *Account) handOut(now time.Time, demand *plan.Demand, look float64, o *outlook) {
	p := &a.pacing
	pages := demand.Pages()
	rate := demand.Rate(o.price)
	// What was not spent, as nobody scraped or Zoom was away, is worth a few looks
	// at everything; the rest goes back to the day.
	p.purse.Fill(now, rate, saved*max(pages, look))
	p.unbound = rate*plan.Fastest.Seconds() >= pages*(1-1e-9)
	waiting := float64(a.waitingPages())
	p.tails.Fill(now, o.tailPart*(p.profile.TailRate(pages)+waiting/tailPatience.Seconds()), max(1, waiting))
	p.tailsFree = o.tailPart == 1
	end := now.Add(o.money.reset)
	newDay := p.opened && end.Sub(p.dayEnd) > halfDay
	p.dayEnd = end
	if newDay {
		p.liveSpent, p.tailsSpent = 0, 0
	}
	if pages == 0 || p.opened && !newDay || o.money.requests == math.MaxInt {
		p.opened = p.opened || pages > 0
		return
	}
	zoomNow := a.zoomNow().UTC() // as the profile is kept over restarts
	left, since := float64(o.money.requests), zoomNow.Sub(p.profile.Opened())
	switch {
	case newDay:
		// The day that was may have left everything old, and the new one's pace
		// would take an interval to catch up.
		p.purse.Requests = max(p.purse.Requests, min(look, opening*left))
	case a.opts.SlowStart, since > -openEvery && since < openEvery:
		// Each of many short lives must not spend more than its time's share.
		p.purse.Requests, p.unbound = math.Floor(left/o.money.reset.Minutes()), false
		p.purse.Requests = max(min(p.purse.Requests, look), min(1, left))
	default:
		p.purse.Requests = min(look, opening*left)
		p.profile.Open(zoomNow)
		p.savedAt = time.Time{} // before it is spent
	}
	p.opened = true
}

// payer pays for requests out of a purse.
type payer interface {
	// pay takes one request and reports whether it was there.
	pay() bool
	// payBack returns what was taken for a request that was not sent.
	payBack()
}

// free pays for the live lists, which are asked for by the minute.
type free struct{}

func (free) pay() bool { return true }
func (free) payBack()  {}

// liveMoney pays for live meetings.
type liveMoney struct{ *Account }

func (a liveMoney) pay() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := &a.pacing
	switch {
	case p.purse.Requests >= 1:
		p.purse.Requests--
	case !p.unbound:
		return false
	}
	p.liveSpent++
	return true
}

func (a liveMoney) payBack() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pacing.purse.Requests++
	a.pacing.liveSpent--
}

// tailMoney pays for the tail of one meeting.
type tailMoney struct {
	*Account
	tail *tail
}

func (m tailMoney) pay() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := &m.pacing
	if p.tails.Requests < 1 && !p.tailsFree {
		return false
	}
	p.tails.Requests = max(0, p.tails.Requests-1)
	p.tailsSpent++
	m.tail.spent++
	return true
}

func (m tailMoney) payBack() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pacing.tails.Requests++
	m.pacing.tailsSpent--
	m.tail.spent--
}

// loadProfile makes the profile that New begins with.
func (a *Account) loadProfile() {
	a.pacing.profile = plan.NewProfile(a.opts.TimeZone)
	if a.opts.Profile == nil {
		return
	}
	data, err := a.opts.Profile.Load()
	if err == nil && len(data) > 0 {
		err = a.pacing.profile.UnmarshalBinary(data)
	}
	if err != nil {
		a.log.Warn("what was learned of demand could not be had, it is learned anew", zap.Error(err))
	}
}

// saveProfile keeps what was learned.
func (a *Account) saveProfile() {
	a.pacing.saving.Lock()
	defer a.pacing.saving.Unlock()
	a.mu.Lock()
	store := a.opts.Profile
	if store == nil {
		a.mu.Unlock()
		return
	}
	data, err := a.pacing.profile.MarshalBinary()
	a.pacing.savedAt = a.clock.Now()
	a.mu.Unlock()
	if err == nil {
		err = store.Save(data)
	}
	if err != nil {
		a.log.Warn("what was learned of demand could not be saved, a restart would lose it", zap.Error(err))
	}
}

func (a *Account) profileDue() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.opts.Profile != nil && a.clock.Now().Sub(a.pacing.savedAt) >= saveEvery
}

// size tells the log what the money is good for. The mutex is held.
func (a *Account) size(o *outlook, demand *plan.Demand) {
	s := plan.Size(o.forecast, o.money.requests, o.lists, o.tails, o.price)
	s.Assumed = a.opts.SlowStart
	a.log.Info("sizing", zap.String("sizing", s.Text()),
		zap.Int("requests_left", s.Requests), zap.Int("requests_for_lists", s.Lists), zap.Int("requests_for_tails", s.Tails),
		zap.Int("requests_for_every_minute", s.Needed), zap.Duration("expected_interval", s.Interval.Round(time.Second)),
		zap.Float64("guessed", math.Round(s.Guessed*100)/100), zap.Bool("slow_start", a.opts.SlowStart),
		zap.Int("live_meetings", len(a.store.meetings)), zap.Int("live_pages", int(demand.Pages())))
}

// Interval is the refresh interval that the day's money allows now.
func (a *Account) Interval() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.intervalAt(a.clock.Now())
}

// intervalAt is Interval's; the mutex is held.
func (a *Account) intervalAt(now time.Time) time.Duration {
	demand := a.demand(now)
	outlook := a.outlook(&demand)
	return a.interval(now, &demand, &outlook)
}
