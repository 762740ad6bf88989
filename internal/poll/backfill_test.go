package poll_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/testbed"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// afternoon is an account whose answers hold the newest minute only, so that
// what is between two polls is told by the past alone.
type afternoon struct {
	*testing.T
	*testbed.Bed
	disk     *disk
	options  testbed.Options
	from     time.Time
	meetings []string
	asked    atomic.Int32 // pages of the past
	hook     testbed.Switch
}

func newAfternoon(t *testing.T, people int, change func(*testbed.Options)) *afternoon {
	a := &afternoon{T: t, disk: &disk{records: make(map[string][]byte)}}
	a.options.Sim = zoomsim.Options{
		Seed: 7, Fixed: true, Meetings: 1, Participants: float64(people),
		Moods: zoomsim.Moods{Plain: true, History: zoomsim.HistoryNewest},
	}
	if change != nil {
		change(&a.options)
	}
	a.options.Intercept = func(r *http.Request) (*http.Response, error) {
		if isPast(r) && testbed.IsQoS(r) {
			a.asked.Add(1)
		}
		return a.hook.Intercept(r)
	}
	a.begin(nil)
	a.from = time.Now()
	for _, kind := range []zoomapi.Kind{zoomapi.Meeting, zoomapi.Webinar} {
		for _, m := range a.Sim.Live(kind) {
			a.meetings = append(a.meetings, m.UUID)
		}
	}
	return a
}

func isPast(r *http.Request) bool { return r.URL.Query().Get("type") == "past" }

// begin starts a process, which takes over from one before.
func (a *afternoon) begin(before *testbed.Bed) {
	o := a.options
	o.Before = before
	inner := o.Poll
	o.Poll = func(opts *poll.Options) {
		opts.ReadingsStore = &process{disk: a.disk}
		if inner != nil {
			inner(opts)
		}
	}
	a.Bed = testbed.New(a.T, o)
}

func (a *afternoon) restart() {
	a.Close()
	a.begin(a.Bed)
}

// pass lets time pass, with a scrape every minute.
func (a *afternoon) pass(long time.Duration) {
	scrapes(a.Bed, time.Minute, long, nil)
}

func (a *afternoon) end() {
	a.Helper()
	for _, uuid := range a.meetings {
		if err := a.Sim.End(uuid); err != nil {
			a.Fatal(err)
		}
	}
}

// whole fails where something is lost, waits or differs from the truth.
func (a *afternoon) whole() {
	a.Helper()
	s := a.Snapshot()
	if s.Backfills != 0 || s.Readings.Lost != [4]uint64{} {
		a.Fatalf("%d backfills wait, %v lost; want none", s.Backfills, s.Readings.Lost)
	}
	if differs := testbed.Counted(s.Readings).Differs(testbed.Truth(a.T, a.Sim, a.from, a.meetings...)); differs != "" {
		a.Fatal(differs)
	}
}

// lacking fails where anything but why is lost, or not all that is not counted,
// or more than most.
func (a *afternoon) lacking(why readings.Reason, most uint64) {
	a.Helper()
	s := a.Snapshot()
	want := [4]uint64{}
	want[why] = s.Readings.Lost[why]
	truth := testbed.Truth(a.T, a.Sim, a.from, a.meetings...)
	if s.Backfills != 0 || s.Readings.Lost != want || want[why] == 0 || want[why] > most ||
		s.Readings.Minutes+want[why] < truth.Minutes || s.Readings.Minutes >= truth.Minutes {
		a.Fatalf("%d backfills wait, %d minutes counted and %v lost of %d; want as %v up to %d", s.Backfills, s.Readings.Minutes, s.Readings.Lost, truth.Minutes, why, most)
	}
}

func (a *afternoon) must(err error) {
	a.Helper()
	if err != nil {
		a.Fatal(err)
	}
}

func TestATailIsAskedForUntilItIsThere(t *testing.T) {
	for name, tt := range map[string]struct {
		delay  time.Duration
		within time.Duration
		asked  int32
		lost   bool
	}{
		"at once":            {-1, 8 * time.Minute, 1, false},
		"after ten minutes":  {10 * time.Minute, 18 * time.Minute, 2, false},
		"after half an hour": {30 * time.Minute, 38 * time.Minute, 3, false},
		"after an hour":      {time.Hour, 73 * time.Minute, 4, false},
		"at the last try":    {105 * time.Minute, 113 * time.Minute, 5, false},
		"never":              {5 * time.Hour, 125 * time.Minute, 5, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				testbed.Noon()
				a := newAfternoon(t, 8, func(o *testbed.Options) { o.Sim.PastDelay = tt.delay })
				a.pass(20 * time.Minute)
				time.Sleep(5 * time.Minute) // nobody scrapes
				a.end()
				a.pass(3 * time.Minute)
				if s := a.Snapshot(); s.Backfills != 1 || a.asked.Load() != 0 {
					t.Fatalf("%d backfills wait after %d requests, want one and none", s.Backfills, a.asked.Load())
				}
				a.pass(tt.within - 3*time.Minute)
				if tt.lost {
					a.lacking(readings.NoAnswer, 8*7)
				} else {
					a.whole()
				}
				a.pass(time.Hour)
				if asked := a.asked.Load(); asked != tt.asked {
					t.Errorf("%d requests, want %d", asked, tt.asked)
				}
			})
		})
	}
}

