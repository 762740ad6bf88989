package poll

import (
	"math"
	"time"

	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/plan"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// bench/workday shows what other values of refreshShare and savedRefreshes come to:
// see docs/benchmarks.md.
const (
	// saveEvery is how often the demand profile is saved.
	saveEvery = 5 * time.Minute
	// refreshShare is the share of the day's allowance that a start may spend at once
	// on the live meetings, where the budget knows what was spent before it.
	refreshShare = 0.1
	// refreshEvery is how long after such a full refresh another start has none.
	refreshEvery = time.Hour
	// halfDay tells the next day's end from this day's, which moves by seconds.
	halfDay = 12 * time.Hour
	// savedRefreshes is how many full refreshes may be saved up.
	savedRefreshes = 3
)

// allowance is what the budget has left. The mutex is held.
func (a *Account) allowance() plan.Allowance {
	var left plan.Allowance
	left.Requests, left.Reset = a.opts.Budget.Left(zoomapi.Heavy)
	left.Lists, _ = a.opts.Budget.Left(zoomapi.ResourceIntensive)
	for _, pool := range a.opts.Budget.Status() {
		left.Shared = left.Shared || pool.Pool == budget.PerDay
	}
	left.Reset = max(plan.MinReset, left.Reset)
	return left
}

// demand is what is live now. The mutex is held.
func (a *Account) demand(now live.Now) plan.Demand {
	d := a.live.Demand(now, func(kind zoomapi.Kind) bool {
		return a.endpoints.paused(kind.QoS(), now.Time.Add(admission))
	})
	d.Lists = float64(a.listPages())
	return d
}

// listPages is what one walk over the live lists costs. The mutex is held.
func (a *Account) listPages() int {
	pages := 0
	for _, kind := range live.Kinds {
		if a.opts.Collects(kind) && !a.endpoints.paused(kind.List(), a.clock.Now()) {
			pages += a.live.ListPages(kind)
		}
	}
	return pages
}

// outlook forecasts the rest of the day. The mutex is held.
func (a *Account) outlook(now live.Now, demand *plan.Demand) plan.Outlook {
	_, waiting := a.live.Backfills()
	p := &a.pacing
	// The profile's days are Zoom's.
	return p.profile.Outlook(now.Zoom.UTC(), demand, a.allowance(), plan.Usage{
		Tokens: p.live.Tokens(), BackfillsWaiting: waiting, LiveSpent: p.live.Spent, BackfillsSpent: p.backfills.Spent,
	})
}

// interval is the refresh interval of what is live, as far as the day's allowance
// and the rate of requests allow. The mutex is held.
func (a *Account) interval(demand *plan.Demand, o *plan.Outlook) time.Duration {
	interval := o.Price.Interval(demand, o.Allowance.Reset)
	for _, pool := range a.opts.Budget.Status() {
		if pool.Pool == budget.HeavyPerSecond && pool.Limit > pool.Reserved {
			// A cycle admits for a little less than a minute.
			perMinute := float64(pool.Limit-pool.Reserved) * admission.Seconds()
			interval = max(interval, time.Duration(demand.Pages()/perMinute*float64(time.Minute)))
		}
	}
	return interval
}

// intervalNow is the refresh interval that the day's allowance permits now. The
// mutex is held.
func (a *Account) intervalNow(now live.Now) time.Duration {
	demand := a.demand(now)
	outlook := a.outlook(now, &demand)
	return a.interval(&demand, &outlook)
}

// pace has what is known age by the present refresh interval from now on. While nothing
// can be asked for the newest one before stays: where everybody hangs up, what was last
// heard of them is as old as it was.
func (a *Account) pace(now live.Now, demand *plan.Demand, interval time.Duration) {
	if demand.Pages() > 0 {
		a.live.Advance(now, interval)
	}
}

// Interval is the refresh interval that the day's allowance permits now.
func (a *Account) Interval() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.intervalNow(a.now())
}

