package main

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// poolWords is a pool with its words, its configured limit and its setting.
type poolWords struct {
	pool       budget.Pool
	words      string
	configured int
	key        string
}

func poolsOf(l budget.Limits) []poolWords {
	return []poolWords{
		{budget.HeavyPerSecond, "heavy, a second", l.HeavyPerSecond, "heavy_per_second"},
		{budget.ResourceIntensivePerMinute, "resource-intensive, a minute", l.ResourceIntensivePerMinute, "resource_intensive_per_minute"},
		{budget.PerDay, "both together, a day", l.PerDay, "per_day"},
		{budget.HeavyPerDay, "heavy, a day", l.HeavyPerDay, "heavy_per_day"},
		{budget.ResourceIntensivePerDay, "resource-intensive, a day", l.ResourceIntensivePerDay, "resource_intensive_per_day"},
	}
}

// limits tells what Zoom grants, what of it the exporter may use, and how far
// that goes.
func (c *accountCheck) limits() {
	rows := [][]string{{"limit, in requests", "configured", "by Zoom's headers", "for the exporter"}}
	pools := poolsOf(c.account.RateLimits)
	for _, p := range pools {
		if usable, limited := c.usable(p.pool); limited {
			rows = append(rows, []string{p.words, orNone(p.configured), orNone(c.witness.told[p.pool].limit), grouped(usable)})
		}
	}
	if len(rows) == 1 {
		c.add(remark, "limits", "none are configured, and Zoom's headers tell of none")
	} else {
		c.table(rows, 1, 2, 3)
	}
	for _, p := range pools {
		if said, ok := c.witness.told[p.pool]; ok {
			c.compare(p, said)
		}
	}
	c.money()
	c.refresh()
}

// usable is what of a pool the exporter may use; false where it has no limit.
func (c *accountCheck) usable(pool budget.Pool) (int, bool) {
	for _, s := range c.ledger.Status() {
		if s.Pool == pool && s.Limit > 0 {
			return s.Limit - s.Reserved, true
		}
	}
	return 0, false
}

func orNone(n int) string {
	if n <= 0 {
		return "-"
	}
	return grouped(n)
}

// compare tells where the configuration and Zoom's own word differ.
func (c *accountCheck) compare(p poolWords, said header) {
	a := c.account
	switch {
	case p.configured == 0:
		c.add(remark, "lower limit", "Zoom grants %s %s, but no limit is configured: %s", grouped(said.limit), p.words, p.remedy(a.Plan, said.limit))
	case said.limit < p.configured:
		c.add(remark, "lower limit", "Zoom grants %s %s, but %s are configured: %s", grouped(said.limit), p.words, grouped(p.configured), p.remedy(a.Plan, said.limit))
	case said.limit > p.configured && a.RateLimits == a.Plan.Limits():
		c.add(remark, "higher limit", "Zoom grants %s %s, more than plan %s has: to use it %s", grouped(said.limit), p.words, a.Plan, p.remedy(a.Plan, said.limit))
	}
}

// planOf is the plan that has this limit; "" if none has.
func planOf(pool budget.Pool, limit int) budget.Plan {
	for _, plan := range []budget.Plan{budget.Business, budget.Pro, budget.Free} {
		for _, p := range poolsOf(plan.Limits()) {
			if p.pool == pool && p.configured == limit {
				return plan
			}
		}
	}
	return ""
}

// remedy is how to configure a limit, where plan is the present one.
func (p poolWords) remedy(plan budget.Plan, limit int) string {
	text := fmt.Sprintf("set limits.%s to %d", p.key, limit)
	if better := planOf(p.pool, limit); better != "" && better != plan {
		text = fmt.Sprintf("set plan (or ZOOM_PLAN) to %s, or %s", better, strings.TrimPrefix(text, "set "))
	}
	return text
}

// money tells what the day's money still allows.
func (c *accountCheck) money() {
	left, reset := c.ledger.Left(zoomapi.Heavy)
	if left == math.MaxInt {
		c.add(works, "left today", "any number of requests: there is no daily limit")
		return
	}
	source := "assumed from the time of day, as no header told"
	for _, pool := range dailyPools() {
		if said, ok := c.witness.told[pool]; ok && said.remaining >= 0 {
			source = fmt.Sprintf("Zoom says that %s of %s remain to all apps", grouped(said.remaining), grouped(said.limit))
		}
	}
	c.add(works, "left today", "%s until 00:00 UTC, in %s, so %s a minute; %s",
		counted(left, "request"), spoken(reset), perMinute(left, reset), source)
}

// dailyPools are those that heavy requests are paid from.
func dailyPools() []budget.Pool { return []budget.Pool{budget.PerDay, budget.HeavyPerDay} }

// perMinute writes a rate, with a decimal where it is small.
func perMinute(requests int, span time.Duration) string {
	rate := float64(requests) / max(1, span.Minutes())
	if rate < 10 {
		return fmt.Sprintf("%.1f", rate)
	}
	return grouped(int(rate))
}

// faster is what to do about a slow refresh.
func (c *accountCheck) faster() string {
	text := "collect less by include and exclude"
	for _, k := range c.kinds {
		if k.kind == zoomapi.Webinar && k.listPages > 0 {
			text += fmt.Sprintf(", do without webinars (%s now, and %s a day for their list)",
				counted(int(k.pages), "page"), counted(k.listPages*24*60, "request"))
		}
	}
	if c.account.Reserve > 0 {
		text += fmt.Sprintf(", lower the reserve of %.0f%% if no other app of the account needs it", c.account.Reserve*100)
	}
	return text + ", or take a larger plan or ask Zoom for higher limits"
}
