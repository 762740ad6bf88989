package zoomsim

import (
	"fmt"
	"math"
	"strconv"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// The figures of a stream in the order in which they are written.
const (
	inBitrate = iota
	inLatency
	inJitter
	inAvgLoss
	inMaxLoss
	inFrameRate
	inResolution
	figureCount
)

// text returns a figure as Zoom writes it.
func (v *vocabulary) text(f *figures, which int) string {
	switch which {
	case inBitrate:
		if f.bitrate%100 != 0 {
			return fmt.Sprintf("%d.%02d kbps", f.bitrate/100, f.bitrate%100)
		}
		return lookUp(v.kbps, f.bitrate/100, " kbps")
	case inLatency:
		return lookUp(v.ms, f.latency, " ms")
	case inJitter:
		return lookUp(v.ms, f.jitter, " ms")
	case inAvgLoss:
		return v.loss[f.avgLoss]
	case inMaxLoss:
		return v.loss[f.maxLoss]
	case inFrameRate:
		return lookUp(v.fps, f.frameRate, " fps")
	default:
		switch f.width {
		case 1920:
			return "1920*1080"
		case 1280:
			return "1280*720"
		case 640:
			return "640*360"
		case 320:
			return "320*180"
		}
		return "0*0"
	}
}

func lookUp(words []string, n int, unit string) string {
	if n < len(words) {
		return words[n]
	}
	return strconv.Itoa(n) + unit
}

// oddFigure returns which figure of a stream is written oddly, how, and whether it
// can be read.
func (f *figures) oddFigure() (which int, text string, sense sense) {
	count := figureCount
	if !f.video {
		count = inFrameRate
	}
	which = f.odd.text("which").below(count)
	if f.odd.text("sense").below(5) < 2 {
		blanks := []string{"-", "N/A", "n/a", " "}
		return which, blanks[f.odd.text("blank").below(len(blanks))], blank
	}
	if f.odd.text("garbage").oneIn(4) {
		garbage := []string{"unknown", "∞ ms", "12 parsecs", "%", "1*2*3*4", "kbps"}
		return which, garbage[f.odd.text("rubbish").below(len(garbage))], unreadable
	}
	return which, f.variant(which, f.odd.text("cousin")), readable
}

// sense says whether a figure can be read.
type sense uint8

const (
	readable sense = iota
	blank
	unreadable
)

// variant returns a figure in a form that Zoom never or seldom writes.
func (f *figures) variant(which int, h hash) string {
	var of []string
	switch which {
	case inBitrate:
		of = []string{
			fmt.Sprintf("%d.%02dkbps", f.bitrate/100, f.bitrate%100),
			fmt.Sprintf("%d bps", f.bitrate*10),
			fmt.Sprintf("%d.%05d mbps", f.bitrate/100_000, f.bitrate%100_000),
		}
	case inLatency, inJitter:
		v := f.latency
		if which == inJitter {
			v = f.jitter
		}
		of = []string{fmt.Sprintf("%dms", v), fmt.Sprintf("%d.%03d s", v/1000, v%1000)}
	case inAvgLoss, inMaxLoss:
		v := f.avgLoss
		if which == inMaxLoss {
			v = f.maxLoss
		}
		of = []string{tenths(v) + " %", fmt.Sprintf("%d,%d%%", v/10, v%10)}
	case inFrameRate:
		of = []string{fmt.Sprintf("%dfps", f.frameRate)}
	default:
		of = []string{fmt.Sprintf("%dx%d", f.width, f.height), fmt.Sprintf("%d × %d", f.width, f.height)}
	}
	return of[h.below(len(of))]
}

// values returns the figures of a stream in base units.
func (f *figures) values() Values {
	nan := math.NaN()
	v := Values{nan, nan, nan, nan, nan, nan, nan, nan}
	if !f.active {
		return v
	}
	v.Bitrate = float64(f.bitrate) * 10 / 8
	v.Latency = float64(f.latency) / 1000
	v.Jitter = float64(f.jitter) / 1000
	v.AvgLoss = float64(f.avgLoss) / 1000
	v.MaxLoss = float64(f.maxLoss) / 1000
	if f.video {
		v.FrameRate = float64(f.frameRate)
		v.Width, v.Height = float64(f.width), float64(f.height)
	}
	if f.odd == 0 {
		return v
	}
	which, _, sense := f.oddFigure()
	if sense == readable {
		return v
	}
	switch which {
	case inBitrate:
		v.Bitrate = nan
	case inLatency:
		v.Latency = nan
	case inJitter:
		v.Jitter = nan
	case inAvgLoss:
		v.AvgLoss = nan
	case inMaxLoss:
		v.MaxLoss = nan
	case inFrameRate:
		v.FrameRate = nan
	default:
		v.Width, v.Height = nan, nan
	}
	return v
}

// wire returns a stream as Zoom writes it.
func (v *vocabulary) wire(f *figures) zoomapi.Stream {
	s := zoomapi.Stream{Name: f.name}
	if !f.active {
		return s
	}
	texts := v.texts(f)
	s.Bitrate = zoomapi.Text(texts[inBitrate])
	s.Latency = zoomapi.Text(texts[inLatency])
	s.Jitter = zoomapi.Text(texts[inJitter])
	s.AvgLoss = zoomapi.Text(texts[inAvgLoss])
	s.MaxLoss = zoomapi.Text(texts[inMaxLoss])
	s.FrameRate = zoomapi.Text(texts[inFrameRate])
	s.Resolution = zoomapi.Text(texts[inResolution])
	return s
}

// texts returns all figures of an active stream; those of the picture are "" for
// audio.
func (v *vocabulary) texts(f *figures) (texts [figureCount]string) {
	count := figureCount
	if !f.video {
		count = inFrameRate
	}
	for i := range count {
		texts[i] = v.text(f, i)
	}
	if f.odd != 0 {
		which, text, _ := f.oddFigure()
		texts[which] = text
	}
	return texts
}
