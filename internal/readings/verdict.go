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

// streams is the number of pairs of media and direction.
const streams = 6

// streamOf numbers the pairs of media and direction from 0.
func streamOf(m qos.Media, d qos.Direction) int { return int(m)*2 + int(d) }

func mediaOf(stream int) (qos.Media, qos.Direction) {
	return qos.Media(stream / 2), qos.Direction(stream % 2)
}

// micro returns a figure in millionths. Zoom's finest figure is a hundredth of a
// percent, and sums of integers do not depend on their order.
func micro(v float64) uint64 { return uint64(math.Round(min(v, 1e6) * 1e6)) }

// choose returns for each media and direction the reading that counts: the
// client's, else a room connector's, else a web gateway's.
func choose(all []qos.Reading) (chosen [streams]*qos.Reading) {
	for i := range all {
		r := &all[i]
		if r.Stream.Media > qos.Share || r.Stream.Direction > qos.Received ||
			!qos.Measured(r.Latency) && !qos.Measured(r.Jitter) && !qos.Measured(r.Loss) {
			continue
		}
		slot := &chosen[streamOf(r.Stream.Media, r.Stream.Direction)]
		if *slot == nil || r.Stream.Via < (*slot).Stream.Via {
			*slot = r
		}
	}
	return chosen
}

// Streams is the number of pairs of media and direction.
const Streams = streams

// MediaOf returns the media and direction of a stream by its number.
func MediaOf(stream int) (qos.Media, qos.Direction) { return mediaOf(stream) }

// Choose returns by stream number the reading that counts of those of a minute; nil
// where there is none.
func Choose(all []qos.Reading) [Streams]*qos.Reading { return choose(all) }
