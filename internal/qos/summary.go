package qos

import (
	"slices"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/parse"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// Summary is what Zoom says of one join of one person over the whole of an
// ended meeting.
type Summary struct {
	// ID is the participant's, as past answers name it.
	ID string
	// Averages are the streams' average figures, LossMax the highest loss, each
	// stream at most once and none without a figure.
	Averages []Reading
}

// Summary converts a row of a summary. It reports false for a row that names
// nobody.
func (c *Converter) Summary(row *zoomapi.SummaryRow, failures Failures) (Summary, bool) {
	s := Summary{ID: RowID(row.ParticipantID, "")}
	if s.ID == "" {
		return s, false
	}
	for i := range row.Summaries {
		if row.Summaries[i].Type == zoomapi.Unreadable {
			failures.Add("qos", parse.ReasonMalformed, 1)
		}
		stream, ok := c.collected(zoomapi.StreamName(row.Summaries[i].Type))
		if !ok {
			continue
		}
		// Of two of one stream the latter counts, as everywhere.
		s.Averages = slices.DeleteFunc(s.Averages, func(r Reading) bool { return r.Stream == stream })
		if f := averages(&row.Summaries[i].Details, failures); !f.Empty() {
			s.Averages = append(s.Averages, Reading{stream, f})
		}
	}
	return s, true
}

func averages(d *zoomapi.SummaryDetails, failures Failures) Figures {
	width, height := resolution(d.Resolution, failures)
	return Figures{
		Latency:   read(parse.Seconds, d.AvgLatency, "avg_latency", failures),
		Jitter:    read(parse.Seconds, d.AvgJitter, "avg_jitter", failures),
		Loss:      read(parse.Ratio, d.AvgLoss, "avg_loss", failures),
		LossMax:   read(parse.Ratio, d.MaxLoss, "max_loss", failures),
		Bitrate:   read(parse.BytesPerSecond, d.AvgBitrate, "avg_bitrate", failures),
		FrameRate: read(parse.FramesPerSecond, d.AvgFrameRate, "avg_frame_rate", failures),
		Width:     width,
		Height:    height,
	}
}
