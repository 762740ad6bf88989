package budget

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// life is a fixture whose budget keeps a journal on paper.
func life(start zoomtime.Time, limits Limits, reserve float64) (*fixture, *paper) {
	f, p := newFixture(start, limits, reserve), &paper{}
	f.Budget = New(Options{Limits: limits, Reserve: reserve, Clock: f.clock, Jitter: func() float64 { return 0 }, Journal: p})
	return f, p
}

// reborn restarts after a downtime, on a machine whose clock was set by step.
func (f *fixture) reborn(t *testing.T, p *paper, limits Limits, reserve float64, down, step time.Duration) {
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

func TestAGracefulRestartLosesNothing(t *testing.T) {
	f, p := life(at(0, 0, 0), business, 0.3)
	f.until(at(9, 0, 0))
	f.tellTime()
	f.spend(t, zoomapi.Heavy, 1000)
	f.spend(t, zoomapi.ResourceIntensive, 3)
	f.Observe(zoomapi.Heavy, f.daily(60_000, 60_000-1003-2000))
	f.end(t)
	before := f.pool(t, PerDay)
	f.reborn(t, p, business, 0.3, 0, 0)
	after := f.pool(t, PerDay)
	if before.Remaining != after.Remaining || before.Foreign != after.Foreign || after.Foreign != 2000 {
		t.Errorf("%+v, then %+v", before, after)
	}
	if got := f.pool(t, ResourceIntensivePerMinute).Remaining; got != 11 {
		t.Errorf("%d lists may be asked at once, want 11", got)
	}
}

func TestACrashCostsABlock(t *testing.T) {
	f, p := life(at(0, 0, 0), business, 0.3)
	f.until(at(9, 0, 0))
	f.tellTime()
	f.spend(t, zoomapi.Heavy, 1)
	want, _ := f.Left(zoomapi.Heavy)
	saves := p.saves
	f.reborn(t, p, business, 0.3, 0, 0)
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

// A restart on a machine whose clock claims the next day has today's money only
// until Zoom has told the time.
func TestANewDayIsBelievedOfZoomAlone(t *testing.T) {
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
			f, p := life(at(0, 0, 0), limits, 0)
			f.until(at(12, 0, 0))
			f.tellTime()
			f.drain(t, zoomapi.Heavy)
			f.end(t)
			f.reborn(t, p, limits, 0, tt.down, tt.step)
			err := f.Acquire(context.Background(), zoomapi.Heavy)
			var refused *Error
			if !errors.As(err, &refused) || !errors.Is(err, ErrExhausted) {
				t.Fatalf("before Zoom has told the time: %v", err)
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

// Zoom may never tell: then the day is over once it must be.
func TestADayEndsWithoutZoomsWord(t *testing.T) {
	limits := Limits{PerDay: 100}
	f, p := life(at(0, 0, 0), limits, 0)
	f.until(at(23, 0, 0))
	f.tellTime()
	f.drain(t, zoomapi.Heavy)
	f.end(t)
	f.reborn(t, p, limits, 0, 6*time.Hour, 0)
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

func TestTheClockSetBackOverARestart(t *testing.T) {
	limits := Limits{PerDay: 1000}
	f, p := life(at(0, 0, 0), limits, 0)
	f.until(at(24, 10, 0))
	f.tellTime()
	f.spend(t, zoomapi.Heavy, 600)
	f.end(t)
	f.reborn(t, p, limits, 0, 0, -12*time.Hour)
	left, reset := f.leftUntil(zoomapi.Heavy)
	if left > 400 || !reset.Equal(at(48, 0, 0)) {
		t.Errorf("left %d until %v, want at most 400 of the same day", left, reset)
	}
}

func TestDowntimeIsTakenAsSpentUntilAHeaderTells(t *testing.T) {
	limits := Limits{PerDay: 2400}
	f, p := life(at(0, 0, 0), limits, 0)
	f.until(at(6, 0, 0))
	f.tellTime()
	f.spend(t, zoomapi.Heavy, 100)
	f.end(t)
	f.reborn(t, p, limits, 0, 3*time.Hour, 0)
	f.tellTime()
	if left, _ := f.Left(zoomapi.Heavy); left != 2400-100-300 {
		t.Errorf("left %d, want 2000", left)
	}
	f.end(t)
	f.reborn(t, p, limits, 0, time.Hour, 0) // another start on the same day forgets nothing
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

func TestClosingsOutliveACrash(t *testing.T) {
	for _, tt := range []struct {
		name  string
		scope zoomapi.LimitScope
		pool  Pool
		down  time.Duration
		open  time.Duration // after the restart, once Zoom has told the time
	}{
		{"of the day", zoomapi.PerDay, PerDay, time.Minute, 9 * time.Hour},
		{"of the day, after hours", zoomapi.PerDay, PerDay, 8 * time.Hour, time.Hour + inDoubt},
		{"of the day, the next day", zoomapi.PerDay, PerDay, 10 * time.Hour, 0},
		{"of a minute", zoomapi.PerMinute, ResourceIntensivePerMinute, 0, time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, p := life(at(15, 0, 0), business, 0)
			f.tellTime()
			f.spend(t, zoomapi.ResourceIntensive, 1)
			f.Observe(zoomapi.ResourceIntensive, f.throttle(tt.scope))
			f.reborn(t, p, business, 0, tt.down, 0)
			if f.pool(t, tt.pool).ClosedUntil.IsZero() {
				t.Error("it is open before Zoom has told the time")
			}
			f.tellTime()
			got := f.pool(t, tt.pool).ClosedUntil
			if tt.open == 0 && !got.IsZero() || tt.open > 0 && !got.Equal(f.now().Add(tt.open)) {
				t.Errorf("closed until %v, %v from now; want %v", got, got.Sub(f.now()), tt.open)
			}
		})
	}
}

func TestTheSlowedRateOutlivesACrash(t *testing.T) {
	f, p := life(at(1, 0, 0), business, 0.3)
	f.spend(t, zoomapi.Heavy, 1)
	f.Observe(zoomapi.Heavy, f.throttle(zoomapi.PerSecond))
	f.reborn(t, p, business, 0.3, 10*time.Second, 0)
	f.clock.advance(5 * time.Second)
	if got := f.pool(t, HeavyPerSecond).Remaining; got != 10 {
		t.Errorf("%d a second, want 10", got)
	}
}

func TestACrashLoopKeepsTheMinute(t *testing.T) {
	f, p := life(at(12, 0, 0), business, 0)
	sent := 0
	for range 30 {
		for f.Acquire(f.clock.within(time.Millisecond), zoomapi.ResourceIntensive) == nil {
			sent++
		}
		f.reborn(t, p, business, 0, time.Second, 0)
	}
	if sent > 20 {
		t.Errorf("%d lists in half a minute", sent)
	}
}

func TestWhileTheJournalFailsSpendingIsThin(t *testing.T) {
	f, p := life(at(12, 0, 0), business, 0)
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
	f.reborn(t, p, business, 0, 0, 0)
	if got := f.pool(t, PerDay).Remaining; got > left {
		t.Errorf("a restart finds %d, and %d are left", got, left)
	}
}

func TestTheJournalIsTriedAgain(t *testing.T) {
	f, p := life(at(12, 0, 0), business, 0)
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

func TestAWaryStartSpendsAMinutesShare(t *testing.T) {
	f := newFixture(at(12, 0, 0), business, 0.3)
	f.Budget = New(Options{Limits: business, Reserve: 0.3, Clock: f.clock, Wary: true})
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

func TestSeveralWaitWhileOneRecordIsWritten(t *testing.T) {
	slow := slowPaper{entered: make(chan struct{}, 100), release: make(chan struct{})}
	// Not at any hour: just before midnight they would wait for the next day.
	b := New(Options{Limits: business, Journal: &slow, Clock: &fakeClock{wall: at(12, 0, 0).UTC()}})
	done := make(chan error, 8)
	for range cap(done) {
		go func() { done <- b.Acquire(context.Background(), zoomapi.Heavy) }()
	}
	<-slow.entered
	if len(b.Status()) != 3 { // who only looks is not held up
		t.Error("pools are missing")
	}
	b.Configure(business, 0) // nor is a reload
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

type slowPaper struct{ entered, release chan struct{} }

func (p *slowPaper) Save([]byte) error {
	p.entered <- struct{}{}
	<-p.release
	return nil
}

func TestWhatIsNoRecordIsRefused(t *testing.T) {
	f, p := life(at(12, 0, 0), business, 0.3)
	f.spend(t, zoomapi.Heavy, 3)
	good := string(p.record)
	for name, bad := range map[string]string{
		"nothing":         "",
		"half":            good[:len(good)/2],
		"another version": strings.Replace(good, `"version":1`, `"version":2`, 1),
		"a later field":   strings.Replace(good, `"version":1`, `"version":1,"new":2`, 1),
		"negative":        strings.Replace(good, `"own":`, `"own":-`, 1),
		"no time":         strings.Replace(good, `"at":"2026`, `"at":"0026`, 1),
	} {
		if _, err := Restore(Options{Limits: business, Clock: f.clock}, []byte(bad)); !errors.Is(err, ErrRecord) {
			t.Errorf("%s: %v, want ErrRecord", name, err)
		}
	}
}

// FuzzRestore: whatever is taken for a record neither panics nor gives more
// than a day's share.
func FuzzRestore(f *testing.F) {
	x, p := life(at(12, 0, 0), business, 0.3)
	for range 3 {
		_ = x.Acquire(context.Background(), zoomapi.Heavy)
	}
	f.Add(p.record)
	x.Observe(zoomapi.Heavy, x.throttle(zoomapi.PerDay))
	f.Add(p.record)
	f.Add([]byte(`{"version":1}`))
	f.Fuzz(func(t *testing.T, record []byte) {
		x := newFixture(at(12, 0, 0), business, 0.3)
		b, err := Restore(Options{Limits: business, Reserve: 0.3, Clock: x.clock, Journal: new(paper)}, record)
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
			if left, _ := x.Left(class); left < 0 || left > 42_000 {
				t.Fatalf("left %d", left)
			}
			_ = x.Acquire(x.clock.within(time.Minute), class)
		}
		for _, pool := range x.Status() {
			if pool.Remaining < 0 || pool.Foreign < 0 {
				t.Fatalf("%+v", pool)
			}
		}
		if err := x.Save(); err != nil {
			t.Fatal(err)
		}
	})
}

// What was sent under a clock that nobody has confirmed may have been today's.
func TestAClockThatWasAheadIsSetRightOverARestart(t *testing.T) {
	limits := Limits{PerDay: 2400}
	f, p := life(at(34, 0, 0), limits, 0) // while it is ten o'clock the day before
	f.spend(t, zoomapi.Heavy, 300)
	if err := f.Save(); err != nil {
		t.Fatal(err)
	}
	f.reborn(t, p, limits, 0, 0, -24*time.Hour)
	if left, reset := f.leftUntil(zoomapi.Heavy); left != 2400-1000-300 || !reset.Equal(at(24, 0, 0)) {
		t.Errorf("left %d until %v, want 1100 of the day before", left, reset)
	}
}
