package workday

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/plan"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// Options configure a run.
type Options struct {
	// Traces are one day of meetings each; the last one repeats.
	Traces [][]Meeting
	// Limit is Zoom's daily limit in requests; 0 is none. Reserve is the share of
	// it, from 0 to 1, that is left to other apps.
	Limit   int
	Reserve float64
	// Days is how many days to run, beginning with a Monday.
	Days int
	// Scrape is the time between scrapes.
	Scrape time.Duration
	// Zone is the account's configured time zone; nil is UTC.
	Zone *time.Location
	// History is which minutes live answers hold; "" is Newest.
	History History
	// Fault, if not nil, is asked at each request, with the seconds since the start
	// of the run, and fails it if it returns a reason.
	Fault func(at float64) zoomapi.Reason
	// Log is the poller's logger; nil discards.
	Log *zap.Logger
}

// Result is the outcome of a run.
type Result struct {
	Days []Day `json:"days"`
	// LostByReason is the participant-minutes that the exporter itself reports as
	// lost, over all days. It is an upper bound: the exporter cannot tell a minute
	// that it missed from one after the participant had left.
	LostByReason map[string]uint64 `json:"minutes_lost_by_reason"`
}

// Day is one day of a run. Times are in seconds, ages weighted by participants
// over all their live time.
type Day struct {
	Day int `json:"day"` // from 1, a Monday
	Outcome
	ListRequests int `json:"list_requests"`
	// TailRequests were backfills, successful or not.
	TailRequests int `json:"tail_requests"`
	Minutes
	// Reference is the mean age of the fluid optimum for the requests left after
	// lists and backfills.
	Reference float64 `json:"reference_seconds"`
	// Interval is the mean refresh interval that the exporter reported, over the
	// scrapes at which anything was live.
	Interval float64 `json:"interval_seconds"`
	// OldestIntervals is the highest age of a live meeting at a scrape, in
	// refresh intervals of that moment.
	OldestIntervals float64 `json:"oldest_intervals"`
	// Plain are the baselines on the same day.
	Plain Plain `json:"plain_policies"`
}

// Outcome is the outcome of a policy on one day.
type Outcome struct {
	Requests  int     `json:"requests_spent"`
	Throttled int     `json:"throttled"`
	MeanAge   float64 `json:"mean_age_seconds"`
	P95Age    float64 `json:"p95_age_seconds"`
	// Ratio is the mean age divided by the reference; 1 if nobody was live.
	Ratio float64 `json:"ratio"`
}

// Plain holds the outcomes of two baseline policies that do not plan.
type Plain struct {
	// EveryMinute asks for everything each minute until the requests are spent.
	EveryMinute Outcome `json:"every_minute"`
	// RoundRobin spends evenly over the day on one meeting after the other.
	RoundRobin Outcome `json:"even_round_robin"`
}

const (
	// holdTime is a little more than the time that a new label set is held at 0.
	holdTime = 3 * time.Minute
	// showEvery is the number of scrapes of which one renders a snapshot: rendering
	// is slow and not part of what is measured.
	showEvery = 60
)

// monday is the beginning of a run.
var monday = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// Run drives the poller through the days.
func Run(o Options) (Result, error) {
	switch o.History {
	case "", Newest, News, Whole:
	default:
		return Result{}, fmt.Errorf("live answers hold %q, %q or %q minutes, not %q", Newest, News, Whole, o.History)
	}
	if len(o.Traces) == 0 || o.Days < 1 || o.Scrape <= 0 || o.Limit < 0 || !(o.Reserve >= 0 && o.Reserve <= 1) {
		return Result{}, errors.New("a run needs a trace, a day or more, a scrape interval, a limit and a reserve of 0 to 1")
	}
	meetings := o.meetings()
	d := newDrive(&o, meetings)
	d.run()
	return d.result(), nil
}

// meetings are the meetings that begin on the days of the run, by start.
func (o *Options) meetings() []*attended {
	var all []*attended
	for day := range o.Days {
		for _, m := range o.Traces[min(day, len(o.Traces)-1)] {
			start := m.Start + float64(day)*daySeconds
			if start >= float64(o.Days)*daySeconds {
				continue
			}
			all = append(all, &attended{Meeting: m, start: start, end: start + m.Duration})
		}
	}
	slices.SortStableFunc(all, func(a, b *attended) int { return cmp.Compare(a.start, b.start) })
	return all
}

// drive is a run in progress.
type drive struct {
	*Options
	clock    *Clock
	zoom     *zoom
	opts     poll.Options
	account  *poll.Account
	log      *zap.Logger
	view     *readings.View // of the last snapshot
	counted  []int          // readings by the day of their meeting, as of view
	scrapes  int
	meetings []*attended
	told     []told
}

// told is what the exporter reported over a day.
type told struct {
	intervals, scrapes float64
	oldest             float64
}

func newDrive(o *Options, meetings []*attended) *drive { return newDriveWith(o, meetings, nil) }

