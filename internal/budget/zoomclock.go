package budget

import (
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// zoomClock estimates Zoom's clock, which decides what day it is. It runs on the
// monotonic clock: the machine's wall clock is read once, at the start, so that
// setting it later cannot change the day.
type zoomClock struct {
	start zoomtime.Time // Zoom's time at elapsed time 0
	sure  bool          // a Date has confirmed or set it since the start
	// floor is the earliest that start can be, by what was sure before a restart;
	// zero if nothing was. The machine's clock may have been set to anything since.
	floor zoomtime.Time

	dissent time.Duration // how far the last disagreeing Dates are from this clock
	votes   int           // how many of them in a row agree with each other
}

const (
	// dateTolerance is the difference that one Date corrects by itself. It is below
	// the guard around midnight, so that a correction never moves an attempt into a
	// day that was not charged.
	dateTolerance = 30 * time.Second
	// dateVotes is how many Dates in a row must agree to move the clock further.
	dateVotes = 3
	// longestExchange is how long an answer may take for its Date to set the clock:
	// the time is uncertain by that much, and with what an attempt takes to reach
	// Zoom that must stay within the guard.
	longestExchange = 30 * time.Second
)

// The range of plausible Dates. It also keeps differences far within a Duration.
var (
	earliestDate = zoomtime.Of(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC))
	latestDate   = zoomtime.Of(time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC))
)

func (z *zoomClock) at(now time.Duration) zoomtime.Time { return z.start.Add(now) }

// likely returns Zoom's time for purposes that spend nothing: it believes two Dates
// that agree before the third and, while nothing is sure, a single one, which is
// better than the machine's clock.
func (z *zoomClock) likely(now time.Duration) zoomtime.Time {
	if z.votes >= dateVotes-1 || !z.sure && z.votes > 0 {
		return z.at(now).Add(z.dissent)
	}
	return z.at(now)
}

// dateResult is what an answer's Date did to the clock.
type dateResult int

const (
	dateAbsent   dateResult = iota
	dateAgrees              // within dateTolerance; the clock follows it
	dateVague               // possible, but the answer took too long to set the clock
	dateDoubtful            // disagrees and is alone so far: ignored
	dateMoved               // disagrees as those before it did: the clock jumped to it
)

// observe applies the Date of an answer to an attempt sent at sent. Zoom wrote it
// between then and now.
func (z *zoomClock) observe(now, sent time.Duration, date zoomtime.Time) dateResult {
	if date.IsZero() {
		return dateAbsent
	}
	if date.Before(earliestDate) || date.After(latestDate) {
		return dateDoubtful
	}
	off := z.off(now, sent, date)
	if now-sent > longestExchange {
		if off.Abs() > dateTolerance {
			return dateDoubtful
		}
		return dateVague
	}
	if off.Abs() <= dateTolerance {
		z.set(off)
		return dateAgrees
	}
	if z.votes == 0 || (off-z.dissent).Abs() > dateTolerance {
		z.votes = 0
	}
	z.votes++
	z.dissent = off
	if z.votes < dateVotes {
		return dateDoubtful
	}
	z.set(off)
	return dateMoved
}

func (z *zoomClock) set(off time.Duration) {
	z.start = z.start.Add(off)
	z.votes = 0
	z.sure = true
}

// least returns the earliest that Zoom's time can be; zero if that is unknown.
func (z *zoomClock) least(now time.Duration) zoomtime.Time {
	switch {
	case z.sure:
		// Dates leave it uncertain by that much; see longestExchange.
		return z.at(now).Add(-guard)
	case z.floor.IsZero():
		return zoomtime.Time{}
	}
	return z.floor.Add(now)
}

// off returns how far a Date is outside the time in which it can have been written.
func (z *zoomClock) off(now, sent time.Duration, date zoomtime.Time) time.Duration {
	const granularity = time.Second // a Date has whole seconds
	if early := z.at(sent).Add(-granularity); date.Before(early) {
		return date.Sub(early)
	}
	if late := z.at(now); date.After(late) {
		return date.Sub(late)
	}
	return 0
}

const (
	dayLength = 24 * time.Hour
	// guard is how close to midnight an attempt counts in both days: Zoom may receive
	// it a little earlier or later by its clock than assumed.
	guard = time.Minute
)

// dayOf returns the number of a UTC day since 1970.
func dayOf(t zoomtime.Time) int64 {
	seconds := t.Unix()
	day := seconds / 86_400
	if seconds%86_400 < 0 {
		day--
	}
	return day
}

func dayStart(day int64) zoomtime.Time { return zoomtime.Unix(day * 86_400) }

// daysAround are the first and last day that an attempt at t may fall into.
func daysAround(t zoomtime.Time) (first, last int64) {
	return dayOf(t.Add(-guard)), dayOf(t.Add(guard))
}

// days are those that an attempt may fall into: all from first to last and, if only
// the machine's clock says that time has passed since an earlier process, every
// earlier day that a ledger has, from doubted on. doubted ≤ first ≤ last.
type days struct{ doubted, first, last int64 }

// doubts reports whether a day counts only because the clock is not sure.
func (s days) doubts(number int64) bool { return number >= s.doubted && number < s.first }

func (z *zoomClock) days(now time.Duration) days {
	var d days
	d.first, d.last = daysAround(z.at(now))
	d.doubted = d.first
	if !z.sure && !z.floor.IsZero() {
		d.doubted = min(d.first, dayOf(z.floor.Add(now)))
	}
	return d
}
