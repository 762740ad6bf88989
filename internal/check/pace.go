package check

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/plan"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// slow is the refresh interval from which figures are about two minutes old or
// older; Zoom itself renews them once a minute.
const slow = 90 * time.Second

// pace is the refresh interval that the exporter's planner expects: for the rest
// of today, and over a whole day.
type pace struct {
	today, day plan.Sizing
	// bySecond is true if the limit per second is the reason for the day's
	// interval.
	bySecond bool
}

// reportPace reports how often live meetings will be refreshed.
func (c *accountCheck) reportPace() {
	var live plan.Demand
	participants := 0
	for _, k := range c.kinds {
		if k.list.err != nil {
			if k.list.purpose == &forWebinars {
				continue
			}
			c.add(skipped, "refresh", "requires the list of live %ss", k.kind)
			return
		}
		live.Join(&k.demand)
		live.Lists += float64(k.listPages)
		participants += int(k.participants)
	}
	profile := c.profile()
	profile.Observe(c.now, live)
	today, day := c.outlooks(profile, &live)
	pages := int(math.Round(live.Pages()))
	if pages == 0 && day.Forecast.Guessed() == 1 {
		c.add(skipped, "refresh", "unknown, as nothing is live and no earlier day is known; each refresh of a meeting takes a request for every 10 participants")
		return
	}
	c.pace = c.paceOf(&today, &day, &live)
	found := fmt.Sprintf("%s on %s: %s", counted(participants, "participant"), counted(pages, "page"), c.pace)
	if c.pace.age() == "" {
		c.add(passed, "refresh", "%s", found)
		return
	}
	c.add(note, "refresh", "%s", found)
	c.add(note, "faster", "%s", c.faster())
}

// profile is the demand that the exporter has learned.
func (c *accountCheck) profile() *plan.Profile {
	profile := plan.NewProfile(c.account.TimeZone)
	if c.storage == nil {
		return profile
	}
	record, err := c.storage.Profile(c.account).Load()
	if err == nil && len(record) > 0 {
		err = profile.UnmarshalBinary(record)
	}
	if err != nil {
		c.add(note, "refresh", "the demand that the exporter has learned cannot be read and is ignored: %v", err)
		return plan.NewProfile(c.account.TimeZone)
	}
	return profile
}

// outlooks are the plans for the rest of today and for a whole day.
func (c *accountCheck) outlooks(profile *plan.Profile, live *plan.Demand) (today, day plan.Outlook) {
	var left plan.Allowance
	left.Requests, left.Reset = c.budget.Left(zoomapi.Heavy)
	left.Lists, _ = c.budget.Left(zoomapi.ResourceIntensive)
	left.Reset = max(plan.MinReset, left.Reset)
	_, left.Shared = c.usable(budget.PerDay)
	today = profile.Outlook(c.now, live, left, plan.Usage{})

	left.Requests, left.Lists, left.Reset = c.wholeDay(budget.HeavyPerDay), c.wholeDay(budget.ResourceIntensivePerDay), 24*time.Hour
	return today, profile.Outlook(c.now, live, left, plan.Usage{})
}

// wholeDay is how many requests of a class a whole day has; own is the class's
// own daily pool.
func (c *accountCheck) wholeDay(own budget.Pool) int {
	requests := math.MaxInt
	for _, pool := range []budget.Pool{budget.PerDay, own} {
		if usable, limited := c.usable(pool); limited {
			requests = min(requests, usable)
		}
	}
	return requests
}

// paceOf applies the limit per second to the plans.
func (c *accountCheck) paceOf(today, day *plan.Outlook, live *plan.Demand) *pace {
	p := &pace{today: today.Sizing(), day: day.Sizing()}
	if perSecond, limited := c.usable(budget.HeavyPerSecond); limited {
		unthrottled := p.day.Interval
		p.today, p.day = p.today.Throttled(live, perSecond), p.day.Throttled(live, perSecond)
		p.bySecond = p.day.Interval > unthrottled
	}
	return p
}

// isGuess reports whether the plan has not seen most of a day.
func (p *pace) isGuess() bool { return p.day.Guessed > 0.5 }

func (p *pace) slowest() time.Duration { return max(p.today.Interval, p.day.Interval) }

// String is the text of a finding.
func (p *pace) String() string {
	today, day := spoken(rounded(p.today.Interval)), spoken(rounded(p.day.Interval))
	text := "about every " + today + " for the rest of the day"
	if p.today.Exhausted() {
		text = "not again today, as the day's requests are used up"
	}
	switch {
	case p.day.Exhausted():
		text += "; a whole day's requests are too few as well"
	case day != today:
		text += "; about every " + day + " over a whole day"
	}
	if p.isGuess() && p.slowest() >= slow {
		text += " (a guess until the exporter has seen a day)"
	}
	return text
}

// rounded drops digits that an estimate does not have.
func rounded(d time.Duration) time.Duration {
	switch {
	case d < 10*time.Minute:
		return d.Round(10 * time.Second)
	case d < 2*time.Hour:
		return d.Round(time.Minute)
	}
	return d.Round(time.Hour)
}

// age says how old figures will be; "" if they are about as new as Zoom's own.
func (p *pace) age() string {
	switch {
	case p == nil || p.slowest() < slow:
		return ""
	case p.day.Exhausted():
		return "almost never refreshed"
	}
	today, day := p.today.Interval, p.day.Interval
	var parts []string
	alike := 4*today >= 3*day && 4*day >= 3*today
	switch {
	case p.today.Exhausted():
		parts = append(parts, "missing until 00:00 UTC")
	case today >= slow && (day < slow || !alike):
		parts = append(parts, upTo(today)+" old until 00:00 UTC")
	}
	if day >= slow {
		when := "" // a whole day is about like the rest of this one
		switch {
		case today < slow && !alike:
			when = "from 00:00 UTC on"
		case len(parts) > 0:
			when = "then"
		}
		if when != "" && p.isGuess() {
			when += ", as a first guess,"
		}
		parts = append(parts, strings.TrimLeft(when+" "+upTo(day)+" old", " "))
	}
	return strings.Join(parts, ", and ")
}

// upTo says how old something gets that is renewed at this interval.
func upTo(d time.Duration) string {
	if d < 2*time.Hour {
		return fmt.Sprintf("up to about %d minutes", int(d.Round(time.Minute).Minutes()))
	}
	return fmt.Sprintf("up to about %d hours", int(d.Round(time.Hour).Hours()))
}

// reason says why figures are old.
func (p *pace) reason() string {
	if p.bySecond {
		return "the limit per second is too low to refresh every meeting once a minute"
	}
	return "the day's requests do not suffice to refresh every meeting once a minute"
}
