package poll_test

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock/clocktest"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/testbed"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// aLittle and aLot are how wrong clocks are: a day's requests do not notice the
// former. With go test -short there are fewer, as the race detector takes long
// and nothing here depends on it.
func aLittle() []time.Duration {
	if testing.Short() {
		return []time.Duration{20 * time.Minute}
	}
	return []time.Duration{0, 20 * time.Minute, -20 * time.Minute}
}

func aLot() []time.Duration {
	if testing.Short() {
		return []time.Duration{8 * time.Hour}
	}
	return []time.Duration{8 * time.Hour, -8 * time.Hour, 24 * time.Hour, -24 * time.Hour}
}

// underWrongClocks runs an afternoon under each of them.
func underWrongClocks(t *testing.T, change func(*testbed.Options), f func(a *afternoon, c *clocktest.Wrong)) {
	for _, off := range append(aLittle(), aLot()...) {
		t.Run(fmt.Sprint(off), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				testbed.Noon()
				time.Sleep(7 * time.Second)
				c := clocktest.Fast(off)
				f(newAfternoon(t, 8, func(o *testbed.Options) {
					o.Clock = c
					if change != nil {
						change(o)
					}
				}), c)
			})
		})
	}
}

// Whatever a machine's clock shows, the same minutes are counted, those of the
// past included.
func TestAWrongClockCountsTheSame(t *testing.T) {
	underWrongClocks(t, nil, func(a *afternoon, _ *clocktest.Wrong) {
		a.pass(20 * time.Minute)
		time.Sleep(5 * time.Minute) // the past alone tells of these
		a.pass(time.Hour)
		a.end()
		a.pass(15 * time.Minute)
		a.whole()
	})
}

// A clock may be set at any time.
func TestAClockThatIsSetCountsTheSame(t *testing.T) {
	underWrongClocks(t, nil, func(a *afternoon, c *clocktest.Wrong) {
		for _, step := range []time.Duration{3 * time.Hour, -30 * time.Hour, 5 * time.Minute, 26 * time.Hour} {
			a.pass(5 * time.Minute)
			c.Step(step)
		}
		a.end()
		a.pass(2 * time.Minute)
		c.Step(-3 * time.Hour)
		a.pass(13 * time.Minute)
		a.whole()
	})
}

// A machine that slept misses nothing that Zoom still tells.
func TestAMachineThatSleptCountsTheSame(t *testing.T) {
	underWrongClocks(t, nil, func(a *afternoon, c *clocktest.Wrong) {
		a.pass(10 * time.Minute)
		c.Suspend(3 * time.Hour)
		a.pass(10 * time.Minute)
		a.end()
		c.Suspend(20 * time.Minute)
		a.pass(15 * time.Minute)
		a.whole()
	})
}

// What one process wrote down another takes up, although the clock was set in
// between.
func TestAClockThatIsSetBetweenTwoLives(t *testing.T) {
	underWrongClocks(t, nil, func(a *afternoon, c *clocktest.Wrong) {
		a.pass(10 * time.Minute)
		c.Step(-50 * time.Hour)
		a.restart()
		a.pass(10 * time.Minute)
		a.end()
		a.pass(2 * time.Minute)
		c.Step(100 * time.Hour)
		a.restart()
		a.pass(15 * time.Minute)
		a.whole()
	})
}

// What nobody tells of is a loss of the same size, whatever the clock.
func TestAWrongClockLosesTheSame(t *testing.T) {
	underWrongClocks(t, func(o *testbed.Options) { o.Sim.PastDelay = 5 * time.Hour }, func(a *afternoon, _ *clocktest.Wrong) {
		a.pass(20 * time.Minute)
		time.Sleep(5 * time.Minute)
		a.end()
		a.pass(125 * time.Minute)
		a.lacking(readings.NoAnswer, 8*7)
	})
}

