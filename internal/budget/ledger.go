package budget

import (
	"iter"
	"math"
	"slices"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// ledger is a limit per UTC day of Zoom's clock.
type ledger struct {
	pool       Pool
	configured int
	days       []day
	closed     time.Duration // elapsed time; nothing is admitted before
	throttled  uint64

	entered uint64 // attempts ever entered
	// unconfirmed of them were entered since a Date last agreed on the day.
	unconfirmed uint64
}

// day is one day's account.
type day struct {
	number  int64
	own     int  // attempts entered
	before  int  // used while nothing was entered, by whomever: taken as ours
	told    bool // a header has said so; until then it is assumed
	foreign int  // used by others since
	limit   int  // the lowest limit of the day's headers; 0 before the first

	// unknown is how long of the day, before the gap of this start, nothing was
	// entered and no header has told since.
	unknown time.Duration

	mark        uint64 // ledger.entered when an attempt was last charged here
	unconfirmed uint64 // of ledger.unconfirmed, those charged here
}

// keptDays bounds the days held. More than two are needed only when Zoom's
// Dates go astray and come back.
const keptDays = 6

// find returns the account of a day, empty if there is none yet.
func (l *ledger) find(number int64) day {
	for _, d := range l.days {
		if d.number == number {
			return d
		}
	}
	return day{number: number}
}

// open returns the account of a day to write in. The pointer is good until the
// next call.
func (l *ledger) open(number int64) *day {
	for i := range l.days {
		if l.days[i].number == number {
			return &l.days[i]
		}
	}
	if len(l.days) >= keptDays {
		oldest := 0
		for i := range l.days {
			if l.days[i].mark < l.days[oldest].mark {
				oldest = i
			}
		}
		l.days = slices.Delete(l.days, oldest, oldest+1)
	}
	l.days = append(l.days, day{number: number, mark: l.entered})
	return &l.days[len(l.days)-1]
}

// enter charges one attempt to each day it may fall into.
func (l *ledger) enter(span days) {
	l.entered++
	l.unconfirmed++
	for n := span.first; n <= span.last; n++ {
		l.charge(l.open(n))
	}
	for i := range l.days {
		if span.doubts(l.days[i].number) {
			l.charge(&l.days[i])
		}
	}
}

// concerned are the days of which an attempt needs room in each.
func (l *ledger) concerned(span days) iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for n := span.first; n <= span.last; n++ {
			if !yield(n) {
				return
			}
		}
		for i := range l.days {
			if n := l.days[i].number; span.doubts(n) && !yield(n) {
				return
			}
		}
	}
}

func (l *ledger) charge(d *day) {
	d.own++
	d.mark = l.entered
	d.unconfirmed++
}

// doubts reports whether a known day counts only because the clock is not sure.
func (s days) doubts(number int64) bool { return number >= s.doubted && number < s.first }

// confirm notes that a Date agreed with the day we thought it was.
func (l *ledger) confirm() {
	l.unconfirmed = 0
	for i := range l.days {
		l.days[i].unconfirmed = 0
	}
}

// jumped charges the days around at, where the clock has just jumped to, with
// the attempts that other days were charged with while they may have fallen
// into these: going back to a day never hands its money out again.
func (l *ledger) jumped(at zoomtime.Time) {
	first, last := daysAround(at)
	for n := first; n <= last; n++ {
		missed := l.missed(n)
		d := l.open(n)
		d.own += int(missed)
		d.mark = l.entered
		d.unconfirmed = l.unconfirmed
	}
}

// missed counts the attempts not charged to a day since that, or the latest
// day before it, was last charged, or since a Date last agreed: the larger.
func (l *ledger) missed(number int64) uint64 {
	var nearest *day
	for i := range l.days {
		if d := &l.days[i]; d.number <= number && (nearest == nil || d.number > nearest.number) {
			nearest = d
		}
	}
	missed := l.unconfirmed - l.find(number).unconfirmed
	if nearest != nil {
		missed = max(missed, l.entered-nearest.mark)
	}
	return missed
}

// header takes in a daily header of the day of said. A value below 0 is a
// header that was not there.
func (l *ledger) header(said zoomtime.Time, g gap, limit, remaining int) {
	number := dayOf(said)
	// Just after midnight a header may still speak of the day before.
	if said.Sub(dayStart(number)) < guard {
		return
	}
	if limit < 0 {
		limit = lowest(l.configured, l.find(number).limit)
	}
	if limit <= 0 || remaining > limit {
		return
	}
	d := l.open(number)
	d.limit = lowest(d.limit, limit)
	if remaining < 0 {
		return
	}
	used := limit - remaining - d.own - d.before
	if !d.told && d.unknown+g.on(number) > 0 {
		d.told, d.unknown = true, 0
		d.before += max(0, used-d.foreign)
		return
	}
	// Answers come unordered and attempts under way are not in used yet: each
	// answer tells the least that others have used.
	d.foreign = max(d.foreign, used)
}

// account is a day's money, all in requests.
type account struct{ limit, reserved, foreign, spendable int }

// account works out a day. Of the time in which nothing was entered it assumes
// that as much was used as would be in proportion, until a header tells.
// Without a limit, spendable is math.MaxInt.
func (l *ledger) account(number int64, g gap, reserve float64) account {
	d := l.find(number)
	a := account{limit: lowest(l.configured, d.limit), foreign: d.foreign}
	if a.limit == 0 {
		a.spendable = math.MaxInt
		return a
	}
	a.reserved = int(math.Ceil(float64(a.limit)*reserve - epsilon))
	before := d.before
	if !d.told {
		unknown := min(d.unknown+g.on(number), g.over(number))
		before += int(math.Ceil(float64(a.limit-a.reserved) * float64(unknown) / float64(dayLength)))
	}
	a.spendable = max(0, a.limit-max(a.reserved, d.foreign)-before-d.own)
	return a
}

// gap is the time before this start in which nothing was entered, on Zoom's
// clock. A zero from is that of a start that knows nothing of others before.
type gap struct{ from, to zoomtime.Time }

// on is how much of a day the gap takes.
func (g gap) on(number int64) time.Duration {
	from := dayStart(number)
	if g.from.IsZero() {
		// Of days before its own it can't know anything, nor does it matter:
		// around midnight they are over but for the guard.
		if dayOf(g.to) != number {
			return 0
		}
	} else if g.from.After(from) {
		from = g.from
	}
	to := dayStart(number + 1)
	if g.to.Before(to) {
		to = g.to
	}
	return max(0, to.Sub(from))
}

// over is how much of a day was over at the start.
func (g gap) over(number int64) time.Duration {
	return min(dayLength, max(0, g.to.Sub(dayStart(number))))
}
