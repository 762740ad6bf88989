package budget

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// newWithJournal is a fixture whose budget has a journal.
func newWithJournal(start zoomtime.Time, limits Limits, reserve float64) (*fixture, *memoryJournal) {
	f, p := newFixture(start, limits, reserve), &memoryJournal{}
	f.Budget = New(Options{Limits: limits, Reserve: reserve, Clock: f.clock, Jitter: func() float64 { return 0 }, Journal: p})
	return f, p
}

// restart restarts after a downtime, on a machine whose clock was set by step.
func (f *fixture) restart(t *testing.T, p *memoryJournal, limits Limits, reserve float64, down, step time.Duration) {
	t.Helper()
	f.clock.advance(down)
	f.clock.stepWall(step)
	b, err := Restore(Options{Limits: limits, Reserve: reserve, Clock: f.clock, Jitter: func() float64 { return 0 }, Journal: p}, p.record)
	if err != nil {
		t.Fatal(err)
	}
	f.Budget = b
}

// end is an orderly one, after the last answer.
func (f *fixture) end(t *testing.T) {
	t.Helper()
	f.tellTime()
	if err := f.Save(); err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) tellTime() { f.Observe("", f.answer(200)) }

func TestGracefulRestartLosesNothing(t *testing.T) {
	f, p := newWithJournal(at(0, 0, 0), business, 0.3)
	f.until(at(9, 0, 0))
	f.tellTime()
	f.spend(t, zoomapi.Heavy, 1000)
	f.spend(t, zoomapi.ResourceIntensive, 3)
	f.Observe(zoomapi.Heavy, f.daily(60_000, 60_000-1003-2000))
	f.end(t)
	before := f.pool(t, PerDay)
	f.restart(t, p, business, 0.3, 0, 0)
	after := f.pool(t, PerDay)
	if before.Remaining != after.Remaining || before.Foreign != after.Foreign || after.Foreign != 2000 {
		t.Errorf("%+v, then %+v", before, after)
	}
	if got := f.pool(t, ResourceIntensivePerMinute).Remaining; got != 11 {
		t.Errorf("%d lists may be asked at once, want 11", got)
	}
}

func TestCrashCostsABlock(t *testing.T) {
	f, p := newWithJournal(at(0, 0, 0), business, 0.3)
	f.until(at(9, 0, 0))
	f.tellTime()
	f.spend(t, zoomapi.Heavy, 1)
	want, _ := f.Left(zoomapi.Heavy)
	saves := p.saves
	f.restart(t, p, business, 0.3, 0, 0)
	left, _ := f.Left(zoomapi.Heavy)
	if lost := want - left; lost < 1 || lost > 30+listBlock {
		t.Errorf("%d were lost, want at most a block", lost)
	}
	f.clock.advance(time.Minute)
	f.spend(t, zoomapi.Heavy, 600)
	if n := p.saves - saves; n < 20 || n > 25 {
		t.Errorf("%d records for 600 attempts, want about one for 30", n)
	}
}

// A restart on a machine whose clock claims the next day has today's requests only
// until Zoom has sent a Date.
func TestOnlyZoomBeginsANewDay(t *testing.T) {
	limits := Limits{PerDay: 1000}
	for _, tt := range []struct {
		name       string
		down, step time.Duration
		told       int
		reset      zoomtime.Time
	}{
		{"it is so", 24 * time.Hour, 0, 500, at(48, 0, 0)},
		{"the clock was set ahead", time.Hour, 24 * time.Hour, 0, at(24, 0, 0)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, p := newWithJournal(at(0, 0, 0), limits, 0)
			f.until(at(12, 0, 0))
			f.tellTime()
			f.drain(t, zoomapi.Heavy)
			f.end(t)
			f.restart(t, p, limits, 0, tt.down, tt.step)
			err := f.Acquire(context.Background(), zoomapi.Heavy)
			var refused *Error
			if !errors.As(err, &refused) || !errors.Is(err, ErrExhausted) {
				t.Fatalf("before a Date: %v", err)
			}
			for range dateVotes {
				f.tellTime()
			}
			left, reset := f.leftUntil(zoomapi.Heavy)
			if left != tt.told || !reset.Equal(tt.reset) {
				t.Errorf("left %d until %v, want %d until %v", left, reset, tt.told, tt.reset)
			}
		})
	}
}