func TestBackfillsWithoutAllowance(t *testing.T) {
	// Pools of their own, so that the lists go on.
	pools := func(o *testbed.Options) {
		o.Limits = &budget.Limits{HeavyPerSecond: 10, ResourceIntensivePerMinute: 10, HeavyPerDay: 20_000, ResourceIntensivePerDay: 20_000}
		o.Sim.Limits = &zoomsim.Limits{}
	}
	spent := zoomsim.Fault{Kind: zoomsim.FaultPerDay, Endpoint: zoomapi.ListMeetingParticipantsQoS, Count: 1}
	t.Run("is lost", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			testbed.Noon()
			a := newAfternoon(t, 8, pools)
			a.pass(10 * time.Minute)
			a.must(a.Sim.SetFault(spent))
			a.pass(2 * time.Minute)
			a.end()
			a.pass(2*time.Hour + 5*time.Minute)
			a.lacking(readings.NoBudget, 8*5)
			if a.asked.Load() != 0 {
				t.Errorf("%d requests without allowance", a.asked.Load())
			}
		})
	})
	t.Run("comes with the next day", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			testbed.Midnight()
			time.Sleep(22*time.Hour + 50*time.Minute)
			a := newAfternoon(t, 8, pools)
			a.pass(10 * time.Minute)
			a.must(a.Sim.SetFault(spent))
			a.pass(2 * time.Minute)
			a.end()
			a.pass(50 * time.Minute)
			if s := a.Snapshot(); s.Backfills != 1 {
				t.Fatalf("%d backfills wait before midnight, want 1", s.Backfills)
			}
			a.pass(40 * time.Minute)
			a.whole()
		})
	})
}

func TestTailsSurvive(t *testing.T) {
	for name, happens := range map[string]func(a *afternoon){
		"a restart": func(a *afternoon) { a.restart() },
		"a crash":   func(a *afternoon) { a.begin(a.Bed) },
		"many restarts": func(a *afternoon) {
			for range 3 {
				a.restart()
				a.pass(4 * time.Minute)
			}
		},
		"a night off":                 func(a *afternoon) { a.Close(); time.Sleep(5 * time.Hour); a.begin(a.Bed) },
		"a long time without scrapes": func(*afternoon) { time.Sleep(4 * time.Hour) },
		"failures of Zoom": func(a *afternoon) {
			a.must(a.Sim.SetFault(zoomsim.Fault{Kind: zoomsim.FaultServer}))
			a.pass(50 * time.Minute)
			a.Sim.ClearFaults()
		},
		"a page token that is not good": func(a *afternoon) {
			once := false
			a.hook.Set(func(r *http.Request) (*http.Response, error) {
				if isPast(r) && !firstPage(r) && !once {
					once = true
					return testbed.Answer(400, nil, `{"code":300,"message":"The next page token is invalid or expired."}`), nil
				}
				return nil, nil
			})
		},
		"an access that is denied for a while": func(a *afternoon) {
			a.must(a.Sim.Deny(a.meetings[0], true))
			a.pass(50 * time.Minute)
			a.must(a.Sim.Deny(a.meetings[0], false))
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				testbed.Noon()
				a := newAfternoon(t, 25, nil)
				a.pass(10 * time.Minute)
				time.Sleep(5 * time.Minute)
				a.end()
				a.pass(2 * time.Minute)
				if a.Snapshot().Backfills != 1 {
					t.Fatal("no backfill waits: the test proves nothing")
				}
				happens(a)
				a.pass(75 * time.Minute)
				a.whole()
			})
		})
	}
}

// Who begins again and again asks no more often, as what Zoom does not have yet
// costs as much as what it has.
func TestManyStartsDoNotAskForTailsMoreOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		a := newAfternoon(t, 8, func(o *testbed.Options) { o.Sim.PastDelay = 65 * time.Minute })
		a.pass(10 * time.Minute)
		time.Sleep(5 * time.Minute)
		a.end()
		a.pass(3 * time.Minute)
		for range 120 {
			a.begin(a.Bed)
			scrapes(a.Bed, 30*time.Second, 30*time.Second, nil)
		}
		if asked := a.asked.Load(); asked > 5 {
			t.Errorf("%d requests for one backfill in an hour of crashes", asked)
		}
		a.pass(15 * time.Minute)
		a.whole()
	})
}

// What ended while nobody looked is waited for as if it had ended just now.
func TestWhatEndsWhileAwayHasATail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		a := newAfternoon(t, 8, nil)
		a.pass(10 * time.Minute)
		a.Close()
		time.Sleep(10 * time.Minute)
		a.end()
		time.Sleep(3 * time.Hour)
		a.begin(a.Bed)
		a.pass(15 * time.Minute)
		a.whole()
	})
}

