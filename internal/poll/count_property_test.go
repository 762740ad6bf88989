package poll_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/seeds"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/testbed"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// disk keeps records over the lives of processes.
type disk struct {
	mu      sync.Mutex
	records map[string][]byte
}

// process is one process's way to its disk.
type process struct {
	disk *disk
	// fails decides, for each save, whether it fails and whether it was made
	// all the same; nil never fails.
	fails func() (fails, made bool)
	dead  bool // it was killed
	made  int  // saves
}

var errDisk = errors.New("no space left on device")

func (p *process) Load() (map[string][]byte, error) {
	p.disk.mu.Lock()
	defer p.disk.mu.Unlock()
	return maps.Clone(p.disk.records), nil
}

func (p *process) Save(records map[string][]byte) error {
	p.disk.mu.Lock()
	defer p.disk.mu.Unlock()
	fails, made := p.dead, false
	if p.fails != nil && !p.dead {
		fails, made = p.fails()
	}
	if !fails || made {
		maps.Copy(p.disk.records, records)
		maps.DeleteFunc(p.disk.records, func(_ string, record []byte) bool { return record == nil })
		p.made++
	}
	if fails {
		return errDisk
	}
	return nil
}

// saved counts the saves that were made.
func (p *process) saved() int {
	p.disk.mu.Lock()
	defer p.disk.mu.Unlock()
	return p.made
}

func (p *process) kill() {
	p.disk.mu.Lock()
	defer p.disk.mu.Unlock()
	p.dead = true
}

// hardship is how far a life is from an easy one.
type hardship struct {
	faults    []zoomsim.FaultKind
	saves     bool // some fail
	crashes   bool
	gaps      bool // scrapes are missed for a while
	backfills bool // are to be had; else some are not
	steady    bool // a scrape a minute, and after all that happens
}

// life is an afternoon of an exporter and its Zoom.
type life struct {
	*testing.T
	*rand.Rand
	hardship
	bed      *testbed.Bed
	disk     *disk
	process  *process
	from     time.Time // minutes count from here
	meetings []string  // all there ever were
	// listed are those that the exporter knows of, and its disk. No other may
	// end: nobody could tell that there was one.
	listed   map[string]bool
	log      []string
	restarts int
}

func newLife(t *testing.T, seed uint64, h hardship, sim zoomsim.Options) *life {
	l := &life{T: t, Rand: rand.New(rand.NewPCG(seed, 4)), hardship: h, disk: &disk{records: make(map[string][]byte)}, listed: make(map[string]bool)}
	time.Sleep(time.Duration(l.IntN(24*3600)) * time.Second)
	sim.Seed, sim.Fixed, sim.Latency = seed, true, time.Duration(l.IntN(300))*time.Millisecond
	sim.Meetings, sim.Webinars, sim.Participants = 1+l.IntN(2), l.IntN(2), float64(2+l.IntN(10))
	sim.PastDelay = []time.Duration{-1, 5 * time.Minute, 20 * time.Minute, 60 * time.Minute}[l.IntN(4)]
	l.start(testbed.Options{Sim: sim})
	for _, kind := range []zoomapi.Kind{zoomapi.Meeting, zoomapi.Webinar} {
		for _, m := range l.bed.Sim.Live(kind) {
			l.meetings = append(l.meetings, m.UUID)
		}
	}
	l.from = time.Now()
	l.scrape()
	return l
}

func (l *life) start(o testbed.Options) {
	l.process = &process{disk: l.disk}
	if l.saves && o.Before != nil {
		l.process.fails = func() (fails, made bool) { return l.IntN(6) == 0, l.IntN(2) == 0 }
	}
	o.Poll = func(opts *poll.Options) { opts.ReadingsStore = l.process }
	l.bed = testbed.New(l.T, o)
}

func (l *life) note(format string, args ...any) {
	l.log = append(l.log, time.Now().Format("15:04:05 ")+fmt.Sprintf(format, args...))
}

func (l *life) scrape() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	saved := l.process.saved()
	done := l.bed.Poll(ctx)
	s := l.bed.Snapshot()
	for i := range s.Meetings {
		if done && l.process.saved() > saved {
			l.listed[s.Meetings[i].UUID] = true
		}
	}
}

// end is the end of a process, and the next one's begin.
func (l *life) end() {
	l.restarts++
	old := l.bed
	switch {
	case l.crashes && l.IntN(2) == 0:
		l.note("killed")
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(l.IntN(1500))*time.Millisecond)
		old.Poll(ctx) // and in the midst of it
		cancel()
		l.process.kill()
		old.Close() // saves nothing
	default:
		l.note("restarted")
		old.Close()
	}
	if l.gaps && l.IntN(3) == 0 {
		time.Sleep(time.Duration(l.IntN(20)) * time.Minute)
	}
	l.start(testbed.Options{Before: old})
}

