// Package live is the in-memory model of one account's live meetings: a state
// machine that takes Zoom's answers as events and derives what is shown of them.
// A [State] is plain data. It has no mutex, clock, logger or goroutine and does no
// I/O: its owner serialises the calls, makes the requests that the methods ask for
// and passes the time in as a [Now].
//
// The data takes one way through the package:
//
//	live list  ─▶ ListWalk ─▶ meetings ─▶ Candidates, Demand (for the plan)
//	QoS page   ─▶ Visit    ─▶ participants ─▶ the readings engine
//	past pages ─▶ Backfill ─▶ the readings engine
//	meetings   ─▶ Meeting  (immutable, for the collector and the page)
package live

import (
	"strings"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// State is what is known of an account's live meetings, and of the ended ones
// whose past answers are still awaited. It is not safe for concurrent use. What
// it hands out as Meeting, Block and Participant is never written again.
type State struct {
	settings   Settings
	thresholds qos.Thresholds
	engine     *readings.Engine
	failures   qos.Failures

	meetings   map[string]*meeting
	order      []*meeting // by UUID; nil when meetings came or went
	tombstones map[string]tombstone
	lists      map[zoomapi.Kind]*list
	naming     naming
	held       int // participants over all meetings
	followed   int // of them

	backfills map[string]*Backfill
	// unlisted are meetings that were live before the start and have not been
	// listed since.
	unlisted map[string]zoomapi.Kind
	// departed are people of ended meetings of whom something is recent, by meeting and
	// ID, and places those where people ever were, with the media in which there ever
	// were readings.
	departed   map[string]ended
	places     map[Place]Media[bool]
	recentFrom int32         // no earlier minute, by Zoom's clock, is recent
	interval   time.Duration // of refreshes
	// probed are the meetings that no list has named but Zoom has answered a
	// probe for, and when.
	probed map[string]time.Time

	started  time.Time // by our clock; Begin translates it
	begun    bool
	restored bool
	// countedFrom is the instant from which minutes count; zero where the restored
	// records know.
	countedFrom zoomtime.Time
}

// Begun reports whether Begin was called.
func (s *State) Begun() bool { return s.begun }

// Failures counts the values of Zoom's answers that could not be read. It is the
// state's own.
func (s *State) Failures() qos.Failures { return s.failures }

// Thresholds are those that readings, meetings and people are judged by.
func (s *State) Thresholds() qos.Thresholds { return s.thresholds }

// Reasons of unreadable fields beyond the parser's own.
const (
	reasonMissing   = "missing"
	reasonMalformed = "malformed"
)

// unreadable counts rows of a page that are no JSON objects.
func (s *State) unreadable(row string, n int) {
	if n > 0 {
		s.failures.Add(row, reasonMalformed, uint64(n))
	}
}

// meeting is a live meeting and the people in it. It is live as long as it is
// what State.meetings holds under its UUID: an answer that comes later is not its.
type meeting struct {
	uuid, number string
	kind         zoomapi.Kind
	info         *qos.Meeting  // replaced, never written
	live         *zoomapi.Live // what info was made of, for other settings to judge
	watched      bool
	poor         bool // by its people's figures

	since    time.Time // when it was first listed
	listedAt time.Time // when the newest walk that named it began
	wasLive  time.Time // of a meeting that Zoom once said was over: when it had last been live

	people       roster
	unheld       map[string]unheld   // people beyond the limit
	departed     map[string]departed // people who left and of whom something is recent, by ID
	seen         Media[bool]         // media in which there ever were readings
	oldestMinute int32               // of the recent minutes of its people; 0 is none
	dropped      map[string]int      // rows of the last walk that identify nobody, by reason
	roles        map[string]role
	// rolesSize is the number of rows when the roles were last received; -1 before.
	rolesSize int
	rolesAt   time.Time // when they were last asked for

	walk       *qosWalk // under way, or stopped between two pages
	visiting   bool     // a worker is at it
	total      int      // rows ever joined, by the last answer
	askedAt    time.Time
	answeredAt time.Time // the last answer of any page
	stale      bool      // that is too old for its readings to be recent
	completeAt time.Time // the end of the last walk
	outdated   bool      // that was too long ago to tell who is there
	notBefore  time.Time // no request earlier than this
	stumbles   int       // failures since the last walk that ended
	byNumber   bool      // Zoom understands its number, and not its UUID

	view *Meeting // as last shown; nil when something shown has changed since
}

// ended is an ended meeting, as long as something of its people is recent.
type ended struct {
	kind   zoomapi.Kind
	live   *zoomapi.Live // for other settings to judge
	people map[string]departed
}

// unheld is somebody in a meeting beyond the limit on participants.
type unheld struct {
	heldAt time.Time // as a participant's HeldAt
	place  Place
}

type role struct{ role, status string }

// waits reports whether somebody has not been let in yet.
func (r role) waits() bool { return r.status == statusWaiting }

func newMeeting(info *qos.Meeting, since time.Time) *meeting {
	return &meeting{
		uuid: info.UUID, number: info.Number, kind: info.Kind, info: info, since: since,
		people: newRoster(), unheld: make(map[string]unheld), departed: make(map[string]departed), rolesSize: -1,
	}
}

// qosWalk is a walk over the pages of a live meeting's QoS list. Only a complete
// one during which nobody joined proves that somebody is no longer there.
type qosWalk struct {
	walk
	address
	seen    map[string]bool // IDs met
	dropped map[string]int  // rows not held, by reason
	total   int             // Zoom's total at its first page; 0 before
	shifted bool            // the total changed meanwhile: rows may have moved between pages
	renewed bool            // begun again once, after its token had expired
	probed  bool            // begun by a probe: the plan need not finish it
}

func newQoSWalk(now time.Time) *qosWalk {
	return &qosWalk{walk: newWalk(now), seen: make(map[string]bool), dropped: make(map[string]int)}
}

// list is the state of a kind's live list.
type list struct {
	walk     *ListWalk // under way, or stopped between two pages
	walking  bool      // a worker is at it
	next     time.Time // no new walk before this
	every    time.Duration
	pages    int       // what the last walk took
	complete time.Time // when the last walk that met the last page began
	// excluded are the UUIDs and numbers of what that walk met and the settings
	// exclude, for probes of them.
	excluded map[string]bool
}

// ListWalk is a walk over a kind's live list. Only a complete one proves that a
// meeting has ended.
type ListWalk struct {
	Kind zoomapi.Kind
	walk
	list *list
	// unreadable says that entries could not be read: each may have been of a
	// meeting that was not named otherwise.
	unreadable bool
	excluded   map[string]bool
}

// tombstone is what is remembered of a meeting that Zoom says is over, while an
// older list may still name it.
type tombstone struct {
	kind  zoomapi.Kind
	at    time.Time
	times int
	live  time.Time // when it was last known to be live
}

// wait is how long not to ask for a meeting that the list names and that Zoom says
// is over.
func (t *tombstone) wait() time.Duration {
	return min(time.Minute<<min(t.times-1, 5), 15*time.Minute)
}

// backfillTries are how long after its end a meeting is asked for. Zoom answers as
// if it did not exist until it has settled the past.
var backfillTries = [...]time.Duration{5 * time.Minute, 15 * time.Minute, 35 * time.Minute, 70 * time.Minute, 110 * time.Minute}

// Backfill is an ended meeting whose past answer is awaited, so that its last
// minutes are counted. It is awaited as long as State.backfills holds it: it
// leaves when it is answered to the end, given up, live again or excluded.
type Backfill struct {
	UUID string
	Kind zoomapi.Kind

	live       *zoomapi.Live // its entry of the live list, for other settings to judge; nil since a restart
	department string
	number     string        // "" where it is unknown, or names another instance by now
	byNumber   bool          // Zoom did not understand its UUID while it was live
	lastLive   zoomtime.Time // when it was last known to be live
	ended      time.Time     // zero since a restart, until Begin
	rows       int           // to be expected; 0 is unknown
	minutes    float64       // from begin to end; 0 is unknown

	next   time.Time // no request before it
	tries  int       // that Zoom answered in vain
	due    bool      // it could have been asked for since next; what never could is not given up
	unpaid bool      // it was held back as the allowance was spent
	busy   bool      // a worker is at it
	walk   *pastWalk // under way, or stopped between two pages
}

func newBackfill(uuid string, kind zoomapi.Kind, ended time.Time, rows int) *Backfill {
	return &Backfill{UUID: uuid, Kind: kind, ended: ended, rows: rows, next: ended.Add(backfillTries[0])}
}

// pastWalk is a walk over the pages of a past answer.
type pastWalk struct {
	walk
	id      string // in the newest request
	renewed bool   // begun again once, after its token had expired
	partial bool   // some of it could not be read
	ours    bool   // what the number is answered with was seen to be of this instance
}

func newPastWalk(now time.Time) *pastWalk { return &pastWalk{walk: newWalk(now)} }

// naming is how the account's meetings can be named: some accounts answer 404 for
// every UUID, or for every UUID that needs double encoding.
type naming struct{ plain, slashed understanding }

// understanding is what is known of one form of UUIDs.
type understanding struct {
	uuids   bool // they work
	numbers int  // meetings that answered to their number only
	triedAt time.Time
}

func (n *naming) of(uuid string) *understanding {
	if strings.Contains(uuid, "/") {
		return &n.slashed
	}
	return &n.plain
}

// address is how the requests of a walk call its meeting.
type address struct {
	id       string // in the newest request
	fallback string // to be tried if Zoom does not know that; "" is none
	trying   bool   // the next request is by the fallback
	// ours says that what the meeting's number is answered with was seen to be of
	// this instance.
	ours bool
}
