package readings

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/seeds"
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
	return fmt.Sprintf("%d minutes, %v lost, %+v and %+v overflowed, by %v and %v; readings %+v, %d histograms, %d lengths",
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
	if len(v.Readings) != 4 || v.Overflow != (Overflow{All: 6}) || v.total() != 12 {
		t.Fatalf("%d sets, %+v beyond, %d readings", len(v.Readings), v.Overflow, v.total())
	}
	last := v.Readings[3]
	if last.Values[0] != Other || last.Values[1] != Other || last.Readings[Good] != 6 {
		t.Errorf("%+v", last)
	}
	if len(v.Histograms) != 3 || v.HistogramOverflow != (Overflow{All: 8}) || v.Histograms[2].Jitter.Count != 8 {
		t.Errorf("%d histograms, %+v beyond", len(v.Histograms), v.HistogramOverflow)
	}
	// A higher limit affects new sets.
	e.Reconfigure(Config{MaxSets: 10, MaxHistogramSets: 10, Hold: time.Nanosecond})
	p := someone("site 5")
	p.ID, p.ParticipantUUID = "5", "5"
	e.Take(standup, p, []qos.Minute{minuteAt(at(3), 100)}, Live, at(3))
	if v = cycle(e, at(3)); len(v.Readings) != 5 || v.Overflow != (Overflow{All: 6}) {
		t.Errorf("%d sets, %+v beyond", len(v.Readings), v.Overflow)
	}
}

// The network types collapse before the sites do.
func TestNetworkTypesCollapseFirst(t *testing.T) {
	c := Config{MaxSets: 10, MaxHistogramSets: 100, Hold: time.Nanosecond} // 8 and 2 in reserve
	e, d := New(c), disk{}
	take := func(site, network string, now zoomtime.Time) {
		p := someone(site)
		p.ID, p.ParticipantUUID, p.Facts.NetworkType = site+network, site+network, network
		e.Take(standup, p, []qos.Minute{minuteAt(now, 100)}, Live, now)
	}
	for network := range 6 {
		for site := range 4 {
			take(fmt.Sprint("site ", site), fmt.Sprint("network ", network), at(1))
		}
	}
	cycle(e, at(1))
	v := cycle(e, at(2))
	got := make(map[string]uint64)
	for _, s := range v.Readings {
		got[strings.Join(s.Values, ", ")] = s.Readings[Good]
	}
	want := map[string]uint64{"site 0, other": 4, "site 1, other": 4, "other, other": 8}
	for network := range 2 {
		for site := range 4 {
			want[fmt.Sprintf("site %d, network %d", site, network)] = 1
		}
	}
	if !maps.Equal(got, want) || v.Overflow != (Overflow{NetworkType: 8, All: 8}) || v.HistogramOverflow != (Overflow{}) {
		t.Errorf("%v, %+v and %+v beyond", got, v.Overflow, v.HistogramOverflow)
	}
	// A restart changes nothing.
	e.meetings[standup.UUID].revision++
	d.apply(e.Encode(at(2).UTC(), at(2)))
	e = New(c)
	if err := restore(e, d, at(3)); err != nil {
		t.Fatal(err)
	}
	take("site 1", "network 7", at(4))
	take("site 2", "network 7", at(4))
	if v := cycle(e, at(4)); len(v.Readings) != len(want) || v.Overflow != (Overflow{NetworkType: 9, All: 9}) {
		t.Errorf("after a restart: %d sets, %+v beyond", len(v.Readings), v.Overflow)
	}
	// Sets that are not used any more make room for complete ones.
	later := zoomtime.Of(at(4).UTC().AddDate(0, 0, maxIdle+1))
	cycle(e, later)
	take("site 3", "network 8", later)
	if v := cycle(e, later); len(v.Readings) != 1 || v.Readings[0].Values[1] != "network 8" {
		t.Errorf("a month later: %+v", v.Readings)
	}
}

