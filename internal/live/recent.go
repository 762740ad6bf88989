package live

import (
	"cmp"
	"slices"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
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
	quality [qos.Streams]qos.Quality
}

func minuteOf(at zoomtime.Time) int32 { return int32(at.Unix() / 60) }

// wants reports whether a minute is not among them yet and newer than the oldest that
// there is room for.
func (r *recent) wants(at zoomtime.Time) bool {
	minute := minuteOf(at)
	return minute > r[len(r)-1].minute && !slices.ContainsFunc(r[:], func(m recentMinute) bool { return m.minute == minute })
}

// add adds a minute that is not among them, if it is newer than the oldest.
func (r *recent) add(added recentMinute) {
	for i := range r {
		if added.minute > r[i].minute {
			r[i], added = added, r[i]
		}
	}
}

// rings are what is remembered of a participant's minutes: the newest with figures, and
// the newest in which they sent audio or video.
type rings struct{ recent, sent recent }

// add adds a minute to those that want it.
func (r *rings) add(m *qos.Minute, thresholds *qos.Thresholds) {
	added := recentMinute{minute: minuteOf(m.At)}
	figures, sends := false, false
	for stream, reading := range qos.Choose(m.Readings) {
		if reading == nil {
			continue
		}
		quality := thresholds.Quality(reading.Latency, reading.Jitter, reading.Loss)
		added.quality[stream] = quality
		figures = figures || quality != qos.QualityUnknown
		sends = sends || quality != qos.QualityUnknown && speaks(stream)
	}
	if figures && r.recent.wants(m.At) {
		r.recent.add(added)
	}
	if sends && r.sent.wants(m.At) {
		r.sent.add(added)
	}
}

// speaks reports whether a stream is audio or video that is sent.
func speaks(stream int) bool {
	media, direction := qos.MediaOf(stream)
	return direction == qos.Sent && media != qos.Share
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

// join returns what is so in either.
func join(a, b Media[bool]) Media[bool] {
	for media := range a {
		a[media] = a[media] || b[media]
	}
	return a
}

// sum counts the readings of minutes by medium and verdict.
func sum(minutes []recentMinute) (sums Media[Counts]) {
	for i := range minutes {
		for stream, quality := range minutes[i].quality {
			if quality != qos.QualityUnknown {
				media, _ := qos.MediaOf(stream)
				sums[media][quality-qos.Good]++
			}
		}
	}
	return sums
}

// newest returns the recent minutes of several rows of one person in order, without
// those beyond the newest five.
func newest(minutes []recentMinute) []recentMinute {
	slices.SortFunc(minutes, func(a, b recentMinute) int { return cmp.Compare(b.minute, a.minute) })
	distinct := 0
	for i := range minutes {
		if i == 0 || minutes[i].minute != minutes[i-1].minute {
			distinct++
		}
		if distinct > recentMinutes {
			return minutes[:i]
		}
	}
	return minutes
}

// degraded reports in which media somebody with these recent minutes, the newest
// first, is degraded.
func degraded(minutes []recentMinute, share float64) (in Media[bool]) {
	var spread Media[int]   // minutes with readings
	var latest Media[int32] // of them so far
	for i := range minutes {
		for stream, quality := range minutes[i].quality {
			media, _ := qos.MediaOf(stream)
			if quality != qos.QualityUnknown && latest[media] != minutes[i].minute {
				latest[media] = minutes[i].minute
				spread[media]++
			}
		}
	}
	for media, counts := range sum(minutes) {
		all := counts.all()
		in[media] = all >= degradedReadings && spread[media] >= degradedMinutes &&
			counts.reaches(qos.Poor, share)
	}
	return in
}

// seenIn reports for which media there are readings.
func seenIn(sums *Media[Counts]) (seen Media[bool]) {
	for media := range sums {
		seen[media] = sums[media].all() > 0
	}
	return seen
}

func (c *Counts) all() int { return c[0] + c[1] + c[2] + c[3] }

// reaches reports whether a share above 0 of the readings are of this quality or a
// worse one. It divides, as a product would be rounded away from what is configured.
func (c *Counts) reaches(q qos.Quality, share float64) bool {
	worse := 0
	for _, count := range c[q-qos.Good:] {
		worse += count
	}
	return worse > 0 && float64(worse)/float64(c.all()) >= share
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
			if quality != qos.QualityUnknown && speaks(stream) {
				counts[quality-qos.Good]++
			}
		}
	}
	for q := qos.Bad; q > qos.Good; q-- {
		if counts.reaches(q, share) {
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
