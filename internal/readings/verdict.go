package readings

import (
	"math"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
)

// Verdict is how good a reading or a session is: a qos.Quality as the index of
// counts. A greater one is worse.
type Verdict uint8

// The verdicts.
const (
	Good Verdict = iota
	Fair
	Poor
	Bad
	verdicts = 4
)

// String returns the value of the label verdict.
func (v Verdict) String() string { return (qos.Good + qos.Quality(v)).String() }

// Verdicts returns all verdicts, the best first.
func Verdicts() []Verdict { return []Verdict{Good, Fair, Poor, Bad} }

// verdict returns the verdict of the worst of latency and jitter, in seconds, and
// loss, 0 to 1. It ignores absent ones, and reports false if all are absent.
func (e *Engine) verdict(latency, jitter, loss float64) (v Verdict, ok bool) {
	quality := e.config.Thresholds.Quality(latency, jitter, loss)
	if quality == qos.QualityUnknown {
		return Good, false
	}
	return Verdict(quality - qos.Good), true
}

// micro returns a figure in millionths. Zoom's finest figure is a hundredth of a
// percent, and sums of integers do not depend on their order.
func micro(v float64) uint64 { return uint64(math.Round(min(v, 1e6) * 1e6)) }
