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

// life drives an engine through the day of a small Zoom.
type life struct {
	*testing.T
	*zoom
	e      *Engine
	config Config
	disk   disk
	old    disk  // some earlier state of the disk
	before count // by engines whose counters are gone
	now    zoomtime.Time

	tails   bool // are to be had; else some are not
	damages bool
	damaged bool // since the last save
	crashes int
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

// tail reads a meeting that is over once more and closes it.
func (l *life) tail(m *instance) {
	l.e.EndMeeting(m.UUID, m.end)
	for _, r := range m.rows {
		if !l.tails && l.IntN(2) == 0 {
			if !l.told(m, r) {
				// Of whom the engine was never told it cannot know the loss.
				l.e.Lose(NoAnswer, uint64(len(r.entries)))
			}
			continue
		}
		p, minutes := l.past(r)
		l.e.Take(m.Meeting, p, minutes, Past, l.now)
		if l.IntN(4) == 0 { // a page asked for twice, and a crash between
			l.crashAfterSave()
			l.e.Take(m.Meeting, p, minutes, Past, l.now)
		}
	}
	l.e.Close(m.UUID, NoAnswer, l.now)
	m.closed = true
}

// told reports whether the engine was ever told of a row.
func (l *life) told(m *instance, r *row) bool {
	known := l.e.meetings[m.UUID]
	return known != nil && slices.ContainsFunc(known.sessions, func(s *session) bool {
		return s.uuid == hash(r.uuid) && apart(s.join, r.join.Unix()) <= sameJoin
	})
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
		if l.IntN(2) == 0 { // it was saved after all, and nobody knows
			l.apply(batch)
		}
		return
	}
	l.apply(batch)
	l.e.Commit(batch)
	l.e.Shown(l.e.View(), l.now.UTC())
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
	if l.config.Volatile || len(l.disk) > 0 { // else all that was counts yet
		l.e.Begin(l.now)
	}
	for _, m := range l.meetings {
		m.closed = m.saved
	}
}

// damage takes away, tears or replaces one record; one at a time.
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
		// What was counted is gone, but Prometheus has seen it.
		e := New(l.config)
		_ = restore(e, l.disk, l.now) // it may be damaged already
		l.before = countOf(e).plus(l.before)
		if len(l.disk) == 1 { // nothing would tell that there was an earlier life
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

// live through some hours, then let the last tails in.
func (l *life) run(minutes int) {
	for i := range minutes {
		l.now = at(i).Add(time.Duration(l.IntN(60)) * time.Second)
		for _, m := range l.meetings {
			over := !m.end.After(l.now)
			switch {
			case m.closed || m.start.After(l.now):
			case over && l.IntN(8) == 0:
				l.tail(m)
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
			l.tail(m)
		} else if l.IntN(2) == 0 {
			l.tail(m) // whatever comes after the end
		}
	}
	l.save(true)
}

// once reads each session once at its end.
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
		l := &life{T: t, zoom: newZoom(r, span), disk: disk{}, old: disk{}, tails: seed%3 > 0}
		l.before = countOf(New(Config{}))
		l.e = begun(l.config, monday)
		l.run(2 * span)
		crashes += l.crashes

		got, want := countOf(l.e), l.once(l.now)
		if over := got.within(want); over != "" {
			t.Fatalf("seed %d: doubled: %s", seed, over)
		}
		if l.tails {
			if want.lost = 0; !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d: %s", seed, got.differs(want))
			}
		} else if got.minutes+got.lost < want.minutes {
			t.Fatalf("seed %d: %d minutes and %d lost, of %d", seed, got.minutes, got.lost, want.minutes)
		}
		lost += got.lost
	}
	if crashes == 0 || lost == 0 {
		t.Fatalf("%d crashes, %d lost: nothing was tried", crashes, lost)
	}
}

func TestDamageNeverDoubles(t *testing.T) {
	const span = 150
	for seed := range uint64(seeds.Count(250)) {
		r := rand.New(rand.NewPCG(seed, 5))
		l := &life{T: t, zoom: newZoom(r, span), disk: disk{}, old: disk{}, tails: seed%3 > 0, damages: true}
		l.before = countOf(New(Config{}))
		l.e = begun(l.config, monday)
		l.run(2 * span)
		if over := countOf(l.e).plus(l.before).within(l.once(l.now)); over != "" {
			t.Fatalf("seed %d: doubled: %s", seed, over)
		}
	}
}

func TestWithoutStoreNothingDoubles(t *testing.T) {
	const span = 150
	some := uint64(0)
	for seed := range uint64(seeds.Count(150)) {
		r := rand.New(rand.NewPCG(seed, 6))
		l := &life{T: t, zoom: newZoom(r, span), disk: disk{}, tails: seed%3 > 0, config: Config{Volatile: true}}
		l.before = countOf(New(Config{}))
		l.e = begun(l.config, monday)
		l.run(2 * span)
		got, want := countOf(l.e).plus(l.before), l.once(l.now)
		if over := got.within(want); over != "" {
			t.Fatalf("seed %d: doubled: %s", seed, over)
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
