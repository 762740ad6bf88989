package poll

import (
	"cmp"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
)

const (
	// poorWord is the best of Zoom's words that makes a meeting worth more
	// requests.
	poorWord = qos.Poor
	// poorShare of the people with figures make a meeting a poor one: a single
	// bad line among many is not the meeting's.
	poorShare = 0.25
)

// thresholds are those that the readings are counted by.
func (o *Options) thresholds() qos.Thresholds {
	return cmp.Or(o.Readings.Thresholds, qos.DefaultThresholds())
}

// poor reports whether a meeting's own figures call for a closer look.
func poor(participants map[string]*qos.Participant, thresholds *qos.Thresholds) bool {
	people, suffering := 0, 0
	for _, p := range participants {
		if p.Newest == nil || len(p.Newest.Readings) == 0 {
			continue
		}
		people++
		for i := range p.Newest.Readings {
			f := &p.Newest.Readings[i].Figures
			if thresholds.Quality(f.Latency, f.Jitter, f.Loss) >= qos.Poor {
				suffering++
				break
			}
		}
	}
	return people > 0 && float64(suffering) >= poorShare*float64(people)
}
