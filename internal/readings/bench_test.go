package readings

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
)

// crowd is meetings of ten people each, with as many minutes.
type crowd struct {
	meetings []Meeting
	people   []Person
	minutes  []qos.Minute
}

func newCrowd(meetings, minutes int) *crowd {
	c := &crowd{}
	for i := range meetings {
		c.meetings = append(c.meetings, Meeting{UUID: fmt.Sprintf("%020d==", i), Kind: "meeting"})
	}
	for i := range 10 {
		c.people = append(c.people, Person{
			ID: fmt.Sprint(16778240 + i*1024), ParticipantUUID: fmt.Sprintf("%032d", i), Join: at(0),
			Facts: qos.Facts{Site: fmt.Sprint("site ", i%3), NetworkType: "Wifi"},
		})
	}
	for i := range minutes {
		c.minutes = append(c.minutes, c.minute(i))
	}
	return c
}

// minute has the streams that a live row has: audio, video, one share.
func (c *crowd) minute(i int) qos.Minute {
	m := qos.Minute{At: at(i)}
	for stream := range 5 {
		media, direction := qos.MediaOf(stream)
		m.Readings = append(m.Readings, reading(qos.Stream{Media: media, Direction: direction}, 80, 12, 0.3))
	}
	return m
}

func (c *crowd) take(e *Engine, minutes []qos.Minute) {
	now := minutes[len(minutes)-1].At
	for _, m := range c.meetings {
		for _, p := range c.people {
			e.Take(m, p, minutes, Live, now)
		}
	}
}

// BenchmarkTake takes a page of ten people with an hour of minutes, of which one
// is new.
func BenchmarkTake(b *testing.B) {
	const known = 60
	e, c := New(Config{}), newCrowd(1, known)
	c.take(e, c.minutes)
	b.ReportAllocs()
	next := known
	for b.Loop() {
		c.minutes = append(c.minutes[1:], c.minute(0))
		c.minutes[known-1].At = at(next)
		next++
		c.take(e, c.minutes)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10, "ns/participant")
	if e.minutes != uint64(10*next) {
		b.Fatalf("%d minutes counted, want %d", e.minutes, 10*next)
	}
}

// BenchmarkKnown looks up which of an hour's minutes are known of a page of ten
// people: all but one are.
func BenchmarkKnown(b *testing.B) {
	const minutes = 60
	e, c := New(Config{}), newCrowd(1, minutes)
	c.take(e, c.minutes[:minutes-1])
	b.ReportAllocs()
	for b.Loop() {
		unknown := 0
		for _, p := range c.people {
			known := e.Known(c.meetings[0].UUID, p, Live)
			for i := range c.minutes {
				if !known.Has(c.minutes[i].At) {
					unknown++
				}
			}
		}
		if unknown != len(c.people) {
			b.Fatalf("%d minutes are unknown, want %d", unknown, len(c.people))
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(c.people)), "ns/participant")
}

// heap returns the bytes in use.
func heap() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// fill takes a minute of somebody on each of some networks at each of some sites.
func (c *crowd) fill(e *Engine, sites, networks int) {
	minute := []qos.Minute{everyStream(at(0))}
	for i := range sites * networks {
		p := c.people[0]
		p.ID, p.ParticipantUUID = fmt.Sprint(i), fmt.Sprint(i)
		p.Facts.Site, p.Facts.NetworkType = fmt.Sprint("site ", i%sites), fmt.Sprint("network ", i/sites)
		e.Take(c.meetings[0], p, minute, Live, at(0))
	}
}

// BenchmarkMemoryOfLabelSets measures what the label sets of 200 sites cost, with
// the view that shows them.
func BenchmarkMemoryOfLabelSets(b *testing.B) {
	c := newCrowd(1, 1)
	var memory float64
	sets := 0
	for b.Loop() {
		before := heap()
		e := New(Config{})
		c.fill(e, 200, 4)
		e.Close(c.meetings[0].UUID, NoAnswer, at(1)) // its sessions are no label sets
		cycle(e, at(1))
		memory = heap() - before
		sets = len(e.tallies.entries)
		runtime.KeepAlive(e)
	}
	b.ReportMetric(memory/1e6, "MB")
	b.ReportMetric(float64(sets), "sets")
}

// BenchmarkMemory measures what a live participant costs in memory and on disk.
func BenchmarkMemory(b *testing.B) {
	for _, minutes := range []int{60, 480, 2880} {
		b.Run(fmt.Sprintf("minutes=%d", minutes), func(b *testing.B) {
			c := newCrowd(200, minutes)
			var memory, bytes float64
			for b.Loop() {
				before := heap()
				e := New(Config{})
				c.take(e, c.minutes)
				memory = heap() - before
				bytes = 0
				for key, record := range e.Encode(at(minutes).UTC(), at(minutes)).Records {
					if key != countersKey {
						bytes += float64(len(key) + len(record))
					}
				}
				runtime.KeepAlive(e)
			}
			b.ReportMetric(memory/2000, "B/participant")
			b.ReportMetric(bytes/2000, "disk-B/participant")
		})
	}
}

// BenchmarkEncode encodes a minute's batch of a large company: 2,000 meetings, 42
// of which have changed, with few and with many label sets.
func BenchmarkEncode(b *testing.B) {
	for _, sites := range []int{20, 200} {
		b.Run(fmt.Sprintf("sites=%d", sites), func(b *testing.B) { benchmarkEncode(b, sites) })
	}
}

func benchmarkEncode(b *testing.B, sites int) {
	c := newCrowd(2000, 60)
	e := New(Config{})
	c.take(e, c.minutes)
	c.fill(e, sites, 4)
	e.Commit(e.Encode(at(60).UTC(), at(60)), at(60).UTC())
	b.ReportAllocs()
	i, size := 0, 0
	for b.Loop() {
		for range 42 {
			e.meetings[c.meetings[i%2000].UUID].revision++
			i++
		}
		now := at(60).Add(time.Duration(i) * time.Millisecond)
		batch := e.Encode(now.UTC(), now)
		size = 0
		for _, record := range batch.Records {
			size += len(record)
		}
		e.Commit(batch, now.UTC())
	}
	b.ReportMetric(float64(size), "batch-B")
}
