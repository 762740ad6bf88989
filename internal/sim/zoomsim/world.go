package zoomsim

import (
	"encoding/base64"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// A slot is a sequence of meetings, each of which begins when the previous one
// ends. It is planned in epochs, so that the meetings at any time depend on nothing
// but the seed and the time.
const (
	epoch   = 4 * time.Hour
	quarter = 15 * time.Minute
)

// slot has one live meeting at any time.
type slot struct {
	kind     zoomapi.Kind
	index    int
	townHall bool
}

// world is the state of the simulation, except for tokens, limits and faults. Its
// methods require mu to be held unless they say otherwise.
type world struct {
	mu      sync.Mutex
	seed    hash
	opts    Options
	began   time.Time // of the world
	company *company
	slots   []slot

	epochs        map[int64][]*meeting
	first         int64      // the oldest epoch that is still needed
	next          int64      // the first epoch without a plan
	opened        []*meeting // fixed, or opened by hand
	openedMembers int        // members who are in them
	openedCount   int        // how many were opened by hand
	droppedIn     int64      // the quarter in which dropPeople ran last
	byUUID        map[string]*meeting
	byNumber      map[int64][]*meeting
	denied        map[string]bool
	incidents     []Incident // replaced, never changed, as views read it without mu
}

func newWorld(opts Options) *world {
	now := opts.Now()
	w := &world{
		seed:     hash(opts.Seed).text("world"),
		opts:     opts,
		began:    now.Add(-time.Duration(opts.History) * time.Minute),
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
	w.next = epochOf(w.began) - 1 // whose last meetings end in the next
	w.first = w.next
	if opts.Fixed {
		for _, s := range w.slots {
			w.open(s, w.size(s, 0), w.began)
		}
	}
	return w
}

// headcount returns a size of the company that suffices for all live meetings and
// for the largest one.
func (w *world) headcount() int {
	n := 200 + int(2*w.opts.Participants*float64(len(w.slots)+4*w.opts.Webinars))
	if w.opts.TownHalls > 0 {
		n = max(n, 2*w.opts.TownHallSize)
	}
	return max(n, int(20*w.opts.Participants))
}

func epochOf(t time.Time) int64 { return int64(math.Floor(float64(t.Unix()) / epoch.Seconds())) }

// advance plans the epochs up to now and drops meetings after their retention.
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
	w.dropPeople(now)
	current := epochOf(now.Add(quarter)) // its first meetings may be a minute early
	oldest := epochOf(now.Add(-w.opts.Retention)) - 1
	for ; w.first < min(oldest, w.next); w.first++ {
		for _, m := range w.epochs[w.first] {
			w.forget(m)
		}
		delete(w.epochs, w.first)
	}
	if w.next < oldest { // nobody requested anything for long
		w.first, w.next = oldest, oldest
	}
	for ; w.next <= current; w.next++ {
		for _, s := range w.slots {
			w.plan(s, w.next)
		}
	}
}

// dropPeople drops the people of ended meetings, once in a quarter of an hour, to
// save memory. They are drawn again when needed.
func (w *world) dropPeople(now time.Time) {
	if q := now.Unix() / int64(quarter.Seconds()); q != w.droppedIn {
		w.droppedIn = q
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

// plan plans one epoch of a slot, with meetings of 15 to 60 minutes.
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
		if m.start.Before(w.began) {
			m.start = w.began
		}
		if !m.end.After(w.began) || (w.opts.Workday && !h.text("day").chance(w.level(m.planned))) {
			continue
		}
		w.describe(m, s, h, w.size(s, h))
		w.epochs[e] = append(w.epochs[e], m)
	}
}

// boundary returns when the n-th quarter of an hour begins for a slot, from one
// minute early to a few minutes late.
func boundary(base hash, n int64) time.Time {
	offset := base.text("punctual").with(uint64(n)).between(-60, 150)
	return time.Unix(n*int64(quarter.Seconds())+int64(offset), 0).UTC()
}

// level returns the share of the slots with a live meeting at t in a working day.
func (w *world) level(t time.Time) float64 {
	t = t.In(w.opts.TimeZone)
	if t.Weekday() == time.Saturday || t.Weekday() == time.Sunday {
		return 0.02
	}
	x := (float64(t.Hour()) + float64(t.Minute())/60 - 12.5) / 2.8
	return max(math.Exp(-x*x/2), 0.01)
}

func (w *world) slotHash(s slot) hash { return w.seed.text(string(s.kind)).with(uint64(s.index)) }

// size draws the number of people in a meeting from its hash.
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

// describe draws the UUID, number, topic and host of a meeting, and adds it to the
// indices.
func (w *world) describe(m *meeting, s slot, h hash, size int) {
	base := w.slotHash(s)
	m.key, m.slot, m.size = h, s, size
	m.uuid = uuidFor(s, h)
	// Each slot has two recurring meetings, with a number each.
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
		m.hostIndex = w.openedMembers % w.company.size
		w.openedMembers += size + 1 // and one to join later
	}
	m.host = w.company.member(m.hostIndex)
	w.byUUID[m.uuid] = m
	w.byNumber[m.number] = append(w.byNumber[m.number], m)
}

// open opens a meeting that lasts until it is ended by hand.
func (w *world) open(s slot, size int, now time.Time) *meeting {
	m := &meeting{planned: now, start: now, byHand: true}
	h := w.slotHash(s).text("opened")
	w.describe(m, s, h, size)
	w.opened = append(w.opened, m)
	return m
}

// forget removes a meeting from the indices.
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

// meetings returns those that pass, by their start.
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

// latest returns the meeting with a number that began last.
func (w *world) latest(number int64, now time.Time) *meeting {
	var found *meeting
	for _, m := range w.byNumber[number] {
		if !m.start.After(now) && (found == nil || !m.start.Before(found.start)) {
			found = m
		}
	}
	return found
}

// uuidFor returns 16 bytes in base64. In some slots they begin with '/', contain
// "//" or contain one '/', which breaks careless clients.
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
