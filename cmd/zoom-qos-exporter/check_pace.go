package main

import (
	"fmt"
	"math"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/plan"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

const (
	// aged is the refresh interval from which figures are about two minutes old
	// or older; Zoom itself renews them once a minute.
	aged = 90 * time.Second
	// never is the interval that the plan gives where nothing can be spent.
	never = 24 * time.Hour
)

// pace is the refresh interval that the exporter's own plan expects: for the
// rest of today, and over a whole day.
type pace struct {
	today, day time.Duration
	// guessed is true while the plan has not seen most of a day.
	guessed bool
	// bySecond is true if the limit per second is what slows it down.
	bySecond bool
}

// refresh reports how often live meetings will be queried.
func (c *accountCheck) refresh() {
	var live plan.Demand
	participants, pages := 0, 0
	for _, k := range c.kinds {
		if k.list.err != nil {
			if k.optional {
				continue
			}
			c.add(skipped, "refresh", "it takes the list of live %ss", k.kind)
			return
		}
		live.Join(&k.demand)
		live.Lists += float64(k.listPages)
		participants += int(k.participants)
		pages += int(k.pages)
	}
	profile := c.profile()
	profile.Observe(c.now, live)
	today, day := c.outlooks(profile, &live)
	if pages == 0 && day.Forecast.Guessed() == 1 {
		c.add(skipped, "refresh", "unknown, as nothing is live and no earlier day is known; every 10 participants of a meeting take a request each time")
		return
	}
	c.pace = c.paceOf(&today, &day, pages)
	found := fmt.Sprintf("%s on %s: %s", counted(participants, "participant"), counted(pages, "page"), c.pace)
	if c.pace.age() == "" {
		c.add(works, "refresh", "%s", found)
		return
	}
	c.add(remark, "refresh", "%s", found)
	c.add(remark, "faster", "%s", c.faster())
}

// profile is the demand that the exporter has learned.
func (c *accountCheck) profile() *plan.Profile {
	profile := plan.NewProfile(c.account.TimeZone)
	if c.kept == nil {
		return profile
	}
	record, err := c.kept.demand(c.account).Load()
	if err == nil && len(record) > 0 {
		err = profile.UnmarshalBinary(record)
	}
	if err != nil {
		c.kept.log.Warn("learned demand could not be read", zap.String("account", c.account.Name), zap.Error(err))
		return plan.NewProfile(c.account.TimeZone)
	}
	return profile
}

// outlooks are the plans of the rest of today and of a whole day.
func (c *accountCheck) outlooks(profile *plan.Profile, live *plan.Demand) (today, day plan.Outlook) {
	var money plan.Allowance
	money.Requests, money.Reset = c.ledger.Left(zoomapi.Heavy)
	money.Lists, _ = c.ledger.Left(zoomapi.ResourceIntensive)
	money.Reset = max(plan.MinReset, money.Reset)
	_, money.Shared = c.usable(budget.PerDay)
	today = profile.Outlook(c.now, live, money, plan.Usage{})

	money.Requests, money.Lists, money.Reset = c.wholeDay(budget.HeavyPerDay), c.wholeDay(budget.ResourceIntensivePerDay), 24*time.Hour
	return today, profile.Outlook(c.now, live, money, plan.Usage{})
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
func (c *accountCheck) paceOf(today, day *plan.Outlook, pages int) *pace {
	p := &pace{today: today.Sizing().Interval, day: day.Sizing().Interval, guessed: day.Forecast.Guessed() > 0.5}
	if speed, limited := c.usable(budget.HeavyPerSecond); limited && speed > 0 {
		once := time.Duration(pages) * time.Second / time.Duration(speed)
		p.bySecond = once > p.day
		p.today, p.day = max(p.today, once), max(p.day, once)
	}
	return p
}

func (p *pace) worst() time.Duration { return max(p.today, p.day) }

// String is a line of the report.
func (p *pace) String() string {
	text := "about every " + spoken(rounded(p.today)) + " for the rest of the day"
	if p.today >= never {
		text = "not again today, as the day's requests are used up"
	}
	switch {
	case p.day >= never:
		text += "; a whole day's requests are too few as well"
	case spoken(rounded(p.day)) != spoken(rounded(p.today)):
		text += "; about every " + spoken(rounded(p.day)) + " over a whole day"
	}
	if p.guessed && p.worst() >= aged {
		text += " (a guess until the exporter has seen a day)"
	}
	return text
}

// rounded drops what an estimate cannot know.
func rounded(d time.Duration) time.Duration {
	switch {
	case d < 10*time.Minute:
		return d.Round(10 * time.Second)
	case d < 2*time.Hour:
		return d.Round(time.Minute)
	}
	return d.Round(time.Hour)
}

// age is how old figures will be, in plain words; "" if they are about as new
// as Zoom's own.
func (p *pace) age() string {
	switch {
	case p == nil || p.worst() < aged:
		return ""
	case p.day >= never:
		return "hardly ever new"
	}
	var parts []string
	alike := 4*p.today >= 3*p.day && 4*p.day >= 3*p.today
	switch {
	case p.today >= never:
		parts = append(parts, "missing until 00:00 UTC")
	case p.today >= aged && (p.day < aged || !alike):
		parts = append(parts, words(p.today)+" old until 00:00 UTC")
	}
	if p.day >= aged {
		when := "" // a whole day is about like the rest of this one
		switch {
		case p.today < aged && !alike:
			when = "from 00:00 UTC on"
		case len(parts) > 0:
			when = "then"
		}
		if when != "" && p.guessed {
			when += ", as a first guess,"
		}
		parts = append(parts, strings.TrimLeft(when+" "+words(p.day)+" old", " "))
	}
	return strings.Join(parts, ", and ")
}

// words is how old something gets that is renewed at this interval.
func words(d time.Duration) string {
	if d < 2*time.Hour {
		return fmt.Sprintf("up to about %d minutes", int(d.Round(time.Minute).Minutes()))
	}
	return fmt.Sprintf("up to about %d hours", int(d.Round(time.Hour).Hours()))
}

// reason is why figures are old.
func (p *pace) reason() string {
	if p.bySecond {
		return "the limit per second is too low to query every meeting once a minute"
	}
	return "the day's requests do not suffice to query every meeting once a minute"
}
