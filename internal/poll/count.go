package poll

import (
	"errors"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

const (
	// lateMinute is how late a minute may be told by live answers. What was open
	// before is not read again at every poll; the tail brings it.
	lateMinute = 10 * time.Minute
	// sessionOver is how long ago somebody left a meeting that still goes on, for
	// their session to be booked without waiting for its end.
	sessionOver = 24 * time.Hour
	// commitEvery is how often what was counted is committed while a cycle goes
	// on, which scrapes do not wait for.
	commitEvery = 5 * time.Second
)

// ReadingsStore keeps the counted readings over restarts. It is never called
// twice at once.
type ReadingsStore interface {
	// Load returns all records; where some can't be had, the others and an
	// error.
	Load() (map[string][]byte, error)
	// Save writes records, all or none; a nil record removes one.
	Save(records map[string][]byte) error
}

// counting is what an account counts, and the ended meetings that are not
// counted to their end. The account's mutex guards all of it but saving.
type counting struct {
	engine *readings.Engine
	config readings.Config
	store  ReadingsStore // nil counts from 0 at each start
	// started is when New was called, by our clock. Nothing is counted before the
	// first token tells Zoom's, and makes it ready.
	started  time.Time
	ready    bool
	restored bool          // there were records
	from     zoomtime.Time // minutes before it do not count; zero where the records know
	tails    map[string]*tail
	// unseen are meetings that were live before the start and have not been
	// listed since.
	unseen map[string]zoomapi.Kind
	saving sync.Mutex // one commit at a time, in the order of their batches
	// committed is when the newest batch was made.
	committed time.Time
}

// loadReadings makes the counting that New begins with.
func (a *Account) loadReadings() {
	n := &a.counting
	n.store, n.config = a.opts.Counted, a.opts.Readings
	n.tails, n.unseen = make(map[string]*tail), make(map[string]zoomapi.Kind)
	n.started = a.clock.Now()
	n.engine = readings.New(a.readingsConfig())
	if n.store == nil {
		return
	}
	records, err := n.store.Load()
	n.restored = len(records) > 0
	if err = errors.Join(err, n.engine.Restore(records)); err != nil {
		a.log.Error("some of the counted readings can't be had: what they told of is not counted again, and counters may begin anew",
			zap.Error(err))
	}
	for _, m := range n.engine.Open() {
		if m.End.IsZero() {
			n.unseen[m.UUID] = zoomapi.Kind(m.Kind)
		} else {
			n.tails[m.UUID] = newTail(m.UUID, zoomapi.Kind(m.Kind), time.Time{}, m.Sessions)
		}
	}
}

// beginCounting is called when Zoom's clock is known: minutes count from the start
// of the process by it. The mutex is held.
func (a *Account) beginCounting() {
	n := &a.counting
	if n.ready {
		return
	}
	n.ready = true
	start := a.zoomTime(n.started)
	n.engine.Begin(start)
	if !n.restored {
		n.from = start
	}
	for _, m := range n.engine.Open() {
		if t := n.tails[m.UUID]; t != nil {
			t.ended = n.started.Add(m.End.Sub(start))
			// How often it was asked for is not known: many short lives must not do
			// so more often than a long one.
			t.next = later(t.ended, n.started).Add(tailTries[0])
		}
	}
	a.excluded()
}

// readingsConfig is what the engine is made of.
func (a *Account) readingsConfig() readings.Config {
	c := a.opts.Readings
	c.Volatile = a.counting.store == nil
	return c
}

// counted names a meeting to the engine.
func counted(m *meeting) readings.Meeting {
	return readings.Meeting{UUID: m.uuid, Kind: string(m.kind), Department: m.info.Facts.Department}
}

func person(p *qos.Participant) readings.Person {
	return readings.Person{ID: p.ID, ParticipantUUID: p.Facts.ParticipantUUID, Join: p.Join, Leave: p.Leave, Facts: p.Facts}
}

// count converts a row of an answer and counts those of its minutes that were
// not counted before; held is what is held of the row, or nil. admitted says
// whether its minutes are counted at all. The mutex is held.
func (a *Account) count(in readings.Meeting, row *zoomapi.QoSRow, from readings.Source, held func(id string) *qos.Participant,
	admitted func(*qos.Participant) bool, zoomNow zoomtime.Time,
) (qos.Participant, bool) {
	var unread []qos.Unread
	var known *readings.Known
	var newest zoomtime.Time // told before
	takes := false
	meet := func(p *qos.Participant) {
		k := a.counting.engine.Known(in.UUID, person(p), from)
		known, takes = &k, admitted(p)
		if was := held(p.ID); was != nil && was.Newest != nil {
			newest = was.Newest.At
		}
	}
	want := func(p *qos.Participant, at zoomtime.Time) qos.Want {
		if known == nil {
			meet(p)
		}
		switch {
		case !takes || at.Before(newest.Add(-lateMinute)) || known.Has(at):
			return qos.Skip
		case known.Told(at):
			return qos.Again
		}
		return qos.New
	}
	p, minutes, ok := a.opts.Converter.History(row, zoomNow, want, a.store.failures, &unread)
	if !ok {
		return p, false
	}
	if known == nil { // it has no minutes
		meet(&p)
	}
	if takes {
		a.counting.engine.Take(in, person(&p), minutes, from, zoomNow)
		for _, u := range a.counting.engine.Unread(in.UUID, person(&p), from, unread) {
			a.store.failures.Add(u.Field, u.Reason, 1)
		}
	}
	if p.Left && from == readings.Live && !p.Leave.IsZero() && zoomNow.Sub(p.Leave) > sessionOver {
		a.counting.engine.CloseSession(in.UUID, person(&p), readings.NoAnswer, zoomNow)
	}
	return p, true
}

// commit saves what was counted and then lets it be shown. Of what can't be
// saved the counters are held back, and are in the next batch.
func (a *Account) commit() {
	a.counting.saving.Lock()
	defer a.counting.saving.Unlock()
	a.save()
}

// commitSoon commits in the midst of a cycle if the last commit was a while ago.
// Where one is under way nobody waits for it.
func (a *Account) commitSoon() {
	n := &a.counting
	if !n.saving.TryLock() {
		return
	}
	defer n.saving.Unlock()
	a.mu.Lock()
	due := a.clock.Now().Sub(n.committed) >= commitEvery
	a.mu.Unlock()
	if due {
		a.save()
	}
}

// save is a commit by whoever holds saving.
func (a *Account) save() {
	n := &a.counting
	a.mu.Lock()
	if !n.ready {
		a.mu.Unlock()
		return // nothing is new
	}
	n.committed = a.clock.Now()
	batch := n.engine.Encode(n.committed, a.zoomNow())
	a.mu.Unlock()
	saved := n.store == nil || n.store.Save(batch.Records) == nil // else the store tells
	a.mu.Lock()
	defer a.mu.Unlock()
	if saved {
		n.engine.Commit(batch)
	} else {
		n.engine.Withhold(batch)
	}
}

// Shown notes that what a snapshot holds of the readings was the answer to a
// scrape: label sets that are new have been seen at 0.
func (a *Account) Shown(s *Snapshot) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.counting.engine.Shown(s.Readings, s.At)
}
