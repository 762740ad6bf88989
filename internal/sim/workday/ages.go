package workday

import "math"

// ages is the distribution of how old a day's figures were, weighted by
// participants, over all their live time.
type ages struct {
	area   float64 // participant-seconds × age
	weight float64 // participant-seconds
	// at holds the participant-seconds at each age, by whole seconds.
	at []float64
}

// add adds a stretch of time in which the figures of that many people aged from
// young to old, in seconds.
func (a *ages) add(people int, young, old float64) {
	if old <= young {
		return
	}
	n := float64(people)
	a.area += n * (old*old - young*young) / 2
	a.weight += n * (old - young)
	if need := int(math.Ceil(old)); need > len(a.at) {
		a.at = append(a.at, make([]float64, need-len(a.at))...)
	}
	for second := math.Floor(young); second < old; second++ {
		a.at[int(second)] += n * (min(second+1, old) - max(second, young))
	}
}

// mean is the mean age in seconds; 0 if nobody was live.
func (a *ages) mean() float64 {
	if a.weight == 0 {
		return 0
	}
	return a.area / a.weight
}

// quantile is the age, in whole seconds, below which the figures were for the
// share q of the time.
func (a *ages) quantile(q float64) float64 {
	sum := 0.0
	for second, n := range a.at {
		if sum += n; sum >= q*a.weight {
			return float64(second + 1)
		}
	}
	return 0
}

// enter adds a meeting's whole life to the days on which it was live. answers are
// the times of its complete answers, in order; before the first its figures are as
// old as the meeting.
func enter(days []ages, m *attended, answers []float64) {
	base, from := m.start, m.start
	for _, at := range append(answers[:len(answers):len(answers)], m.end) {
		for from < at {
			day := int(from / daySeconds)
			if day >= len(days) {
				return
			}
			to := min(at, float64(day+1)*daySeconds)
			days[day].add(m.Participants, from-base, to-base)
			from = to
		}
		base = at
	}
}