// Zoom may never send a Date: then the day is over once it must be.
func TestDayEndsWithoutADate(t *testing.T) {
	limits := Limits{PerDay: 100}
	f, p := newWithJournal(at(0, 0, 0), limits, 0)
	f.until(at(23, 0, 0))
	f.tellTime()
	f.drain(t, zoomapi.Heavy)
	f.end(t)
	f.restart(t, p, limits, 0, 6*time.Hour, 0)
	var refused *Error
	if err := f.Acquire(context.Background(), zoomapi.Heavy); !errors.As(err, &refused) {
		t.Fatal(err)
	}
	f.clock.advance(refused.Until.Sub(f.now()))
	if err := f.Acquire(context.Background(), zoomapi.Heavy); err != nil {
		t.Errorf("at %v, which was named: %v", f.now(), err)
	}
	if after := f.now().Sub(at(29, 0, 0)); after > time.Hour+5*time.Minute {
		t.Errorf("it took %v of uptime, and an hour of the day was left", after)
	}
}

func TestClockSetBackBeforeARestart(t *testing.T) {
	limits := Limits{PerDay: 1000}
	f, p := newWithJournal(at(0, 0, 0), limits, 0)
	f.until(at(24, 10, 0))
	f.tellTime()
	f.spend(t, zoomapi.Heavy, 600)
	f.end(t)
	f.restart(t, p, limits, 0, 0, -12*time.Hour)
	left, reset := f.leftUntil(zoomapi.Heavy)
	if left > 400 || !reset.Equal(at(48, 0, 0)) {
		t.Errorf("left %d until %v, want at most 400 of the same day", left, reset)
	}
}

func TestDowntimeCountsAsSpentUntilAHeader(t *testing.T) {
	limits := Limits{PerDay: 2400}
	f, p := newWithJournal(at(0, 0, 0), limits, 0)
	f.until(at(6, 0, 0))
	f.tellTime()
	f.spend(t, zoomapi.Heavy, 100)
	f.end(t)
	f.restart(t, p, limits, 0, 3*time.Hour, 0)
	f.tellTime()
	if left, _ := f.Left(zoomapi.Heavy); left != 2400-100-300 {
		t.Errorf("left %d, want 2000", left)
	}
	f.end(t)
	f.restart(t, p, limits, 0, time.Hour, 0) // another start on the same day forgets nothing
	f.tellTime()
	if left, _ := f.Left(zoomapi.Heavy); left != 2400-100-400 {
		t.Errorf("left %d after another hour, want 1900", left)
	}
	f.Observe(zoomapi.Heavy, f.daily(2400, 2400-100-20))
	if left, _ := f.Left(zoomapi.Heavy); left != 2400-100-20 {
		t.Errorf("left %d after the header, want 2280", left)
	}
	f.Observe(zoomapi.Heavy, f.daily(2400, 2400-100-50))
	if p := f.pool(t, PerDay); p.Foreign != 30 {
		t.Errorf("foreign %d, want the 30 since", p.Foreign)
	}
}

func TestCooldownsOutliveACrash(t *testing.T) {
	for _, tt := range []struct {
		name  string
		scope zoomapi.LimitScope
		pool  Pool
		down  time.Duration
		open  time.Duration // after the restart, once Zoom has sent a Date
	}{
		{"of the day", zoomapi.PerDay, PerDay, time.Minute, 9 * time.Hour},
		{"of the day, after hours", zoomapi.PerDay, PerDay, 8 * time.Hour, time.Hour + downtimeDoubt},
		{"of the day, the next day", zoomapi.PerDay, PerDay, 10 * time.Hour, 0},
		{"of a minute", zoomapi.PerMinute, ResourceIntensivePerMinute, 0, time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, p := newWithJournal(at(15, 0, 0), business, 0)
			f.tellTime()
			f.spend(t, zoomapi.ResourceIntensive, 1)
			f.Observe(zoomapi.ResourceIntensive, f.throttle(tt.scope))
			f.restart(t, p, business, 0, tt.down, 0)
			if f.pool(t, tt.pool).CooldownUntil.IsZero() {
				t.Error("the cooldown is over before a Date")
			}
			f.tellTime()
			got := f.pool(t, tt.pool).CooldownUntil
			if tt.open == 0 && !got.IsZero() || tt.open > 0 && !got.Equal(f.now().Add(tt.open)) {
				t.Errorf("cooldown until %v, %v from now; want %v", got, got.Sub(f.now()), tt.open)
			}
		})
	}
}

func TestSlowedRateOutlivesACrash(t *testing.T) {
	f, p := newWithJournal(at(1, 0, 0), business, 0.3)
	f.spend(t, zoomapi.Heavy, 1)
	f.Observe(zoomapi.Heavy, f.throttle(zoomapi.PerSecond))
	f.restart(t, p, business, 0.3, 10*time.Second, 0)
	f.clock.advance(5 * time.Second)
	if got := f.pool(t, HeavyPerSecond).Remaining; got != 10 {
		t.Errorf("%d a second, want 10", got)
	}
}