// newDriveWith is newDrive with a change, if not nil, to the poller's options.
func newDriveWith(o *Options, meetings []*attended, change func(*poll.Options)) *drive {
	clk := NewClock(monday)
	limits := budget.Business.Limits()
	limits.PerDay = o.Limit
	limiter := budget.New(budget.Options{Limits: limits, Reserve: o.Reserve, Clock: clk, Jitter: func() float64 { return 0.5 }})
	z := newZoom(clk, limiter, limits, meetings, o.Days)
	z.fault, z.history = o.Fault, o.History
	log := o.Log
	if log == nil {
		log = zap.NewNop()
	}
	opts := poll.Options{
		Settings: live.Settings{
			Meetings: true,
			// Readings are counted by the day of their meeting.
			Converter: &qos.Converter{Privacy: qos.Privacy{Department: qos.Plain}},
			Readings:  readings.Config{Dimensions: []readings.Dimension{readings.Department}, HistogramDimensions: []readings.Dimension{}},
			Weights:   plan.DefaultWeights(),
		},
		Zoom: z, Budget: limiter, TimeZone: o.Zone,
		Workers: 1, // for determinism
	}
	if change != nil {
		change(&opts)
	}
	return &drive{
		Options: o, clock: clk, zoom: z, log: log, meetings: meetings, told: make([]told, o.Days), counted: make([]int, o.Days),
		opts: opts, account: poll.New("workday", opts, clk, log),
	}
}

func (d *drive) run() {
	end := monday.Add(time.Duration(d.Days) * daySeconds * time.Second)
	for at := monday; at.Before(end); at = at.Add(d.Scrape) {
		d.scrape(at)
	}
	d.runOn()
}

func (d *drive) scrape(at time.Time) {
	d.clock.Advance(at)
	d.look() // the ages just before the answers
	d.account.Poll(context.Background())
	d.look()
	if d.scrapes++; d.scrapes%showEvery == 0 {
		d.show()
	}
}

// show takes a snapshot and records its counts of readings. It keeps the highest,
// as label sets that are unused for a month are dropped.
func (d *drive) show() (s poll.Snapshot) {
	s = d.account.Snapshot()
	d.view = s.Readings
	for day := range d.counted {
		d.counted[day] = max(d.counted[day], countedUnder(d.view, department(day)))
	}
	return s
}

// runOn scrapes until the last meeting is over, its backfill is complete or given
// up, and everything counted is shown.
func (d *drive) runOn() {
	defer d.account.Close()
	for shown := 0; shown < d.showings(); {
		d.clock.Advance(d.clock.Now().Add(d.Scrape))
		d.account.Poll(context.Background())
		s := d.show()
		shown++
		if s.Backfills > 0 || len(d.zoom.live) > 0 {
			shown = 0
		}
	}
}

// showings is more scrapes than a new label set takes to show its count: the
// engine holds it at 0 for a while.
func (d *drive) showings() int {
	return 4 + int(holdTime/d.Scrape)
}

// look records the interval that the exporter reports and the age of the oldest
// figures.
func (d *drive) look() {
	at := d.zoom.at()
	day := int(at / daySeconds)
	if day >= d.Days || len(d.zoom.live) == 0 {
		return
	}
	interval := d.account.Interval().Seconds()
	t := &d.told[day]
	t.intervals += interval
	t.scrapes++
	for _, m := range d.zoom.live {
		base := m.start
		if n := len(m.answers); n > 0 {
			base = m.answers[n-1]
		}
		if at < m.end {
			t.oldest = max(t.oldest, (at-base)/interval)
		}
	}
}

func (d *drive) result() Result {
	all := make([]ages, d.Days)
	for _, m := range d.meetings {
		enter(all, m, m.answers)
	}
	requests := math.Floor(float64(d.Limit)*(1-d.Reserve) + 1e-9)
	if d.Limit == 0 {
		requests = math.Inf(1)
	}
	everySpent, everyAges := runPlain(d.Days, d.Scrape.Seconds(), requests, d.meetings, false, everything)
	robinSpent, robinAges := runPlain(d.Days, d.Scrape.Seconds(), requests, d.meetings, true, roundRobin())
	minutes := count(d.meetings, d.counted)
	r := Result{LostByReason: make(map[string]uint64)}
	for _, reason := range readings.Reasons() {
		r.LostByReason[reason.String()] = d.view.Lost[reason]
	}
	for day := range d.Days {
		counted := d.zoom.days[day]
		backfills := min(counted.of[forTails], onePass(d.meetings, day))
		best := reference(shares(d.meetings, day), requests-float64(counted.of[forLists]+backfills))
		r.Days = append(r.Days, Day{
			Day:             day + 1,
			Outcome:         outcome(counted.spent, counted.throttled, &all[day], best),
			ListRequests:    counted.of[forLists],
			TailRequests:    counted.of[forTails],
			Minutes:         minutes[day],
			Reference:       round(best),
			Interval:        round(d.told[day].intervals / max(1, d.told[day].scrapes)),
			OldestIntervals: round(d.told[day].oldest),
			Plain: Plain{
				EveryMinute: outcome(everySpent[day].spent, 0, &everyAges[day], best),
				RoundRobin:  outcome(robinSpent[day].spent, 0, &robinAges[day], best),
			},
		})
	}
	return r
}

func outcome(spent, throttled int, a *ages, best float64) Outcome {
	o := Outcome{Requests: spent, Throttled: throttled, MeanAge: round(a.mean()), P95Age: a.quantile(0.95), Ratio: 1}
	if best > 0 {
		o.Ratio = round(a.mean() / best)
	}
	return o
}

// round rounds to three decimals.
func round(v float64) float64 { return math.Round(v*1000) / 1000 }
