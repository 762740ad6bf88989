package readings

import (
	"errors"
	"math"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
)

// Verdict says how good a reading or a session is, worse being greater.
type Verdict uint8

// The verdicts.
const (
	Good Verdict = iota
	Fair
	Poor
	Bad
	verdicts = 4
)

// String is the value of the label verdict.
func (v Verdict) String() string { return [...]string{"good", "fair", "poor", "bad"}[v] }

// Verdicts are all verdicts, the best first.
func Verdicts() []Verdict { return []Verdict{Good, Fair, Poor, Bad} }

// Threshold is the worst that a verdict allows.
type Threshold struct {
	Latency float64 // seconds
	Jitter  float64 // seconds
	Loss    float64 // average packet loss, 0 to 1
}

// Thresholds part the verdicts; what is beyond Poor is bad.
type Thresholds struct{ Good, Fair, Poor Threshold }

// DefaultThresholds are those in wide use for Zoom.
func DefaultThresholds() Thresholds {
	return Thresholds{
		Good: Threshold{Latency: 0.150, Jitter: 0.040, Loss: 0.02},
		Fair: Threshold{Latency: 0.300, Jitter: 0.060, Loss: 0.05},
		Poor: Threshold{Latency: 0.500, Jitter: 0.100, Loss: 0.10},
	}
}

// ErrThresholds is that thresholds are not positive or do not grow from good
// to poor.
var ErrThresholds = errors.New("thresholds must be positive and grow from good over fair to poor")

// Validate returns ErrThresholds where the thresholds cannot part verdicts.
func (t Thresholds) Validate() error {
	for _, f := range [...][3]float64{
		{t.Good.Latency, t.Fair.Latency, t.Poor.Latency},
		{t.Good.Jitter, t.Fair.Jitter, t.Poor.Jitter},
		{t.Good.Loss, t.Fair.Loss, t.Poor.Loss},
	} {
		// Written so that NaN is refused too.
		if !(0 < f[0] && f[0] <= f[1] && f[1] <= f[2] && !math.IsInf(f[2], 0)) {
			return ErrThresholds
		}
	}
	return nil
}

// Verdict is the worst of latency and jitter, in seconds, and loss, 0 to 1, as
// far as they are there. It reports false where none is.
func (t Thresholds) Verdict(latency, jitter, loss float64) (Verdict, bool) {
	worst, found := Good, false
	for _, f := range [...]struct{ value, good, fair, poor float64 }{
		{latency, t.Good.Latency, t.Fair.Latency, t.Poor.Latency},
		{jitter, t.Good.Jitter, t.Fair.Jitter, t.Poor.Jitter},
		{loss, t.Good.Loss, t.Fair.Loss, t.Poor.Loss},
	} {
		if !figure(f.value) {
			continue
		}
		found = true
		v := Bad
		switch {
		case f.value <= f.good:
			v = Good
		case f.value <= f.fair:
			v = Fair
		case f.value <= f.poor:
			v = Poor
		}
		worst = max(worst, v)
	}
	return worst, found
}

// figure reports whether v can be counted: not absent, not negative and finite.
func figure(v float64) bool { return v >= 0 && v <= math.MaxFloat64 }

// streams is the number of pairs of media and direction.
const streams = 6

// streamOf numbers the pairs of media and direction from 0.
func streamOf(m qos.Media, d qos.Direction) int { return int(m)*2 + int(d) }

func mediaOf(stream int) (qos.Media, qos.Direction) {
	return qos.Media(stream / 2), qos.Direction(stream % 2)
}

// micro is a figure in millionths: Zoom's finest figure is a hundredth of a
// percent, and sums of integers do not depend on their order.
func micro(v float64) uint64 { return uint64(math.Round(min(v, 1e6) * 1e6)) }

// choose picks of each media and direction the reading that counts: the
// client's, else a room connector's, else a web gateway's.
func choose(all []qos.Reading) (chosen [streams]*qos.Reading) {
	for i := range all {
		r := &all[i]
		if r.Stream.Media > qos.Share || r.Stream.Direction > qos.Received ||
			!figure(r.Latency) && !figure(r.Jitter) && !figure(r.Loss) {
			continue
		}
		slot := &chosen[streamOf(r.Stream.Media, r.Stream.Direction)]
		if *slot == nil || r.Stream.Via < (*slot).Stream.Via {
			*slot = r
		}
	}
	return chosen
}
