package readings

import (
	"fmt"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

var standup = Meeting{UUID: "4444AAAiAAAAAiAiAiiAii==", Kind: "meeting", Department: "R&D"}

func someone(site string) Person {
	return Person{ID: "16778240", ParticipantUUID: "example-uuid", Join: at(0), Facts: qos.Facts{Site: site, NetworkType: "Wifi"}}
}

// cycle encodes and commits, as a scrape would.
func cycle(e *Engine, now zoomtime.Time) *View {
	e.Commit(e.Encode(now.UTC(), now), now.UTC())
	return e.View()
}

// String summarises a view for failures.
func (v *View) String() string {
	return fmt.Sprintf("%d minutes, %v lost, %d and %d overflowed, by %v and %v; readings %+v, %d histograms, %d lengths",
		v.Minutes, v.Lost, v.Overflow, v.HistogramOverflow, v.Dimensions, v.HistogramDimensions, v.Readings, len(v.Histograms), len(v.Lengths))
}

// total returns the sum of the readings shown.
func (v *View) total() (n uint64) {
	for _, s := range v.Readings {
		for _, c := range s.Readings {
			n += c
		}
	}
	return n
}

func TestNewSetsAreShownAsZeroFirst(t *testing.T) {
	e := New(Config{Hold: time.Minute})
	e.Take(standup, someone("berlin"), []qos.Minute{minuteAt(at(1), 100)}, Live, at(1))
	if v := e.View(); len(v.Readings) != 0 || v.Minutes != 0 {
		t.Fatalf("shown before it is committed: %+v", v)
	}
	saved := at(1).Add(10 * time.Second)
	e.Commit(e.Encode(at(1).UTC(), at(1)), saved.UTC())
	v := e.View()
	if len(v.Readings) != 1 || v.total() != 0 || len(v.Histograms) != 1 || v.Histograms[0].Latency.Count != 0 {
		t.Fatalf("a set that was not shown as 0: %+v", v)
	}
	if cycle(e, at(2)).total() != 0 {
		t.Fatal("increased before the 0 was shown for long enough")
	}
	e.Encode(at(3).UTC(), at(3)) // not saved
	if e.View().total() != 0 {
		t.Fatal("increased without a commit")
	}
	e.Commit(e.Encode(at(3).UTC(), at(3)), at(3).UTC())
	v = e.View()
	if v.total() != 1 || v.Readings[0].Readings[Good] != 1 || v.Histograms[0].Latency.Sum != 0.1 {
		t.Fatalf("%+v", v)
	}
	// Once released, a set increases without delay.
	e.Take(standup, someone("berlin"), []qos.Minute{minuteAt(at(2), 700)}, Live, at(12))
	if v = cycle(e, at(12)); v.Readings[0].Readings != [verdicts]uint64{1, 0, 0, 1} {
		t.Fatalf("%+v", v.Readings[0])
	}
}

// A set that Prometheus has seen above 0 must not be shown as 0 after a restart:
// Prometheus would take that for a counter reset and add all of it again.
func TestReleasedSetsStayReleased(t *testing.T) {
	d := disk{}
	e := New(Config{Hold: time.Minute})
	e.Take(standup, someone("berlin"), []qos.Minute{minuteAt(at(1), 100)}, Live, at(1))
	restart := func(now zoomtime.Time) {
		e = New(Config{Hold: time.Minute})
		if err := restore(e, d, now); err != nil {
			t.Fatal(err)
		}
	}
	save := func(now zoomtime.Time) {
		b := e.Encode(now.UTC(), now)
		d.apply(b)
		e.Commit(b, now.UTC())
	}
	save(at(1))
	restart(at(2))
	if v := e.View(); len(v.Readings) != 1 || v.total() != 0 {
		t.Fatalf("%+v", v)
	}
	save(at(2))
	save(at(4))
	if e.View().total() != 1 {
		t.Fatal("still 0")
	}
	restart(at(5))
	if e.View().total() != 1 {
		t.Fatal("at 0 again after a restart")
	}
}

func TestLimitOnLabelSets(t *testing.T) {
	e := New(Config{MaxSets: 3, MaxHistogramSets: 2, Hold: time.Nanosecond})
	for i := range 6 {
		p := someone(fmt.Sprintf("site %d", i))
		p.ID, p.ParticipantUUID = fmt.Sprint(i), fmt.Sprint(i)
		e.Take(standup, p, []qos.Minute{minuteAt(at(1), 100), minuteAt(at(2), 100)}, Live, at(2))
	}
	cycle(e, at(2))
	v := cycle(e, at(3))
	if len(v.Readings) != 4 || v.Overflow != 6 || v.total() != 12 {
		t.Fatalf("%d sets, %d beyond, %d readings", len(v.Readings), v.Overflow, v.total())
	}
	last := v.Readings[3]
	if last.Values[0] != Other || last.Values[1] != Other || last.Readings[Good] != 6 {
		t.Errorf("%+v", last)
	}
	if len(v.Histograms) != 3 || v.HistogramOverflow != 8 || v.Histograms[2].Jitter.Count != 8 {
		t.Errorf("%d histograms, %d beyond", len(v.Histograms), v.HistogramOverflow)
	}
	// A higher limit affects new sets.
	e.Reconfigure(Config{MaxSets: 10, MaxHistogramSets: 10, Hold: time.Nanosecond})
	p := someone("site 5")
	p.ID, p.ParticipantUUID = "5", "5"
	e.Take(standup, p, []qos.Minute{minuteAt(at(3), 100)}, Live, at(3))
	if v = cycle(e, at(3)); len(v.Readings) != 5 || v.Overflow != 6 {
		t.Errorf("%d sets, %d beyond", len(v.Readings), v.Overflow)
	}
}

// What exceeds the limit is reported even where a site is called other.
func TestASiteCalledOther(t *testing.T) {
	e := New(Config{MaxSets: 2, MaxHistogramSets: 2, Hold: time.Nanosecond, Dimensions: []Dimension{Site}})
	for i, site := range []string{Other, "berlin", "lisbon", "oslo"} {
		p := someone(site)
		p.ID, p.ParticipantUUID = site, site
		e.Take(standup, p, minutesAt(i), Live, at(i))
	}
	cycle(e, at(4))
	if v := cycle(e, at(5)); len(v.Readings) > 3 || v.total() != 4 || v.Overflow == 0 || v.HistogramOverflow == 0 {
		t.Errorf("%d sets of %d readings, %d and %d beyond", len(v.Readings), v.total(), v.Overflow, v.HistogramOverflow)
	}
}

func TestIdleSetsMakeRoom(t *testing.T) {
	e := New(Config{MaxSets: 1, Hold: time.Nanosecond})
	e.Take(standup, someone("old"), []qos.Minute{minuteAt(at(1), 100)}, Live, at(1))
	cycle(e, at(1))
	later := zoomtime.Of(at(1).UTC().AddDate(0, 0, maxIdle+1))
	if v := cycle(e, later); len(v.Readings) != 0 || len(v.Histograms) != 0 {
		t.Fatalf("%+v", v.Readings)
	}
	// A session that has cached the old set must find the new one.
	e.Take(standup, someone("old"), []qos.Minute{minuteAt(later, 100)}, Live, later)
	cycle(e, later)
	if v := cycle(e, later.Add(time.Minute)); len(v.Readings) != 1 || v.total() != 1 || v.Overflow != 0 {
		t.Fatalf("%+v", v)
	}
}

func TestReconfigure(t *testing.T) {
	c := Config{Hold: time.Nanosecond}
	e := New(c)
	take := func(minute int) *View {
		e.Take(standup, someone("berlin"), []qos.Minute{minuteAt(at(minute), 200)}, Live, at(minute))
		cycle(e, at(minute))
		return cycle(e, at(minute).Add(time.Second))
	}
	if v := take(1); v.Readings[0].Readings != [verdicts]uint64{0, 1, 0, 0} {
		t.Fatalf("%+v", v.Readings)
	}
	c.Thresholds = qos.DefaultThresholds()
	c.Thresholds.Latency.Good = 0.25
	e.Reconfigure(c)
	if v := take(2); v.Readings[0].Readings != [verdicts]uint64{1, 1, 0, 0} {
		t.Fatalf("changed thresholds: %+v", v.Readings)
	}
	c.Dimensions = []Dimension{Department, OS, Department}
	e.Reconfigure(c)
	v := take(3)
	if len(v.Readings) != 1 || v.total() != 1 || fmt.Sprint(v.Dimensions, v.Readings[0].Values) != "[os department] [ R&D]" {
		t.Fatalf("changed dimensions: %v %+v", v.Dimensions, v.Readings)
	}
	if v.Histograms[0].Latency.Count != 3 || v.Minutes != 3 {
		t.Fatalf("the histograms' dimensions did not change: %+v", v.Histograms)
	}
	c.HistogramDimensions = []Dimension{}
	e.Reconfigure(c)
	if v = take(4); v.Histograms[0].Latency.Count != 1 || len(v.Histograms[0].Values) != 0 {
		t.Fatalf("%+v", v.Histograms)
	}
}

// A dimension that is removed from the configuration may be private.
func TestReconfigureHidesAtOnce(t *testing.T) {
	c := Config{Hold: time.Nanosecond}
	e := New(c)
	e.Take(standup, someone("berlin"), []qos.Minute{minuteAt(at(1), 200)}, Live, at(1))
	cycle(e, at(1))
	e.Close(standup.UUID, NoAnswer, at(1))
	cycle(e, at(1))
	underway := e.Encode(at(2).UTC(), at(2))
	if v := e.View(); len(v.Readings) != 1 || len(v.Histograms) != 1 || len(v.Lengths) != 1 {
		t.Fatalf("%+v", v)
	}
	hidden := func(what string) {
		t.Helper()
		if v := e.View(); len(v.Readings)+len(v.Histograms)+len(v.Lengths) != 0 || len(v.Dimensions)+len(v.HistogramDimensions) != 0 || v.Minutes != 1 {
			t.Errorf("%s: %+v", what, v)
		}
	}
	c.Dimensions, c.HistogramDimensions = []Dimension{}, []Dimension{}
	e.Reconfigure(c)
	hidden("reconfigured")
	e.Commit(underway, at(2).UTC())
	hidden("a batch from before was saved")
}

func TestWorstCaseIsTheWorst(t *testing.T) {
	for _, tt := range []struct {
		sites, networks, maxSets, maxHistograms int
	}{{2, 3, 0, 0}, {5, 6, 100, 20}, {40, 6, 0, 0}} {
		c := Config{MaxSets: tt.maxSets, MaxHistogramSets: tt.maxHistograms, Hold: time.Nanosecond}
		worst := WorstCase(c, 2, map[Dimension]int{Site: tt.sites, NetworkType: tt.networks, OS: 1000})
		e := New(c)
		minute := qos.Minute{At: at(1)}
		for stream := range streams {
			media, direction := mediaOf(stream)
			minute.Readings = append(minute.Readings, reading(qos.Stream{Media: media, Direction: direction}, 100, 10, 0))
		}
		for _, kind := range []string{"meeting", "webinar"} {
			for i := range tt.sites * tt.networks {
				p := Person{ID: fmt.Sprint(i), Join: at(0), Leave: at(1)}
				p.Facts = qos.Facts{Site: fmt.Sprint(i % tt.sites), NetworkType: fmt.Sprint(i / tt.sites)}
				e.Take(Meeting{UUID: kind, Kind: kind}, p, []qos.Minute{minute}, Past, at(1))
			}
			e.Close(kind, NoAnswer, at(1))
		}
		v := cycle(e, at(1))
		histograms := 3*len(v.Histograms)*(bounds+3) + len(v.Lengths)*(bounds+3)
		// Which kinds are counted as "other" depends on the order.
		spare := worst.Readings - len(v.Readings)*verdicts
		if spare < 0 || spare > streams*verdicts || worst.Sessions != worst.Readings || worst.Histograms != histograms ||
			worst.Capped != (v.Overflow+v.HistogramOverflow > 0) || worst.Readings+worst.Sessions+worst.Histograms != 2*worst.Readings+histograms {
			t.Errorf("%+v: estimated %+v, came to %d and %d", tt, worst, len(v.Readings)*verdicts, histograms)
		}
	}
}
