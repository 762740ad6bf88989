package qos

import "github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"

// Unread is a value of a row that could not be read and that no minute dates.
// Later answers may have it again.
type Unread struct {
	Failure
	// Digest is the same whenever the value is.
	Digest uint32
}

func note(unread *[]Unread, field, reason string, text zoomapi.Text) {
	if reason != "" {
		*unread = append(*unread, Unread{Failure{field, reason}, uint32(digestOf(zoomapi.Text(field), text))})
	}
}

// noteMinute notes a minute whose time cannot be read. Its figures tell it from
// others: dates may be unreadable all in the same way.
func noteMinute(unread *[]Unread, field, reason string, minute *zoomapi.Minute) {
	if reason == "" {
		return
	}
	d := digestOf(zoomapi.Text(field), minute.DateTime)
	for i := range minute.Streams {
		s := &minute.Streams[i]
		d = d.with(zoomapi.Text(s.Name), s.Bitrate, s.Latency, s.Jitter, s.AvgLoss, s.MaxLoss, s.Resolution, s.FrameRate)
	}
	if c := minute.CPU; c != nil {
		d = d.with(c.ZoomMin, c.ZoomAvg, c.ZoomMax, c.SystemMax)
	}
	if w := minute.WiFi; w != nil {
		d = d.with(w.Min, w.Avg, w.Max)
	}
	*unread = append(*unread, Unread{Failure{field, reason}, uint32(d)})
}

// digest is FNV-1a.
type digest uint32

func digestOf(texts ...zoomapi.Text) digest { return digest(2166136261).with(texts...) }

func (d digest) with(texts ...zoomapi.Text) digest {
	for _, text := range texts {
		for i := range len(text) {
			d = (d ^ digest(text[i])) * 16777619
		}
		d = (d ^ 0xff) * 16777619 // in no text
	}
	return d
}