// fillBuckets fills the buckets by the clock; all is what asking for everything that
// can be asked for costs. The mutex is held.
func (a *Account) fillBuckets(now live.Now, demand *plan.Demand, all float64, o *plan.Outlook) {
	p := &a.pacing
	pages := demand.Pages()
	rate := demand.Rate(o.Price)
	// What was not spent, as nobody scraped or Zoom was away, is worth a few full
	// refreshes; the rest goes back to the day.
	p.live.Fill(now.Time, rate, savedRefreshes*max(pages, all))
	p.live.Unlimited = rate*plan.MinInterval.Seconds() >= pages*(1-1e-9)
	_, n := a.live.Backfills()
	waiting := float64(n)
	p.backfills.Fill(now.Time, o.BackfillShare*(p.profile.BackfillRate(pages)+waiting/live.BackfillGrace.Seconds()), max(1, waiting))
	p.backfills.Unlimited = o.BackfillShare == 1
	end := now.Time.Add(o.Allowance.Reset)
	newDay := p.refreshed && end.Sub(p.dayEnd) > halfDay
	p.dayEnd = end
	if newDay {
		p.live.Spent, p.backfills.Spent = 0, 0
	}
	if pages > 0 && (newDay || !p.refreshed) && o.Allowance.Requests != math.MaxInt {
		a.grantRefresh(now, newDay, all, o)
	}
	p.refreshed = p.refreshed || pages > 0
}

// grantRefresh lets a new day, or a start, ask for everything at once. The mutex is
// held.
func (a *Account) grantRefresh(now live.Now, newDay bool, all float64, o *plan.Outlook) {
	p := &a.pacing
	zoomNow := now.Zoom.UTC() // as the profile is kept over restarts
	left, since := float64(o.Allowance.Requests), zoomNow.Sub(p.profile.LastFullRefresh())
	switch {
	case newDay:
		// The day before may have left everything old, and the new one's pace would take
		// an interval to catch up.
		p.live.SetTokens(max(p.live.Tokens(), min(all, refreshShare*left)))
	case a.opts.SlowStart, since > -refreshEvery && since < refreshEvery:
		// Each of many short lives must not spend more than its time's share.
		p.live.Unlimited = false
		p.live.SetTokens(max(min(math.Floor(left/o.Allowance.Reset.Minutes()), all), min(1, left)))
	default:
		p.live.SetTokens(min(all, refreshShare*left))
		p.profile.RecordFullRefresh(zoomNow)
		p.savedAt = time.Time{} // before it is spent
	}
}

// observeBackfill notes what backfills take. The mutex is held.
func (a *Account) observeBackfill() { a.pacing.profile.ObserveBackfill(1) }

// logSizing logs, once after a change, what the allowance is good for. The mutex is
// held.
func (a *Account) logSizing(o *plan.Outlook, demand *plan.Demand) {
	if a.pacing.sized || demand.Pages() == 0 {
		return
	}
	a.pacing.sized = true
	s := o.Sizing()
	s.Assumed = a.opts.SlowStart
	level, fields := zap.InfoLevel, []zap.Field{zap.Duration("interval", s.Interval.Round(time.Second))}
	if s.Exhausted() {
		level, fields = zap.WarnLevel, nil
	}
	fields = append(fields, zap.Int("live_meetings", a.live.Meetings()), zap.Int("live_pages", int(demand.Pages())),
		zap.Float64("demand_guessed_ratio", math.Round(s.Guessed*100)/100))
	if s.Requests < math.MaxInt {
		fields = append(fields, zap.Int("requests_left", s.Requests), zap.Bool("requests_left_assumed", s.Assumed),
			zap.Int("requests_for_lists", s.ListRequests), zap.Int("requests_for_backfills", s.BackfillRequests),
			zap.Int("requests_for_once_a_minute", s.NeededRequests))
	}
	a.log.Log(level, s.Message(), fields...)
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
		a.log.Warn("the demand profile could not be loaded; demand is learned anew", zap.Error(err))
	}
}

// saveProfileIfDue saves the profile every few minutes.
func (a *Account) saveProfileIfDue() {
	a.mu.Lock()
	due := a.opts.Profile != nil && a.clock.Now().Sub(a.pacing.savedAt) >= saveEvery
	a.mu.Unlock()
	if due {
		a.saveProfile()
	}
}

func (a *Account) saveProfile() {
	a.savingProfile.Lock()
	defer a.savingProfile.Unlock()
	a.mu.Lock()
	store := a.opts.Profile
	data, err := a.pacing.profile.MarshalBinary()
	a.pacing.savedAt = a.clock.Now()
	a.mu.Unlock()
	if store == nil {
		return
	}
	if err == nil {
		err = store.Save(data)
	}
	if err != nil {
		a.log.Warn("the demand profile could not be saved; a restart would lose it", zap.Error(err))
	}
}
