package plan

import "time"

// Purse is the money handed out so far and not spent yet. It fills by the
// clock, so that what can be spent does not grow with the number of scrapes.
// Its zero value is empty and was never filled.
type Purse struct {
	// Requests may be sent now. It is negative where a meeting cost more than
	// it seemed to.
	Requests float64
	filledAt time.Time
}

// Fill adds a rate of requests a second for the time since the last call, up to
// most. The first call adds nothing, nor does a clock that went back.
func (p *Purse) Fill(now time.Time, rate, most float64) {
	if !p.filledAt.IsZero() {
		if since := now.Sub(p.filledAt).Seconds(); since > 0 {
			p.Requests += rate * since
		}
	}
	p.Requests = min(p.Requests, most)
	p.filledAt = now
}
