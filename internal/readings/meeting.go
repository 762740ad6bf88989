package readings

import (
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// meeting is a meeting whose tail is not closed.
type meeting struct {
	uuid, kind, department string
	end                    int64  // Unix seconds; 0 while live
	floor                  minute // minutes before it do not count
	sessions               []*session
	byID                   map[uint64]*session
	byUUID                 map[uint64]*session
	recent                 recent
	unmet                  unmet

	revision, saved uint64
	fingerprint     uint64  // of the record that was saved
	shown           *Recent // of the newest Encode
	shownRevision   uint64
}

// unmet is what is known of people of whom no row was told.
type unmet struct {
	first  minute // whoever was there before was met, or is in beyond; 0 is unknown
	people int64  // the most that were indicated since
	limit  int64  // of them, those beyond what may be held
	beyond int64  // minutes that people beyond what may be held were there
}

// minutes are the full ones up to end, in Unix seconds.
func (u *unmet) minutes(end int64) int64 {
	if u.first == 0 {
		return 0
	}
	return max(0, int64(minuteOfUnix(end)-u.first)+1)
}

// unmetMinutes are those of people whom nobody told of, by the meeting's end: of
// those beyond what may be held, and of the others.
func (m *meeting) unmetMinutes() (beyond, others uint64) {
	u := &m.unmet
	minutes, people := u.minutes(m.end), u.people
	for _, s := range m.sessions {
		if s.leave == 0 || s.leave >= int64(u.first-1)*60 {
			people--
		}
	}
	people = max(0, people)
	limit := min(people, u.limit)
	return uint64(u.beyond + limit*minutes), uint64((people - limit) * minutes)
}

// sameJoin is how far two answers may differ about one join, in seconds; who
// leaves and joins again takes longer.
const sameJoin = 10

// find is the session of a row. In doubt it finds one rather than none, and
// says so: a past answer may number people anew, or tell joins otherwise.
func (m *meeting) find(p *Person, past bool) (found *session, doubt bool) {
	id, uuid, join := hash(p.ID), hash(p.ParticipantUUID), seconds(p.Join)
	s := m.byID[id]
	differs := s != nil && uuid != 0 && s.uuid != 0 && s.uuid != uuid
	if s != nil && !differs && (!past || apart(s.join, join) <= sameJoin) {
		return s, false
	}
	limit := int64(0) // a quick rejoin is another session
	if past || differs || id == 0 {
		limit = sameJoin
	}
	if found := m.alias(uuid, join, limit); found != nil {
		if past && id != 0 && found.id != id && found.alias == 0 && m.byID[id] == nil {
			found.alias = id
			m.byID[id] = found
			m.revision++
		}
		return found, false
	}
	if differs {
		return nil, false
	}
	return s, s != nil
}

// alias is the session of a participant's UUID whose join is nearest, at most
// limit seconds apart.
func (m *meeting) alias(uuid uint64, join, limit int64) *session {
	if uuid == 0 {
		return nil
	}
	var best *session
	for s := m.byUUID[uuid]; s != nil; s = s.sameUUID {
		d := apart(s.join, join)
		if d <= limit && (best == nil || d < apart(best.join, join)) {
			best = s
		}
	}
	return best
}

// apart is how far two joins differ in seconds, 0 where one is unknown.
func apart(a, b int64) int64 {
	if a == 0 || b == 0 {
		return 0
	}
	return max(a-b, b-a)
}

// add begins a session for a row that find does not know.
func (m *meeting) add(p *Person) *session {
	s := &session{id: hash(p.ID), uuid: hash(p.ParticipantUUID), join: seconds(p.Join), floor: m.floor}
	m.enter(s)
	return s
}

func (m *meeting) enter(s *session) {
	m.sessions = append(m.sessions, s)
	for _, id := range [...]uint64{s.id, s.alias} {
		if id != 0 && m.byID[id] == nil {
			m.byID[id] = s
		}
	}
	if s.uuid != 0 {
		s.sameUUID = m.byUUID[s.uuid]
		m.byUUID[s.uuid] = s
	}
}

func seconds(t zoomtime.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// hash is FNV-1a: ids on disk and in memory are 8 bytes and tell nobody's id.
// "" is 0.
func hash(s string) uint64 {
	if s == "" {
		return 0
	}
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return max(h, 1)
}

// recentMinutes is how much of a meeting's data counts as recent.
const recentMinutes = 10

// recent counts the readings of a meeting's newest minutes of data.
type recent struct {
	newest minute
	cells  [recentMinutes][streams][verdicts]uint32 // by minute modulo
}

func (r *recent) add(m minute, stream int, v Verdict) {
	if m <= r.newest-recentMinutes {
		return
	}
	for r.newest < m {
		r.newest = max(r.newest, m-recentMinutes) + 1
		r.cells[r.newest%recentMinutes] = [streams][verdicts]uint32{}
	}
	r.cells[m%recentMinutes][stream][v]++
}

func (r *recent) view() *Recent {
	v := &Recent{Newest: r.newest.time()}
	for _, cells := range r.cells {
		for stream, byVerdict := range cells {
			media, direction := mediaOf(stream)
			for verdict, n := range byVerdict {
				v.Readings[media][direction][verdict] += uint64(n)
			}
		}
	}
	return v
}

// Recent are the readings of the last 10 minutes of a meeting's data: of the
// ten minutes up to the newest that any of its readings has.
type Recent struct {
	Newest zoomtime.Time
	// Readings are counts by media, direction and verdict. A stream that had
	// none at all is all zero and better left out.
	Readings [3][2][verdicts]uint64
}

// Of are the readings of one media and direction by verdict, and whether there
// are any.
func (r *Recent) Of(m qos.Media, d qos.Direction) (byVerdict [verdicts]uint64, any bool) {
	byVerdict = r.Readings[m][d]
	return byVerdict, byVerdict != [verdicts]uint64{}
}
