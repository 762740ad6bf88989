package page

import (
	"math"
	"slices"
	"strings"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// pool is a budget pool's row.
type pool struct {
	Name  string
	Label string // the value of the label pool
	Bar   []segment
	Used  string
	Left  string
	Kept  string
	Limit string
	// Note is what is out of the ordinary, Warn that it keeps us from asking.
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
			// What is left is not told of a closed pool, nor then what is used.
			row.Bar = stack(float64(p.Limit), part{"closed", p.Limit - others}, part{"kept", others})
		} else {
			row.Used = count(used)
			row.Bar = stack(float64(p.Limit), part{"used", used}, part{"left", left}, part{"kept", others})
		}
	}
	reset := "whole again " + until(now, p.Reset)
	switch {
	case closed:
		row.Note, row.Warn = "closed by Zoom's 429 until "+clockTime(p.CooldownUntil.UTC())+", "+until(now, p.CooldownUntil), true
	case p.Limit > 0 && p.Remaining == 0 && p.Pool.Daily():
		row.Note, row.Warn = "used up, "+reset, true
	case p.Pool.Daily() && p.Reset.After(now):
		row.Note = reset
	case p.Pool == budget.HeavyPerSecond && p.Limit > 0 && p.Reserved <= (p.Limit+1)/2:
		row.Note = "half is left free whatever the reserve, as requests bunch on their way"
	}
	if p.Foreign > 0 {
		row.Note = join(row.Note, "other apps have sent "+count(p.Foreign)+" at least")
	}
	if p.Throttled > 0 {
		row.Note = join(row.Note, plural(int(min(p.Throttled, math.MaxInt32)), "answer 429", "answers 429")+" so far")
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
