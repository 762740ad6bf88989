package zoomsim

import (
	"encoding/base64"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// A slot is a chain of meetings, each beginning as the one before ends. Its
// plan is made in epochs, so that any time's meetings follow from the seed
// and that time alone.
const (
	epoch   = 4 * time.Hour
	quarter = 15 * time.Minute
)

// slot is the place of one live meeting.
type slot struct {
	kind     zoomapi.Kind
	index    int
	townHall bool
}

// world is everything there is but tokens, limits and faults. Its methods
// must be called with mu held, unless they say otherwise.
type world struct {
	mu      sync.Mutex
	seed    hash
	opts    Options
	born    time.Time // nothing is older
	company *company
	slots   []slot

	epochs    map[int64][]*meeting
	first     int64      // the oldest epoch that is still needed
	next      int64      // the first epoch without a plan
	opened    []*meeting // fixed ones, and those opened by hand
	handmade  int        // members that those have taken
	count     int        // of those opened by hand
	emptied   int64      // when empty looked last
	byUUID    map[string]*meeting
	byNumber  map[int64][]*meeting
	denied    map[string]bool
	incidents []Incident // replaced, never changed: answers read it without mu
}

func newWorld(opts Options) *world {
	now := opts.Now()
	w := &world{
		seed:     hash(opts.Seed).text("world"),
		opts:     opts,
		born:     now.Add(-time.Duration(opts.History) * time.Minute),
		epochs:   map[int64][]*meeting{},
		byUUID:   map[string]*meeting{},
		byNumber: map[int64][]*meeting{},
		denied:   map[string]bool{},
	}
	for i := range opts.Meetings {
		w.slots = append(w.slots, slot{zoomapi.Meeting, i, i < opts.TownHalls})
	}
	for i := range opts.Webinars {
		w.slots = append(w.slots, slot{zoomapi.Webinar, i, false})
	}
	w.company = newCompany(w.seed, w.headcount(), opts.Moods)
	w.next = epochOf(w.born) - 1 // its last meetings reach into the next
	w.first = w.next
	if opts.Fixed {
		for _, s := range w.slots {
			w.open(s, w.size(s, 0), w.born)
		}
	}
	return w
}

// headcount is large enough for everybody who can be live, and for the
// largest meeting.
func (w *world) headcount() int {
	n := 200 + int(2*w.opts.Participants*float64(len(w.slots)+4*w.opts.Webinars))
	if w.opts.TownHalls > 0 {
		n = max(n, 2*w.opts.TownHallSize)
	}
	return max(n, int(20*w.opts.Participants))
}

func epochOf(t time.Time) int64 { return int64(math.Floor(float64(t.Unix()) / epoch.Seconds())) }

// advance makes the plans up to now and forgets what is past retention.
func (w *world) advance(now time.Time) {
	w.opened = slices.DeleteFunc(w.opened, func(m *meeting) bool {
		old := !m.end.IsZero() && m.end.Before(now.Add(-w.opts.Retention-epoch))
		if old {
			w.forget(m)
		}
		return old
	})
	if w.opts.Fixed {
		return
	}
	w.empty(now)
	current := epochOf(now.Add(quarter)) // whose first may be a minute early
	oldest := epochOf(now.Add(-w.opts.Retention)) - 1
	for ; w.first < min(oldest, w.next); w.first++ {
		for _, m := range w.epochs[w.first] {
			w.forget(m)
		}
		delete(w.epochs, w.first)
	}
	if w.next < oldest { // a long sleep: nobody saw what was between
		w.first, w.next = oldest, oldest
	}
	for ; w.next <= current; w.next++ {
		for _, s := range w.slots {
			w.plan(s, w.next)
		}
	}
}

// empty sends home the people of meetings that ended: they are drawn again if
// somebody asks. It looks once in a quarter of an hour.
func (w *world) empty(now time.Time) {
	if q := now.Unix() / int64(quarter.Seconds()); q != w.emptied {
		w.emptied = q
	} else {
		return
	}
	for _, ms := range w.epochs {
		for _, m := range ms {
			if !m.touched && m.end.Before(now.Add(-quarter)) {
				m.joined, m.drawn, m.users, m.people = nil, false, 0, 0
			}
		}
	}
}

// plan fills one epoch of a slot with meetings of 15 to 60 minutes.
func (w *world) plan(s slot, e int64) {
	const quarters = int(epoch / quarter)
	base := w.slotHash(s)
	for q := 0; q < quarters; {
		n := int64(quarters)*e + int64(q)
		h := base.with(uint64(n))
		length := h.text("length").between(1, min(4, quarters-q))
		q += length
		m := &meeting{
			planned: boundary(base, n),
			end:     boundary(base, n+int64(length)),
		}
		m.start = m.planned
		if m.start.Before(w.born) {
			m.start = w.born
		}
		if !m.end.After(w.born) || (w.opts.Workday && !h.text("day").chance(w.level(m.planned))) {
			continue
		}
		w.furnish(m, s, h, w.size(s, h))
		w.epochs[e] = append(w.epochs[e], m)
	}
}

// boundary is when the n-th quarter of an hour begins for a slot: people are
// a minute early or a few minutes late.
func boundary(base hash, n int64) time.Time {
	offset := base.text("punctual").with(uint64(n)).between(-60, 150)
	return time.Unix(n*int64(quarter.Seconds())+int64(offset), 0).UTC()
}

// level is the share of a working day's meetings that are on at t.
func (w *world) level(t time.Time) float64 {
	t = t.In(w.opts.TimeZone)
	if t.Weekday() == time.Saturday || t.Weekday() == time.Sunday {
		return 0.02
	}
	x := (float64(t.Hour()) + float64(t.Minute())/60 - 12.5) / 2.8
	return max(math.Exp(-x*x/2), 0.01)
}

func (w *world) slotHash(s slot) hash { return w.seed.text(string(s.kind)).with(uint64(s.index)) }

// size draws how many people come; each meeting's own hash decides, whatever
// the slot.
func (w *world) size(s slot, h hash) int {
	mean := w.opts.Participants
	switch {
	case s.townHall:
		return w.opts.TownHallSize
	case w.opts.Fixed:
		return int(math.Round(mean))
	case s.kind == zoomapi.Webinar:
		mean *= 5
	}
	few := min(2, mean)
	long := few - (mean-few)*math.Log(1-h.text("size").unit())
	return max(1, min(int(math.Round(long)), int(8*mean)))
}

// furnish gives a meeting its names and numbers.
func (w *world) furnish(m *meeting, s slot, h hash, size int) {
	base := w.slotHash(s)
	m.key, m.slot, m.size = h, s, size
	m.uuid = uuidFor(s, h)
	// Two series recur in each slot, under one number each.
	number := int64(9_000_000)
	if s.kind == zoomapi.Webinar {
		number = 9_500_000
	}
	number = (number + int64(s.index)) * 10_000
	series := h.text("series").below(5)
	topic := base.with(uint64(series))
	if series < 2 {
		number += int64(series) + 1
	} else {
		number += int64(h.text("number").between(100, 9999))
		topic = h
	}
	m.number = number
	m.topic = topicFor(s, topic)
	m.hostIndex = topic.text("host").below(w.company.size)
	if m.byHand {
		m.hostIndex = w.handmade % w.company.size
		w.handmade += size + 1 // and one to join later
	}
	m.host = w.company.member(m.hostIndex)
	w.byUUID[m.uuid] = m
	w.byNumber[m.number] = append(w.byNumber[m.number], m)
}

// open begins a meeting now that lasts until it is ended by hand.
func (w *world) open(s slot, size int, now time.Time) *meeting {
	m := &meeting{planned: now, start: now, byHand: true}
	h := w.slotHash(s).text("opened")
	w.furnish(m, s, h, size)
	w.opened = append(w.opened, m)
	return m
}

func (w *world) forget(m *meeting) {
	delete(w.byUUID, m.uuid)
	delete(w.denied, m.uuid)
	rest := slices.DeleteFunc(w.byNumber[m.number], func(o *meeting) bool { return o == m })
	if len(rest) == 0 {
		delete(w.byNumber, m.number)
		return
	}
	w.byNumber[m.number] = rest
}

// meetings are those that pass, in the order of their beginning.
func (w *world) meetings(kind zoomapi.Kind, pass func(*meeting) bool) []*meeting {
	var found []*meeting
	collect := func(ms []*meeting) {
		for _, m := range ms {
			if m.slot.kind == kind && pass(m) {
				found = append(found, m)
			}
		}
	}
	collect(w.opened)
	for e := w.first; e < w.next; e++ {
		collect(w.epochs[e])
	}
	slices.SortStableFunc(found, func(a, b *meeting) int {
		if c := a.start.Compare(b.start); c != 0 {
			return c
		}
		return a.slot.index - b.slot.index
	})
	return found
}

// latest is the newest meeting with that number that has begun.
func (w *world) latest(number int64, now time.Time) *meeting {
	var found *meeting
	for _, m := range w.byNumber[number] {
		if !m.start.After(now) && (found == nil || !m.start.Before(found.start)) {
			found = m
		}
	}
	return found
}

// uuidFor is 16 bytes in base64. Some slots' begin with '/', hold "//", or
// hold one '/', which is what breaks careless paths.
func uuidFor(s slot, h hash) string {
	b := h.text("uuid").bytes(16)
	switch s.index % 16 {
	case 1:
		b[0] = 0xff
	case 2:
		b[6], b[7] = 0xff, 0xff
	case 3:
		b[3], b[4], b[5] = 0x00, 0x0f, 0xfe // …"AA/+"…
	}
	return base64.StdEncoding.EncodeToString(b)
}

func topicFor(s slot, h hash) string {
	topics := []string{"Weekly Sample", "Example Review", "Stand-up of the Placeholders", "1:1 Example",
		"Quarterly \"Numbers\" & <Plans>", "Interview Example", "Sample Retrospective", "🚀 Launch Example",
		"Customer Call Example", "Design Crit / Example"}
	if s.townHall {
		return "Town Hall Example"
	}
	if s.kind == zoomapi.Webinar {
		return "Webinar: " + topics[h.text("topic").below(len(topics))]
	}
	return topics[h.text("topic").below(len(topics))]
}
