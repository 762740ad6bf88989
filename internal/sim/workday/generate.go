package workday

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// Generate makes a day like a company's: offices in three time zones, most
// meetings at full and half hours, fewer at lunch, a few people in most of them
// and many in some, and, on a day of 200 meetings or more, a town hall of 1,000.
// The same seed makes the same day.
func Generate(seed uint64, meetings int) []Meeting {
	random := rand.New(rand.NewPCG(seed, 0))
	day := make([]Meeting, 0, meetings)
	if meetings >= 200 {
		day = append(day, Meeting{Start: 14*3600 + math.Round(60*random.Float64()), Duration: 3600, Participants: 1000})
	}
	for len(day) < meetings {
		day = append(day, Meeting{
			Start:        start(random, office(random)),
			Duration:     duration(random),
			Participants: participants(random),
		})
	}
	slices.SortFunc(day, func(a, b Meeting) int { return cmp.Compare(a.Start, b.Start) })
	return day
}

// office draws an office and returns its offset from UTC in hours.
func office(random *rand.Rand) float64 {
	switch part := random.Float64(); {
	case part < 0.6:
		return 1 // Berlin
	case part < 0.85:
		return -5 // New York
	default:
		return 5.5 // Bengaluru
	}
}

// start draws the start of a meeting in seconds of the UTC day.
func start(random *rand.Rand, zone float64) float64 {
	for {
		// Around 13:00 local time, a little wider than the working day.
		local := 13 + 2.8*random.NormFloat64()
		if local > 11.75 && local < 13.25 && random.Float64() < 0.5 {
			continue // lunch
		}
		seconds := 3600 * (local - zone)
		switch part := random.Float64(); {
		case part < 0.55:
			seconds = 3600 * math.Round(seconds/3600)
		case part < 0.85:
			seconds = 1800 * math.Round(seconds/1800)
		}
		// Hosts are a little early or late.
		seconds = math.Round(seconds + 90*random.NormFloat64() + 45)
		return math.Mod(seconds+2*daySeconds, daySeconds)
	}
}

func duration(random *rand.Rand) float64 {
	usual := [...]float64{15, 25, 30, 30, 45, 55, 60, 60, 90}
	minutes := usual[random.IntN(len(usual))] * (1 + 0.15*random.NormFloat64())
	return math.Round(60 * max(minutes, 3))
}

// participants draws from a log-normal distribution with a median of 5 and a mean
// of 8.
func participants(random *rand.Rand) int {
	n := math.Round(5 * math.Exp(0.95*random.NormFloat64()))
	return int(min(max(n, 1), 500))
}
