package workday

import (
	"errors"
	"maps"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// restart ends the process and starts another with what the first one saved.
func (d *drive) restart() {
	d.account.Close()
	d.account = poll.New("workday", d.opts, d.clock, d.log)
}

// affordable reports whether a day's requests cover one walk over each meeting
// and its backfill.
func affordable(d *drive, day int) bool {
	requests := math.Floor(float64(d.Limit)*(1-d.Reserve) + 1e-9)
	looks := 0
	for _, m := range d.meetings {
		if int(m.start/daySeconds) == day {
			looks += m.pages()
		}
	}
	return float64(d.zoom.days[day].of[forLists]+looks+onePass(d.meetings, day)) <= requests
}

// unlisted is the participant-minutes of meetings that were on no list: the
// exporter cannot know of them.
func unlisted(d *drive) (minutes int) {
	for _, m := range d.meetings {
		if !m.listed {
			first, next := m.span()
			minutes += m.Participants * (next - first)
		}
	}
	return minutes
}

// minutesOf adds up the days of a run and what the exporter reports as lost, and
// checks what is true of any run.
func minutesOf(t *testing.T, d *drive) (all Minutes, told uint64) {
	t.Helper()
	r := d.result()
	for _, day := range r.Days {
		if day.Doubled != 0 || day.Counted+day.Lost != day.Total {
			t.Errorf("day %d: %+v", day.Day, day.Minutes)
		}
		all.Total += day.Total
		all.Counted += day.Counted
		all.Lost += day.Lost
	}
	for _, n := range r.LostByReason {
		told += n
	}
	if all.Total == 0 || uint64(all.Counted) != d.view.Minutes {
		t.Errorf("%d of %d minutes are among the readings, %d were counted", all.Counted, all.Total, d.view.Minutes)
	}
	return all, told
}

// Where the requests cover one walk over each meeting and its backfill no minute
// is lost, on the first day or later, whatever live answers hold.
func TestEveryMinuteIsCountedOnce(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name            string
		seed            uint64
		meetings, limit int
		history         History
	}{
		{"plenty", 1, 150, 60_000, Newest},
		{"what is new", 1, 150, 9_000, News},
		{"whole history", 1, 150, 9_000, Whole},
		{"little", 4, 1000, 7_500, Newest}, // as 8,000 on 60,000
		{"hardly enough", 3, 1000, 6_000, Newest},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := Options{
				Traces: [][]Meeting{Generate(tt.seed, tt.meetings), Generate(tt.seed+10, tt.meetings)},
				Limit:  tt.limit, Reserve: 0.3, Days: 2, Scrape: time.Minute, History: tt.history,
			}
			d := newDrive(&o, o.meetings())
			d.run()
			if !affordable(d, 0) || !affordable(d, 1) {
				t.Fatal("the days are too dear for this test")
			}
			if all, told := minutesOf(t, d); all.Lost != 0 || told != 0 {
				t.Errorf("%d of %d minutes were lost, the exporter tells of %d", all.Lost, all.Total, told)
			}
			for i, told := range d.told {
				if told.oldest > 4 {
					t.Errorf("day %d: a meeting was %v intervals old", i+1, told.oldest)
				}
			}
		})
	}
}

// Where requests are short, minutes are lost, and reported as lost.
func TestMinutesBeyondTheLimitAreLostAndCounted(t *testing.T) {
	t.Parallel()
	o := Options{Traces: [][]Meeting{Generate(43, 1500)}, Limit: 4_000, Reserve: 0.3, Days: 1, Scrape: time.Minute}
	d := newDrive(&o, o.meetings())
	d.run()
	if affordable(d, 0) {
		t.Fatal("the day is too cheap for this test")
	}
	all, told := minutesOf(t, d)
	if all.Lost < all.Total/10 || all.Lost > all.Total*2/3 {
		t.Errorf("%d of %d minutes were lost", all.Lost, all.Total)
	}
	if int(told)+unlisted(d) < all.Lost {
		t.Errorf("%d minutes were lost, the exporter tells of %d, and %d are of meetings it was never told of", all.Lost, told, unlisted(d))
	}
	if d.view.Lost[readings.NoBudget] != told {
		t.Errorf("lost for lack of requests only, reported %v", d.view.Lost)
	}
	if float64(told) > 1.15*float64(all.Lost) {
		t.Errorf("told %d minutes for %d", told, all.Lost)
	}
}

