package poll

import "github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"

// WeightOf is a live meeting's weight in the plan; 0 where there is no such
// meeting.
func (a *Account) WeightOf(uuid string) float64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, c := range a.live.Candidates(a.now(), func(zoomapi.Kind) bool { return false }, nil) {
		if c.Key == uuid {
			return c.Weight
		}
	}
	return 0
}
