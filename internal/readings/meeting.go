package readings

import "github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"

// meeting is a meeting that is not closed: live, or ended with its backfill still
// to come.
type meeting struct {
	saved

	uuid, kind, department string
	end                    int64  // Unix seconds; 0 while live. EndMeeting and Resume set it
	floor                  minute // minutes before it do not count
	sessions               []*session
	byID                   map[uint64]*session // by id and alias
	byUUID                 map[uint64]*session // the newest; older ones by sameUUID
	unmet                  unmet
}

// sameJoin is how far the times of one join may differ between two answers, in
// seconds. Leaving and joining again takes longer.
const sameJoin = 10

// find returns the session of a row, or nil. Past answers may give people other
// ids and joins; where a session may be the row's, find returns it and reports a
// doubt.
func (m *meeting) find(p *Person, from Source) (s *session, doubt bool) {
	past := from == Past
	id, uuid, join := hash(p.ID), hash(p.ParticipantUUID), seconds(p.Join)
	s = m.byID[id]
	differs := s != nil && uuid != 0 && s.uuid != 0 && s.uuid != uuid
	if s != nil && !differs && (!past || apart(s.join, join) <= sameJoin) {
		return s, false
	}
	limit := int64(0) // live, a quick rejoin is another session
	if past || differs || id == 0 {
		limit = sameJoin
	}
	if nearest := m.nearest(uuid, join, limit); nearest != nil {
		return nearest, false
	}
	if differs {
		return nil, false
	}
	return s, s != nil
}

// nearest returns the session of a participant's UUID whose join is nearest, at
// most limit seconds apart.
func (m *meeting) nearest(uuid uint64, join, limit int64) *session {
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

// apart returns how far two joins differ in seconds, 0 where one is unknown.
func apart(a, b int64) int64 {
	if a == 0 || b == 0 {
		return 0
	}
	return max(a-b, b-a)
}

// setAlias notes the id that past answers give a session, if it is a new one.
func (m *meeting) setAlias(s *session, id uint64) {
	if id != 0 && s.id != id && s.alias == 0 && m.byID[id] == nil {
		s.alias = id
		m.byID[id] = s
		m.revision++
	}
}

// add starts a session for a row that has none.
func (m *meeting) add(p *Person) *session {
	s := &session{id: hash(p.ID), uuid: hash(p.ParticipantUUID), join: seconds(p.Join), floor: m.floor}
	m.enter(s)
	return s
}

// enter adds a session to the meeting's and their indices.
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

// seconds returns t in Unix seconds, 0 where it is unknown.
func seconds(t zoomtime.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// hash returns FNV-1a of an id, so that ids take 8 bytes in memory and on disk.
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