// live picks a live meeting and somebody in it.
func (l *life) live() (m zoomsim.Meeting, p zoomsim.Participant, ok bool) {
	all := append(l.bed.Sim.Live(zoomapi.Meeting), l.bed.Sim.Live(zoomapi.Webinar)...)
	if len(all) == 0 {
		return m, p, false
	}
	m = all[l.IntN(len(all))]
	present := slices.DeleteFunc(m.Participants, func(p zoomsim.Participant) bool { return !p.Leave.IsZero() })
	if len(present) == 0 {
		return m, p, false
	}
	return m, present[l.IntN(len(present))], true
}

// something happens in a meeting.
func (l *life) something() {
	sim := l.bed.Sim
	m, p, ok := l.live()
	what := l.IntN(12)
	switch {
	case (what == 0 || !ok) && len(l.meetings) < 5:
		kind := []zoomapi.Kind{zoomapi.Meeting, zoomapi.Webinar}[l.IntN(2)]
		opened := sim.Open(kind, 1+l.IntN(6))
		l.meetings = append(l.meetings, opened.UUID)
		l.note("opened %s", opened.UUID)
	case !ok:
	case what == 1 && len(l.meetings) > 2 && l.listed[m.UUID]:
		l.finish(m.UUID)
	case what < 5:
		joined, err := sim.Join(m.UUID)
		l.must(err)
		l.note("joined %s %s", m.UUID, joined.UserID)
	case what < 8 && len(m.Participants) > 1:
		l.must(sim.Leave(m.UUID, p.UserID))
		l.note("left %s %s", m.UUID, p.UserID)
	default:
		again, err := sim.Rejoin(m.UUID, p.UserID)
		l.must(err)
		l.note("rejoined %s %s as %s", m.UUID, p.UserID, again.UserID)
	}
}

func (l *life) finish(uuid string) {
	l.note("ended %s", uuid)
	l.must(l.bed.Sim.End(uuid))
	if !l.backfills && l.IntN(2) == 0 {
		l.note("denied %s", uuid)
		l.must(l.bed.Sim.Deny(uuid, true))
	}
}

func (l *life) must(err error) {
	l.Helper()
	if err != nil {
		l.Fatal(err)
	}
}

func (l *life) trouble() {
	sim := l.bed.Sim
	sim.ClearFaults()
	if len(l.faults) == 0 || l.IntN(2) == 0 {
		return
	}
	f := zoomsim.Fault{Kind: l.faults[l.IntN(len(l.faults))], Probability: 0.05 + 0.3*l.Float64(), Delay: zoomsim.Duration(2 * time.Second)}
	if f.Kind == zoomsim.FaultRevoke {
		f.Probability = 0.02
	}
	l.note("fault %s %.2f", f.Kind, f.Probability)
	l.must(sim.SetFault(f))
}

// run lets an hour or so pass, then all meetings end and their backfills come in.
func (l *life) run() {
	steps := 32
	if l.steady {
		steps = 16
	}
	for range steps {
		if l.steady {
			time.Sleep(time.Minute)
			l.scrape()
		}
		time.Sleep([]time.Duration{15 * time.Second, 30 * time.Second, time.Minute, time.Duration(1+l.IntN(110)) * time.Second}[l.IntN(4)])
		if l.gaps && l.IntN(12) == 0 {
			time.Sleep(time.Duration(l.IntN(12)) * time.Minute)
		}
		if l.IntN(3) == 0 {
			l.something()
		}
		if l.IntN(8) == 0 {
			l.trouble()
		}
		l.scrape()
		if l.IntN(15) == 0 {
			l.end()
		}
	}
	l.bed.Sim.ClearFaults()
	for since := time.Now(); len(l.listed) < len(l.meetings); {
		time.Sleep(time.Minute)
		l.scrape()
		if time.Since(since) > 3*time.Hour {
			l.fail("a meeting is never listed")
		}
	}
	for _, kind := range []zoomapi.Kind{zoomapi.Meeting, zoomapi.Webinar} {
		for _, m := range l.bed.Sim.Live(kind) {
			l.finish(m.UUID)
		}
	}
	for over := time.Now(); l.bed.Snapshot().Backfills > 0 || time.Since(over) < 10*time.Minute; {
		time.Sleep(time.Duration(30+l.IntN(270)) * time.Second)
		l.scrape()
		if l.IntN(20) == 0 {
			l.end()
		}
		if time.Since(over) > 5*time.Hour {
			l.fail("backfills wait for ever")
		}
	}
	l.saves = false
	l.process.fails = nil
	for range 4 { // what is new is shown at 0 first
		time.Sleep(time.Minute + 10*time.Second)
		l.scrape()
	}
}

func (l *life) fail(why string) {
	l.Helper()
	l.Fatal(why + "\nafter\n" + strings.Join(l.log, "\n"))
}