func TestCrashLoopKeepsTheMinute(t *testing.T) {
	f, p := newWithJournal(at(12, 0, 0), business, 0)
	sent := 0
	for range 30 {
		for f.Acquire(f.clock.within(time.Millisecond), zoomapi.ResourceIntensive) == nil {
			sent++
		}
		f.restart(t, p, business, 0, time.Second, 0)
	}
	if sent > 20 {
		t.Errorf("%d lists in half a minute", sent)
	}
}

func TestConservativeWhileTheJournalFails(t *testing.T) {
	f, p := newWithJournal(at(12, 0, 0), business, 0)
	f.spend(t, zoomapi.Heavy, 10)
	p.broken = true
	start, n := f.clock.elapsed, 0
	for f.clock.elapsed-start < time.Hour {
		if f.Acquire(f.clock.within(time.Minute), zoomapi.Heavy) == nil {
			n++
		}
	}
	// 60,000 a day are 2,500 an hour; what was granted before is on top.
	if n < 2400 || n > 2600 {
		t.Errorf("%d in an hour, want about 2500", n)
	}
	left := f.pool(t, PerDay).Remaining
	f.restart(t, p, business, 0, 0, 0)
	if got := f.pool(t, PerDay).Remaining; got > left {
		t.Errorf("a restart finds %d, and %d are left", got, left)
	}
}

func TestJournalIsRetried(t *testing.T) {
	f, p := newWithJournal(at(12, 0, 0), business, 0)
	p.broken = true
	f.spend(t, zoomapi.Heavy, 5)
	p.broken = false
	f.clock.advance(journalRetry)
	f.spend(t, zoomapi.Heavy, 1)
	begun := f.clock.elapsed
	f.spend(t, zoomapi.Heavy, 19)
	if f.clock.elapsed != begun || p.saves == 0 {
		t.Errorf("with the journal back, 19 took %v; %d records", f.clock.elapsed-begun, p.saves)
	}
}

func TestConservativeStart(t *testing.T) {
	f := newFixture(at(12, 0, 0), business, 0.3)
	f.Budget = New(Options{Limits: business, Reserve: 0.3, Clock: f.clock, Conservative: true})
	n := 0
	for f.Acquire(f.clock.within(5*time.Second), zoomapi.Heavy) == nil {
		n++
	}
	if n != 30 { // 42,000 a day are 29.2 a minute
		t.Errorf("%d in the first minute, want 30", n)
	}
	err := f.Acquire(f.clock.within(5*time.Second), zoomapi.ResourceIntensive)
	var refused *Error
	if !errors.Is(err, ErrTooLate) || !errors.As(err, &refused) || !refused.Until.Equal(at(12, 1, 0)) {
		t.Errorf("%v, want ErrTooLate until the minute is over", err)
	}
	f.until(at(12, 1, 0))
	f.spend(t, zoomapi.Heavy, 100)
}

