package page

import (
	"math"
	"slices"
	"strings"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// pool is the row of a budget pool.
type pool struct {
	Name  string
	Label string // value of the label pool
	Bar   []segment
	Used  string
	Left  string
	Kept  string
	Limit string
	// Note describes an exceptional state. Warn reports that it blocks requests.
	Note string
	Warn bool
}

func newPool(p *budget.PoolStatus, now zoomtime.Time) pool {
	row := pool{Name: poolName(p.Pool), Label: string(p.Pool), Used: "–", Left: "–", Kept: "–", Limit: "none"}
	closed := p.CooldownUntil.After(now)
	if p.Limit > 0 {
		others := min(p.Limit, max(p.Reserved, p.Foreign))
		left := max(0, min(p.Remaining, p.Limit-others))
		used := p.Limit - others - left
		row.Left, row.Kept, row.Limit = count(left), count(others), count(p.Limit)
		if closed {
			// The remaining requests of a pool in a cooldown are unknown.
			row.Bar = stack(float64(p.Limit), part{"closed", p.Limit - others}, part{"kept", others})
		} else {
			row.Used = count(used)
			row.Bar = stack(float64(p.Limit), part{"used", used}, part{"left", left}, part{"kept", others})
		}
	}
	reset := "resets " + until(now, p.Reset)
	switch {
	case closed:
		row.Note, row.Warn = "paused after a 429 from Zoom until "+clockTime(p.CooldownUntil.UTC())+", "+until(now, p.CooldownUntil), true
	case p.Limit > 0 && p.Remaining == 0 && p.Pool.Daily():
		row.Note, row.Warn = "used up, "+reset, true
	case p.Pool.Daily() && p.Reset.After(now):
		row.Note = reset
	case p.Pool == budget.HeavyPerSecond && p.Limit > 0 && p.Reserved <= (p.Limit+1)/2:
		row.Note = "at most half is used, regardless of the reserve, because requests can bunch up"
	}
	if p.Foreign > 0 {
		row.Note = join(row.Note, "other apps have sent at least "+count(p.Foreign))
	}
	if p.Throttled > 0 {
		row.Note = join(row.Note, plural(int(min(p.Throttled, math.MaxInt32)), "request", "requests")+" refused with 429 so far")
	}
	return row
}

func join(notes ...string) string {
	return strings.Join(slices.DeleteFunc(notes, func(s string) bool { return s == "" }), "; ")
}

func poolName(p budget.Pool) string {
	switch p {
	case budget.HeavyPerSecond:
		return "Heavy per second"
	case budget.ResourceIntensivePerMinute:
		return "Resource-intensive per minute"
	case budget.PerDay:
		return "All per day"
	case budget.HeavyPerDay:
		return "Heavy per day"
	case budget.ResourceIntensivePerDay:
		return "Resource-intensive per day"
	default:
		return string(p)
	}
}
