package plan

import "time"

// Bucket is a token bucket (https://en.wikipedia.org/wiki/Token_bucket): it
// fills by the clock, so that what may be sent does not grow with the number of
// scrapes, and each request takes a token.
//
// It differs from golang.org/x/time/rate in that the rate and the burst follow
// the demand and are given at each Fill, that a request that finds no token is
// not sent instead of waiting, and that a token can be returned.
//
// There are never fewer than 0 tokens nor more than the burst of the last Fill.
// The zero value is empty and was never filled. A Bucket is not safe for
// concurrent use.
type Bucket struct {
	// Unlimited lets Take succeed with less than a token, of which it then takes what
	// there is.
	Unlimited bool
	// Spent counts the requests taken and not returned.
	Spent int

	tokens, burst float64
	filledAt      time.Time
}

// Fill adds rate tokens a second for the time since the last call, up to burst.
// The first call adds nothing, nor does one whose clock was set back.
func (b *Bucket) Fill(now time.Time, rate, burst float64) {
	if !b.filledAt.IsZero() {
		b.tokens += rate * max(0, now.Sub(b.filledAt).Seconds())
	}
	b.filledAt, b.burst = now, max(0, burst)
	b.SetTokens(b.tokens)
}

// Tokens is how many tokens there are, in fractions as well.
func (b *Bucket) Tokens() float64 { return b.tokens }

// SetTokens replaces the tokens; the bounds apply.
func (b *Bucket) SetTokens(tokens float64) { b.tokens = min(max(0, tokens), b.burst) }

// CanTake reports whether Take would succeed.
func (b *Bucket) CanTake() bool { return b.Unlimited || b.tokens >= 1 }

// Take takes the token for one request, if there is one, and reports whether the
// request may be sent.
func (b *Bucket) Take() bool {
	if !b.CanTake() {
		return false
	}
	b.SetTokens(b.tokens - 1)
	b.Spent++
	return true
}

// Return undoes a Take whose request was not sent. While the bucket is unlimited
// it adds no token, as the request may have taken none.
func (b *Bucket) Return() {
	b.Spent--
	if !b.Unlimited {
		b.SetTokens(b.tokens + 1)
	}
}
