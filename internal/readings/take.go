package readings

import (
	"slices"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// maxDelay is how late a minute may appear in live answers.
const maxDelay = 5 * time.Minute

// Take counts those minutes of a row, from an answer received at now, that were
// not counted before, and returns how many they are. A Past answer settles the
// session: no further minute of it counts.
func (e *Engine) Take(in Meeting, p Person, minutes []qos.Minute, from Source, now zoomtime.Time) int {
	if in.UUID == "" || p.ID == "" && p.ParticipantUUID == "" {
		return 0
	}
	m := e.meeting(in)
	s, doubt := m.find(&p, from)
	if s == nil || doubt && !s.overlaps(minutes, m.floor) {
		if !qos.Plausible(p.Join, now) {
			p.Join = zoomtime.Time{}
		}
		s = m.add(&p)
		m.revision++
	}
	if from == Past {
		m.setAlias(s, hash(p.ID))
	}
	if s.state != open {
		return 0
	}
	e.update(m, s, &p, now)
	if !slices.IsSortedFunc(minutes, byTime) {
		minutes = slices.Clone(minutes)
		slices.SortStableFunc(minutes, byTime)
	}
	counted := 0
	for i := range minutes {
		if e.count(s, &minutes[i], now) {
			counted++
		}
	}
	switch {
	case from == Past:
		s.state = settled
		m.revision++
	case len(minutes) == 0 && s.seen.empty():
		// Every answer has at least the newest minute. This one has none, so
		// there was none, except for those that arrive late.
		if since := minuteOf(now.Add(-maxDelay)); since > s.expect {
			s.expect = since
			m.revision++
		}
	}
	if counted > 0 {
		m.revision++
	}
	return counted
}

func byTime(a, b qos.Minute) int { return a.At.Compare(b.At) }

// update copies what a row says of its session besides minutes.
func (e *Engine) update(m *meeting, s *session, p *Person, now zoomtime.Time) {
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
		return // past answers may lack the facts
	}
	if l := e.labels(key{kind: m.kind, stream: -1, values: v}); s.labels != l {
		s.labels = l
		m.revision++
		// The length's 0 is shown while the session lasts.
		e.lengths.get(l.key).start(dayOf(now))
	}
}

// count counts one minute of an open session, if it is new and has figures. Of one
// before the counting began the label sets are shown as 0 from now on.
func (e *Engine) count(s *session, received *qos.Minute, now zoomtime.Time) bool {
	at := minuteOf(received.At)
	if s.seen.has(at) || !qos.Plausible(received.At, now) {
		return false
	}
	chosen, day := qos.Choose(received.Readings), dayOf(now)
	switch {
	case at < s.floor:
		e.start(s.labels, &chosen, day)
		return false
	case chosen == [qos.Streams]*qos.Reading{}:
		s.blank.set(at)
		return false
	}
	e.lost[TooOld] += uint64(s.slide(at))
	s.seen.set(at)
	e.minutes++
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
	}
	return true
}

// start begins the label sets of readings that do not count.
func (e *Engine) start(l *labels, chosen *[qos.Streams]*qos.Reading, day int64) {
	for stream, r := range chosen {
		if r != nil {
			tally, figures := e.entries(l, stream)
			tally.start(day)
			figures.start(day)
		}
	}
}

func dayOf(t zoomtime.Time) int64 { return t.Unix() / 86400 }
