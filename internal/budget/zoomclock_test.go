package budget

import (
	"testing"
	"time"
)

func TestZoomClockFollowsDates(t *testing.T) {
	start := at(12, 0, 0)
	date := func(off time.Duration) time.Time { return start.Add(off) }
	for _, tt := range []struct {
		name  string
		now   time.Duration // of the answer; the attempt was sent at 0
		dates []time.Time
		want  verdict
		off   time.Duration
	}{
		{"missing", 0, []time.Time{{}}, dateAbsent, 0},
		{"exact", 0, []time.Time{date(0)}, dateAgrees, 0},
		{"cut to the second", 0, []time.Time{date(-900 * time.Millisecond)}, dateAgrees, 0},
		{"written while the answer was on its way", 20 * time.Second, []time.Time{date(3 * time.Second)}, dateAgrees, 0},
		{"of an answer long under way", time.Hour, []time.Time{date(0)}, dateVague, 0},
		{"too old even for that", time.Hour, []time.Time{date(-time.Hour)}, dateDoubtful, 0},
		{"too new for that", time.Hour, []time.Time{date(2 * time.Hour), date(2 * time.Hour), date(2 * time.Hour)}, dateDoubtful, 0},
		{"a little ahead", 0, []time.Time{date(9 * time.Second)}, dateAgrees, 9 * time.Second},
		{"a little behind", 0, []time.Time{date(-10 * time.Second)}, dateAgrees, -9 * time.Second},
		{"an hour ahead, once", 0, []time.Time{date(time.Hour)}, dateDoubtful, 0},
		{"an hour ahead, twice", 0, []time.Time{date(time.Hour), date(time.Hour)}, dateDoubtful, 0},
		{"an hour ahead, thrice", 0, []time.Time{date(time.Hour), date(time.Hour), date(time.Hour)}, dateMoved, time.Hour},
		{"thrice with a contradiction", 0, []time.Time{date(time.Hour), date(0), date(time.Hour), date(time.Hour)}, dateDoubtful, 0},
		{"three that disagree among themselves", 0, []time.Time{date(time.Hour), date(2 * time.Hour), date(3 * time.Hour)}, dateDoubtful, 0},
		{"before there was Zoom", 0, []time.Time{time.Unix(0, 0), time.Unix(0, 0), time.Unix(0, 0)}, dateDoubtful, 0},
		{"far in the future", 0, []time.Time{at(0, 0, 0).AddDate(900, 0, 0)}, dateDoubtful, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			z := zoomClock{start: start}
			var got verdict
			for _, d := range tt.dates {
				got = z.observe(tt.now, 0, d)
			}
			if off := z.start.Sub(start); got != tt.want || off != tt.off {
				t.Errorf("verdict %d, moved by %v; want %d, %v", got, off, tt.want, tt.off)
			}
		})
	}
}

func TestDaysAround(t *testing.T) {
	for _, tt := range []struct {
		at    time.Time
		first time.Time
		days  int64
	}{
		{at(12, 0, 0), at(0, 0, 0), 1},
		{at(23, 58, 59), at(0, 0, 0), 1},
		{at(23, 59, 0), at(0, 0, 0), 2},
		{at(24, 0, 59), at(0, 0, 0), 2},
		{at(24, 1, 0), at(24, 0, 0), 1},
		{time.Date(1969, 12, 31, 12, 0, 0, 0, time.UTC), time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC), 1},
	} {
		first, last := daysAround(tt.at)
		if !dayStart(first).Equal(tt.first) || last-first+1 != tt.days {
			t.Errorf("%v: from %v, %d days; want %v, %d", tt.at, dayStart(first), last-first+1, tt.first, tt.days)
		}
	}
}
