package budget

import (
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

func TestZoomClockFollowsDates(t *testing.T) {
	start := at(12, 0, 0)
	date := func(off time.Duration) zoomtime.Time { return start.Add(off) }
	for _, tt := range []struct {
		name  string
		now   time.Duration // of the answer; the attempt was sent at 0
		dates []zoomtime.Time
		want  dateResult
		off   time.Duration
	}{
		{"missing", 0, []zoomtime.Time{{}}, dateAbsent, 0},
		{"exact", 0, []zoomtime.Time{date(0)}, dateAgrees, 0},
		{"cut to the second", 0, []zoomtime.Time{date(-900 * time.Millisecond)}, dateAgrees, 0},
		{"written while the answer was on its way", 20 * time.Second, []zoomtime.Time{date(3 * time.Second)}, dateAgrees, 0},
		{"of an answer long under way", time.Hour, []zoomtime.Time{date(0)}, dateVague, 0},
		{"too old even for that", time.Hour, []zoomtime.Time{date(-time.Hour)}, dateDoubtful, 0},
		{"too new for that", time.Hour, []zoomtime.Time{date(2 * time.Hour), date(2 * time.Hour), date(2 * time.Hour)}, dateDoubtful, 0},
		{"a little ahead", 0, []zoomtime.Time{date(9 * time.Second)}, dateAgrees, 9 * time.Second},
		{"a little behind", 0, []zoomtime.Time{date(-10 * time.Second)}, dateAgrees, -9 * time.Second},
		{"an hour ahead, once", 0, []zoomtime.Time{date(time.Hour)}, dateDoubtful, 0},
		{"an hour ahead, twice", 0, []zoomtime.Time{date(time.Hour), date(time.Hour)}, dateDoubtful, 0},
		{"an hour ahead, thrice", 0, []zoomtime.Time{date(time.Hour), date(time.Hour), date(time.Hour)}, dateMoved, time.Hour},
		{"thrice with a contradiction", 0, []zoomtime.Time{date(time.Hour), date(0), date(time.Hour), date(time.Hour)}, dateDoubtful, 0},
		{"three that disagree among themselves", 0, []zoomtime.Time{date(time.Hour), date(2 * time.Hour), date(3 * time.Hour)}, dateDoubtful, 0},
		{"before there was Zoom", 0, []zoomtime.Time{zoomtime.Unix(0), zoomtime.Unix(0), zoomtime.Unix(0)}, dateDoubtful, 0},
		{"far in the future", 0, []zoomtime.Time{zoomtime.Of(at(0, 0, 0).UTC().AddDate(900, 0, 0))}, dateDoubtful, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			z := zoomClock{start: start}
			var got dateResult
			for _, d := range tt.dates {
				got = z.observe(tt.now, 0, d)
			}
			if off := z.start.Sub(start); got != tt.want || off != tt.off {
				t.Errorf("dateResult %d, moved by %v; want %d, %v", got, off, tt.want, tt.off)
			}
		})
	}
}

// Before Dates have agreed the newest of them is better than the machine's clock, and
// once they have no single one is believed.
func TestLikelyTime(t *testing.T) {
	f := newFixture(at(12, 0, 0), business, 0)
	tells := func(off, want time.Duration) {
		t.Helper()
		a := f.answer(200)
		a.Date = a.Date.Add(off)
		f.Observe("", a)
		if got := f.ZoomTime().Sub(f.now()); (got - want).Abs() > time.Second {
			t.Errorf("Zoom's clock seems %v ahead of the machine's, want %v", got, want)
		}
	}
	if got := f.ZoomTime(); !got.Equal(f.now()) {
		t.Errorf("before the first Date: %v, want %v", got, f.now())
	}
	tells(3*time.Hour, 3*time.Hour)
	tells(-20*time.Hour, -20*time.Hour)
	tells(-50*365*dayLength, -20*time.Hour)
	tells(24*time.Hour, 24*time.Hour)
	f.clock.stepWall(7 * time.Hour)
	tells(24*time.Hour, 24*time.Hour)
	tells(24*time.Hour, 24*time.Hour)
	tells(3*time.Hour, 24*time.Hour)
	tells(24*time.Hour, 24*time.Hour)
	tells(27*time.Hour, 24*time.Hour) // as after the machine has slept
	tells(27*time.Hour, 27*time.Hour)
}

func TestDaysAround(t *testing.T) {
	for _, tt := range []struct {
		at    zoomtime.Time
		first zoomtime.Time
		days  int64
	}{
		{at(12, 0, 0), at(0, 0, 0), 1},
		{at(23, 58, 59), at(0, 0, 0), 1},
		{at(23, 59, 0), at(0, 0, 0), 2},
		{at(24, 0, 59), at(0, 0, 0), 2},
		{at(24, 1, 0), at(24, 0, 0), 1},
		{zoomtime.Unix(-43_200), zoomtime.Unix(-86_400), 1},
	} {
		first, last := daysAround(tt.at)
		if !dayStart(first).Equal(tt.first) || last-first+1 != tt.days {
			t.Errorf("%v: from %v, %d days; want %v, %d", tt.at, dayStart(first), last-first+1, tt.first, tt.days)
		}
	}
}
