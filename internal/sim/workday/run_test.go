package workday

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func mustRun(t *testing.T, o Options) Result {
	t.Helper()
	if o.Scrape == 0 {
		o.Scrape = time.Minute
	}
	r, err := Run(o)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Days) != o.Days {
		t.Fatalf("%d days, want %d", len(r.Days), o.Days)
	}
	for _, d := range r.Days {
		most := int(math.Floor(float64(o.Limit)*(1-o.Reserve) + 1e-9))
		if o.Limit > 0 && d.Requests > most {
			t.Errorf("day %d cost %d requests of %d", d.Day, d.Requests, most)
		}
		if d.Throttled != 0 {
			t.Errorf("day %d: %d times throttled", d.Day, d.Throttled)
		}
	}
	return r
}

// The goal is 5 % above the optimum on learned days, 35 % on the first.
func TestDaysAreWellSpent(t *testing.T) {
	t.Parallel()
	for size, limit := range map[int]int{500: 60_000, 1000: 30_000} {
		r := mustRun(t, Options{
			Traces: [][]Meeting{Generate(11, size), Generate(12, size)},
			Limit:  limit, Reserve: 0.3, Days: 2,
		})
		for i, d := range r.Days {
			aim := 1.05
			if i == 0 {
				aim = 1.35
			}
			if d.Ratio > aim || d.OldestIntervals > 4 {
				t.Errorf("%d meetings, day %d: ratio %v, oldest %v intervals; want %v and 4 at most", size, d.Day, d.Ratio, d.OldestIntervals, aim)
			}
			if plain := d.Plain; i > 0 && (d.MeanAge > plain.RoundRobin.MeanAge || size > 500 && d.MeanAge > plain.EveryMinute.MeanAge) {
				t.Errorf("%d meetings, day %d: a plain policy does better: %+v", size, d.Day, d)
			}
			if d.Lost != 0 || d.Doubled != 0 || d.Counted != d.Total {
				t.Errorf("%d meetings, day %d: %+v", size, d.Day, d.Minutes)
			}
		}
	}
}

func TestOddDays(t *testing.T) {
	t.Parallel()
	burst := func(at float64, n, people int) (all []Meeting) {
		for i := range n {
			all = append(all, Meeting{math.Mod(at+float64(i%60), daySeconds), 1800, people})
		}
		return all
	}
	for _, tt := range []struct {
		name   string
		trace  []Meeting
		limit  int
		most   float64 // of the ratio on a learned day; 0 is not checked
		oldest float64
	}{
		{"nobody", nil, 60_000, 1, 0},
		{"one giant", []Meeting{{9 * 3600, 4 * 3600, 1500}}, 60_000, 1.15, 4},
		{"one person", []Meeting{{9 * 3600, 8 * 3600, 1}}, 60_000, 1.05, 4},
		// The profile learns hours: within one it knows only the mean.
		{"a burst", burst(9*3600, 300, 9), 7_000, 2.5, 4},
		{"over midnight", burst(23.75*3600, 200, 12), 7_000, 2.5, 0},
		{"twenty meetings on few requests", Generate(3, 20), 1000, 3.5, 0},
		{"more requests than needed", Generate(3, 150), 1_000_000, 1.05, 4},
		{"no limit", Generate(3, 100), 0, 1.05, 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := mustRun(t, Options{Traces: [][]Meeting{tt.trace}, Limit: tt.limit, Reserve: 0.3, Days: 2})
			d := r.Days[1]
			if d.Ratio > tt.most {
				t.Errorf("ratio %v, want %v at most: %+v", d.Ratio, tt.most, d)
			}
			if tt.oldest > 0 && d.OldestIntervals > tt.oldest {
				t.Errorf("a meeting is %v intervals old", d.OldestIntervals)
			}
		})
	}
}

