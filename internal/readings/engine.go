package readings

import (
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// Meeting identifies a meeting.
type Meeting struct {
	UUID       string
	Kind       string // the value of the label kind
	Department string // the host's, if it may be a label
}

// Person identifies a row of a meeting: one join of one person.
type Person struct {
	ID              string        // Zoom's user_id
	ParticipantUUID string        // "" where unknown
	Join            zoomtime.Time // zero where unknown
	Leave           zoomtime.Time // zero while in the meeting, or unknown
	Facts           qos.Facts     // those that may be labels
}

// Source is the kind of answer that minutes come from.
type Source bool

const (
	// Live answers may lack minutes for any reason.
	Live Source = false
	// Past answers are Zoom's final record of a session, and complete: a
	// minute that they lack had no readings.
	Past Source = true
)

// Reason says why minutes were lost.
type Reason uint8

// The reasons.
const (
	TooOld   Reason = iota // missing for more than 48 hours of a session
	NoAnswer               // Zoom gave no past answer, or none about the row
	NoBudget               // no request could be spared
	Limit                  // more participants than may be held
	reasons  = 4
)

// String returns the value of the label reason.
func (r Reason) String() string { return [...]string{"too_old", "no_answer", "no_budget", "limit"}[r] }

// Reasons returns all reasons.
func Reasons() []Reason { return []Reason{TooOld, NoAnswer, NoBudget, Limit} }

// Engine counts the readings of one account. It is not safe for concurrent
// use.
//
// No minute of a row counts twice: an open meeting has the minutes that were
// counted, and Close leaves a tombstone of it for 48 hours. What a View shows of
// the counters is always the content of one committed Batch.
type Engine struct {
	config    Config
	wanted    mask   // the dimensions of any label set
	countFrom minute // minutes before it do not count
	restored  bool   // countFrom comes from a record
	damaged   damaged
	meetings  map[string]*meeting // the open ones, by UUID

	tallies table[tally]
	figures table[figures]
	lengths table[histogram]
	lost    [reasons]uint64
	minutes uint64
	shared  map[key]*labels // of sessions with the same label values
	// generation changes when entries may have left the tables.
	generation uint64

	tombstones tombstones
	deletes    map[string]uint64 // keys of records to delete, by the Encode before
	encodes    uint64
	commits    uint64 // the newest Encode that was committed
	view       *View
}

// New returns an engine that has counted nothing.
func New(c Config) *Engine {
	e := &Engine{
		meetings:   make(map[string]*meeting),
		tombstones: make(tombstones),
		deletes:    make(map[string]uint64),
	}
	e.configure(c.withDefaults())
	e.tallies = newTable[tally](maskOf(e.config.Dimensions), e.config.MaxSets)
	e.figures = newTable[figures](maskOf(e.config.HistogramDimensions), e.config.MaxHistogramSets)
	e.lengths = newTable[histogram](maskOf(e.config.HistogramDimensions), e.config.MaxHistogramSets)
	e.view = e.newView()
	return e
}

func (e *Engine) configure(c Config) {
	e.config = c
	e.wanted = maskOf(c.Dimensions) | maskOf(c.HistogramDimensions)
	e.shared = make(map[key]*labels)
	e.generation++
}

// Reconfigure replaces the configuration. Changed thresholds affect later
// verdicts only. Changed dimensions start the label sets concerned from 0; the
// old ones leave the View at once, as their dimensions may be private now.
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
	e.commits = e.encodes // a batch that is being saved would show the old sets again
}

// meeting returns the open meeting, and opens it if there is none. One that was
// closed before counts only minutes after its Close.
func (e *Engine) meeting(in Meeting) *meeting {
	m := e.meetings[in.UUID]
	if m == nil {
		m = &meeting{
			uuid: in.UUID, kind: in.Kind, floor: e.countFrom,
			byID: make(map[uint64]*session), byUUID: make(map[uint64]*session),
		}
		if floor, ok := e.tombstones.find(hash(in.UUID)); ok {
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

// find returns an open meeting and the session of a row; nil where there is
// none.
func (e *Engine) find(uuid string, p *Person) (*meeting, *session) {
	m := e.meetings[uuid]
	if m == nil {
		return nil, nil
	}
	s, _ := m.find(p, Source(m.end != 0))
	return m, s
}
