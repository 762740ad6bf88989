package qos

import (
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// Participant is History with the newest minute alone.
func (c *Converter) Participant(row *zoomapi.QoSRow, now zoomtime.Time, failures Failures) (Participant, bool) {
	p, _, ok := c.History(row, now, nil, failures)
	return p, ok
}
