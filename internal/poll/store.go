package poll

import (
	"maps"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// Why participants of an answer are not held.
const (
	droppedLimit      = "limit"      // the account holds as many as it may
	droppedNoID       = "no_id"      // the row names nobody
	droppedUnreadable = "unreadable" // the row is no JSON object
)

const (
	// maxRows bounds what is believed of a meeting's size: Zoom's largest
	// webinars take 50,000.
	maxRows = 50_000
	// rolesPause is how long after a participants list was asked, whether it
	// was had or not, only a change of the meeting's size asks again.
	rolesPause = 5 * time.Minute
	// statusWaiting is Zoom's word for somebody not let in yet.
	statusWaiting = "in_waiting_room"
)

// dropReasons are the values of the label reason of dropped participants.
var dropReasons = [...]string{droppedLimit, droppedNoID, droppedUnreadable}

// store is what is known of an account's live meetings. It is not safe for
// concurrent use; the account's mutex guards it. What it hands out, the
// participants and the meetings' facts, is never written again.
type store struct {
	meetings map[string]*meeting
	// ended remembers meetings that Zoom no longer knows, while an older list
	// still names them.
	ended    map[string]ended
	gone     []*meeting // forgotten since takeGone
	held     int        // participants over all meetings
	limit    int
	failures qos.Failures

	// thresholds say which meetings are poor, here and to readers of snapshots.
	thresholds qos.Thresholds
}

type ended struct {
	kind  zoomapi.Kind
	at    time.Time
	times int
	live  time.Time // when it was known to be live
}

// meeting is a live meeting and the people in it.
type meeting struct {
	// uuid, number and kind never change, so workers read them freely; info is
	// replaced, never written.
	uuid, number string
	kind         zoomapi.Kind
	info         *qos.Meeting
	live         *zoomapi.Live // what info was made of, for other settings to judge
	watched      bool
	poor         bool // by our own figures

	since    time.Time // when it was first listed
	listedAt time.Time // when the newest list pass naming it began
	wasLive  time.Time // where Zoom has answered since not to know it: when it did

	participants map[string]*qos.Participant
	unheld       map[string]unheld
	roles        map[string]role
	rolesSize    int // total rows when the roles were last asked; -1 before
	rolesAt      time.Time

	total      int // rows ever joined, by the last answer
	askedAt    time.Time
	answeredAt time.Time     // the last answer of any page
	completeAt time.Time     // the end of the last pass
	outdated   bool          // that was so long ago that it does not tell who is there
	notBefore  time.Time     // no attempt earlier than this
	stumbles   int           // failures since the last whole pass
	pass       *pass         // the walk over its pages that is under way
	visiting   bool          // by a worker, now
	departed   chan struct{} // closed at the end of the newest visit
	dropped    map[string]int
	byNumber   bool // its UUID is not understood, its number is
}

// liveAt is when the meeting was known to be live last: a list may be late, and
// still name it when its number means another instance already.
func (m *meeting) liveAt() time.Time {
	switch {
	case !m.answeredAt.IsZero():
		return m.answeredAt
	case !m.wasLive.IsZero():
		return m.wasLive
	}
	return m.listedAt
}

type role struct{ role, status string }

// unheld is somebody in a meeting beyond the limit on participants.
type unheld struct {
	heldAt time.Time // as a participant's HeldAt
	site   string
}

// pass is a walk over all pages of a meeting. Only a complete one proves that
// somebody is no longer there.
type pass struct {
	pages   int // answered
	token   string
	tokenAt time.Time
	tokens  map[string]bool // tokens met, as a repeated one would go round for ever
	seen    map[string]bool
	dropped map[string]int
	renewed bool // begun again once, after its token had expired
	probed  bool // begun by a probe: the plan is not bound to finish it
	ours    bool // what its number answers is of this instance
	total   int  // Zoom's total when the pass began; 0 before its first page
	shifted bool // the total changed meanwhile: rows may have moved between pages
}

func newPass() *pass {
	return &pass{tokens: make(map[string]bool), seen: make(map[string]bool), dropped: make(map[string]int)}
}

func newStore() *store {
	return &store{
		meetings: make(map[string]*meeting),
		ended:    make(map[string]ended),
		failures: qos.NewFailures(),
	}
}

// unreadable counts rows of a page that are no JSON objects.
func (s *store) unreadable(field string, rows int) {
	if rows > 0 {
		s.failures.Add(field, reasonMalformed, uint64(rows))
	}
}

// list enters a meeting that a list pass begun at passAt names, and returns it
// if it was not there before.
func (s *store) list(m *qos.Meeting, live *zoomapi.Live, passAt time.Time, watched bool) (begun *meeting) {
	was := s.meetings[m.UUID]
	if was == nil {
		was = &meeting{
			uuid: m.UUID, number: m.Number, kind: m.Kind,
			since:        passAt,
			participants: make(map[string]*qos.Participant),
			unheld:       make(map[string]unheld),
			rolesSize:    -1,
		}
		if e, ok := s.ended[m.UUID]; ok {
			if !passAt.After(e.at) {
				return nil
			}
			was.notBefore, was.wasLive = e.at.Add(patience(e.times)), e.live
		}
		s.meetings[m.UUID], begun = was, was
	}
	if was.kind == m.Kind { // what is on both lists stays what it was first
		was.info, was.live, was.listedAt, was.watched = m, live, passAt, watched
	}
	return begun
}

// patience is how long to wait before asking again for a meeting that the
// list names and Zoom has answered times times not to know.
func patience(times int) time.Duration {
	return min(time.Minute<<min(times-1, 5), 15*time.Minute)
}

// unlist forgets the meetings of a kind that a complete list pass begun at
// passAt did not name.
func (s *store) unlist(kind zoomapi.Kind, passAt time.Time) {
	for uuid, m := range s.meetings {
		if m.kind == kind && m.listedAt.Before(passAt) {
			s.forget(uuid)
		}
	}
	for uuid, e := range s.ended {
		if e.kind == kind && s.meetings[uuid] == nil && e.at.Before(passAt) {
			delete(s.ended, uuid)
		}
	}
}

// end forgets a meeting that Zoom says is not live.
func (s *store) end(m *meeting, now time.Time) {
	if s.meetings[m.uuid] != m {
		return
	}
	s.forget(m.uuid)
	s.ended[m.uuid] = ended{kind: m.kind, at: now, times: s.ended[m.uuid].times + 1, live: m.liveAt()}
}

func (s *store) forget(uuid string) {
	if m := s.meetings[uuid]; m != nil {
		s.held -= len(m.participants)
		delete(s.meetings, uuid)
		s.gone = append(s.gone, m)
	}
}

// takeGone hands over the meetings that were forgotten since the last call.
func (s *store) takeGone() []*meeting {
	gone := s.gone
	s.gone = nil
	return gone
}

// named reports whether a number names a live meeting.
func (s *store) named(number string) bool {
	for _, m := range s.meetings {
		if m.number == number {
			return true
		}
	}
	return false
}

// admits reports whether a row is held, or may be.
func (s *store) admits(m *meeting, id string) bool {
	return s.limit == 0 || s.held < s.limit || m.participants[id] != nil
}

// judge applies other settings to what is held.
func (s *store) judge(opts *Options) {
	limit := opts.MaxParticipants
	s.limit = limit
	s.thresholds = opts.thresholds()
	for uuid, m := range s.meetings {
		if opts.Keep != nil && !opts.Keep(m.live) {
			s.forget(uuid)
			continue
		}
		m.watched = opts.watches(m.live)
		if info, ok := opts.Converter.Meeting(m.kind, m.live, qos.Failures{}); ok {
			m.info = &info
		}
	}
	for _, m := range s.meetings {
		for id, p := range m.participants {
			if limit > 0 && s.held > limit {
				delete(m.participants, id)
				s.held--
				m.unheld[id] = unheld{p.HeldAt, p.Facts.Site}
			}
		}
		if !m.completeAt.IsZero() {
			m.poor = poor(m.participants, &s.thresholds)
		}
	}
}

// forgetFacts drops what earlier privacy settings let through of people; what
// is allowed now comes with the next answers.
func (s *store) forgetFacts() {
	for _, m := range s.meetings {
		for id, p := range m.participants {
			bare := *p
			bare.Facts = qos.Facts{}
			m.participants[id] = &bare
		}
		for id, u := range m.unheld {
			m.unheld[id] = unheld{heldAt: u.heldAt}
		}
	}
}

func (s *store) forgetKind(kind zoomapi.Kind) {
	for uuid, m := range s.meetings {
		if m.kind == kind {
			s.forget(uuid)
		}
	}
}

// merge takes the participants of one page of a meeting's pass.
func (s *store) merge(m *meeting, p *pass, participants []qos.Participant, total int, now time.Time) {
	if s.meetings[m.uuid] != m {
		return // it ended while the answer was under way
	}
	m.answeredAt = now
	if total = min(total, maxRows); total > 0 {
		p.shifted = p.shifted || p.total > 0 && p.total != total
		p.total, m.total = total, total
	}
	for i := range participants {
		s.put(m, p, &participants[i])
	}
}

func (s *store) put(m *meeting, p *pass, row *qos.Participant) {
	was, held := m.participants[row.ID]
	p.seen[row.ID] = true
	switch {
	case row.Left:
		delete(m.unheld, row.ID)
		if held {
			delete(m.participants, row.ID)
			s.held--
		}
	case !held && !s.admits(m, row.ID):
		m.unheld[row.ID] = unheld{row.HeldAt, row.Facts.Site}
	default:
		delete(m.unheld, row.ID)
		if !held {
			s.held++
		} else if older(row, was) {
			// Of a row met twice in a pass, as pages shift, and of an answer
			// that brings no new minute, the newer minute counts.
			row.Newest = was.Newest
		}
		m.participants[row.ID] = row
	}
}

func older(a, b *qos.Participant) bool {
	return b.Newest != nil && (a.Newest == nil || a.Newest.At.Before(b.Newest.At))
}

// complete ends a pass that has met the last page, and returns those who are
// there no longer. whole says that it has met everybody.
func (s *store) complete(m *meeting, p *pass, now time.Time) (left []*qos.Participant, whole bool) {
	if s.meetings[m.uuid] != m {
		return nil, false
	}
	if p.shifted {
		s.stop(m, p, now)
		return nil, false
	}
	for id, participant := range m.participants {
		if !p.seen[id] {
			left = append(left, participant)
			delete(m.participants, id)
			s.held--
		}
	}
	maps.DeleteFunc(m.unheld, func(id string, _ unheld) bool { return !p.seen[id] })
	s.stop(m, p, now)
	m.poor = poor(m.participants, &s.thresholds)
	return left, true
}

// stop ends a pass that went as far as it could but proves nothing.
func (s *store) stop(m *meeting, p *pass, now time.Time) {
	m.completeAt, m.outdated, m.dropped, m.pass, m.stumbles = now, false, p.dropped, nil, 0
	m.total = len(p.seen) // whatever Zoom said
}

// purge drops people of whom no answer was had for long, as where passes never
// complete.
func (s *store) purge(m *meeting, before time.Time) {
	m.outdated = m.completeAt.Before(before)
	for id, p := range m.participants {
		if p.HeldAt.Before(before) {
			delete(m.participants, id)
			s.held--
		}
	}
	maps.DeleteFunc(m.unheld, func(_ string, u unheld) bool { return u.heldAt.Before(before) })
}

// shared reports whether another live meeting has the same number, which then
// names the latest of them only.
func (s *store) shared(m *meeting) bool {
	for _, other := range s.meetings {
		if other != m && other.number == m.number {
			return true
		}
	}
	return false
}

func (s *store) count(kind zoomapi.Kind) int {
	n := 0
	for _, m := range s.meetings {
		if m.kind == kind {
			n++
		}
	}
	return n
}

func (s *store) rolesWanted(kind zoomapi.Kind, now time.Time) bool {
	for _, m := range s.meetings {
		if m.kind == kind && m.wantsRoles(now) {
			return true
		}
	}
	return false
}

// wantsRoles reports whether the meeting's participants list is to be asked: it
// was not yet, the meeting's size has changed by a tenth since, or somebody was
// waiting to be let in. A failed attempt and a waiting room are left for a
// while.
func (m *meeting) wantsRoles(now time.Time) bool {
	if now.Sub(m.rolesAt) < rolesPause {
		return m.rolesSize >= 0 && m.grown()
	}
	return m.rolesSize < 0 || m.grown() || m.waiting()
}

func (m *meeting) grown() bool {
	change := m.total - m.rolesSize
	return max(change, -change) > m.rolesSize/10
}

func (m *meeting) waiting() bool {
	for id, r := range m.roles {
		if r.status == statusWaiting && m.participants[id] != nil {
			return true
		}
	}
	return false
}

// pages is what a pass over the meeting costs in requests.
func (m *meeting) pages() int { return pagesOf(m.rows()) }

// pagesOf is how many pages so many rows take; none take one, too.
func pagesOf(rows int) int { return max(1, (rows+pageRows-1)/pageRows) }

// rows is how many rows a pass over the meeting brings, as far as is known.
func (m *meeting) rows() int {
	if m.answeredAt.IsZero() {
		return m.info.Indicated
	}
	return m.total
}

// age is how old the last complete answer is or, before the first, how long the
// meeting has gone on. What went on before it could be listed counts for a
// minute, or after a restart everything would be as old as it is.
func (m *meeting) age(now time.Time, zoomNow zoomtime.Time) time.Duration {
	if !m.completeAt.IsZero() {
		return now.Sub(m.completeAt)
	}
	known := now.Sub(m.since)
	if m.info.Start.IsZero() {
		return known
	}
	return max(known, min(zoomNow.Sub(m.info.Start), known+time.Minute))
}

// people is how many are in the meeting, as far as is known.
func (m *meeting) people() int {
	known := len(m.participants) + len(m.unheld)
	if m.completeAt.IsZero() || m.outdated {
		return max(m.info.Indicated, known)
	}
	return known
}
