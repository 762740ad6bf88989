package qos

import (
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// Participant is History with the newest minute alone.
func (c *Converter) Participant(row *zoomapi.QoSRow, now zoomtime.Time, failures Failures) (Participant, bool) {
	p, _, ok := c.all(row, now, nil, failures)
	return p, ok
}

// all is History with all failures in one.
func (c *Converter) all(row *zoomapi.QoSRow, now zoomtime.Time, want func(*Participant, zoomtime.Time) Want, failures Failures,
) (Participant, []Minute, bool) {
	var unread []Unread
	p, minutes, ok := c.History(row, now, want, failures, &unread)
	for _, u := range unread {
		failures.Add(u.Field, u.Reason, 1)
	}
	return p, minutes, ok
}
