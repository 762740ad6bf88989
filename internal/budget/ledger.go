package budget

import (
	"iter"
	"math"
	"slices"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// ledger records the requests of UTC days, by Zoom's clock, against one limit. An
// attempt is charged to every day that it may fall into, so each day's charge is an
// upper bound, and what was charged is never taken back.
type ledger struct {
	pool       Pool
	configured int   // limit; 0 is none
	days       []day // at most keptDays, each number once
	cooldown   time.Duration
	throttled  uint64 // 429s

	entered uint64 // attempts ever entered
	// unconfirmed of them were entered since a Date last agreed on the day.
	unconfirmed uint64
}

// day is what a ledger has of one day.
type day struct {
	number   int64
	own      int  // attempts charged
	before   int  // used by anyone while nothing was entered; counts as own
	reported bool // a header has shown before; until then it is estimated
	foreign  int  // used by others since
	limit    int  // the lowest limit in the day's headers; 0 before the first

	// unknown is how long of the day, before the gap of this start, nothing was entered;
	// 0 once a header has shown what was used meanwhile.
	unknown time.Duration

	mark        uint64 // ledger.entered when an attempt was last charged here
	unconfirmed uint64 // of ledger.unconfirmed, those charged here
}

// keptDays bounds the days of a ledger. More than two are needed only when Zoom's
// Dates go astray and come back.
const keptDays = 6

// find returns a day; an empty one if the ledger has none of that number.
func (l *ledger) find(number int64) day {
	for _, d := range l.days {
		if d.number == number {
			return d
		}
	}
	return day{number: number}
}

// open returns a day to write to, and adds it if the ledger does not have it. The
// pointer is valid until the next call.
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

// enter charges one attempt to each day that it may fall into.
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

// daysOf yields the days of which each must have room for an attempt.
func (l *ledger) daysOf(span days) iter.Seq[int64] {
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

// confirm notes that a Date agreed with the assumed day.
func (l *ledger) confirm() {
	l.unconfirmed = 0
	for i := range l.days {
		l.days[i].unconfirmed = 0
	}
}

// chargeJump charges the days around at, to which the clock has just jumped, with the
// attempts that were charged to other days but may have fallen into these: going back
// to a day never makes its requests available again.
func (l *ledger) chargeJump(at zoomtime.Time) {
	first, last := daysAround(at)
	for n := first; n <= last; n++ {
		missed := l.missed(n)
		d := l.open(n)
		d.own += int(missed)
		d.mark = l.entered
		d.unconfirmed = l.unconfirmed
	}
}

// missed counts the attempts that were not charged to a day since that day, or the
// latest one before it, was last charged, or since a Date last agreed: the larger.
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

// applyHeader applies a daily header of the day of date. A value below 0 was not in
// the header.
func (l *ledger) applyHeader(date zoomtime.Time, g gap, limit, remaining int) {
	number := dayOf(date)
	// Just after midnight a header may still be about the day before.
	if date.Sub(dayStart(number)) < guard {
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
	if !d.reported && d.unknown+g.on(number) > 0 {
		d.reported, d.unknown = true, 0
		d.before += max(0, used-d.foreign)
		return
	}
	// Answers arrive in any order, and used lacks attempts under way: each answer is a
	// lower bound of what others have used.
	d.foreign = max(d.foreign, used)
}

// balance is how a day's limit is divided, in requests.
type balance struct{ limit, reserved, foreign, spendable int }

// balance returns a day's balance. For the time in which nothing was entered it
// assumes a proportional share as spent, until a header shows it. Without a limit,
// spendable is math.MaxInt.
func (l *ledger) balance(number int64, g gap, reserve float64) balance {
	d := l.find(number)
	b := balance{limit: lowest(l.configured, d.limit), foreign: d.foreign}
	if b.limit == 0 {
		b.spendable = math.MaxInt
		return b
	}
	b.reserved = int(math.Ceil(float64(b.limit)*reserve - epsilon))
	before := d.before
	if !d.reported {
		unknown := min(d.unknown+g.on(number), g.elapsed(number))
		before += int(math.Ceil(float64(b.limit-b.reserved) * float64(unknown) / float64(dayLength)))
	}
	b.spendable = max(0, b.limit-max(b.reserved, d.foreign)-before-d.own)
	return b
}

// gap is the time before this start in which nothing was entered, on Zoom's clock.
// from is zero if no earlier process is known.
type gap struct{ from, to zoomtime.Time }

// on returns how much of a day the gap takes.
func (g gap) on(number int64) time.Duration {
	from := dayStart(number)
	if g.from.IsZero() {
		// Days before the start's are unknown, and but for the guard around midnight
		// they do not matter.
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

// elapsed returns how much of a day was over at the start.
func (g gap) elapsed(number int64) time.Duration {
	return min(dayLength, max(0, g.to.Sub(dayStart(number))))
}
