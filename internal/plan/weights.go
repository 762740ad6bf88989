package plan

// MaxWeight is the highest weight of a meeting; the least is 1.
const MaxWeight = 10

// Weights raise what meetings are worth: a meeting of weight 4 counts as if it
// had four times its people, so it is asked for twice as often. What is below 1
// raises nothing, and nothing is raised above MaxWeight.
type Weights struct {
	// Bad is for meetings whose quality is poor.
	Bad float64
	// Watched is for meetings that somebody wants to see closely.
	Watched float64
}

// DefaultWeights look at poor meetings 1.4 times as often as at others and at
// watched ones twice as often.
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
