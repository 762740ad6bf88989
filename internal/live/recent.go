package live

import (
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

const (
	// recentMinutes is how many minutes of a participant's data are recent.
	recentMinutes = 5
	// minRecentAge is how old a recent minute may be, at least, by Zoom's clock.
	minRecentAge = recentMinutes * time.Minute
	// degradedReadings and degradedMinutes are how much of recent data it takes to
	// call somebody degraded in a medium.
	degradedReadings = 4
	degradedMinutes  = 3
)

// recent has the quality of a participant's streams in the newest minutes of their
// live answers, the newest minute first; a minute 0 is none. Past answers are never
// among them: what comes late must not look like a bad present.
type recent [recentMinutes]recentMinute

type recentMinute struct {
	minute  int32 // since 1970, by Zoom's clock
	quality [readings.Streams]qos.Quality
}

func minuteOf(at zoomtime.Time) int32 { return int32(at.Unix() / 60) }

func (r *recent) has(at zoomtime.Time) bool {
	for i := range r {
		if r[i].minute == minuteOf(at) {
			return true
		}
	}
	return false
}

// add adds a minute that it does not have, unless no stream has figures in it.
func (r *recent) add(m *qos.Minute, thresholds *qos.Thresholds) {
	added := recentMinute{minute: minuteOf(m.At)}
	for stream, reading := range readings.Choose(m.Readings) {
		if reading != nil {
			added.quality[stream] = thresholds.Quality(reading.Latency, reading.Jitter, reading.Loss)
		}
	}
	if added.quality == [readings.Streams]qos.Quality{} {
		return
	}
	for i := range r {
		if added.minute > r[i].minute {
			r[i], added = added, r[i]
		}
	}
}

// since returns the minutes that are not before cutoff.
func (r *recent) since(cutoff int32) []recentMinute {
	for i := range r {
		if r[i].minute < cutoff || r[i].minute == 0 {
			return r[:i]
		}
	}
	return r[:]
}

// Counts are readings by verdict.
type Counts [4]int

// Media holds a value for each medium, by qos.Media.
type Media[T any] [3]T

// sum counts the readings of minutes by medium and verdict.
func sum(minutes []recentMinute) (sums Media[Counts]) {
	for i := range minutes {
		for stream, quality := range minutes[i].quality {
			if quality != qos.QualityUnknown {
				media, _ := readings.MediaOf(stream)
				sums[media][quality-qos.Good]++
			}
		}
	}
	return sums
}

// degraded reports in which media somebody with these recent minutes is degraded.
func degraded(minutes []recentMinute, share float64) (in Media[bool]) {
	var spread Media[int]
	for i := range minutes {
		var given Media[bool]
		for stream, quality := range minutes[i].quality {
			media, _ := readings.MediaOf(stream)
			given[media] = given[media] || quality != qos.QualityUnknown
		}
		for media, given := range given {
			if given {
				spread[media]++
			}
		}
	}
	for media, counts := range sum(minutes) {
		all := counts.all()
		in[media] = all >= degradedReadings && spread[media] >= degradedMinutes &&
			float64(counts.worse(qos.Poor)) >= share*float64(all)
	}
	return in
}

func (c *Counts) all() int { return c[0] + c[1] + c[2] + c[3] }

// worse counts the readings of this quality or a worse one.
func (c *Counts) worse(q qos.Quality) (n int) {
	for _, count := range c[q-qos.Good:] {
		n += count
	}
	return n
}

// add adds other counts.
func (c *Counts) add(other *Counts) {
	for i, n := range other {
		c[i] += n
	}
}

// sentQuality returns the quality of the audio and video that somebody sent in these
// minutes: the worst that the share of their readings reaches which makes them
// degraded. It is QualityUnknown if they sent none.
func sentQuality(minutes []recentMinute, share float64) qos.Quality {
	var counts Counts
	for i := range minutes {
		for stream, quality := range minutes[i].quality {
			media, direction := readings.MediaOf(stream)
			if quality != qos.QualityUnknown && direction == qos.Sent && media != qos.Share {
				counts[quality-qos.Good]++
			}
		}
	}
	for q := qos.Bad; q > qos.Good; q-- {
		if n := counts.worse(q); n > 0 && float64(n) >= share*float64(counts.all()) {
			return q
		}
	}
	if counts.all() > 0 {
		return qos.Good
	}
	return qos.QualityUnknown
}

// recentAgeAt is how old, by Zoom's clock, a minute may be and still be recent at a
// refresh interval.
func recentAgeAt(interval time.Duration) time.Duration {
	return min(max(minRecentAge, 2*interval), maxMaxAge)
}
