package live

import (
	"slices"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

const (
	// lateMinute is how late live answers may bring a minute. Minutes before that
	// are not converted again at every poll; the backfill brings them.
	lateMinute = 10 * time.Minute
	// sessionOver is how long ago somebody left a meeting that goes on for their
	// session to be closed without waiting for its end.
	sessionOver = 24 * time.Hour
)

func person(p *qos.Participant) readings.Person {
	return readings.Person{ID: p.ID, ParticipantUUID: p.Facts.ParticipantUUID, Join: p.Join, Leave: p.Leave, Facts: p.Facts}
}

// count converts a row of an answer and counts those of its minutes that were not
// counted before. The answer is live and of m or, where m is nil, of the past. It
// returns the row's minutes to be remembered, too, and false for a row that identifies nobody.
func (s *State) count(in readings.Meeting, row *zoomapi.QoSRow, m *meeting, now Now) (*qos.Participant, rings, bool) {
	var unread []qos.Unread
	p, ok := s.settings.Converter.Participant(row, now.Zoom, &unread)
	if !ok {
		return nil, rings{}, false
	}
	p.HeldAt = now.Time
	c := conversion{State: s, source: readings.Past, counts: true}
	if m != nil {
		c.source = readings.Live
		was := m.people.get(p.ID)
		c.counts = p.Left || was != nil || !s.full()
		c.first = c.counts && was == nil && !p.Left
		if was != nil {
			c.rings = m.people.history(p.ID).rings
			if was.Newest != nil {
				c.from = was.Newest.At.Add(-lateMinute)
			}
		}
	}
	who := person(&p)
	c.known = s.engine.Known(in.UUID, who, c.source)
	minutes, newest := c.convert(qos.Entries(row, now.Zoom, &unread))
	p.Newest = newest
	if c.counts {
		s.engine.Take(in, who, minutes, c.source, now.Zoom)
		for _, u := range s.engine.Unread(in.UUID, who, c.source, unread) {
			s.failures.Add(u.Field, u.Reason, 1)
		}
	}
	if m != nil && p.Left && !p.Leave.IsZero() && now.Zoom.Sub(p.Leave) > sessionOver {
		s.engine.CloseSession(in.UUID, who, readings.NoAnswer, now.Zoom)
	}
	return &p, c.rings, true
}

// conversion is what decides which minutes of a row are converted: those to be
// counted, those that are recent, and the newest.
type conversion struct {
	*State
	source readings.Source
	counts bool
	first  bool // the row is of somebody who is held from now on
	known  readings.Known
	from   zoomtime.Time // no earlier minute is counted
	rings                // so far
}

// convert returns the minutes to be counted, and the newest one. It begins with that,
// as only so many of the newest are recent.
func (c *conversion) convert(entries []qos.Entry) (minutes []qos.Minute, newest *qos.Minute) {
	var begun rings // of minutes before the start
	for i, e := range slices.Backward(entries) {
		last := i == len(entries)-1
		// Minutes before the start do not count, but the label sets of the newest begin.
		begins := c.first && e.At.Before(c.countedFrom) && begun.recent.wants(e.At)
		fresh := begins || c.counts && !e.At.Before(c.from) && !c.known.Has(e.At)
		recent := c.counts && c.source == readings.Live && minuteOf(e.At) >= c.recentFrom
		wanted := recent && (c.first || c.recent.wants(e.At)) // or it was seen when it was new
		if !fresh && !wanted && !last {
			continue
		}
		var failures qos.Failures // nil counts nothing, as an earlier answer had it, too
		if fresh && !c.known.Told(e.At) {
			failures = c.failures
		}
		minute := c.settings.Converter.Minute(e, failures)
		if fresh {
			minutes = append(minutes, minute)
		}
		if begins {
			begun.add(&minute, &c.thresholds)
		}
		if recent {
			c.add(&minute, &c.thresholds)
		}
		if last {
			newest = new(qos.Minute)
			*newest = minute
		}
	}
	slices.Reverse(minutes)
	return minutes, newest
}
