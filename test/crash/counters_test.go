package crash

import (
	"maps"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/testbed"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// counters are the highest values that scrapes have shown of what was counted.
type counters struct {
	mu   sync.Mutex
	seen map[string]float64
	fell []string
}

// look takes in an exposition. One that was asked for before another may come
// after it, so only what was shown before it was asked for is held against it.
func (c *counters) look(before map[string]float64, exposition string) {
	now := make(map[string]float64)
	for line := range strings.Lines(exposition) {
		if !strings.HasPrefix(line, "zoom_qos_reading") && !strings.HasPrefix(line, "zoom_qos_sessions_total") &&
			!strings.HasPrefix(line, "zoom_readings_") && !strings.HasPrefix(line, "zoom_participant_counted_seconds_total") &&
			!strings.HasPrefix(line, "zoom_participant_lost_seconds_total") && !strings.HasPrefix(line, "zoom_qos_session_duration") {
			continue
		}
		i := strings.LastIndexByte(line, ' ')
		if v, err := strconv.ParseFloat(strings.TrimSpace(line[i+1:]), 64); err == nil {
			now[line[:i]] = v
		}
	}
	if len(now) == 0 {
		return // the answer was cut
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for series, was := range before {
		if v, ok := now[series]; !ok || v < was {
			c.fell = append(c.fell, series+" fell from "+strconv.FormatFloat(was, 'g', -1, 64))
		}
	}
	for series, v := range now {
		c.seen[series] = max(c.seen[series], v)
	}
}

func (c *counters) shown() map[string]float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.seen)
}

// minutes returns how many participant-minutes were shown as counted.
func (c *counters) minutes() uint64 {
	return uint64(c.shown()[`zoom_participant_counted_seconds_total{account="test"}`]) / 60
}

// TestKillWhileCounting kills the exporter while it counts and commits: no
// counter falls below what a scrape has shown, nothing is counted twice, and the
// next process counts what is missing.
func TestKillWhileCounting(t *testing.T) {
	t.Parallel()
	const (
		rounds = 16
		speed  = 7 // of Zoom's minutes
		run    = 28 * time.Second
	)
	// Ahead of the first process's start, and by less than would be mad.
	begin, from := time.Now().Add(20*time.Second), time.Now()
	b := newBedAt(t, zoomsim.Limits{HeavyPerSecond: 1000, ResourcePerMin: 1000, TogetherPerDay: 10_000_000}, func() time.Time {
		return begin.Add(speed * min(time.Since(from), run))
	}, 0)
	counted := counters{seen: make(map[string]float64)}
	rng := rand.New(rand.NewPCG(20, 27))
	var uuids []string
	for _, m := range b.sim.Live(zoomapi.Meeting) {
		uuids = append(uuids, m.UUID)
	}
	for range rounds {
		p := b.start(t)
		p.listening()
		var scrapes sync.WaitGroup
		for range 2 {
			scrapes.Go(func() {
				for text := "-"; text != ""; {
					before := counted.shown()
					text = p.scrape("")
					counted.look(before, text)
				}
			})
		}
		<-time.NewTimer(time.Duration(300+rng.Int64N(2200)) * time.Millisecond).C // real time, as the process has it
		p.kill()
		scrapes.Wait()
		if shown, most := counted.minutes(), testbed.Truth(t, b.sim, begin, uuids...).Minutes; shown > most {
			t.Fatalf("%d minutes counted, of %d", shown, most)
		}
	}
	<-time.NewTimer(time.Until(from.Add(run))).C
	half := counted.minutes()
	p := b.start(t)
	p.listening()
	truth := testbed.Truth(t, b.sim, begin, uuids...).Minutes
	p.until("counts the rest", func() bool {
		before := counted.shown()
		counted.look(before, p.scrape(""))
		return counted.minutes() >= truth
	})
	if got := counted.minutes(); got != truth {
		t.Errorf("%d minutes counted, of %d", got, truth)
	}
	if half == 0 {
		t.Error("nothing was counted between the kills: that proves nothing")
	}
	t.Logf("%d minutes between %d kills, %d in all", half, rounds, truth)
	for _, fell := range counted.fell[:min(5, len(counted.fell))] {
		t.Error(fell)
	}
}