func TestAMeetingThatIsLiveAgainHasNoTail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		a := newAfternoon(t, 8, nil)
		a.pass(5 * time.Minute)
		a.hook.Set(func(r *http.Request) (*http.Response, error) {
			if isList(r, zoomapi.Meeting) {
				return testbed.Answer(200, nil, `{"meetings":[]}`), nil
			}
			return nil, nil
		})
		a.pass(12 * time.Minute)
		if s := a.Snapshot(); s.Backfills != 1 || len(s.Meetings) != 0 {
			t.Fatalf("%d backfills, %d meetings: the test proves nothing", s.Backfills, len(s.Meetings))
		}
		a.hook.Set(nil)
		a.pass(5 * time.Minute)
		if s := a.Snapshot(); s.Backfills != 0 || len(s.Meetings) != 1 {
			t.Fatalf("%d backfills, %d meetings; want none and one", s.Backfills, len(s.Meetings))
		}
		a.end()
		a.pass(10 * time.Minute)
		a.whole()
	})
}

func TestATownHallsTailTakesSeveralCycles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		a := newAfternoon(t, 1000, func(o *testbed.Options) {
			o.Limits = &budget.Limits{HeavyPerSecond: 1, ResourceIntensivePerMinute: 20, PerDay: 60_000}
		})
		a.pass(5 * time.Minute)
		a.end()
		a.pass(7 * time.Minute)
		if n := a.asked.Load(); n == 0 || n >= 100 || a.Snapshot().Backfills != 1 {
			t.Fatalf("%d pages in a cycle: the test proves nothing", n)
		}
		a.pass(10 * time.Minute)
		if n := a.asked.Load(); n != 100 {
			t.Errorf("%d pages were asked for, want 100", n)
		}
		a.whole()
	})
}

func TestWebinarsHaveTails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		a := newAfternoon(t, 14, func(o *testbed.Options) {
			o.Sim.Meetings, o.Sim.Webinars, o.Sim.Moods.Plain = 0, 2, false
		})
		a.pass(5 * time.Minute)
		time.Sleep(5 * time.Minute)
		a.end()
		a.pass(10 * time.Minute)
		a.whole()
	})
}

func TestAReloadLeavesTailsOut(t *testing.T) {
	for name, exclude := range map[string]func(*poll.Options){
		"by kind":   func(o *poll.Options) { o.Meetings = false },
		"by filter": func(o *poll.Options) { o.Keep = func(*zoomapi.Live) bool { return false } },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				testbed.Noon()
				a := newAfternoon(t, 8, nil)
				a.pass(5 * time.Minute)
				a.end()
				a.pass(2 * time.Minute)
				if a.Snapshot().Backfills != 1 {
					t.Fatal("no backfill waits: the test proves nothing")
				}
				reload(a.Bed, exclude)
				a.pass(30 * time.Minute)
				if s := a.Snapshot(); s.Backfills != 0 || a.asked.Load() != 0 {
					t.Errorf("%d backfills wait, %d requests; want none", s.Backfills, a.asked.Load())
				}
			})
		})
	}
}

// A meeting that was listed and never answered is a loss, too.
func TestWhatWasNeverToldOfIsLost(t *testing.T) {
	for name, middle := range map[string]func(*afternoon){
		"in one life":    func(*afternoon) {},
		"over a restart": func(a *afternoon) { a.restart() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				testbed.Noon()
				a := newAfternoon(t, 8, nil)
				a.must(a.Sim.SetFault(zoomsim.Fault{Kind: zoomsim.FaultServer, Endpoint: zoomapi.ListMeetingParticipantsQoS}))
				a.pass(10 * time.Minute)
				middle(a)
				a.pass(10 * time.Minute)
				a.end()
				a.pass(150 * time.Minute)
				a.lacking(readings.NoAnswer, 8*22)
			})
		})
	}
}

func TestWhoIsBeyondTheLimit(t *testing.T) {
	limit := func(o *testbed.Options) { o.Poll = func(p *poll.Options) { p.MaxParticipants = 5 } }
	t.Run("is counted from the past", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			testbed.Noon()
			a := newAfternoon(t, 8, limit)
			a.pass(10 * time.Minute)
			a.end()
			a.pass(10 * time.Minute)
			a.whole()
		})
	})
	for name, middle := range map[string]func(*afternoon){
		"is lost without":                func(*afternoon) {},
		"is lost without, and a restart": func(a *afternoon) { a.restart() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				testbed.Noon()
				a := newAfternoon(t, 8, limit)
				a.pass(10 * time.Minute)
				middle(a)
				a.pass(10 * time.Minute)
				a.end()
				a.must(a.Sim.Deny(a.meetings[0], true))
				a.pass(130 * time.Minute)
				truth, got := testbed.Truth(t, a.Sim, a.from, a.meetings...).Minutes, a.Snapshot().Readings
				if lost := got.Lost[readings.Limit]; lost < 3*19 || lost > 3*21 || got.Minutes+lost+got.Lost[readings.NoAnswer] < truth {
					t.Errorf("%d counted, %v lost, of %d", got.Minutes, got.Lost, truth)
				}
			})
		})
	}
}