// A meeting over midnight is counted on the day on which it began; its backfill
// is spent from the requests of the next day.
func TestMinutesOverMidnight(t *testing.T) {
	t.Parallel()
	o := Options{
		Traces: [][]Meeting{{{23.4*3600 + 7, 5000, 23}, {23.9 * 3600, 350, 4}}, {{12 * 3600, 600, 5}}},
		Limit:  60_000, Days: 2, Scrape: time.Minute,
	}
	d := newDrive(&o, o.meetings())
	d.run()
	all, _ := minutesOf(t, d)
	if first := d.result().Days[0].Minutes; all.Lost != 0 || first.Total != 23*83+4*6 {
		t.Errorf("day 1 is %+v, want all of %d", first, 23*83+4*6)
	}
	if d.result().Days[1].TailRequests < 3+1 {
		t.Error("the backfills are missing")
	}
}

// Label sets that are unused for a month are dropped without losing their counts.
func TestMinutesOfALongRun(t *testing.T) {
	t.Parallel()
	o := Options{Traces: [][]Meeting{{{9 * 3600, 1800, 3}}}, Limit: 60_000, Days: 40, Scrape: 2 * time.Minute}
	d := newDrive(&o, o.meetings())
	d.run()
	if first := d.result().Days[0].Minutes; first != (Minutes{Total: 93, Counted: 93}) || countedUnder(d.view, department(0)) != 0 {
		t.Errorf("day 1 is %+v, of which %d are still shown", first, countedUnder(d.view, department(0)))
	}
}

// kept keeps records like a store, and fails while fails is set.
type kept struct {
	records map[string][]byte
	fails   bool
}

func (k *kept) Load() (map[string][]byte, error) { return maps.Clone(k.records), nil }

func (k *kept) Save(records map[string][]byte) error {
	if k.fails {
		return errors.New("the disk is full")
	}
	maps.Copy(k.records, records)
	maps.DeleteFunc(k.records, func(_ string, record []byte) bool { return record == nil })
	return nil
}

// Zoom fails and throttles, scrapes stop for hours, processes end: nothing is
// counted twice, and what was missed is reported. What a process knew that is
// killed while the disk is full is lost.
func TestMinutesThroughTrouble(t *testing.T) {
	t.Parallel()
	for name, diskFull := range map[string]bool{"disk": false, "full disk": true} {
		t.Run(name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(8, 5))
			o := Options{Traces: [][]Meeting{Generate(44, 150)}, Limit: 5_000, Reserve: 0.3, Days: 2, Scrape: time.Minute, Fault: trouble(random)}
			store := &kept{records: make(map[string][]byte)}
			d := newDriveWith(&o, o.meetings(), func(p *poll.Options) { p.ReadingsStore = store })
			end := monday.AddDate(0, 0, o.Days)
			for at := monday; at.Before(end); at = at.Add(time.Minute) {
				d.scrape(at)
				switch random.IntN(200) {
				case 0:
					store.fails = store.fails && diskFull
					d.restart()
				case 1:
					store.fails = true // killed before this scrape's counts were saved
					at = at.Add(time.Minute)
					d.scrape(at)
					d.restart()
					store.fails = diskFull
				case 2:
					store.fails = diskFull && !store.fails
				case 3:
					at = at.Add(time.Duration(random.IntN(60)) * time.Minute)
				}
			}
			store.fails = false
			d.runOn()
			all, told := minutesOf(t, d)
			if all.Lost == 0 || !diskFull && all.Counted < all.Total*3/4 {
				t.Errorf("%d of %d minutes were lost", all.Lost, all.Total)
			}
			if !diskFull && int(told)+unlisted(d) < all.Lost {
				t.Errorf("%d minutes were lost, the exporter tells of %d, and %d are of meetings it was never told of", all.Lost, told, unlisted(d))
			}
		})
	}
}

// trouble is a Zoom that is down for hours, throttles for a while, and sometimes
// fails.
func trouble(random *rand.Rand) func(at float64) zoomapi.Reason {
	return func(at float64) zoomapi.Reason {
		switch hour := math.Mod(at, daySeconds) / 3600; {
		case hour >= 9 && hour < 11.5 && at > daySeconds:
			return zoomapi.ReasonServer
		case hour >= 13 && hour < 13.5:
			return zoomapi.ReasonRateLimited
		case random.Float64() < 0.02:
			return [...]zoomapi.Reason{zoomapi.ReasonServer, zoomapi.ReasonTimeout, zoomapi.ReasonNotLive}[random.IntN(3)]
		}
		return ""
	}
}
