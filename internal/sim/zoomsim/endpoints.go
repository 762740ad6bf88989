package zoomsim

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// Elsewhere stands for all paths that Zoom's Dashboard does not have.
const Elsewhere zoomapi.Endpoint = "elsewhere"

// endpoint describes an endpoint as Zoom's reference does.
type endpoint struct {
	name                 zoomapi.Endpoint
	kind                 zoomapi.Kind
	class                zoomapi.Class
	granular             string   // the granular scope that grants it
	types                []string // the first is the default
	defaultSize, maxSize int      // of a page; 0 without pages
	dated                bool     // requires from and to
	answer               func(*Sim, *query, *encoder) *failure
}

// route returns the endpoint of an escaped path. It must not unescape the path
// first, as an id may contain slashes.
func route(path string) (e endpoint, id, userID string, ok bool) {
	rest, ok := strings.CutPrefix(path, "/v2/metrics/")
	if !ok {
		return endpoint{}, "", "", false
	}
	parts := strings.Split(rest, "/")
	kind := zoomapi.Meeting
	switch parts[0] {
	case "meetings":
	case "webinars":
		kind = zoomapi.Webinar
	default:
		return endpoint{}, "", "", false
	}
	all := endpoints(kind)
	if len(parts) > 1 {
		id = parts[1]
	}
	rest = strings.Join(parts[min(2, len(parts)):], "/")
	switch {
	case len(parts) == 1:
		return all.list, "", "", true
	case rest == "":
		return all.single, id, "", len(parts) == 2
	case rest == "participants":
		return all.participants, id, "", true
	case rest == "participants/qos":
		return all.qos, id, "", true
	case rest == "participants/qos_summary":
		return all.summary, id, "", true
	case len(parts) == 5 && parts[2] == "participants" && parts[4] == "qos":
		userID, err := url.PathUnescape(parts[3])
		return all.person, id, userID, err == nil
	}
	return endpoint{}, "", "", false
}

// table has the endpoints of a kind.
type table struct{ list, single, participants, qos, person, summary endpoint }

func endpoints(kind zoomapi.Kind) table {
	all, past := []string{"live", "past", "pastOne"}, []string{"live", "past"}
	word := string(kind)
	scope := func(name string) string { return "dashboard:read:" + name + ":admin" }
	t := table{
		list: endpoint{name: zoomapi.ListMeetings, class: zoomapi.ResourceIntensive, granular: scope("list_" + word + "s"),
			types: all, defaultSize: 30, maxSize: 300, dated: true, answer: (*Sim).list},
		single: endpoint{name: zoomapi.GetMeeting, granular: scope(word), types: all, answer: (*Sim).single},
		participants: endpoint{name: zoomapi.ListMeetingParticipants, granular: scope("list_" + word + "_participants"),
			types: all, defaultSize: 30, maxSize: 300, answer: (*Sim).participants},
		qos: endpoint{name: zoomapi.ListMeetingParticipantsQoS, granular: scope("list_" + word + "_participants_qos"),
			types: past, defaultSize: 1, maxSize: 10, answer: (*Sim).qos},
		person: endpoint{name: zoomapi.MeetingParticipantQoS, granular: scope(word + "_participant_qos"), types: past, answer: (*Sim).personQoS},
		summary: endpoint{name: zoomapi.ListMeetingParticipantsQoSSummary, granular: scope("list_" + word + "_participants_qos"),
			types: []string{"past"}, defaultSize: 1, maxSize: 10, answer: (*Sim).summary},
	}
	if kind == zoomapi.Webinar {
		t.list.name, t.list.types = zoomapi.ListWebinars, past
		t.single.name, t.single.types = zoomapi.GetWebinar, past
		t.participants.name, t.participants.types = zoomapi.ListWebinarParticipants, past
		t.qos.name = zoomapi.ListWebinarParticipantsQoS
		t.person.name = zoomapi.WebinarParticipantQoS
		t.summary.name = zoomapi.ListWebinarParticipantsQoSSummary
	}
	for _, e := range []*endpoint{&t.list, &t.single, &t.participants, &t.qos, &t.person, &t.summary} {
		e.kind = kind
		if e.class == "" {
			e.class = zoomapi.Heavy
		}
	}
	return t
}

