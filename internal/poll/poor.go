package poll

import "github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"

const (
	// poorWord is the best of Zoom's words that makes a meeting worth more
	// requests.
	poorWord = qos.Poor
	// poorShare of the people with figures make a meeting a poor one: a single
	// bad line among many is not the meeting's.
	poorShare = 0.25

	poorLatency = 0.3  // seconds
	poorJitter  = 0.06 // seconds
	poorLoss    = 0.05 // of 1
)

// poor reports whether a meeting's own figures call for a closer look.
func poor(participants map[string]*qos.Participant) bool {
	people, suffering := 0, 0
	for _, p := range participants {
		if p.Newest == nil || len(p.Newest.Readings) == 0 {
			continue
		}
		people++
		for i := range p.Newest.Readings {
			// A figure that is absent is greater than nothing.
			f := &p.Newest.Readings[i].Figures
			if f.Latency > poorLatency || f.Jitter > poorJitter || f.Loss > poorLoss {
				suffering++
				break
			}
		}
	}
	return people > 0 && float64(suffering) >= poorShare*float64(people)
}
