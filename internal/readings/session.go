package readings

import (
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// sum is what one stream's figures of a session add up to, in millionths.
type sum struct {
	latency, jitter, loss    uint64
	latencies, jitters, lost uint32 // how many figures
	stream                   uint8
	given                    bool // by Zoom's own summary; nothing is added to it
}

func (s *sum) add(latency, jitter, loss float64) {
	if qos.Measured(latency) {
		s.latency += micro(latency)
		s.latencies++
	}
	if qos.Measured(jitter) {
		s.jitter += micro(jitter)
		s.jitters++
	}
	if qos.Measured(loss) {
		s.loss += micro(loss)
		s.lost++
	}
}

func (s *sum) averages() (latency, jitter, loss float64) {
	mean := func(sum uint64, n uint32) float64 {
		if n == 0 {
			return qos.Absent()
		}
		// One division, so that equal figures have themselves as their mean.
		return float64(sum) / (float64(n) * 1e6)
	}
	return mean(s.latency, s.latencies), mean(s.jitter, s.jitters), mean(s.loss, s.lost)
}

// state is how far a session is.
type state uint8

const (
	open    state = iota
	settled       // Zoom's last word is in: no minute counts any more
	closed        // booked; only the identity is kept
)

// session is one join of one person.
type session struct {
	id, alias uint64 // hashes; alias is the id in past answers, if another
	uuid      uint64 // hash of the participant's UUID; 0 where unknown
	join      int64  // Unix seconds; 0 where unknown
	leave     int64
	floor     minute // minutes before it count no more
	expect    minute // no entries existed before it
	seen      bitmap
	told      bitmap            // without a reading that counts; not saved
	unread    map[uint32]uint16 // how often an answer had each unreadable value, by its digest; not saved
	sums      []sum
	labels    *labels
	sameUUID  *session // an older one of the same UUID
	state     state
	early     early
}

// early has the minutes before a session's floor that were previewed: bit 0 is
// the last of them.
type early uint16

// allEarly leaves none to preview.
const allEarly early = 1<<recentMinutes - 1

func (e early) has(before minute) bool { return before >= recentMinutes || e>>before&1 == 1 }

func (e *early) set(before minute) { *e |= 1 << before }

// wants reports whether the minute at is still to be counted or previewed.
func (s *session) wants(at minute) bool {
	switch {
	case s.state != open:
		return false
	case at < s.floor:
		return !s.early.has(s.floor - 1 - at)
	}
	return !s.seen.has(at)
}

func (s *session) sum(stream int) *sum {
	for i := range s.sums {
		if int(s.sums[i].stream) == stream {
			return &s.sums[i]
		}
	}
	grown := make([]sum, len(s.sums)+1) // append would double it
	copy(grown, s.sums)
	s.sums = grown
	last := &s.sums[len(s.sums)-1]
	last.stream = uint8(stream)
	return last
}

// slide moves the window so that it ends with newest, and returns how many
// minutes are lost by that: they were expected and never came.
func (s *session) slide(newest minute) (lost int64) {
	floor := newest - window + 1
	if floor <= s.floor {
		return 0
	}
	if from, ok := s.start(); ok {
		lost = missing(&s.seen, max(from, s.floor), floor-1)
	}
	s.floor, s.early = floor, allEarly // what was slid past is settled, not early
	s.seen.drop(floor)
	s.told.drop(floor)
	return lost
}

// start is the first minute that an entry is expected of: the first top of a
// minute after the join.
func (s *session) start() (minute, bool) {
	switch {
	case s.join != 0:
		return max(minuteFrom(zoomtime.Unix(s.join)), s.expect), true
	case !s.seen.empty():
		return max(s.seen.first(), s.expect), true
	}
	return 0, false
}

// stop is the last minute that an entry is expected of. end is the meeting's
// in Unix seconds, 0 where unknown.
func (s *session) stop(end int64) (minute, bool) {
	switch {
	case s.leave != 0:
		return minuteOfUnix(s.leave), true
	case end != 0:
		return minuteOfUnix(end), true
	case !s.seen.empty():
		return s.seen.last(), true
	}
	return 0, false
}

func missing(seen *bitmap, first, last minute) int64 {
	return max(0, int64(last-first)+1-seen.count(first, last))
}

// missing is how many minutes were expected and never came.
func (s *session) missing(end int64) int64 {
	first, ok := s.start()
	last, ok2 := s.stop(end)
	if !ok || !ok2 {
		return 0
	}
	return missing(&s.seen, max(first, s.floor), last)
}

// length is how long the session was, as far as that is known.
func (s *session) length(end int64) (time.Duration, bool) {
	from, to := s.join, s.leave
	if to == 0 {
		to = end
	}
	if !s.seen.empty() {
		if from == 0 {
			from = s.seen.first().time().Unix()
		}
		if to == 0 {
			to = s.seen.last().time().Unix()
		}
	}
	if from == 0 || to == 0 || to < from {
		return 0, false
	}
	return time.Duration(to-from) * time.Second, true
}

// overlaps reports whether minutes of a row that may be this session, or
// another of the same person, may have been counted here. If none has been,
// nothing can be doubled by taking it for another.
func (s *session) overlaps(minutes []qos.Minute, meetingFloor minute) bool {
	if s.state == closed {
		return true
	}
	for i := range minutes {
		at := minuteOf(minutes[i].At)
		if s.seen.has(at) || at < s.floor && at >= meetingFloor {
			return true
		}
	}
	return false
}

// close leaves of a session only that it was there.
func (s *session) close() {
	s.state = closed
	s.seen, s.told, s.sums, s.labels = bitmap{}, bitmap{}, nil, nil
}
