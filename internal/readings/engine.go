package readings

import (
	"cmp"
	"slices"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// Config says what is counted under which labels. Its zero value holds the
// defaults.
type Config struct {
	// Thresholds part the verdicts; the zero value is qos.DefaultThresholds.
	Thresholds qos.Thresholds
	// Dimensions are the labels of readings and sessions, HistogramDimensions
	// those of the histograms; nil are the defaults (Site and NetworkType;
	// Site), an empty list is none.
	Dimensions, HistogramDimensions []Dimension
	// VersionDepth is how many parts of a client version count; 0 is 2.
	VersionDepth int
	// MaxSets caps the label sets of readings and sessions, each with all its
	// verdicts; 0 is 2,000. MaxHistogramSets caps those of the histograms; 0
	// is 500. What is beyond goes to Other.
	MaxSets, MaxHistogramSets int
	// Hold is how long a new label set is shown as 0 before its first
	// increment; 0 is 130 s, as the longest scrape interval is two minutes.
	Hold time.Duration
	// Volatile says that there is no store: batches have no records.
	Volatile bool
}

func (c Config) withDefaults() Config {
	c.Thresholds = cmp.Or(c.Thresholds, qos.DefaultThresholds())
	if c.Dimensions == nil {
		c.Dimensions = []Dimension{Site, NetworkType}
	}
	if c.HistogramDimensions == nil {
		c.HistogramDimensions = []Dimension{Site}
	}
	c.Dimensions, c.HistogramDimensions = normal(c.Dimensions), normal(c.HistogramDimensions)
	c.VersionDepth = cmp.Or(max(c.VersionDepth, 0), 2)
	c.MaxSets = cmp.Or(max(c.MaxSets, 0), 2000)
	c.MaxHistogramSets = cmp.Or(max(c.MaxHistogramSets, 0), 500)
	c.Hold = cmp.Or(max(c.Hold, 0), 130*time.Second)
	return c
}

// Meeting names a meeting.
type Meeting struct {
	UUID       string
	Kind       string // the value of the label kind
	Department string // the host's, as far as it may be a label
}

// Person names a row of a meeting: one join of one person.
type Person struct {
	ID              string        // Zoom's user_id
	ParticipantUUID string        // "" where unknown
	Join            zoomtime.Time // zero where unknown
	Leave           zoomtime.Time // zero while in the meeting, or unknown
	Facts           qos.Facts     // as far as they may be labels
}

// Source is the kind of answer that minutes come from.
type Source bool

const (
	// Live answers may lack minutes for any reason.
	Live Source = false
	// Past is Zoom's last word on a session, given whole: what is not in it
	// did not happen.
	Past Source = true
)

// Reason says why minutes were lost.
type Reason uint8

// The reasons.
const (
	TooOld   Reason = iota // missing for more than 48 hours of a session
	NoAnswer               // Zoom gave no past answer, or none about the row
	NoBudget               // there was no money to ask
	Limit                  // more participants than may be held
	reasons  = 4
)

// String is the value of the label reason.
func (r Reason) String() string { return [...]string{"too_old", "no_answer", "no_budget", "limit"}[r] }

// Reasons are all reasons there are.
func Reasons() []Reason { return []Reason{TooOld, NoAnswer, NoBudget, Limit} }

// labels are a session's kind and dimensions, with the entries they lead to
// found once.
type labels struct {
	key        key
	generation uint64
	tallies    [streams]*entry[tally]
	figures    [streams]*entry[figures]
}

// maxLabels bounds what is kept of label values to share them.
const maxLabels = 1 << 14

// Engine counts the readings of one account. It is not safe for concurrent
// use.
type Engine struct {
	config    Config
	wanted    mask
	countFrom minute
	restored  bool // countFrom is of a record
	damaged   damaged
	meetings  map[string]*meeting

	tallies table[tally]
	figures table[figures]
	lengths table[histogram]
	lost    [reasons]uint64
	minutes uint64
	shared  map[key]*labels
	// generation changes when entries may be gone from the tables.
	generation uint64

	over    graveyard
	deletes map[string]uint64 // keys of records to delete, by the Encode before
	encodes uint64
	commits uint64 // the Encode that was committed last
	view    *View
}

// New is an engine that has counted nothing.
func New(c Config) *Engine {
	e := &Engine{
		meetings: make(map[string]*meeting),
		over:     make(graveyard),
		deletes:  make(map[string]uint64),
	}
	e.configure(c.withDefaults())
	e.tallies = newTable[tally](maskOf(e.config.Dimensions), e.config.MaxSets)
	e.figures = newTable[figures](maskOf(e.config.HistogramDimensions), e.config.MaxHistogramSets)
	e.lengths = newTable[histogram](maskOf(e.config.HistogramDimensions), e.config.MaxHistogramSets)
	e.view = e.look()
	return e
}

func (e *Engine) configure(c Config) {
	e.config = c
	e.wanted = maskOf(c.Dimensions) | maskOf(c.HistogramDimensions)
	e.shared = make(map[key]*labels)
	e.generation++
}

// Reconfigure takes a new configuration from now on. Changed thresholds change
// later verdicts only; changed dimensions start the label sets concerned anew,
// from 0, and those of before are in no View from now on.
func (e *Engine) Reconfigure(c Config) {
	c = c.withDefaults()
	e.configure(c)
	e.tallies.limit = c.MaxSets
	e.figures.limit, e.lengths.limit = c.MaxHistogramSets, c.MaxHistogramSets
	v := *e.view
	if m := maskOf(c.Dimensions); m != e.tallies.mask {
		e.tallies = newTable[tally](m, c.MaxSets)
		v.Dimensions, v.Readings = c.Dimensions, nil
	}
	if m := maskOf(c.HistogramDimensions); m != e.figures.mask {
		e.figures = newTable[figures](m, c.MaxHistogramSets)
		e.lengths = newTable[histogram](m, c.MaxHistogramSets)
		v.HistogramDimensions, v.Histograms, v.Lengths = c.HistogramDimensions, nil, nil
	}
	e.view = &v
	e.commits = e.encodes // a batch that is being saved would show them again
}

// Expect notes a live meeting that began at from with so many people in it now,
// so that its tail is asked for even if nothing of it is told before it ends or
// we do, and that those who are never told of are a known loss.
func (e *Engine) Expect(in Meeting, people int, from zoomtime.Time) {
	if in.UUID == "" {
		return
	}
	m := e.meeting(in)
	if m.unmet.first == 0 {
		m.unmet.first = max(minuteFrom(from), m.floor)
		m.revision++
	}
	if n := int64(people); n > m.unmet.people {
		m.unmet.people = n
		m.revision++
	}
}

// Met notes that the answers up to at have told of everybody in a live meeting
// but for so many people beyond what may be held.
func (e *Engine) Met(uuid string, beyond int, at zoomtime.Time) {
	m := e.meetings[uuid]
	if m == nil {
		return
	}
	u := &m.unmet
	u.beyond += int64(beyond) * u.minutes(at.Unix())
	u.first, u.limit, u.people = max(minuteOf(at)+1, m.floor), int64(beyond), int64(beyond)
	for _, s := range m.sessions {
		if s.leave == 0 {
			u.people++
		}
	}
	m.revision++
}

// MetAll notes that the past has told of everybody who ever was in a meeting.
func (e *Engine) MetAll(uuid string) {
	if m := e.meetings[uuid]; m != nil {
		m.unmet = unmet{}
		m.revision++
	}
}

// Take counts those minutes of a row, told by an answer received at now, that
// were not counted before, and returns how many they are. A Past answer
// settles the session: nothing of it counts any more.
func (e *Engine) Take(in Meeting, p Person, minutes []qos.Minute, from Source, now zoomtime.Time) int {
	if in.UUID == "" || p.ID == "" && p.ParticipantUUID == "" {
		return 0
	}
	m := e.meeting(in)
	s, doubt := m.find(&p, bool(from))
	if s == nil || doubt && !s.overlaps(minutes, m.floor) {
		if !qos.Plausible(p.Join, now) {
			p.Join = zoomtime.Time{}
		}
		s = m.add(&p)
		m.revision++
	}
	if s.state != open {
		return 0
	}
	e.learn(m, s, &p, now)
	if !slices.IsSortedFunc(minutes, byTime) {
		minutes = slices.Clone(minutes)
		slices.SortStableFunc(minutes, byTime)
	}
	counted := 0
	for i := range minutes {
		if e.count(m, s, &minutes[i], now) {
			counted++
		}
	}
	switch {
	case from == Past:
		s.state = settled
		m.revision++
	case len(minutes) == 0 && s.seen.empty():
		// Whatever an answer holds of a history, it has the newest entry. It
		// has none, so there was none, but for what comes late.
		if since := minuteOf(now.Add(-late)); since > s.expect {
			s.expect = since
			m.revision++
		}
	}
	if counted > 0 {
		m.revision++
	}
	return counted
}

// late is how late an entry may come.
const late = 5 * time.Minute

func byTime(a, b qos.Minute) int { return a.At.Compare(b.At) }

// meeting finds a meeting or begins it. One that was over before counts only
// what is newer than its end.
func (e *Engine) meeting(in Meeting) *meeting {
	m := e.meetings[in.UUID]
	if m == nil {
		m = &meeting{
			uuid: in.UUID, kind: in.Kind, floor: e.countFrom,
			byID: make(map[uint64]*session), byUUID: make(map[uint64]*session),
		}
		if floor, ok := e.over.find(hash(in.UUID)); ok {
			m.floor = max(m.floor, floor)
		}
		m.revision++
		e.meetings[in.UUID] = m
	}
	if in.Department != "" {
		m.department = in.Department
	}
	return m
}

// learn notes what a row says of its session besides minutes.
func (e *Engine) learn(m *meeting, s *session, p *Person, now zoomtime.Time) {
	if s.join == 0 && !p.Join.IsZero() && qos.Plausible(p.Join, now) {
		s.join = p.Join.Unix()
		m.revision++
	}
	if !p.Leave.IsZero() && qos.Plausible(p.Leave, now) && p.Leave.Unix() >= s.join && s.leave != p.Leave.Unix() {
		s.leave = p.Leave.Unix()
		m.revision++
	}
	v := valuesOf(&p.Facts, m.department, e.wanted, e.config.VersionDepth)
	blank := v
	blank[Department] = "" // is the meeting's
	if s.labels != nil && blank == (values{}) {
		return // a past answer may have forgotten who it was
	}
	if l := e.labels(key{kind: m.kind, stream: -1, values: v}); s.labels != l {
		s.labels = l
		m.revision++
		// Its 0 is shown while the session lasts.
		begin(e.lengths.at(l.key), now.Unix()/86400)
	}
}

// begin keeps a new label set from being swept before its first increment.
func begin[T any](e *entry[T], day int64) {
	if e.used == 0 {
		e.used = day
	}
}

func (e *Engine) labels(k key) *labels {
	l := e.shared[k]
	if l == nil {
		if len(e.shared) >= maxLabels {
			clear(e.shared) // those in use stay so
		}
		k.values = clone(k.values)
		l = &labels{key: k, generation: e.generation}
		e.shared[k] = l
	}
	return l
}

// count counts one minute, if it is new and says anything.
func (e *Engine) count(m *meeting, s *session, told *qos.Minute, now zoomtime.Time) bool {
	at := minuteOf(told.At)
	if !s.wants(at) || !qos.Plausible(told.At, now) {
		return false
	}
	chosen := choose(told.Readings)
	if chosen == [streams]*qos.Reading{} {
		if at < s.floor {
			s.early.set(s.floor - 1 - at)
			m.revision++
		} else {
			s.told.set(at)
		}
		return false
	}
	if at < s.floor {
		e.preview(m, s, at, &chosen, now)
		return false
	}
	e.lost[TooOld] += uint64(s.slide(at))
	s.seen.set(at)
	e.minutes++
	day := now.Unix() / 86400
	for stream, r := range chosen {
		if r == nil {
			continue
		}
		verdict, _ := e.verdict(r.Latency, r.Jitter, r.Loss)
		tally, figures := e.entries(s.labels, stream)
		tally.data.readings[verdict]++
		e.tallies.touch(tally, day)
		figures.data.observe(r.Latency, r.Jitter, r.Loss)
		e.figures.touch(figures, day)
		if sum := s.sum(stream); !sum.given {
			sum.add(r.Latency, r.Jitter, r.Loss)
		}
		m.recent.add(at, stream, verdict)
	}
	return true
}

// preview takes a minute from before the counting began for what a meeting's
// recent readings are, and shows the label sets at 0 that it is of.
func (e *Engine) preview(m *meeting, s *session, at minute, chosen *[streams]*qos.Reading, now zoomtime.Time) {
	s.early.set(s.floor - 1 - at)
	m.revision++
	day := now.Unix() / 86400
	for stream, r := range chosen {
		if r == nil {
			continue
		}
		verdict, _ := e.verdict(r.Latency, r.Jitter, r.Loss)
		m.recent.add(at, stream, verdict)
		tally, figures := e.entries(s.labels, stream)
		begin(tally, day)
		begin(figures, day)
	}
}

func (e *Engine) entries(l *labels, stream int) (*entry[tally], *entry[figures]) {
	if l.generation != e.generation {
		l.generation = e.generation
		clear(l.tallies[:])
		clear(l.figures[:])
	}
	if l.tallies[stream] == nil {
		k := l.key
		k.stream = int8(stream)
		l.tallies[stream], l.figures[stream] = e.tallies.at(k), e.figures.at(k)
	}
	return l.tallies[stream], l.figures[stream]
}

// Known tells which minutes of a row are known already. It is valid until the
// engine's next change.
type Known struct{ session *session }

// Has reports whether the minute at t would change nothing: it is counted, or
// may not be.
func (k Known) Has(t zoomtime.Time) bool { return !k.session.wants(minuteOf(t)) }

// Told reports whether the minute at t was received before without a figure
// that counts. A restart forgets that.
func (k Known) Told(t zoomtime.Time) bool { return k.session.told.has(minuteOf(t)) }

// Known returns what is known of a row, so that only its other minutes need be
// converted.
func (e *Engine) Known(uuid string, p Person, from Source) Known {
	m := e.meetings[uuid]
	if m == nil {
		return Known{&session{floor: e.countFrom}}
	}
	s, doubt := m.find(&p, bool(from))
	if s == nil || doubt { // Take needs all minutes to resolve the doubt
		return Known{&session{floor: m.floor}}
	}
	return Known{s}
}

// Unread returns those values of a row, out of all that an answer has, that no
// answer had before. A restart forgets them.
func (e *Engine) Unread(uuid string, p Person, from Source, values []qos.Unread) (fresh []qos.Unread) {
	m := e.meetings[uuid]
	if m == nil || len(values) == 0 {
		return values
	}
	s, _ := m.find(&p, bool(from))
	if s == nil {
		return values
	}
	if s.unread == nil {
		s.unread = make(map[uint32]uint16)
	}
	had := make(map[uint32]uint16)
	for _, v := range values {
		if had[v.Digest]++; had[v.Digest] > s.unread[v.Digest] {
			s.unread[v.Digest] = had[v.Digest]
			fresh = append(fresh, v)
		}
	}
	return fresh
}
