package check

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// poolConfig is a pool, how the report calls it, its configured limit and the key
// that configures it.
type poolConfig struct {
	pool       budget.Pool
	name       string
	configured int
	key        string
}

func poolsOf(l budget.Limits) []poolConfig {
	return []poolConfig{
		{budget.HeavyPerSecond, "heavy requests per second", l.HeavyPerSecond, "heavy_per_second"},
		{budget.ResourceIntensivePerMinute, "resource-intensive requests per minute", l.ResourceIntensivePerMinute, "resource_intensive_per_minute"},
		{budget.PerDay, "requests per day", l.PerDay, "per_day"},
		{budget.HeavyPerDay, "heavy requests per day", l.HeavyPerDay, "heavy_per_day"},
		{budget.ResourceIntensivePerDay, "resource-intensive requests per day", l.ResourceIntensivePerDay, "resource_intensive_per_day"},
	}
}

// reportLimits reports what Zoom grants, and what of it the exporter may use.
func (c *accountCheck) reportLimits() {
	header := []string{"limit", "configured", "by Zoom's headers", "for the exporter"}
	rows := [][]string{header}
	pools := poolsOf(c.account.RateLimits)
	for _, p := range pools {
		if usable, limited := c.usable(p.pool); limited {
			row := []string{p.name, orNone(p.configured), orNone(c.recorder.headers[p.pool].limit), grouped(usable)}
			for i := 1; i < len(row); i++ {
				row[i] = fmt.Sprintf("%*s", len(header[i]), row[i]) // numbers are aligned to the right
			}
			rows = append(rows, row)
		}
	}
	if len(rows) == 1 {
		c.add(note, "limits", "none are configured, and Zoom's headers name none")
	} else {
		c.table(rows)
	}
	for _, p := range pools {
		if h, ok := c.recorder.headers[p.pool]; ok {
			c.compareLimits(p, h)
		}
	}
	c.reportLeft()
}

// usable is how much of a pool the exporter may use; false if the pool is unlimited.
func (c *accountCheck) usable(pool budget.Pool) (int, bool) {
	for _, s := range c.budget.Status() {
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

// compareLimits reports where the configuration and Zoom's headers differ.
func (c *accountCheck) compareLimits(p poolConfig, h header) {
	a := c.account
	switch {
	case p.configured == 0:
		c.add(note, "lower limit", "Zoom grants %s %s, but no limit is configured: %s", grouped(h.limit), p.name, p.remedy(a.Plan, h.limit))
	case h.limit < p.configured:
		c.add(note, "lower limit", "Zoom grants %s %s, but %s are configured: %s", grouped(h.limit), p.name, grouped(p.configured), p.remedy(a.Plan, h.limit))
	case h.limit > p.configured && a.RateLimits == a.Plan.Limits():
		c.add(note, "higher limit", "Zoom grants %s %s, more than plan %s has: to use them %s", grouped(h.limit), p.name, a.Plan, p.remedy(a.Plan, h.limit))
	}
}

// planOf is the plan with this limit; "" if there is none.
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

// remedy says how to configure a limit. plan is the current one.
func (p poolConfig) remedy(plan budget.Plan, limit int) string {
	text := fmt.Sprintf("set limits.%s to %d", p.key, limit)
	if better := planOf(p.pool, limit); better != "" && better != plan {
		text = fmt.Sprintf("set plan (or ZOOM_PLAN) to %s, or %s", better, strings.TrimPrefix(text, "set "))
	}
	return text
}

// reportLeft reports how many requests are left today.
func (c *accountCheck) reportLeft() {
	left, reset := c.budget.Left(zoomapi.Heavy)
	if left == math.MaxInt {
		c.add(passed, "left today", "unlimited requests: there is no daily limit")
		return
	}
	source := "estimated from the time of day, as no header says"
	for _, pool := range dailyPools() {
		if h, ok := c.recorder.headers[pool]; ok && h.remaining >= 0 {
			source = fmt.Sprintf("Zoom says that %s of %s remain to all apps", grouped(h.remaining), grouped(h.limit))
		}
	}
	c.add(passed, "left today", "%s until 00:00 UTC, which is in %s: %s a minute; %s",
		counted(left, "request"), spoken(reset), perMinute(left, reset), source)
}

// dailyPools are the pools of heavy requests.
func dailyPools() []budget.Pool { return []budget.Pool{budget.PerDay, budget.HeavyPerDay} }

// perMinute formats a rate, with a decimal if it is small.
func perMinute(requests int, span time.Duration) string {
	rate := float64(requests) / max(1, span.Minutes())
	if rate < 10 {
		return fmt.Sprintf("%.1f", rate)
	}
	return grouped(int(rate))
}

// faster says what to do about slow refreshes.
func (c *accountCheck) faster() string {
	text := "collect less by include and exclude"
	for _, k := range c.kinds {
		if k.kind == zoomapi.Webinar && k.listPages > 0 {
			text += fmt.Sprintf(", do without webinars (%s now, and %s a day for their list)",
				counted(int(math.Round(k.demand.Pages())), "page"), counted(k.listPages*24*60, "request"))
		}
	}
	if c.account.Reserve > 0 {
		text += fmt.Sprintf(", lower the reserve of %.0f%% if no other app of the account needs it", c.account.Reserve*100)
	}
	return text + ", or take a larger plan or ask Zoom for higher limits"
}