func TestWaitersShareOneRecord(t *testing.T) {
	slow := slowJournal{entered: make(chan struct{}, 100), release: make(chan struct{})}
	// Not at any hour: just before midnight they would wait for the next day.
	b := New(Options{Limits: business, Journal: &slow, Clock: &fakeClock{wall: at(12, 0, 0).UTC()}})
	done := make(chan error, 8)
	for range cap(done) {
		go func() { done <- b.Acquire(context.Background(), zoomapi.Heavy) }()
	}
	<-slow.entered
	if len(b.Status()) != 3 { // readers do not wait
		t.Error("pools are missing")
	}
	b.Configure(business, 0) // nor does a reload
	close(slow.release)
	for range cap(done) {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n := len(slow.entered); n != 0 {
		t.Errorf("%d more records were written for one block", n)
	}
}

type slowJournal struct{ entered, release chan struct{} }

func (p *slowJournal) Save([]byte) error {
	p.entered <- struct{}{}
	<-p.release
	return nil
}

// The names in a record are for ever: an upgrade must find what was spent.
func TestRestoreReadsEveryField(t *testing.T) {
	const saved = `{"version":1,"at":"2026-03-02T12:00:01Z","sure":true,"least":"2026-03-02T11:59:01Z",` +
		`"windows":[{"configured":2,"told":3,"sent":[-1000000000,0],"hold":1,"closed":1000000000,` +
		`"pace":{"part":0.5,"halved":-1,"changed":-2},"backoff":{"streak":1,"since":-1000000000}},{}],` +
		`"shared":{"entered":2,"unconfirmed":1,"closed":43199000000000,"days":[{"number":20514,"own":2,"before":398,` +
		`"foreign":3,"limit":2400,"unknown":4,"mark":2,"unconfirmed":1}]},"single":[{},{}]}`
	s, err := decode([]byte(saved), at(12, 0, 1).UTC())
	if err != nil {
		t.Fatal(err)
	}
	w := window{
		pool: HeavyPerSecond, span: time.Second, most: 0.5, configured: 2, reported: 3,
		sent: []time.Duration{-time.Second, 0}, carried: 2, hold: 1, cooldown: time.Second,
		pace: pace{slow: true, part: 0.5, halved: -1, changed: -2}, backoff: backoff{streak: 1, since: -time.Second},
	}
	if got := s.windows[heavy]; !reflect.DeepEqual(got, w) {
		t.Errorf("window %+v, want %+v", got, w)
	}
	l := ledger{pool: PerDay, cooldown: 43_199 * time.Second, entered: 2, unconfirmed: 1, days: []day{
		{number: 20514, own: 2, before: 398, foreign: 3, limit: 2400, unknown: 4, mark: 2, unconfirmed: 1},
	}}
	if !reflect.DeepEqual(s.shared, l) {
		t.Errorf("ledger %+v, want %+v", s.shared, l)
	}
	if !s.since.Equal(at(12, 0, 1)) || !s.zoom.floor.Equal(at(11, 59, 1)) {
		t.Errorf("since %v, floor %v", s.since, s.zoom.floor)
	}
}

func TestRestoreRefuses(t *testing.T) {
	f, p := newWithJournal(at(12, 0, 0), business, 0.3)
	f.spend(t, zoomapi.Heavy, 3)
	good := string(p.record)
	for name, bad := range map[string]string{
		"nothing":         "",
		"half":            good[:len(good)/2],
		"another version": strings.Replace(good, `"version":1`, `"version":2`, 1),
		"a later field":   strings.Replace(good, `"version":1`, `"version":1,"new":2`, 1),
		"no time":         strings.Replace(good, `"at":"2026`, `"at":"26`, 1),
		"too few queues":  strings.Replace(good, `"single":[`, `"single":[],"x":[`, 1),
	} {
		if _, err := Restore(Options{Limits: business, Clock: f.clock}, []byte(bad)); !errors.Is(err, ErrRecord) {
			t.Errorf("%s: %v, want ErrRecord", name, err)
		}
	}
}

// FuzzRestore: no record panics, whether it is decoded or refused. The store keeps
// damaged ones away.
func FuzzRestore(f *testing.F) {
	x, p := newWithJournal(at(12, 0, 0), business, 0.3)
	for range 3 {
		_ = x.Acquire(context.Background(), zoomapi.Heavy)
	}
	f.Add(p.record)
	x.Observe(zoomapi.Heavy, x.throttle(zoomapi.PerDay))
	f.Add(p.record)
	f.Add([]byte(`{"version":1}`))
	f.Fuzz(func(t *testing.T, record []byte) {
		x := newFixture(at(12, 0, 0), business, 0.3)
		b, err := Restore(Options{Limits: business, Reserve: 0.3, Clock: x.clock, Journal: new(memoryJournal)}, record)
		if err != nil {
			if !errors.Is(err, ErrRecord) {
				t.Fatalf("%v is no ErrRecord", err)
			}
			return
		}
		x.Budget = b
		x.tellTime()
		x.Observe(zoomapi.Heavy, x.daily(60_000, 30_000))
		for _, class := range []zoomapi.Class{zoomapi.Heavy, zoomapi.ResourceIntensive} {
			_ = x.Acquire(x.clock.within(time.Minute), class)
		}
		x.Status()
	})
}

// Attempts under a clock that no Date has confirmed may have been today's.
func TestClockAheadCorrectedBeforeARestart(t *testing.T) {
	limits := Limits{PerDay: 2400}
	f, p := newWithJournal(at(34, 0, 0), limits, 0) // while it is ten o'clock the day before
	f.spend(t, zoomapi.Heavy, 300)
	if err := f.Save(); err != nil {
		t.Fatal(err)
	}
	f.restart(t, p, limits, 0, 0, -24*time.Hour)
	if left, reset := f.leftUntil(zoomapi.Heavy); left != 2400-1000-300 || !reset.Equal(at(24, 0, 0)) {
		t.Errorf("left %d until %v, want 1100 of the day before", left, reset)
	}
}
