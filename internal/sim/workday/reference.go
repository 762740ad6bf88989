package workday

import "math"

// share is the part of a meeting's life on one day.
type share struct {
	people, pages, seconds float64
}

// shares are the parts of all meetings' lives on a day.
func shares(meetings []*attended, day int) []share {
	var all []share
	from, to := float64(day)*daySeconds, float64(day+1)*daySeconds
	for _, m := range meetings {
		if live := min(m.end, to) - max(m.start, from); live > 0 {
			all = append(all, share{float64(m.Participants), float64(m.pages()), live})
		}
	}
	return all
}

// onePass is the cost, in requests, of one walk over each meeting that ends on a
// day: the least that its backfills take.
func onePass(meetings []*attended, day int) (requests int) {
	for _, m := range meetings {
		if int(m.end/daySeconds) == day {
			requests += m.pages()
		}
	}
	return requests
}

// reference is the fluid optimum: the least mean age, in seconds, of meetings with
// refresh intervals T ≥ 60 s, whose figures are T ÷ 2 old on average, that cost no
// more than budget requests, pages × life ÷ T each. With no budget it is the mean
// age of figures that are never asked for.
func reference(all []share, budget float64) float64 {
	cost := func(c float64) (requests float64) {
		for _, s := range all {
			requests += s.pages * s.seconds / s.interval(c)
		}
		return requests
	}
	never := math.Inf(1)
	c := never
	if budget > 0 {
		low, high := 0.0, 60.0
		for cost(high) > budget {
			low, high = high, 2*high
		}
		for range 60 {
			if middle := (low + high) / 2; cost(middle) > budget {
				low = middle
			} else {
				high = middle
			}
		}
		c = high
	}
	area, weight := 0.0, 0.0
	for _, s := range all {
		interval := s.interval(c)
		if c == never {
			interval = s.seconds
		}
		area += s.people * s.seconds * interval / 2
		weight += s.people * s.seconds
	}
	if weight == 0 {
		return 0
	}
	return area / weight
}

// interval is the refresh interval at the price c; see plan.Price.
func (s share) interval(c float64) float64 { return max(60, c*math.Sqrt(s.pages/s.people)) }
