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
	purse   plan.Bucket
	// tails is what ended meetings may cost by now.
	tails   plan.Bucket
	opened  bool // something was live since the start
	dayEnd  time.Time
	savedAt time.Time
	saving  sync.Mutex // one save at a time, so that none overwrites a newer one
	sized   bool       // the sizing was told since the demand was known
}

// money is what the ledger has left. The mutex is held.
func (a *Account) money() plan.Allowance {
	var m plan.Allowance
	m.Requests, m.Reset = a.opts.Ledger.Left(zoomapi.Heavy)
	m.Lists, _ = a.opts.Ledger.Left(zoomapi.ResourceIntensive)
	for _, pool := range a.opts.Ledger.Status() {
		m.Shared = m.Shared || pool.Pool == budget.PerDay
	}
	m.Reset = max(plan.MinReset, m.Reset)
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
func (a *Account) listInterval(m plan.Allowance) time.Duration {
	return plan.ListInterval(a.listPages(), m.Lists, m.Reset)
}

// outlook foretells the rest of the day. The mutex is held.
func (a *Account) outlook(demand *plan.Demand) plan.Outlook {
	p := &a.pacing
	now := a.zoomNow().UTC() // the profile's days are Zoom's
	return p.profile.Outlook(now, demand, a.money(), plan.Usage{
		Tokens: p.purse.Tokens(), BackfillsWaiting: a.waitingPages(), LiveSpent: p.purse.Spent, BackfillsSpent: p.tails.Spent,
	})
}

// interval is the refresh interval of what is live, as far as the day's money
// and the rate of requests allow. The mutex is held.
func (a *Account) interval(now time.Time, demand *plan.Demand, o *plan.Outlook) time.Duration {
	interval := o.Price.Interval(demand, o.Allowance.Reset)
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
func (a *Account) handOut(now time.Time, demand *plan.Demand, look float64, o *plan.Outlook) {
	p := &a.pacing
	pages := demand.Pages()
	rate := demand.Rate(o.Price)
	// What was not spent, as nobody scraped or Zoom was away, is worth a few looks
	// at everything; the rest goes back to the day.
	p.purse.Fill(now, rate, saved*max(pages, look))
	p.purse.Unlimited = rate*plan.MinInterval.Seconds() >= pages*(1-1e-9)
	waiting := float64(a.waitingPages())
	p.tails.Fill(now, o.BackfillShare*(p.profile.BackfillRate(pages)+waiting/tailPatience.Seconds()), max(1, waiting))
	p.tails.Unlimited = o.BackfillShare == 1
	end := now.Add(o.Allowance.Reset)
	newDay := p.opened && end.Sub(p.dayEnd) > halfDay
	p.dayEnd = end
	if newDay {
		p.purse.Spent, p.tails.Spent = 0, 0
	}
	if pages == 0 || p.opened && !newDay || o.Allowance.Requests == math.MaxInt {
		p.opened = p.opened || pages > 0
		return
	}
	zoomNow := a.zoomNow().UTC() // as the profile is kept over restarts
	left, since := float64(o.Allowance.Requests), zoomNow.Sub(p.profile.LastFullRefresh())
	switch {
	case newDay:
		// The day that was may have left everything old, and the new one's pace
		// would take an interval to catch up.
		p.purse.SetTokens(max(p.purse.Tokens(), min(look, opening*left)))
	case a.opts.SlowStart, since > -openEvery && since < openEvery:
		// Each of many short lives must not spend more than its time's share.
		p.purse.Unlimited = false
		p.purse.SetTokens(max(min(math.Floor(left/o.Allowance.Reset.Minutes()), look), min(1, left)))
	default:
		p.purse.SetTokens(min(look, opening*left))
		p.profile.RecordFullRefresh(zoomNow)
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
	return a.pacing.purse.Take()
}

func (a liveMoney) payBack() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pacing.purse.Return()
}

// tailMoney pays for the tail of one meeting.
type tailMoney struct {
	*Account
	tail *tail
}

func (m tailMoney) pay() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.pacing.tails.Take() {
		return false
	}
	m.tail.spent++
	return true
}

func (m tailMoney) payBack() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pacing.tails.Return()
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
func (a *Account) size(o *plan.Outlook, demand *plan.Demand) {
	s := o.Sizing()
	s.Assumed = a.opts.SlowStart
	level, fields := zap.InfoLevel, []zap.Field{zap.Duration("interval", s.Interval.Round(time.Second))}
	if s.Exhausted() {
		level, fields = zap.WarnLevel, nil
	}
	fields = append(fields, zap.Int("live_meetings", len(a.store.meetings)), zap.Int("live_pages", int(demand.Pages())),
		zap.Float64("demand_guessed_ratio", math.Round(s.Guessed*100)/100))
	if s.Requests < math.MaxInt {
		fields = append(fields, zap.Int("requests_left", s.Requests), zap.Bool("requests_left_assumed", s.Assumed),
			zap.Int("requests_for_lists", s.ListRequests), zap.Int("requests_for_tails", s.BackfillRequests),
			zap.Int("requests_for_once_a_minute", s.NeededRequests))
	}
	a.log.Log(level, s.Message(), fields...)
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