// once compares what was counted with reading each session once at its end.
func (l *life) once() {
	l.Helper()
	v := l.bed.Snapshot().Readings
	got, want := testbed.Counted(v), testbed.Truth(l.T, l.bed.Sim, l.from, l.meetings...)
	lost := uint64(0)
	for _, n := range v.Lost {
		lost += n
	}
	if over := got.Over(want); over != "" {
		l.fail("counted more than once:\n" + over)
	}
	switch {
	case l.backfills && lost > 0:
		l.fail(fmt.Sprintf("%v lost of %d minutes, %d counted", v.Lost, want.Minutes, got.Minutes))
	case l.backfills:
		if differs := got.Differs(want); differs != "" {
			l.fail("not what each session once comes to:\n" + differs)
		}
	case got.Minutes+lost < want.Minutes:
		l.fail(fmt.Sprintf("%d minutes counted, %v lost, of %d", got.Minutes, v.Lost, want.Minutes))
	}
}

var passing = []zoomsim.FaultKind{
	zoomsim.FaultPerSecond, zoomsim.FaultServer, zoomsim.FaultUnavailable, zoomsim.FaultCut, zoomsim.FaultReset,
	zoomsim.FaultHTML, zoomsim.FaultEmpty, zoomsim.FaultLatency, zoomsim.FaultRevoke, zoomsim.FaultToken,
	zoomsim.FaultNoAccess, zoomsim.FaultNotLive, zoomsim.FaultConcurrent,
}

// moods draws what Zoom is like.
func moods(r *rand.Rand) zoomsim.Moods {
	return zoomsim.Moods{
		History:      []zoomsim.HistoryMode{zoomsim.HistoryFull, zoomsim.HistoryNewest, zoomsim.HistorySince, zoomsim.HistoryLate}[r.IntN(4)],
		NewestFirst:  r.IntN(3) == 0,
		DoubleRows:   r.IntN(3) == 0,
		LeaversGone:  r.IntN(3) == 0,
		OtherPastIDs: r.IntN(3) == 0,
		Odd:          float64(r.IntN(2)) * 0.05,
		Status300:    r.IntN(4) == 0,
	}
}

func TestCountsWhatEachSessionOnceComesTo(t *testing.T) {
	for seed := range uint64(seeds.Count(6)) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := rand.New(rand.NewPCG(seed, 1))
				h := hardship{backfills: true}
				if seed%2 == 1 {
					h.faults, h.saves, h.crashes, h.gaps = passing, r.IntN(2) == 0, r.IntN(2) == 0, true
				}
				l := newLife(t, seed, h, zoomsim.Options{Moods: moods(r)})
				l.run()
				l.once()
			})
		})
	}
}

// Where Zoom or the allowance does not permit a backfill, what is missing is a known loss:
// of everybody whom an answer or the list told of.
func TestWhatIsNotCountedIsLost(t *testing.T) {
	lost := uint64(0)
	t.Run("seeds", func(t *testing.T) {
		for seed := range uint64(seeds.Count(3)) {
			t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					r := rand.New(rand.NewPCG(seed, 2))
					// Nobody comes and goes unseen: there is an answer a minute.
					l := newLife(t, seed, hardship{steady: true}, zoomsim.Options{Moods: moods(r)})
					l.run()
					l.once()
					for _, n := range l.bed.Snapshot().Readings.Lost {
						atomic.AddUint64(&lost, n)
					}
				})
			})
		}
	})
	if lost == 0 {
		t.Error("nothing was lost: the test proves nothing")
	}
}

// Where numbers are all that Zoom understands, answers are mangled and people
// have no ids, readings may be missing; never is one counted twice.
func TestNothingIsCountedTwice(t *testing.T) {
	mangled := append([]zoomsim.FaultKind{zoomsim.FaultNulls, zoomsim.FaultMissing, zoomsim.FaultNumbers, zoomsim.FaultInvalidUTF8}, passing...)
	for seed := range uint64(seeds.Count(3)) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := rand.New(rand.NewPCG(seed, 3))
				m := moods(r)
				m.NumbersOnly = seed%2 == 0
				l := newLife(t, seed, hardship{faults: mangled, saves: true, crashes: true, gaps: true}, zoomsim.Options{Moods: m})
				l.run()
				l.atMostOnce()
			})
		})
	}
}

// atMostOnce compares sums: a mangled row may lack what it is counted under.
func (l *life) atMostOnce() {
	l.Helper()
	sums := func(c *testbed.Count) (n [3]uint64) {
		n[0] = c.Minutes
		for _, readings := range c.Readings {
			n[1] += readings
		}
		for _, s := range c.Latency {
			n[2] += s.Count
		}
		return n
	}
	got := sums(testbed.Counted(l.bed.Snapshot().Readings))
	want := sums(testbed.Truth(l.T, l.bed.Sim, l.from, l.meetings...))
	for i, what := range []string{"minutes", "readings", "latencies"} {
		if got[i] > want[i] || got[i] < want[i]/10 {
			l.fail(fmt.Sprintf("%d %s counted, of %d", got[i], what, want[i]))
		}
	}
}
