package live

import (
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
// reports false for a row that identifies nobody.
func (s *State) count(in readings.Meeting, row *zoomapi.QoSRow, m *meeting, now Now) (*qos.Participant, bool) {
	var unread []qos.Unread
	p, ok := s.settings.Converter.Participant(row, now.Zoom, &unread)
	if !ok {
		return nil, false
	}
	p.HeldAt = now.Time
	source, counts := readings.Past, true
	var since zoomtime.Time // no earlier minute is converted
	if m != nil {
		source = readings.Live
		was := m.people.get(p.ID)
		counts = p.Left || was != nil || !s.full()
		if was != nil && was.Newest != nil {
			since = was.Newest.At.Add(-lateMinute)
		}
	}
	who := person(&p)
	known := s.engine.Known(in.UUID, who, source)
	var minutes []qos.Minute
	entries := qos.Entries(row, now.Zoom, &unread)
	for i, e := range entries {
		fresh := counts && !e.At.Before(since) && !known.Has(e.At)
		newest := i == len(entries)-1
		if !fresh && !newest {
			continue
		}
		var failures qos.Failures // nil counts nothing, as an earlier answer had it, too
		if fresh && !known.Told(e.At) {
			failures = s.failures
		}
		minute := s.settings.Converter.Minute(e, failures)
		if fresh {
			minutes = append(minutes, minute)
		}
		if newest {
			p.Newest = new(qos.Minute)
			*p.Newest = minute
		}
	}
	if counts {
		s.engine.Take(in, who, minutes, source, now.Zoom)
		for _, u := range s.engine.Unread(in.UUID, who, source, unread) {
			s.failures.Add(u.Field, u.Reason, 1)
		}
	}
	if m != nil && p.Left && !p.Leave.IsZero() && now.Zoom.Sub(p.Leave) > sessionOver {
		s.engine.CloseSession(in.UUID, who, readings.NoAnswer, now.Zoom)
	}
	return &p, true
}