func TestDaysRepeatAndMeetingsRunOverMidnight(t *testing.T) {
	first := []Meeting{{23 * 3600, 2 * 3600, 5}}
	second := []Meeting{{12 * 3600, 600, 5}}
	r := mustRun(t, Options{Traces: [][]Meeting{first, second}, Limit: 60_000, Days: 4})
	for i, want := range []int{60, 60 + 10, 10, 10} {
		if qos := r.Days[i].Requests - r.Days[i].ListRequests; qos < want-2 || qos > want+2 {
			t.Errorf("day %d: %d requests for figures, want about %d", i+1, qos, want)
		}
	}
	if again := mustRun(t, Options{Traces: [][]Meeting{first, second}, Limit: 60_000, Days: 4}); again.Days[1] != r.Days[1] {
		t.Errorf("another run of the same days: %+v, then %+v", r.Days[1], again.Days[1])
	}
}

func TestRunRefusesNonsense(t *testing.T) {
	day := [][]Meeting{{{0, 60, 1}}}
	for name, o := range map[string]Options{
		"no trace": {Days: 1, Scrape: time.Minute}, "no day": {Traces: day, Scrape: time.Minute},
		"no scrape": {Traces: day, Days: 1}, "reserve": {Traces: day, Days: 1, Scrape: time.Minute, Reserve: 1.5},
		"limit": {Traces: day, Days: 1, Scrape: time.Minute, Limit: -1},
	} {
		if _, err := Run(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// spentBy runs a day with scrapes at these seconds of each minute.
func spentBy(trace []Meeting, limit int, offsets ...float64) (spent int) {
	o := Options{Traces: [][]Meeting{trace}, Limit: limit, Reserve: 0.3, Days: 1, Scrape: time.Minute}
	d := newDrive(&o, o.meetings())
	defer d.account.Close()
	for minute := range 24 * 60 {
		for _, offset := range offsets {
			d.clock.Advance(monday.Add(seconds(float64(60*minute) + offset)))
			d.account.Poll(context.Background())
		}
	}
	return d.zoom.days[0].spent
}

// Two Prometheus servers, in step or not, cost no more than one, even where
// requests are short.
func TestTwoScrapersCostWhatOneCosts(t *testing.T) {
	t.Parallel()
	trace := Generate(5, 200)
	one := spentBy(trace, 6_000, 0)
	for _, offsets := range [][]float64{{0, 17}, {0, 20, 40}} {
		if got := spentBy(trace, 6_000, offsets...); math.Abs(float64(got-one)) > 0.03*float64(one) {
			t.Errorf("scrapes at %v of a minute cost %d requests, one scraper %d", offsets, got, one)
		}
	}
}

// A town hall of 100 pages among small meetings is refreshed about as often as its
// people are worth, although its pages take the requests of several minutes.
func TestATownHallIsNotStarved(t *testing.T) {
	t.Parallel()
	trace := []Meeting{{8 * 3600, 6 * 3600, 1000}}
	for i := range 150 {
		trace = append(trace, Meeting{8*3600 + float64(i), 6 * 3600, 10})
	}
	o := Options{Traces: [][]Meeting{trace}, Limit: 15_000, Reserve: 0.3, Days: 1, Scrape: time.Minute}
	d := newDrive(&o, o.meetings())
	d.run()
	hall, small := 0, 0
	for _, m := range d.meetings {
		if m.Participants == 1000 {
			hall = len(m.answers)
		} else {
			small += len(m.answers)
		}
	}
	// It has as many people on a page as the others and is worth as much.
	if mean := float64(small) / 150; float64(hall) < 0.7*mean || float64(hall) > 1.4*mean {
		t.Errorf("the town hall was asked for %d times, the small meetings %.1f times", hall, mean)
	}
	if oldest := d.result().Days[0].OldestIntervals; oldest > 4 {
		t.Errorf("a meeting was %v intervals old", oldest)
	}
}

// The reported interval is the one at which meetings are refreshed.
func TestTheIntervalTellsTheTruth(t *testing.T) {
	t.Parallel()
	var trace []Meeting
	for i := range 150 {
		trace = append(trace, Meeting{float64(i), daySeconds - 200, 1})
	}
	o := Options{Traces: [][]Meeting{trace}, Limit: 50_000, Reserve: 0.3, Days: 2, Scrape: time.Minute}
	d := newDrive(&o, o.meetings())
	d.run()
	day := d.result().Days[1]
	told := d.told[1].intervals / d.told[1].scrapes
	real := 150 * (daySeconds - 200) / float64(day.Requests-day.ListRequests)
	if real > 1.1*told || real < 0.9*told {
		t.Errorf("an interval of %.0f s was told, meetings were asked for every %.0f s", told, real)
	}
}

// A watched meeting is refreshed about √weight times as often as others like it.
func TestWatchedMeetingsAreSeenMoreOften(t *testing.T) {
	t.Parallel()
	var trace []Meeting
	for i := range 300 {
		trace = append(trace, Meeting{8*3600 + float64(i), 6 * 3600, 10})
	}
	o := Options{Traces: [][]Meeting{trace}, Limit: 15_000, Reserve: 0.3, Days: 1, Scrape: time.Minute}
	d := newDrive(&o, o.meetings())
	opts := d.opts
	opts.Watched = func(live *zoomapi.Live) bool { return live.UUID == "7" }
	d.account.Configure(opts)
	d.run()
	others := 0
	for i, m := range d.meetings {
		if i != 7 {
			others += len(m.answers)
		}
	}
	watched, mean := float64(len(d.meetings[7].answers)), float64(others)/299
	if watched < 1.7*mean || watched > 2.4*mean {
		t.Errorf("the watched meeting was asked for %v times, others %.1f times; want about twice as often", watched, mean)
	}
}

// Ten days on which Zoom sometimes fails, is down for hours, and scrapes are uneven
// or stop: the limit is never exceeded, and unspent requests are spent later.
func TestTenDaysWithFaults(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(4, 2))
	o := Options{
		Traces: [][]Meeting{Generate(21, 250), Generate(22, 250)}, Limit: 10_000, Reserve: 0.25, Days: 10, Scrape: time.Minute,
		Fault: func(at float64) zoomapi.Reason {
			hour := math.Mod(at, daySeconds) / 3600
			switch day := int(at / daySeconds); {
			case day%3 == 1 && hour >= 10 && hour < 12: // away
				return zoomapi.ReasonServer
			case random.Float64() < 0.02:
				return [...]zoomapi.Reason{zoomapi.ReasonServer, zoomapi.ReasonTimeout, zoomapi.ReasonBody, zoomapi.ReasonNotLive}[random.IntN(4)]
			}
			return ""
		},
	}
	d := newDrive(&o, o.meetings())
	end := monday.AddDate(0, 0, o.Days)
	for at := monday; at.Before(end); {
		d.scrape(at)
		at = at.Add(time.Duration(20+random.IntN(100)) * time.Second)
		if random.IntN(2000) == 0 {
			at = at.Add(3 * time.Hour) // no scrapes
		}
	}
	d.runOn()
	for _, day := range d.result().Days {
		if day.Doubled != 0 || day.Counted+day.Lost != day.Total {
			t.Errorf("day %d: %+v", day.Day, day.Minutes)
		}
		if day.Requests > 7_500 || day.Throttled != 0 {
			t.Errorf("day %d: %d requests of 7500, %d throttled", day.Day, day.Requests, day.Throttled)
		}
		// Nothing can be spent in hours without scrapes or without Zoom.
		if day.Day > 1 && day.Requests < 4_500 {
			t.Errorf("day %d: only %d requests of 7500", day.Day, day.Requests)
		}
	}
}

// memory keeps a profile like a store.
type memory struct {
	data  []byte
	saves int
}

func (m *memory) Load() ([]byte, error)  { return m.data, nil }
func (m *memory) Save(data []byte) error { m.data, m.saves = data, m.saves+1; return nil }

// A process uses the week that the one before it learned.
func TestTheProfileServesTheNextProcess(t *testing.T) {
	t.Parallel()
	store := &memory{}
	mean := func(keep poll.ProfileStore) float64 {
		o := Options{Traces: [][]Meeting{Generate(31, 500)}, Limit: 20_000, Reserve: 0.3, Days: 1, Scrape: time.Minute}
		d := newDriveWith(&o, o.meetings(), func(p *poll.Options) { p.Profile = keep })
		d.run()
		return d.result().Days[0].MeanAge
	}
	first := mean(store)
	if store.saves < 200 || store.saves > 300 {
		t.Errorf("saved %d times in a day, want about every five minutes", store.saves)
	}
	if second := mean(store); second > 0.97*first {
		t.Errorf("mean age %v on the second Monday, %v on the first", second, first)
	}
}
