package budget

import (
	"math"
	"slices"
	"time"
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
	before  int  // used before we started, by whomever: taken as ours
	told    bool // a header has said so; until then before is assumed
	foreign int  // used by others since
	limit   int  // the lowest limit of the day's headers; 0 before the first

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
func (l *ledger) enter(at time.Time) {
	l.entered++
	l.unconfirmed++
	first, last := daysAround(at)
	for n := first; n <= last; n++ {
		d := l.open(n)
		d.own++
		d.mark = l.entered
		d.unconfirmed++
	}
}

// confirm notes that a Date agreed with the day we thought it was.
func (l *ledger) confirm() {
	l.unconfirmed = 0
	for i := range l.days {
		l.days[i].unconfirmed = 0
	}
}

// moved charges the days around at, where the clock has just jumped to, with
// the attempts that other days were charged with while they may have fallen
// into these: going back to a day never hands its money out again.
func (l *ledger) moved(at time.Time) {
	first, last := daysAround(at)
	for n := first; n <= last; n++ {
		missed := l.missed(n)
		d := l.open(n)
		d.own += int(missed)
		d.mark = l.entered
		d.unconfirmed = l.unconfirmed
	}
	l.confirm()
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

// header takes in a daily header of the day of said. began is when we started.
// A value below 0 is a header that was not there.
func (l *ledger) header(said, began time.Time, limit, remaining int) {
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
	used := limit - remaining - d.own
	if !d.told && dayOf(began) == number {
		d.told = true
		d.before = max(0, used)
		return
	}
	// Answers come unordered and attempts under way are not in used yet: each
	// answer tells the least that others have used.
	d.foreign = max(d.foreign, used-d.before)
}

// account is a day's money, all in requests.
type account struct{ limit, reserved, foreign, spendable int }

// account works out a day. began is when we started: what was used before that
// is assumed to be our share of the time that was over. Without a limit,
// spendable is math.MaxInt.
func (l *ledger) account(number int64, began time.Time, reserve float64) account {
	d := l.find(number)
	a := account{limit: lowest(l.configured, d.limit), foreign: d.foreign}
	if a.limit == 0 {
		a.spendable = math.MaxInt
		return a
	}
	a.reserved = int(math.Ceil(float64(a.limit)*reserve - epsilon))
	before := d.before
	if !d.told && dayOf(began) == number {
		over := float64(began.Sub(dayStart(number))) / float64(dayLength)
		before = int(math.Ceil(float64(a.limit-a.reserved) * over))
	}
	a.spendable = max(0, a.limit-max(a.reserved, d.foreign)-before-d.own)
	return a
}
