package readings

import (
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// sum adds up the figures of one stream of a session, in millionths.
type sum struct {
	latency, jitter, loss    uint64
	latencies, jitters, lost uint32 // how many of each figure
	stream                   uint8
	given                    bool // by Zoom's own summary, and final
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

// averages returns the mean figures, absent where there were none.
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

// state says what may still be counted of a session.
type state uint8

const (
	open    state = iota // minutes and the session itself
	settled              // the session itself: a past answer had all minutes
	closed               // nothing
)

// session is one join of one person, and the bitmap of the minutes of it that
// were counted: a sliding window that makes the counting idempotent.
//
// Its state only increases. Take with a Past answer settles an open session;
// CloseSession and Close close an open or settled one. All other methods leave
// the state alone. An open or settled session has labels from its first Take on.
// A closed one has neither labels nor minutes; it stays to be recognised, so that
// its row is not taken for a new one.
//
// floor never decreases: it begins as the meeting's and follows the window once
// that has passed it.
type session struct {
	id, alias uint64 // hashes; alias is the id in past answers, if it differs
	uuid      uint64 // hash of the participant's UUID; 0 where unknown
	join      int64  // Unix seconds; 0 where unknown
	leave     int64
	floor     minute            // no minute before it counts
	expect    minute            // minutes before it had no readings
	seen      bitmap            // minutes that were counted
	blank     bitmap            // minutes that came without a figure that counts; not saved
	unread    map[uint32]uint16 // the most often that an answer had each unreadable value, by digest; not saved
	sums      []sum
	labels    *labels
	sameUUID  *session // an older one of the same UUID
	state     state
}

// wants reports whether the minute at is still to be counted.
func (s *session) wants(at minute) bool {
	return s.state == open && at >= s.floor && !s.seen.has(at)
}

// sum returns the sum of a stream, and creates it if need be.
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

// slide moves the window so that it ends with newest, and returns how many of
// the minutes that leave it are lost: they were expected and never received.
func (s *session) slide(newest minute) (lost int64) {
	floor := newest - window + 1
	if floor <= s.floor {
		return 0
	}
	if from, ok := s.start(); ok {
		lost = gaps(&s.seen, max(from, s.floor), floor-1)
	}
	s.floor = floor
	s.seen.drop(floor)
	s.blank.drop(floor)
	return lost
}

// start returns the first minute that is expected: the first to begin after the
// join.
func (s *session) start() (minute, bool) {
	switch {
	case s.join != 0:
		return max(minuteFrom(zoomtime.Unix(s.join)), s.expect), true
	case !s.seen.empty():
		return max(s.seen.first(), s.expect), true
	}
	return 0, false
}

// stop returns the last minute that is expected. end is the meeting's in Unix
// seconds, 0 where unknown.
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

// gaps returns how many minutes from first to last are not in a set.
func gaps(seen *bitmap, first, last minute) int64 {
	return max(0, int64(last-first)+1-seen.count(first, last))
}

// missing returns how many minutes were expected and never received.
func (s *session) missing(end int64) int64 {
	first, ok := s.start()
	last, ok2 := s.stop(end)
	if !ok || !ok2 {
		return 0
	}
	return gaps(&s.seen, max(first, s.floor), last)
}

// length returns how long the session was, if that is known.
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

// overlaps reports whether minutes of a row, which is either this session or
// another of the same person, may have been counted here. If none was, taking
// the row for another session counts nothing twice.
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

// close drops everything but the identity.
func (s *session) close() {
	s.state = closed
	s.seen, s.blank, s.sums, s.labels = bitmap{}, bitmap{}, nil, nil
}
