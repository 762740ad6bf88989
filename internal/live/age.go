package live

import (
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

const (
	// minMaxAge and maxMaxAge bound the age at which an answer's figures leave.
	minMaxAge = 10 * time.Minute
	maxMaxAge = time.Hour
	// maxLag is how far an answer's newest minute may lie behind it.
	maxLag = 5 * time.Minute
)

// maxAge is how old an answer's figures may be and still be shown, at this refresh
// interval. While a pool is closed the interval is as long as it stays so.
func (s *State) maxAge(interval time.Duration) time.Duration {
	return min(max(s.settings.MaxAge, minMaxAge, 4*interval), maxMaxAge)
}

// listAge is how old a kind's live list may be and still tell who is live: as old
// as figures, or a little more than the interval of its walks.
func (s *State) listAge(kind zoomapi.Kind) time.Duration {
	every := s.lists[kind].every
	return max(s.maxAge(every/2), min(2*every, every+minMaxAge))
}

// Listed reports whether a kind's live list is recent enough to tell who is live.
func (s *State) Listed(kind zoomapi.Kind, now Now) bool {
	l := s.lists[kind]
	return s.settings.Collects(kind) && !l.complete.IsZero() && now.Time.Sub(l.complete) <= s.listAge(kind)
}
