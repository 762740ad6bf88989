package poll_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/testbed"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

func slowStart(o *poll.Options) { o.SlowStart = true }

// qosRequests are those made for figures so far.
func qosRequests(b *testbed.Bed) int {
	counts := b.Sim.Counts()
	return int(counts.Of(zoomapi.ListMeetingParticipantsQoS))
}

// Without a record of what was spent before, a start spends a minute's share at
// most: a small company is shown whole at once, a large one little by little.
func TestASlowStartSpendsAMinutesShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		bed := testbed.New(t, testbed.Options{Sim: brief(25, 9), Reserve: 0.3, Poll: slowStart})
		if s := mustScrape(t, bed); s.Coverage != 1 {
			t.Errorf("coverage %v of a company of 25 pages, want 1", s.Coverage)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		bed := testbed.New(t, testbed.Options{Sim: brief(300, 9), Reserve: 0.3, Poll: slowStart})
		mustScrape(t, bed)
		// Zoom's headers tell that none of the day's 42,000 requests is spent: 58 a
		// minute are left to the second half of it.
		if n := qosRequests(bed); n < 54 || n > 58 {
			t.Errorf("the first cycle spent %d requests, want a minute's share", n)
		}
		for range 20 {
			time.Sleep(time.Minute)
			mustScrape(t, bed)
		}
		if s := bed.Snapshot(); s.Coverage != 1 || len(people(s)) != 2700 {
			t.Errorf("coverage %v, %d people after 20 minutes", s.Coverage, len(people(s)))
		}
	})
}

// Where past spending is known a start looks at everything once.
func TestAStartLooksAtEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		bed := testbed.New(t, testbed.Options{Sim: fixed(150, 9), Reserve: 0.3})
		if s, _ := scrape(bed, 30*time.Second); s.Coverage != 1 {
			t.Errorf("coverage %v", s.Coverage)
		}
	})
}

// Over an hour without scrapes nothing is spent, and what was not spent is worth
// a few looks at everything, not an hour's requests.
func TestWhatWasNotSpentIsNotSpentAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		bed := testbed.New(t, testbed.Options{Sim: brief(100, 9), Reserve: 0.3})
		mustScrape(t, bed)
		before := qosRequests(bed)
		time.Sleep(time.Hour)
		if qosRequests(bed) != before {
			t.Error("requests were spent without a scrape")
		}
		for range 3 {
			scrape(bed, 30*time.Second)
			time.Sleep(30 * time.Second)
		}
		if n := qosRequests(bed) - before; n < 100 || n > 400 {
			t.Errorf("%d requests after an hour's silence, want one to four looks at 100 pages", n)
		}
	})
}

func TestTheSizingIsToldOnceItIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bed := testbed.New(t, testbed.Options{Sim: fixed(5, 9), Reserve: 0.3})
		told := func() int { return bed.Log.FilterMessageSnippet("sizing: ").Len() }
		for range 5 {
			mustScrape(t, bed)
			time.Sleep(time.Minute)
		}
		if n := told(); n != 1 {
			t.Errorf("told %d times, want once", n)
		}
		entry := bed.Log.FilterMessageSnippet("sizing: ").All()[0]
		fields := entry.ContextMap()
		if left, _ := fields["requests_left"].(int64); entry.Level != zap.InfoLevel || fields["interval"] != time.Minute || fields["live_meetings"] != int64(5) || left < 30_000 {
			t.Errorf("it says %s %q %v", entry.Level, entry.Message, fields)
		}
		bed.Configure(bed.Options)
		mustScrape(t, bed)
		if n := told(); n != 2 {
			t.Errorf("told %d times after a reload, want twice", n)
		}
	})
}

// What there is no number for is left out.
func TestTheSizingLeavesOutWhatThereIsNot(t *testing.T) {
	for _, tt := range []struct {
		name   string
		limits budget.Limits
		level  zapcore.Level
		says   string
		absent string
	}{
		{"no limit", budget.Limits{}, zap.InfoLevel, "no daily limit", "requests_left"},
		{"spent", budget.Limits{PerDay: 12}, zap.WarnLevel, "requests are spent", "interval"},
	} {
		synctest.Test(t, func(t *testing.T) {
			sim := fixed(5, 9)
			sim.Limits = &zoomsim.Limits{} // or headers would tell of them
			bed := testbed.New(t, testbed.Options{Sim: sim, Limits: &tt.limits})
			for range 12 {
				mustScrape(t, bed)
				time.Sleep(time.Minute)
			}
			bed.Configure(bed.Options) // so that it is told once more
			mustScrape(t, bed)
			told := bed.Log.FilterMessageSnippet("sizing: ").All()
			if len(told) == 0 {
				t.Fatalf("%s: it is not told", tt.name)
			}
			entry := told[len(told)-1]
			if _, ok := entry.ContextMap()[tt.absent]; ok || entry.Level != tt.level || !strings.Contains(entry.Message, tt.says) {
				t.Errorf("%s: it says %s %q %v", tt.name, entry.Level, entry.Message, entry.ContextMap())
			}
		})
	}
}

// shelf is a profile store that may be broken.
type shelf struct {
	data       []byte
	load, save error
	saved      int
}

func (s *shelf) Load() ([]byte, error) { return s.data, s.load }

func (s *shelf) Save(data []byte) error {
	s.data, s.saved = data, s.saved+1
	return s.save
}