// Nobody was ever told of: what the list indicates is lost, and no more.
func TestAWrongClockLosesWhomItNeverMet(t *testing.T) {
	underWrongClocks(t, func(o *testbed.Options) { o.Sim.PastDelay = 5 * time.Hour }, func(a *afternoon, _ *clocktest.Wrong) {
		a.hook.Set(func(r *http.Request) (*http.Response, error) {
			if testbed.IsQoS(r) && !isPast(r) {
				return testbed.Answer(http.StatusBadGateway, nil, ""), nil
			}
			return nil, nil
		})
		a.pass(20 * time.Minute)
		a.end()
		a.pass(125 * time.Minute)
		s := a.Snapshot()
		if lost := s.Readings.Lost[readings.NoAnswer]; s.Readings.Minutes != 0 || lost < 8*19 || lost > 8*22 {
			a.Fatalf("%d minutes counted and %v lost, want none and %d or so", s.Readings.Minutes, s.Readings.Lost, 8*20)
		}
	})
}

// What a reload leaves out and a later one brings back counts no minute twice.
func TestAWrongClockDoublesNothing(t *testing.T) {
	underWrongClocks(t, func(o *testbed.Options) { o.Sim.Moods.History = "full" }, func(a *afternoon, c *clocktest.Wrong) {
		a.pass(20 * time.Minute)
		counted := a.Snapshot().Readings.Minutes
		reload(a.Bed, func(o *poll.Options) { o.Keep = func(*zoomapi.Live) bool { return false } })
		a.pass(10 * time.Minute)
		reload(a.Bed, func(*poll.Options) {})
		a.pass(3 * time.Minute)
		s := a.Snapshot()
		if more := s.Readings.Minutes - counted; more < 8*12 || more > 8*13 || s.Readings.Lost != [4]uint64{} {
			a.Fatalf("%d minutes after %d and %v lost, want %d or so more", s.Readings.Minutes, counted, s.Readings.Lost, 8*13)
		}
	})
}

// What is damaged on disk counts from the restart on.
func TestAWrongClockAndADamagedDisk(t *testing.T) {
	for name, damaged := range map[string]string{"meeting": "meeting/", "counters": "counters"} {
		t.Run(name, func(t *testing.T) {
			underWrongClocks(t, func(o *testbed.Options) { o.Sim.Moods.History = "full" }, func(a *afternoon, c *clocktest.Wrong) {
				a.pass(20 * time.Minute)
				before := a.Snapshot().Readings.Minutes
				a.Close()
				maps.DeleteFunc(a.disk.records, func(key string, _ []byte) bool { return strings.HasPrefix(key, damaged) })
				a.begin(a.Bed)
				if damaged == "counters" {
					before = 0
				}
				a.pass(10 * time.Minute)
				if more := a.Snapshot().Readings.Minutes - before; more < 8*8 || more > 8*10 {
					t.Errorf("%d minutes counted in ten of eight people", more)
				}
			})
		})
	}
}

// The day's requests last until Zoom's midnight, not ours, and its hours are
// Zoom's.
func TestAWrongClockSpendsTheSame(t *testing.T) {
	spend := func(off time.Duration) (hourly []int) {
		synctest.Test(t, func(t *testing.T) {
			testbed.Midnight()
			time.Sleep(6 * time.Hour)
			bed := testbed.New(t, testbed.Options{
				Sim: brief(10, 9), Reserve: 0.95, Clock: clocktest.Fast(off),
				Poll: func(o *poll.Options) { o.Webinars = false },
			})
			for spent := 0; len(hourly) < 8; spent = heavy(bed) {
				scrapes(bed, 2*time.Minute, time.Hour, nil)
				hourly = append(hourly, heavy(bed)-spent)
			}
		})
		return hourly
	}
	want := spend(0)
	for _, off := range aLot() {
		got := spend(off)
		for hour := range got {
			if most := want[hour]*11/10 + 5; got[hour] > most || got[hour] < want[hour]*9/10-5 {
				t.Errorf("%v off: %d requests in hour %d, %d by a right clock", off, got[hour], hour, want[hour])
			}
		}
	}
}
