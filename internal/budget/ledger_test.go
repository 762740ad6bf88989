package budget

import (
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

func TestDailyHeaders(t *testing.T) {
	type header struct{ limit, remaining int }
	for _, tt := range []struct {
		name      string
		headers   []header
		foreign   int
		limit     int
		remaining int // limit 1,000, reserve 300, own 100
	}{
		{"none", nil, 0, 1000, 600},
		{"only ours", []header{{1000, 900}}, 0, 1000, 600},
		{"fewer than ours: some are under way", []header{{1000, 950}}, 0, 1000, 600},
		{"others within the reserve", []header{{1000, 700}}, 200, 1000, 600},
		{"others beyond the reserve", []header{{1000, 400}}, 500, 1000, 400},
		{"unordered", []header{{1000, 400}, {1000, 420}, {1000, 890}}, 500, 1000, 400},
		{"nothing remains", []header{{1000, 0}}, 900, 1000, 0},
		{"a lower limit", []header{{500, 400}}, 0, 500, 250},
		{"contradicting limits: the lower", []header{{500, 400}, {1000, 900}, {800, 700}}, 0, 500, 250},
		{"a higher limit", []header{{5000, 4700}}, 200, 1000, 600},
		{"absurd", []header{{0, 0}, {-5, -7}, {1000, 1001}, {10, 900}}, 0, 1000, 600},
		{"remaining alone", []header{{-1, 700}}, 200, 1000, 600},
		{"limit alone", []header{{500, -1}}, 0, 500, 250},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(at(0, 0, 0), Limits{PerDay: 1000}, 0.3)
			f.until(at(26, 0, 0)) // a day that was observed from its start
			f.spend(t, zoomapi.Heavy, 100)
			for _, h := range tt.headers {
				f.Observe(zoomapi.Heavy, f.daily(h.limit, h.remaining))
			}
			p := f.pool(t, PerDay)
			if p.Foreign != tt.foreign || p.Limit != tt.limit || p.Remaining != tt.remaining {
				t.Errorf("foreign %d, limit %d, remaining %d; want %d, %d, %d",
					p.Foreign, p.Limit, p.Remaining, tt.foreign, tt.limit, tt.remaining)
			}
			f.until(at(50, 0, 0))
			if p := f.pool(t, PerDay); p.Foreign != 0 || p.Limit != 1000 || p.Remaining != 700 {
				t.Errorf("the next day begins with %+v", p)
			}
		})
	}
}

func TestHeaderBelongsToItsDay(t *testing.T) {
	f := newFixture(at(0, 0, 0), Limits{PerDay: 1000}, 0)
	f.until(at(23, 58, 0))
	yesterdays := f.daily(1000, 10)
	f.until(at(24, 0, 5))
	f.Observe(zoomapi.Heavy, yesterdays)
	// Zoom's own counter may lag behind its Date.
	f.Observe(zoomapi.Heavy, f.daily(1000, 10))
	f.until(at(24, 1, 0))
	if p := f.pool(t, PerDay); p.Foreign != 0 || p.Remaining != 1000 {
		t.Errorf("yesterday's headers touch today: %+v", p)
	}

	// Without a Date it belongs to the assumed day.
	a := f.daily(1000, 900)
	a.Date = zoomtime.Time{}
	f.Observe(zoomapi.Heavy, a)
	if p := f.pool(t, PerDay); p.Foreign != 100 {
		t.Errorf("foreign %d, want 100", p.Foreign)
	}

	// A Date that nothing supports makes its header worthless.
	a = f.daily(1000, 5)
	a.Date = a.Date.Add(-3 * time.Hour)
	f.Observe(zoomapi.Heavy, a)
	if p := f.pool(t, PerDay); p.Foreign != 100 {
		t.Errorf("foreign %d, want 100", p.Foreign)
	}
}

func TestFirstHeaderReplacesTheEstimate(t *testing.T) {
	for _, tt := range []struct {
		name                 string
		remaining, then      int
		wantLeft, wantFinish int
	}{
		{"nothing was used", 999, 998, 699, 698},
		{"less than assumed", 900, 899, 600, 599},
		{"more than assumed", 400, 399, 100, 99},
		{"others go on within the reserve", 900, 700, 600, 599},
		{"others go on beyond it", 900, 500, 600, 500},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(at(12, 0, 0), Limits{PerDay: 1000}, 0.3)
			if left, _ := f.Left(zoomapi.Heavy); left != 350 {
				t.Fatalf("assumed %d left, want 350", left)
			}
			f.spend(t, zoomapi.Heavy, 1)
			f.Observe(zoomapi.Heavy, f.daily(1000, tt.remaining))
			if left, _ := f.Left(zoomapi.Heavy); left != tt.wantLeft {
				t.Errorf("left %d, want %d", left, tt.wantLeft)
			}
			f.spend(t, zoomapi.Heavy, 1)
			f.Observe(zoomapi.Heavy, f.daily(1000, tt.then))
			if left, _ := f.Left(zoomapi.Heavy); left != tt.wantFinish {
				t.Errorf("then left %d, want %d", left, tt.wantFinish)
			}
		})
	}
}

