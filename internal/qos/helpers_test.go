package qos

import (
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// newest converts a row with its newest minute alone.
func (c *Converter) newest(row *zoomapi.QoSRow, now zoomtime.Time, failures Failures) (Participant, bool) {
	p, _, ok := c.all(row, now, nil, failures)
	return p, ok
}

// all converts a row with those of its minutes that are wanted (nil wants all), and
// all failures in one.
func (c *Converter) all(row *zoomapi.QoSRow, now zoomtime.Time, want func(zoomtime.Time) bool, failures Failures,
) (p Participant, minutes []Minute, ok bool) {
	var unread []Unread
	p, ok = c.Participant(row, now, &unread)
	if !ok {
		return p, nil, false
	}
	entries := Entries(row, now, &unread)
	for i, e := range entries {
		wanted := want == nil || want(e.At)
		switch {
		case wanted:
			minutes = append(minutes, c.Minute(e, failures))
		case i < len(entries)-1:
			continue
		}
		if i == len(entries)-1 {
			newest := c.Minute(e, nil)
			p.Newest = &newest
		}
	}
	for _, u := range unread {
		failures.Add(u.Field, u.Reason, 1)
	}
	return p, minutes, true
}
