package collector

import (
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// SeriesOfParticipant is the number of series of a participant who is in audio
// and video and receives a screen share.
func SeriesOfParticipant() int {
	picture := qos.Figures{}
	sound := qos.Figures{FrameRate: qos.Absent(), Width: qos.Absent(), Height: qos.Absent()}
	minute := &qos.Minute{At: zoomtime.Unix(0), Readings: []qos.Reading{
		{Stream: qos.Stream{Media: qos.Audio, Direction: qos.Sent}, Figures: sound},
		{Stream: qos.Stream{Media: qos.Audio, Direction: qos.Received}, Figures: sound},
		{Stream: qos.Stream{Media: qos.Video, Direction: qos.Sent}, Figures: picture},
		{Stream: qos.Stream{Media: qos.Video, Direction: qos.Received}, Figures: picture},
		{Stream: qos.Stream{Media: qos.Share, Direction: qos.Received}, Figures: picture},
	}}
	return emitted(func(e *emitter) {
		e.participant("", &live.Participant{Participant: new(qos.Participant), Minute: minute})
	})
}

// MostParticipants returns how many of an account's participants can have series in a
// mode, of so many that are held.
func MostParticipants(mode qos.ParticipantsMode, held int) int {
	switch mode {
	case qos.NoParticipants:
		return 0
	case qos.DegradedParticipants:
		return min(held, live.MaxFollowed)
	}
	return held
}

// SeriesOfMeeting is the number of series of a live meeting, besides its
// participants', whose people are all at one site, with hosts and panelists who send
// and without anybody degraded.
func SeriesOfMeeting() int {
	return emitted(func(e *emitter) {
		m := &live.Meeting{
			Meeting: &qos.Meeting{Start: zoomtime.Unix(0)}, PolledAt: time.Unix(0, 0),
			Looked: true, Seen: live.Media[bool]{true, true, true},
			Groups:   live.Groups{{}: {People: 1}},
			Speakers: live.Speakers{live.Host: {}, live.Panelist: {}},
		}
		e.meeting(m)
		e.people(m)
	})
}

// WidestSeries returns the metric whose series can have the most labels, and their
// number. Empty labels do not count: Prometheus does not store them.
func WidestSeries(c readings.Config, mode qos.ParticipantsMode) (name string, labels int) {
	for _, m := range modelMetrics {
		if mode == qos.NoParticipants && slices.Contains(m.labels, "participant") {
			continue
		}
		n := len(m.labels)
		switch {
		case slices.Contains([]*metric{readingsTotal, sessionsTotal}, m):
			n += len(c.Dimensions) - len(dimensionLabels)
		case m.histogram:
			n += len(c.HistogramDimensions) - len(dimensionLabels) + 1 // le
		}
		if n > labels {
			name, labels = m.name, n
		}
	}
	return name, labels
}

// emitted counts the series that are emitted.
func emitted(emit func(*emitter)) int {
	ch := make(chan prometheus.Metric)
	go func() {
		defer close(ch)
		emit(&emitter{ch: ch})
	}()
	n := 0
	for range ch {
		n++
	}
	return n
}