// listing is a meeting as an element of a list.
type listing struct {
	meeting       *meeting
	end           time.Time // zero while live
	length        time.Duration
	people, rooms int
	minute        int64
	words         qualityWords
}

// view returns a view of the present; w.mu must be held.
func (w *world) view() view {
	return view{w: w, incidents: w.incidents, plain: w.opts.Moods.Plain}
}

// listing returns the listing of a meeting; w.mu must be held.
func (v view) listing(m *meeting, now time.Time) listing {
	l := listing{meeting: m, length: now.Sub(m.start), minute: minuteAt(now)}
	if !m.live(now) {
		l.end, l.length = m.end, m.end.Sub(m.start)
		l.minute = minuteAt(m.end)
		l.people = len(v.w.rows(m, now))
		l.words = v.quality(m, m.end.Add(-time.Second))
		return l
	}
	for _, j := range v.w.rows(m, now) {
		if m.left(j, now).IsZero() {
			l.people++
			if j.person.via == viaCRC {
				l.rooms++
			}
		}
	}
	l.words = v.quality(m, now)
	return l
}

func (s *Sim) list(q *query, e *encoder) *failure {
	now := s.opts.Now()
	offset, f := s.unseal(q, now, "")
	if f != nil {
		return f
	}
	w := s.world
	w.mu.Lock()
	w.advance(now)
	v := w.view()
	all := w.meetings(q.endpoint.kind, func(m *meeting) bool { return w.inList(m, q, now) })
	page, next := cut(all, offset, q.size, s.opts.Moods.DoubleRows)
	listings := make([]listing, len(page))
	for i, m := range page {
		listings[i] = v.listing(m, now)
	}
	w.mu.Unlock()

	e.object("")
	e.str("from", q.from.Format(dateForm))
	e.str("to", q.to.Format(dateForm))
	s.pageHead(e, q, now, "", next, len(all))
	e.array(string(q.endpoint.kind) + "s")
	for _, l := range listings {
		e.object("")
		e.meeting(v, l)
		e.end('}')
	}
	e.end(']')
	e.end('}')
	return nil
}

// inList reports whether the list of a query's type and dates has a meeting.
func (w *world) inList(m *meeting, q *query, now time.Time) bool {
	if q.kind == "live" {
		return m.live(now)
	}
	return m.settled(now, w.opts.PastDelay) &&
		!m.start.Before(q.from) && m.start.Before(q.to.AddDate(0, 0, 1)) &&
		(q.kind == "past" || w.people(m) == 1)
}

// people returns how many people came to an ended meeting, however often.
func (w *world) people(m *meeting) int {
	seen := map[int]bool{}
	for _, j := range w.rows(m, m.end) {
		seen[j.index] = true
	}
	return len(seen)
}

// cut returns a page of rows and the offset of the next page; 0 for the last page.
func cut[T any](all []T, offset, size int, double bool) (page []T, next int) {
	start := min(offset, len(all))
	end := min(start+size, len(all))
	if double && start > 0 {
		start--
	}
	if end < len(all) {
		next = end
	}
	return all[start:end], next
}

// pageHead appends the members that all pages begin with.
func (s *Sim) pageHead(e *encoder, q *query, now time.Time, object string, next, total int) {
	token := ""
	if next > 0 {
		token = s.seal(q, next, now, object)
	}
	e.str("next_page_token", token)
	e.num("page_count", int64((total+q.size-1)/q.size))
	e.num("page_size", int64(q.size))
	e.num("total_records", int64(total))
}

// openFor returns the meeting of a query if it is live or past as the query wants
// it; w.mu must be held.
func (w *world) openFor(q *query, now time.Time) (*meeting, *failure) {
	w.advance(now)
	m, ok := w.find(q.id, q.endpoint.kind, now)
	switch {
	case !ok,
		q.kind == "live" && !m.live(now),
		q.kind != "live" && !m.settled(now, w.opts.PastDelay):
		return nil, notLive()
	case w.denied[m.uuid]:
		return nil, w.opts.Moods.status300("You do not have access to this " + string(m.slot.kind) + ".")
	}
	return m, nil
}

