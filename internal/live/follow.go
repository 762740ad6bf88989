package live

// MaxFollowed is how many people of an account are followed at most. Watched meetings
// take half of that, so that a watched town hall leaves room for degraded people.
const MaxFollowed = 2000

// DroppedFollowed is the reason why people of an answer are not followed: MaxFollowed are.
const DroppedFollowed = "degraded_limit"

// following is why somebody is followed.
type following uint8

const (
	notFollowed following = iota
	watched               // as long as their meeting is
	wasDegraded           // until they leave
)

// limit returns how many people may be followed at most for this reason.
func (f following) limit() int {
	if f == watched {
		return MaxFollowed / 2
	}
	return MaxFollowed
}

// follow decides which of a meeting's people are followed from now on.
func (s *State) follow(m *meeting, v *Meeting) {
	for slot, p := range m.people.slots {
		if p == nil {
			continue
		}
		h := &m.people.histories[slot]
		was, why := h.followed, notFollowed
		switch {
		case h.degraded:
			why = wasDegraded
		case m.watched && !m.waits(p.ID):
			why = watched
		}
		switch {
		case was == notFollowed && why != notFollowed:
			if s.followed >= why.limit() {
				v.Unfollowed++
				v.room = max(v.room, why.limit())
				continue
			}
			s.followed++
		case was != notFollowed && why == notFollowed:
			s.followed--
		}
		m.people.follow(slot, why)
	}
}
