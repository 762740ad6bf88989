package readings

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/seeds"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// life drives an engine through a day of a simulated Zoom, with crashes.
type life struct {
	*testing.T
	*zoom
	e      *Engine
	config Config
	disk   disk
	old    disk  // an earlier state of the disk
	before count // by engines whose counters are lost
	now    zoomtime.Time

	backfills bool // are complete; else some rows are not in them
	damages   bool
	damaged   bool // since the last save
	crashes   int
	unseen    map[*row]bool // rows that no answer had, whose loss the engine cannot know
}

// newLife returns the life of an engine with the Zoom that r draws.
func newLife(t *testing.T, r *rand.Rand, span int, backfills bool, c Config) *life {
	return &life{
		T: t, zoom: newZoom(r, span), e: begun(c, monday), config: c, disk: disk{}, old: disk{},
		before: countOf(New(c)), backfills: backfills, unseen: make(map[*row]bool),
	}
}

func (l *life) poll(m *instance) {
	for _, r := range m.rows {
		if r.join.After(l.now) || l.IntN(5) == 0 { // a page that failed
			continue
		}
		p, minutes := l.live(r, l.now)
		if l.IntN(2) == 0 {
			known := l.e.Known(m.UUID, p, Live)
			fresh := slices.DeleteFunc(slices.Clone(minutes), func(q qos.Minute) bool { return known.Has(q.At) })
			if len(fresh) > 0 || len(minutes) == 0 {
				minutes = fresh
			}
		}
		n := l.e.Take(m.Meeting, p, minutes, Live, l.now)
		if again := l.e.Take(m.Meeting, p, minutes, Live, l.now); again != 0 {
			l.Fatalf("the same answer counted %d and again %d", n, again)
		}
	}
}

// backfill takes the past answer of an ended meeting and closes it.
func (l *life) backfill(m *instance) {
	l.e.EndMeeting(m.UUID, m.end)
	for _, r := range m.rows {
		if !l.backfills && l.IntN(2) == 0 {
			if !l.seen(m, r) {
				l.unseen[r] = true
			}
			continue
		}
		p, minutes := l.past(r)
		if l.e.Take(m.Meeting, p, minutes, Past, l.now) > 0 {
			delete(l.unseen, r)
		}
		if l.IntN(4) == 0 { // a page requested twice, with a crash between
			l.crashAfterSave()
			l.e.Take(m.Meeting, p, minutes, Past, l.now)
		}
	}
	l.e.Close(m.UUID, NoAnswer, l.now)
	m.closed = true
}

// seen reports whether any answer had a row.
func (l *life) seen(m *instance, r *row) bool {
	known := l.e.meetings[m.UUID]
	return known != nil && slices.ContainsFunc(known.sessions, func(s *session) bool {
		return s.uuid == hash(r.uuid) && apart(s.join, r.join.Unix()) <= sameJoin
	})
}

func (l *life) unseenMinutes() (n uint64) {
	for r := range l.unseen {
		n += uint64(len(r.entries))
	}
	return n
}

func (l *life) crashAfterSave() {
	if l.IntN(8) == 0 && !l.config.Volatile {
		l.save(true)
		l.crash()
	}
}

func (l *life) save(works bool) {
	batch := l.e.Encode(l.now.UTC(), l.now)
	if !works {
		if l.IntN(2) == 0 { // it was saved, although the engine does not learn of it
			l.apply(batch)
		}
		return
	}
	l.apply(batch)
	l.e.Commit(batch, l.now.UTC())
}

func (l *life) apply(b *Batch) {
	if l.IntN(10) == 0 {
		l.old = disk{}
		for k, v := range l.disk {
			l.old[k] = v
		}
	}
	l.disk.apply(b)
	l.damaged = false
	for _, m := range l.meetings {
		m.saved = m.closed
	}
}

func (l *life) crash() {
	l.crashes++
	if l.config.Volatile {
		l.before = countOf(l.e).plus(l.before)
	}
	if l.damages {
		l.damage()
	}
	l.e = New(l.config)
	if err := l.e.Restore(l.disk); err != nil && !l.damages {
		l.Fatal(err)
	}
	if l.config.Volatile || len(l.disk) > 0 { // else every minute still counts
		l.e.Begin(l.now)
	}
	for _, m := range l.meetings {
		m.closed = m.saved
	}
}

