package plan

// MaxWeight is the highest weight of a meeting; the lowest is 1.
const MaxWeight = 10

// Weights raise the worth of meetings: a meeting of weight 4 counts as if it had
// four times its people and is refreshed twice as often. Weights below 1 count as
// 1, weights above MaxWeight as MaxWeight.
type Weights struct {
	// Bad is for meetings of poor quality.
	Bad float64
	// Watched is for meetings that the configuration lists under watch.
	Watched float64
}

// DefaultWeights refresh poor meetings 1.4 times as often as others, and watched
// ones twice as often.
func DefaultWeights() Weights { return Weights{Bad: 2, Watched: 4} }

// Of is the weight of a meeting: the higher one where both apply.
func (w Weights) Of(bad, watched bool) float64 {
	weight := 1.0
	if bad {
		weight = max(weight, w.Bad)
	}
	if watched {
		weight = max(weight, w.Watched)
	}
	return min(weight, MaxWeight)
}
