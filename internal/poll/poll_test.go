package poll_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/testbed"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// scrape polls as a scrape of this timeout does.
func scrape(b *testbed.Bed, timeout time.Duration) (poll.Snapshot, bool) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	done := b.Poll(ctx)
	return b.Snapshot(), done
}

func mustScrape(t *testing.T, b *testbed.Bed) poll.Snapshot {
	t.Helper()
	s, done := scrape(b, 10*time.Second)
	if !done {
		t.Fatal("the cycle outlasted a scrape of 10 s")
	}
	return s
}

// fixed is a simulated Zoom without surprises.
func fixed(meetings, participants int) zoomsim.Options {
	return zoomsim.Options{
		Seed: 1, Meetings: meetings, Participants: float64(participants), History: 5,
		Fixed: true, Calm: true, Moods: zoomsim.Moods{Plain: true},
	}
}

func people(s poll.Snapshot) map[string]live.Participant {
	all := make(map[string]live.Participant)
	for _, m := range s.Meetings {
		for p := range m.Participants() {
			all[m.UUID+" "+p.ID] = *p
		}
	}
	return all
}

// meetingOf finds a meeting in a snapshot; nil where it is not shown.
func meetingOf(s poll.Snapshot, uuid string) *live.Meeting {
	for i := range s.Meetings {
		if s.Meetings[i].UUID == uuid {
			return s.Meetings[i]
		}
	}
	return nil
}

func task(t *testing.T, s poll.Snapshot, name zoomapi.Endpoint) poll.Task {
	t.Helper()
	for _, task := range s.Tasks {
		if task.Name == name {
			return task
		}
	}
	t.Fatalf("no task %s", name)
	return poll.Task{}
}

func TestTwoScrapersCostWhatOneCosts(t *testing.T) {
	cost := func(offsets ...time.Duration) (cost int) {
		synctest.Test(t, func(t *testing.T) {
			sim := fixed(4, 12)
			sim.Moods.History = zoomsim.HistoryNewest
			bed := testbed.New(t, testbed.Options{Sim: sim})
			for range 30 {
				start := time.Now()
				for _, offset := range offsets {
					time.Sleep(time.Until(start.Add(offset)))
					mustScrape(t, bed)
				}
				time.Sleep(time.Until(start.Add(time.Minute)))
			}
			for _, c := range bed.Sim.Counts().Classes {
				cost += c.Total
			}
		})
		return cost
	}
	one := cost(0)
	for _, two := range [][]time.Duration{{0, 0}, {0, 17 * time.Second}, {0, 30 * time.Second}, {0, 20 * time.Second, 40 * time.Second}} {
		// A minute's difference is where in it the hour begins and ends.
		if got := cost(two...); got > one+one/30 {
			t.Errorf("scrapes at %v cost %d requests, one scraper %d", two, got, one)
		}
	}
}

func TestAScrapeIsAnsweredInTimeAndTheRestIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := fixed(20, 5)
		sim.Latency = 3 * time.Second
		bed := testbed.New(t, testbed.Options{Sim: sim})
		start := time.Now()
		s, done := scrape(bed, 500*time.Millisecond)
		if took := time.Since(start); done || took != 500*time.Millisecond {
			t.Fatalf("done %v after %v, want the scrape's own deadline", done, took)
		}
		if len(s.Meetings) != 0 || s.Up || s.DeadlineExceeded != 1 {
			t.Errorf("%d meetings, up %v, %d deadlines exceeded; want 0, false, 1", len(s.Meetings), s.Up, s.DeadlineExceeded)
		}
		time.Sleep(59 * time.Second)
		s, done = scrape(bed, 500*time.Millisecond)
		if done {
			t.Error("the second cycle ended too soon to prove anything")
		}
		if got := len(people(s)); got != 100 {
			t.Errorf("%d participants from the first cycle, want 100", got)
		}
	})
}

func TestATownHallIsReadToItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := fixed(1, 1500)
		sim.Latency = 300 * time.Millisecond
		bed := testbed.New(t, testbed.Options{Sim: sim})
		_, done := scrape(bed, 10*time.Second)
		if done {
			t.Fatal("150 pages of 300 ms can't be read within 10 s")
		}
		time.Sleep(50 * time.Second)
		s := bed.Snapshot()
		if got := len(people(s)); got != 1500 || s.Coverage != 1 {
			t.Errorf("%d people, coverage %v; want 1500 and 1 after the pages that followed the scrape", got, s.Coverage)
		}
	})
}

func TestAnEmptyPoolLeavesThePassToGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		sim := fixed(1, 400)
		limits := zoomsim.PlanLimits("free")
		sim.Limits = &limits
		free, bed := testbed.Options{Sim: sim}, (*testbed.Bed)(nil)
		free.Limits = freePlan()
		bed = testbed.New(t, free)
		scrape(bed, 10*time.Second)
		time.Sleep(46 * time.Second)
		if got := len(people(bed.Snapshot())); got == 0 || got >= 400 {
			t.Fatalf("%d participants within a minute; want some, as 40 pages do not fit at one in two seconds", got)
		}
		time.Sleep(5 * time.Second)
		scrape(bed, 10*time.Second)
		time.Sleep(50 * time.Second)
		if got := len(people(bed.Snapshot())); got != 400 {
			t.Errorf("%d participants after the second cycle, want 400", got)
		}
		counts := bed.Sim.Counts()
		if counts.Throttled != 0 {
			t.Errorf("%d times throttled", counts.Throttled)
		}
		if n := counts.Of(zoomapi.ListMeetingParticipantsQoS); n != 40 {
			t.Errorf("%d requests for 40 pages", n)
		}
	})
}

func TestCloseEndsAndForgetsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := fixed(30, 3)
		sim.Latency = time.Second
		bed := testbed.New(t, testbed.Options{Sim: sim})
		scrape(bed, 4*time.Second)
		start := time.Now()
		bed.Close()
		if took := time.Since(start); took > time.Second {
			t.Errorf("closing took %v", took)
		}
		if bed.Poll(context.Background()) {
			t.Error("a closed account was polled")
		}
	})
}

// The simulated Zoom with all its moods, over a working day's morning: the
// budget holds and nothing is throttled.
func TestAMorningAmongAllMoods(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(7 * time.Hour)
		bed := testbed.New(t, testbed.Options{Sim: zoomsim.Options{
			Seed: 7, Meetings: 25, Webinars: 1, Participants: 6, History: 10, Workday: true,
			Moods: zoomsim.Moods{History: zoomsim.HistoryLate, Odd: 0.01, NewestFirst: true, DoubleRows: true},
		}, Reserve: 0.3})
		for range 6 * 60 {
			scrape(bed, 10*time.Second)
			time.Sleep(time.Minute)
		}
		counts := bed.Sim.Counts()
		spent := 0
		for _, c := range counts.Classes {
			spent += c.Total
		}
		if share := 42_000 * (24 - 7) / 24; counts.Throttled != 0 || spent > share {
			t.Errorf("%d requests, %d throttled; want at most %d and none", spent, counts.Throttled, share)
		}
		if spent < 2*360 {
			t.Errorf("only %d requests in six hours", spent)
		}
	})
}

func freePlan() *budget.Limits {
	limits := budget.Free.Limits()
	return &limits
}