// damage removes, changes or replaces one record; at most one between saves.
func (l *life) damage() {
	if len(l.disk) == 0 || l.damaged {
		return
	}
	l.damaged = true
	key := l.disk.keys()[l.IntN(len(l.disk))]
	if l.IntN(3) == 0 {
		key = countersKey
	}
	if key == countersKey {
		// The counts are lost, but Prometheus has seen them.
		e := New(l.config)
		_ = restore(e, l.disk, l.now) // which may be damaged
		l.before = countOf(e).plus(l.before)
		if len(l.disk) == 1 { // else nothing would show that there were records
			l.disk[key] = nil
			return
		}
	}
	switch l.IntN(3) {
	case 0:
		delete(l.disk, key)
	case 1:
		if key == countersKey { // the store would not return it
			delete(l.disk, key)
			return
		}
		l.disk[key] = slices.Clone(l.disk[key])
		l.disk[key][l.IntN(len(l.disk[key]))] ^= 0x20
	default:
		if key == countersKey || l.old[key] == nil {
			delete(l.disk, key)
		} else {
			l.disk[key] = l.old[key]
		}
	}
}

// run lives through some hours, then takes the last backfills.
func (l *life) run(minutes int) {
	for i := range minutes {
		l.now = at(i).Add(time.Duration(l.IntN(60)) * time.Second)
		for _, m := range l.meetings {
			over := !m.end.After(l.now)
			switch {
			case m.closed || m.start.After(l.now):
			case over && l.IntN(8) == 0:
				l.backfill(m)
			case over && l.IntN(2) == 0:
				l.e.EndMeeting(m.UUID, m.end)
			case !over && l.IntN(4) == 0:
				l.poll(m)
			}
		}
		if l.IntN(3) > 0 {
			l.save(l.IntN(4) > 0)
		}
		if l.IntN(25) == 0 {
			l.crash()
		}
	}
	l.now = at(minutes)
	for _, m := range l.meetings {
		if !m.closed {
			l.backfill(m)
		} else if l.IntN(2) == 0 {
			l.backfill(m) // again
		}
	}
	l.save(true)
}

// once counts each session once, by its past answer.
func (z *zoom) once(now zoomtime.Time) count {
	e := New(Config{})
	for _, m := range z.meetings {
		for _, r := range m.rows {
			p, minutes := z.past(r)
			p.ID = r.id
			e.Take(m.Meeting, p, minutes, Past, now)
		}
		e.EndMeeting(m.UUID, m.end)
		e.Close(m.UUID, NoAnswer, now)
	}
	return countOf(e)
}

func TestAnyInterleavingCountsOnce(t *testing.T) {
	const span = 150
	crashes, lost := 0, uint64(0)
	for seed := range uint64(seeds.Count(250)) {
		r := rand.New(rand.NewPCG(seed, 4))
		l := newLife(t, r, span, seed%3 > 0, Config{})
		l.run(2 * span)
		crashes += l.crashes

		got, want := countOf(l.e), l.once(l.now)
		if over := got.within(want); over != "" {
			t.Fatalf("seed %d: counted twice: %s", seed, over)
		}
		if l.backfills {
			if want.lost = 0; !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d: %s", seed, got.differs(want))
			}
		} else if unseen := l.unseenMinutes(); got.minutes+got.lost+unseen < want.minutes {
			t.Fatalf("seed %d: %d minutes, %d lost and %d of rows no answer had, of %d", seed, got.minutes, got.lost, unseen, want.minutes)
		}
		lost += got.lost
	}
	if crashes == 0 || lost == 0 {
		t.Fatalf("%d crashes, %d lost: nothing was tested", crashes, lost)
	}
}

func TestDamageCountsNothingTwice(t *testing.T) {
	const span = 150
	for seed := range uint64(seeds.Count(250)) {
		r := rand.New(rand.NewPCG(seed, 5))
		l := newLife(t, r, span, seed%3 > 0, Config{})
		l.damages = true
		l.run(2 * span)
		if over := countOf(l.e).plus(l.before).within(l.once(l.now)); over != "" {
			t.Fatalf("seed %d: counted twice: %s", seed, over)
		}
	}
}

func TestVolatileCountsNothingTwice(t *testing.T) {
	const span = 150
	some := uint64(0)
	for seed := range uint64(seeds.Count(150)) {
		r := rand.New(rand.NewPCG(seed, 6))
		l := newLife(t, r, span, seed%3 > 0, Config{Volatile: true})
		l.run(2 * span)
		got, want := countOf(l.e).plus(l.before), l.once(l.now)
		if over := got.within(want); over != "" {
			t.Fatalf("seed %d: counted twice: %s", seed, over)
		}
		if got.sessions > want.sessions {
			t.Fatalf("seed %d: %d sessions of %d", seed, got.sessions, want.sessions)
		}
		some += got.minutes
	}
	if some == 0 {
		t.Fatal("nothing counted")
	}
}