// Whatever comes in whichever order, and whatever the sites and networks are called,
// the limit holds and nothing is lost.
func TestTableKeepsItsLimit(t *testing.T) {
	for seed := range uint64(seeds.Count(200)) {
		r := rand.New(rand.NewPCG(seed, 7))
		limit := 1 + r.IntN(40)
		table := newTable[uint64](maskOf([]Dimension{Site, NetworkType}), limit)
		beyond, dropped := uint64(0), uint64(0)
		for day := range int64(200) {
			name := func(n int) string { return []string{Other, "", fmt.Sprint(r.IntN(n))}[min(2, r.IntN(12))] }
			k := key{kind: "meeting", stream: int8(r.IntN(2)), values: values{Site: name(20), NetworkType: name(6)}}
			e := table.get(k)
			if e.values != k.values {
				beyond++
			}
			e.data++
			table.touch(e, day)
			for _, e := range table.entries {
				if day-e.used > maxIdle {
					dropped += e.data
				}
			}
			table.tidy(time.Time{}, time.Hour, day, new([]*time.Time))
			var counts [collapses]int
			total := dropped
			for _, e := range table.entries {
				counts[e.collapse]++
				total += e.data
			}
			if counts != table.counts || len(table.byKey) != len(table.entries) || total != uint64(day)+1 {
				t.Fatalf("seed %d: %v entries, counted %v; %d increments of %d", seed, counts, table.counts, total, day+1)
			}
			if counts[collapsedNone] > limit-limit/5 || counts[collapsedAll] > 2 {
				t.Fatalf("seed %d: %v entries, limit %d", seed, counts, limit)
			}
		}
		if told := table.overflow[collapsedNetwork] + table.overflow[collapsedAll]; told < beyond {
			t.Fatalf("seed %d: %d beyond the limit, %d told", seed, beyond, told)
		}
	}
}

// 200 sites on 4 types of network fit, and more networks do not cost a site.
func TestTheDefaultLimitFits200Sites(t *testing.T) {
	t.Parallel()
	for networks, want := range map[int]Overflow{4: {}, 5: {NetworkType: 2 * qos.Streams * 200}} {
		e := New(Config{Hold: time.Nanosecond})
		for _, kind := range []string{"meeting", "webinar"} {
			for network := range networks {
				for site := range 200 {
					p := someone(fmt.Sprint("site ", site))
					p.ID, p.ParticipantUUID, p.Facts.NetworkType = fmt.Sprint(network, site), "", fmt.Sprint("network ", network)
					e.Take(Meeting{UUID: kind, Kind: kind}, p, []qos.Minute{everyStream(at(1))}, Live, at(1))
				}
			}
		}
		if v := cycle(e, at(1)); v.Overflow != want || v.HistogramOverflow != (Overflow{}) {
			t.Errorf("%d networks: %+v and %+v beyond", networks, v.Overflow, v.HistogramOverflow)
		}
	}
}

// everyStream has a reading of each stream.
func everyStream(at zoomtime.Time) qos.Minute {
	m := qos.Minute{At: at}
	for stream := range qos.Streams {
		media, direction := qos.MediaOf(stream)
		m.Readings = append(m.Readings, reading(qos.Stream{Media: media, Direction: direction}, 100, 10, 0))
	}
	return m
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
	if v := cycle(e, at(5)); len(v.Readings) > 3 || v.total() != 4 || v.Overflow.All == 0 || v.HistogramOverflow.All == 0 {
		t.Errorf("%d sets of %d readings, %+v and %+v beyond", len(v.Readings), v.total(), v.Overflow, v.HistogramOverflow)
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
	if v := cycle(e, later.Add(time.Minute)); len(v.Readings) != 1 || v.total() != 1 || v.Overflow != (Overflow{}) {
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
	}{{2, 3, 0, 0}, {5, 6, 100, 20}, {40, 6, 2000, 300}, {30, 6, 2000, 500}, {5, 1, 61, 500}} {
		c := Config{MaxSets: tt.maxSets, MaxHistogramSets: tt.maxHistograms, Hold: time.Nanosecond}
		worst := WorstCase(c, 2, map[Dimension]int{Site: tt.sites, NetworkType: tt.networks, OS: 1000})
		e := New(c)
		minute := everyStream(at(1))
		kinds := []string{"meeting", "webinar"}
		for i := range tt.sites * tt.networks {
			for _, kind := range kinds {
				p := Person{ID: fmt.Sprint(i), Join: at(0), Leave: at(1)}
				p.Facts = qos.Facts{Site: fmt.Sprint(i % tt.sites), NetworkType: fmt.Sprint(i / tt.sites)}
				e.Take(Meeting{UUID: kind, Kind: kind}, p, []qos.Minute{minute}, Past, at(1))
			}
		}
		for _, kind := range kinds {
			e.Close(kind, NoAnswer, at(1))
		}
		v := cycle(e, at(1))
		histograms := 3*len(v.Histograms)*(bounds+3) + len(v.Lengths)*(bounds+3)
		// Which kinds are counted as "other" depends on the order.
		spare := worst.Readings - len(v.Readings)*verdicts
		if spare < 0 || spare > qos.Streams*verdicts || worst.Sessions != worst.Readings || worst.Histograms != histograms ||
			worst.Capped != (v.Overflow != Overflow{} || v.HistogramOverflow != Overflow{}) || worst.Readings+worst.Sessions+worst.Histograms != 2*worst.Readings+histograms {
			t.Errorf("%+v: estimated %+v, came to %d and %d", tt, worst, len(v.Readings)*verdicts, histograms)
		}
	}
}