func TestTheProfileIsSavedNowAndThenAndAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := new(shelf)
		bed := testbed.New(t, testbed.Options{Sim: fixed(2, 2), Poll: func(o *poll.Options) { o.Profile = store }})
		for range 60 {
			mustScrape(t, bed)
			time.Sleep(time.Minute)
		}
		if store.saved < 10 || store.saved > 13 {
			t.Errorf("saved %d times in an hour, want about every five minutes", store.saved)
		}
		before := store.saved
		bed.Close()
		if store.saved != before+1 || len(store.data) == 0 {
			t.Error("not saved at the end")
		}
		if n := bed.Log.FilterMessageSnippet("learned").Len(); n != 0 {
			t.Errorf("%d complaints", n)
		}
	})
}

// With a store past spending is kept, so that every start may look at everything at
// once; but not every start of many.
func TestManyStartsLookAtEverythingOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		store := new(shelf)
		looks := func() int {
			bed := testbed.New(t, testbed.Options{
				Sim: fixed(200, 2), Reserve: 0.3, Poll: func(o *poll.Options) { o.Profile = store },
			})
			scrape(bed, 50*time.Second)
			asked := bed.Sim.Counts().Of(zoomapi.ListMeetingParticipantsQoS)
			bed.Close()
			return asked
		}
		if n := looks(); n != 200 {
			t.Errorf("the first start asks for %d of 200 meetings", n)
		}
		for range 5 {
			time.Sleep(5 * time.Minute)
			// Of 42,000 requests for less than half a day.
			if n := looks(); n > 61 {
				t.Errorf("a start minutes later asks for %d meetings, want a minute's share", n)
			}
		}
		time.Sleep(time.Hour)
		if n := looks(); n != 200 {
			t.Errorf("a start an hour later asks for %d of 200 meetings", n)
		}
	})
}

// Whatever the day that was has left, the new one begins with a look at
// everything.
func TestANewDayLooksAtEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Midnight()
		time.Sleep(22 * time.Hour)
		bed := testbed.New(t, testbed.Options{Sim: brief(400, 2), Reserve: 0.9, Poll: func(o *poll.Options) { o.Profile = new(shelf) }})
		for end := time.Now().Add(125 * time.Minute); time.Now().Before(end); { // to five minutes after midnight
			begun := time.Now()
			scrape(bed, 50*time.Second)
			time.Sleep(time.Minute - time.Since(begun))
		}
		s := bed.Snapshot()
		oldest := time.Duration(0)
		for _, m := range s.Meetings {
			oldest = max(oldest, s.At.Sub(m.PolledAt))
		}
		if oldest > 6*time.Minute {
			t.Errorf("five minutes into the day the oldest answer is of %v ago", oldest)
		}
	})
}

func TestABrokenProfileStoreIsSaidAndHarmsNothing(t *testing.T) {
	for name, store := range map[string]*shelf{
		"damaged": {data: []byte("{")}, "unreadable": {load: errors.New("input/output error")}, "full": {save: errors.New("no space left on device")},
	} {
		synctest.Test(t, func(t *testing.T) {
			bed := testbed.New(t, testbed.Options{Sim: fixed(2, 2), Poll: func(o *poll.Options) { o.Profile = store }})
			if got := len(people(mustScrape(t, bed))); got != 4 {
				t.Errorf("%s: %d participants, want 4", name, got)
			}
			if bed.Log.FilterMessageSnippet("the demand profile could not be").Len() == 0 {
				t.Errorf("%s: nothing is said", name)
			}
		})
	}
}

func TestAnotherTimeZoneIsLearnedAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bed := testbed.New(t, testbed.Options{Sim: fixed(2, 2)})
		mustScrape(t, bed)
		opts := bed.Options
		opts.TimeZone = time.FixedZone("America/New_York", -5*3600)
		bed.Configure(opts)
		time.Sleep(time.Minute)
		if s := mustScrape(t, bed); len(people(s)) != 4 || s.Coverage != 1 {
			t.Errorf("%d participants, coverage %v after the change", len(people(s)), s.Coverage)
		}
	})
}

// Where figures are asked for seldom and everybody hangs up at once, what was heard of
// them stays recent for two of the intervals at which they were asked for.
func TestEverybodyHangsUpAtASlowPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		bed := testbed.New(t, testbed.Options{Sim: brief(800, 5), Reserve: 0.3, Poll: slowStart})
		scrapes(bed, time.Minute, 20*time.Minute, nil)
		recent := func(s poll.Snapshot) (n int) {
			for _, group := range s.Groups {
				for _, counts := range group.Recent {
					for _, count := range counts {
						n += count
					}
				}
			}
			return n
		}
		before := bed.Snapshot()
		if before.Interval < 8*time.Minute || recent(before) == 0 {
			t.Fatalf("at an interval of %v there are %d recent readings", before.Interval, recent(before))
		}
		for _, m := range bed.Sim.Live(zoomapi.Meeting) {
			if err := bed.Sim.End(m.UUID); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute)
		after, _ := scrape(bed, time.Minute)
		if len(after.Meetings) != 0 || recent(after) < recent(before)*3/4 {
			t.Errorf("%d meetings, and of %d recent readings %d are left", len(after.Meetings), recent(before), recent(after))
		}
		time.Sleep(2 * before.Interval)
		if last, _ := scrape(bed, time.Minute); recent(last) != 0 {
			t.Errorf("after two intervals %d are left", recent(last))
		}
	})
}