func (s *Sim) single(q *query, e *encoder) *failure {
	now := s.opts.Now()
	w := s.world
	w.mu.Lock()
	m, f := w.openFor(q, now)
	if f != nil {
		w.mu.Unlock()
		return f
	}
	v := w.view()
	l := v.listing(m, now)
	w.mu.Unlock()
	e.object("")
	e.meeting(v, l)
	e.end('}')
	return nil
}

// shown returns the rows of an answer in their order; w.mu must be held.
func (w *world) shown(m *meeting, q *query, now time.Time) []*join {
	rows := w.rows(m, now)
	if q.kind == "live" && w.opts.Moods.LeaversGone {
		rows = slices.DeleteFunc(slices.Clone(rows), func(j *join) bool { return !m.left(j, now).IsZero() })
	}
	if w.opts.Moods.NewestFirst {
		rows = slices.Clone(rows)
		slices.Reverse(rows)
	}
	return rows
}

// row returns a join as a query shows it; w.mu must be held.
func (w *world) row(m *meeting, j *join, q *query, now time.Time) row {
	r := row{join: j, userID: j.userID, left: m.left(j, now)}
	r.from, r.to = m.held(j, now)
	if q.kind != "live" && w.opts.Moods.OtherPastIDs {
		r.userID = "9" + j.userID
	}
	return r
}

// sent reduces the minutes of a live row to those that History sends.
func (w *world) sent(r row, q *query) row {
	if q.kind != "live" {
		return r
	}
	switch w.opts.Moods.History {
	case HistoryNewest:
		r.from = max(r.from, r.to)
	case HistorySince:
		r.from = max(r.from, r.sentUpTo+1)
		r.join.sentUpTo = max(r.join.sentUpTo, r.to)
	}
	return r
}

// pageOf appends a page of a meeting's participants.
func (s *Sim) pageOf(q *query, e *encoder, minutes bool, write func(view, *meeting, row)) *failure {
	now := s.opts.Now()
	w := s.world
	w.mu.Lock()
	m, f := w.openFor(q, now)
	var offset int
	if f == nil {
		offset, f = s.unseal(q, now, m.uuid)
	}
	if f != nil {
		w.mu.Unlock()
		return f
	}
	v := w.view()
	all := w.shown(m, q, now)
	page, next := cut(all, offset, q.size, s.opts.Moods.DoubleRows)
	rows := make([]row, len(page))
	for i, j := range page {
		rows[i] = w.row(m, j, q, now)
		if minutes {
			rows[i] = w.sent(rows[i], q)
		}
	}
	total := len(all)
	w.mu.Unlock()

	e.object("")
	s.pageHead(e, q, now, m.uuid, next, total)
	e.number(m)
	e.array("participants")
	for _, r := range rows {
		e.object("")
		write(v, m, r)
		e.end('}')
	}
	e.end(']')
	e.end('}')
	return nil
}

// number appends meeting_number or webinar_number, which is a string in these
// answers.
func (e *encoder) number(m *meeting) {
	e.key(string(m.slot.kind) + "_number")
	e.b = append(e.b, '"')
	e.b = appendInt(e.b, m.number)
	e.b = append(e.b, '"')
}

func (s *Sim) participants(q *query, e *encoder) *failure {
	return s.pageOf(q, e, false, func(v view, m *meeting, r row) { e.participant(v, m, r) })
}

func (s *Sim) qos(q *query, e *encoder) *failure {
	return s.pageOf(q, e, true, func(v view, m *meeting, r row) { e.qos(v, m, r) })
}

func (s *Sim) summary(q *query, e *encoder) *failure {
	return s.pageOf(q, e, false, func(v view, m *meeting, r row) { e.summary(v, m, r) })
}

func (s *Sim) personQoS(q *query, e *encoder) *failure {
	now := s.opts.Now()
	w := s.world
	w.mu.Lock()
	m, f := w.openFor(q, now)
	var found row
	if f == nil {
		f = notLive()
		for _, j := range w.rows(m, now) {
			if r := w.row(m, j, q, now); r.userID == q.userID {
				found, f = w.sent(r, q), nil
				break
			}
		}
	}
	v := w.view()
	w.mu.Unlock()
	if f != nil {
		return f
	}
	e.object("")
	e.number(m)
	e.qos(v, m, found)
	e.end('}')
	return nil
}
