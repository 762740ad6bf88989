package zoomapi

import (
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// minuteList reads a participant's minutes. Anything but an object becomes an
// Unreadable minute, unless it is blank.
func (d *decoder) minuteList(dec *jsontext.Decoder, minutes *[]Minute) error {
	d.rowMinutes = d.rowMinutes[:0]
	err := d.list(func() error {
		var minute Minute
		blank, err := d.minute(dec, &minute)
		if !blank {
			d.rowMinutes = append(d.rowMinutes, minute)
		}
		return err
	})
	*minutes = d.minutes.copy(d.rowMinutes)
	return err
}

func (d *decoder) minute(dec *jsontext.Decoder, minute *Minute) (blank bool, err error) {
	if dec.PeekKind() != '{' {
		return d.skipPart(minute)
	}
	d.minuteStreams = d.minuteStreams[:0]
	err = d.object(func(name []byte) error {
		switch string(name) {
		case "date_time":
			return d.text(dec, &minute.DateTime)
		case "cpu_usage":
			return decodePart(d, minute, &minute.CPU, &d.cpus)
		case "wifi_rssi":
			return decodePart(d, minute, &minute.WiFi, &d.wifis)
		}
		if stream, ok := streamName(name); ok {
			return d.stream(minute, stream)
		}
		return dec.SkipValue()
	})
	minute.Streams = d.streams.copy(d.minuteStreams)
	return false, err
}

// skipPart skips a value that should be an object of a minute, or a minute.
func (d *decoder) skipPart(minute *Minute) (blank bool, err error) {
	blank, err = d.skip()
	if !blank {
		minute.Unreadable++
	}
	return blank, err
}

// stream reads a stream object. The later of two of the same name counts, as
// with any member of an object.
func (d *decoder) stream(minute *Minute, name StreamName) error {
	d.minuteStreams = slices.DeleteFunc(d.minuteStreams, func(s Stream) bool { return s.Name == name })
	if d.json.PeekKind() != '{' {
		_, err := d.skipPart(minute)
		return err
	}
	d.minuteStreams = append(d.minuteStreams, Stream{Name: name})
	return d.figures(&d.minuteStreams[len(d.minuteStreams)-1].Figures)
}

// figures reads a stream's figures without reflection: they are nine tenths of a
// page of history, and this takes two thirds of the time.
func (d *decoder) figures(f *Figures) error {
	return d.object(func(name []byte) error {
		var into *Text
		switch string(name) {
		case "bitrate":
			into = &f.Bitrate
		case "latency":
			into = &f.Latency
		case "jitter":
			into = &f.Jitter
		case "avg_loss":
			into = &f.AvgLoss
		case "max_loss":
			into = &f.MaxLoss
		case "resolution":
			into = &f.Resolution
		case "frame_rate":
			into = &f.FrameRate
		default:
			return d.json.SkipValue()
		}
		return d.text(d.json, into)
	})
}

// decodePart sets part to the next object of a minute, or to nil if Zoom sends ""
// or null instead.
func decodePart[T any](d *decoder, minute *Minute, part **T, from *slab[T]) error {
	*part = nil
	if d.json.PeekKind() != '{' {
		_, err := d.skipPart(minute)
		return err
	}
	*part = from.one()
	return json.UnmarshalDecode(d.json, *part)
}

// streamName returns the documented stream with that name. It does not allocate.
func streamName(name []byte) (StreamName, bool) {
	for i := range streamNames {
		if string(name) == string(streamNames[i]) {
			return streamNames[i], true
		}
	}
	return "", false
}

// streamNames are the streams that are read, the frequent ones first.
var streamNames = [...]StreamName{
	AudioInput, AudioOutput, VideoInput, VideoOutput, ShareInput, ShareOutput,
	AudioDeviceFromCRC, AudioDeviceToCRC, VideoDeviceFromCRC, VideoDeviceToCRC, ShareDeviceFromCRC, ShareDeviceToCRC,
	AudioDeviceFromRWG, AudioDeviceToRWG, VideoDeviceFromRWG, VideoDeviceToRWG, ShareDeviceFromRWG, ShareDeviceToRWG,
}

// slab allocates items in large pieces: a page of history has thousands of small
// ones, which are freed together.
type slab[T any] []T

// The sizes of the first piece and of the largest, in items.
const (
	minSlab = 32
	maxSlab = 512
)

// copy returns a copy of items; nil if there are none.
func (s *slab[T]) copy(items []T) []T {
	n := len(items)
	if n == 0 {
		return nil
	}
	if cap(*s)-len(*s) < n {
		*s = make([]T, 0, max(n, minSlab, min(2*cap(*s), maxSlab)))
	}
	start := len(*s)
	*s = append(*s, items...)
	return (*s)[start:len(*s):len(*s)]
}

// one returns a new zero T.
func (s *slab[T]) one() *T {
	var zero [1]T
	return &s.copy(zero[:])[0]
}