// A crash loop, where only Zoom's headers remember: each start that finds the
// share spent costs the one attempt whose header says so.
func TestRestartsDoNotRefillTheDay(t *testing.T) {
	const limit, share = 1000, 700
	sent, vain := 0, 0
	for start := at(6, 0, 0); start.Before(at(23, 0, 0)); start = start.Add(10 * time.Minute) {
		f := newFixture(start, Limits{PerDay: limit}, 0.3)
		if sent >= share {
			vain++
		}
		for range 30 {
			if f.Acquire(t.Context(), zoomapi.Heavy) != nil {
				break
			}
			sent++
			f.Observe(zoomapi.Heavy, f.daily(limit, limit-sent))
		}
	}
	if sent != share+vain || vain == 0 {
		t.Errorf("%d sent with %d starts after the end; want %d and one each", sent, vain, share)
	}
}

func TestUnlimitedPlanBelievesADailyHeader(t *testing.T) {
	f := newFixture(at(1, 0, 0), Limits{}, 0.3)
	f.Observe(zoomapi.Heavy, f.daily(100, 100))
	if left, _ := f.Left(zoomapi.Heavy); left != 70 {
		t.Errorf("left %d, want 70", left)
	}
}

func TestWrongMachineClockIsCorrectedWithItsCharges(t *testing.T) {
	for _, tt := range []struct {
		name string
		zoom zoomtime.Time
		off  time.Duration // the machine's error
		left int           // of 1,000 after 4 attempts
	}{
		{"ten hours behind", at(12, 0, 0), -10 * time.Hour, 496},
		{"a day ahead", at(12, 0, 0), 24 * time.Hour, 496},
		{"years behind", at(12, 0, 0), -56 * 365 * dayLength, 496},
		{"behind a midnight", at(25, 0, 0), -3 * time.Hour, 954},
		{"right", at(12, 0, 0), 0, 496},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(tt.zoom.Add(tt.off), Limits{PerDay: 1000}, 0)
			f.zoom = tt.zoom
			for range 4 {
				f.spend(t, zoomapi.Heavy, 1)
				f.Observe(zoomapi.Heavy, f.answer(200))
			}
			left, reset := f.leftUntil(zoomapi.Heavy)
			if want := dayStart(dayOf(tt.zoom) + 1); left > tt.left || left < tt.left-1 || !reset.Equal(want) {
				t.Errorf("left %d until %v, want %d (or 1 less, as Date is cut) until %v", left, reset, tt.left, want)
			}
		})
	}
}

func TestImplausibleDatesDoNotChangeTheDay(t *testing.T) {
	f := newFixture(at(0, 0, 0), Limits{PerDay: 1000}, 0)
	f.until(at(12, 0, 0))
	for i := range 50 {
		f.spend(t, zoomapi.Heavy, 1)
		a := f.answer(200)
		switch i % 5 {
		case 1, 3: // twice in a row is not enough
			a.Date = a.Date.Add(20 * time.Hour)
		case 2:
			a.Date = a.Date.Add(-30 * dayLength)
		case 4:
			a.Date = zoomtime.Of(time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC))
		}
		f.Observe(zoomapi.Heavy, a)
		if _, reset := f.leftUntil(zoomapi.Heavy); !reset.Equal(at(24, 0, 0)) {
			t.Fatalf("answer %d: the day ends at %v", i, reset)
		}
	}
	if left, _ := f.Left(zoomapi.Heavy); left != 950 {
		t.Errorf("left %d, want 950", left)
	}
}

func TestGoingBackToADayGrantsNothing(t *testing.T) {
	f := newFixture(at(0, 0, 0), Limits{PerDay: 1000}, 0)
	f.until(at(12, 0, 0))
	observe := func(n int, off time.Duration) {
		t.Helper()
		for range n {
			f.spend(t, zoomapi.Heavy, 10)
			a := f.answer(200)
			a.Date = a.Date.Add(off)
			f.Observe(zoomapi.Heavy, a)
		}
	}
	observe(10, 0)            // 100 today
	observe(13, dayLength)    // a proxy's clock is wrong for 130
	observe(13, -5*dayLength) // and elsewhere for 130
	observe(4, 0)             // and right again, after 40
	left, reset := f.leftUntil(zoomapi.Heavy)
	if want := 1000 - 100 - 130 - 130 - 40; !reset.Equal(at(24, 0, 0)) || left > want || left < want-10 {
		t.Errorf("left %d until %v, want %d", left, reset, want)
	}

	// The same over a midnight: the day it comes back to was never open.
	g := newFixture(at(0, 0, 0), Limits{PerDay: 1000}, 0)
	f = g
	f.until(at(22, 0, 0))
	observe(3, 0)
	observe(10, -5*dayLength)
	f.until(at(26, 0, 0))
	observe(20, -5*dayLength)
	observe(3, 0)
	if left, reset := f.leftUntil(zoomapi.Heavy); !reset.Equal(at(48, 0, 0)) || left > 1000-230 {
		t.Errorf("left %d until %v, want at most 770", left, reset)
	}
}

func TestLedgerHoldsFewDays(t *testing.T) {
	var l ledger
	for i := range 100 {
		first, last := daysAround(at(24*i, 0, 0))
		l.enter(days{doubted: first, first: first, last: last})
	}
	if len(l.days) > keptDays {
		t.Errorf("%d days are held", len(l.days))
	}
	if d := l.find(dayOf(at(24*99, 0, 0))); d.own != 1 {
		t.Errorf("the newest day has %d, want 1", d.own)
	}
}
