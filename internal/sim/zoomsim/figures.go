package zoomsim

import "github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"

// figures is the state of one stream at one minute, in units of the last digit
// that Zoom writes.
type figures struct {
	name   zoomapi.StreamName
	video  bool // or screen share, with a resolution and a frame rate
	active bool
	// bitrate is in 10 bit/s, since Zoom writes "27.15 kbps".
	bitrate                  int
	latency, jitter          int // ms
	avgLoss, maxLoss         int // tenths of a percent
	width, height, frameRate int
	odd                      hash // draws the figure that is written oddly; 0 for none
}

// entry is one minute of one participant.
type entry struct {
	minute  int64 // of Unix time
	streams [6]figures
	hasCPU  bool
	cpu     [4]int // percent: Zoom's minimum, mean and maximum; the system's maximum
	rssi    [3]int // dBm: weakest, mean, strongest; 0 without Wi-Fi
}

// state is that of a participant's network and machine at one minute.
type state struct {
	latency, jitter, loss int // ms, ms, tenths of a percent
	cpu                   int // percent, of the system
	rssi                  int // dBm
}

// The draws of a minute have numbers, not names, as they take most of a page's
// time.
const (
	drawSilent = 1<<40 + iota // not the number of a stream or a minute
	drawWeak
	drawStrong
	drawBlock
	drawTalk
	drawShare
	drawState
	drawOdd
	drawHow
)

// view is the world as one answer shows it. It needs no lock.
type view struct {
	w         *world
	incidents []Incident
	plain     bool
}

// entry returns a participant's minute; false if there is none.
func (v view) entry(m *meeting, j *join, minute int64) (entry, bool) {
	h := j.key.with(uint64(minute))
	if j.viewOnly || !v.plain && h.with(drawSilent).oneIn(200) {
		return entry{}, false
	}
	s := v.state(m, j, minute)
	e := entry{minute: minute}
	if j.person.via != viaCRC {
		e.hasCPU = true
		e.cpu = [4]int{s.cpu / 8, s.cpu / 5, s.cpu / 3, s.cpu}
	}
	if s.rssi != 0 {
		e.rssi = [3]int{s.rssi - h.with(drawWeak).below(6), s.rssi, s.rssi + h.with(drawStrong).below(6)}
	}
	names := streamNames(j.person.via)
	for i := range e.streams {
		f := &e.streams[i]
		f.name, f.video = names[i], i >= 2
		if !v.active(m, j, minute, i) {
			continue
		}
		v.fill(f, s, h.with(uint64(i)), i)
	}
	return e, true
}

// The order of a participant's streams.
const (
	audioSent = iota
	audioReceived
	videoSent
	videoReceived
	shareSent
	shareReceived
)

func streamNames(v via) [6]zoomapi.StreamName {
	switch v {
	case viaCRC:
		return [...]zoomapi.StreamName{
			zoomapi.AudioDeviceFromCRC, zoomapi.AudioDeviceToCRC, zoomapi.VideoDeviceFromCRC,
			zoomapi.VideoDeviceToCRC, zoomapi.ShareDeviceFromCRC, zoomapi.ShareDeviceToCRC,
		}
	case viaRWG:
		return [...]zoomapi.StreamName{
			zoomapi.AudioDeviceFromRWG, zoomapi.AudioDeviceToRWG, zoomapi.VideoDeviceFromRWG,
			zoomapi.VideoDeviceToRWG, zoomapi.ShareDeviceFromRWG, zoomapi.ShareDeviceToRWG,
		}
	}
	return [...]zoomapi.StreamName{
		zoomapi.AudioInput, zoomapi.AudioOutput, zoomapi.VideoInput,
		zoomapi.VideoOutput, zoomapi.ShareInput, zoomapi.ShareOutput,
	}
}

// active reports whether a stream is active at a minute: people mute themselves
// every few minutes, and cameras and shares start and stop every ten.
func (v view) active(m *meeting, j *join, minute int64, stream int) bool {
	sender := sharer(m, minute, v.plain)
	sends := v.plain || j.role != "attendee"
	switch stream {
	case audioSent:
		return sends && (v.plain || j.key.with(drawTalk).with(uint64(minute/3)).below(10) < 5)
	case videoSent:
		return sends && (v.plain || j.person.camera && j.key.with(drawBlock).with(uint64(minute/10)).below(10) < 8)
	case shareSent:
		return sender == j.index
	case shareReceived:
		return sender >= 0 && sender != j.index
	}
	return true
}

// sharer returns the index of the person who shares their screen; -1 for nobody.
func sharer(m *meeting, minute int64, plain bool) int {
	if plain {
		return 0
	}
	h := m.key.with(drawShare).with(uint64(minute / 10))
	if h.below(10) < 4 {
		return -1
	}
	return h.with(1).below(min(panelOf(m), 20))
}

// state adds up the network, the machine, and all trouble.
func (v view) state(m *meeting, j *join, minute int64) state {
	p, n := j.person, &j.person.network
	h := j.key.with(drawState).with(uint64(minute))
	s := state{
		latency: n.latency + h.with(1).below(8),
		jitter:  n.jitter + h.with(2).below(3),
		cpu:     p.cpu + h.with(3).below(9),
		rssi:    n.rssi,
	}
	if n.loss > 0 {
		s.loss = h.with(4).below(n.loss + 1)
	}
	if p.overloaded {
		s.cpu = 91 + h.with(5).below(9)
		s.jitter += 12 + h.with(6).below(25)
	}
	if p.badWiFi {
		s.rssi = -79 - h.with(7).below(9)
		s.loss += 10 + h.with(8).below(40)
		s.latency += 20 + h.with(9).below(60)
		s.jitter += 10 + h.with(10).below(30)
	} else if s.rssi != 0 {
		s.rssi -= h.with(11).below(4)
	}
	s.loss += v.w.drawnLoss(n.site, minute)
	for i := range v.incidents {
		if in := &v.incidents[i]; in.hits(m, p, minute) {
			s.loss += int(in.Loss * 1000)
			s.latency += in.LatencyMS
			s.jitter += in.JitterMS
			s.cpu = max(s.cpu, int(in.CPU*100))
			if s.rssi != 0 {
				s.rssi -= in.RSSI
			}
		}
	}
	s.loss, s.cpu = min(s.loss, 1000), min(s.cpu, 100)
	return s
}

// fill draws the figures of an active stream. Loss and a busy machine reduce
// resolution, frame rate and bit rate.
func (v view) fill(f *figures, s state, h hash, stream int) {
	f.active = true
	f.latency = s.latency + h.with(1).below(6)
	f.jitter = s.jitter + h.with(2).below(3)
	f.avgLoss = min(s.loss+h.with(3).below(s.loss/4+1), 1000)
	f.maxLoss = min(f.avgLoss+h.with(4).below(f.avgLoss+2), 1000)
	trouble := min(s.loss/30, 2)
	if sent := stream%2 == 0; sent && s.cpu > 90 {
		trouble = max(trouble, 1)
		f.jitter += 8
	}
	switch {
	case !f.video:
		f.bitrate = 100 * h.with(5).between(24, 68)
		if h.with(6).oneIn(8) {
			f.bitrate += h.with(7).below(100)
		}
	case stream >= shareSent:
		f.width, f.height = 1920, 1080
		f.frameRate = h.with(5).between(2, 12)
		f.bitrate = 100 * h.with(6).between(60, 900)
	default:
		f.picture(trouble, h)
		if !v.plain && h.with(8).oneIn(150) { // the camera is covered: real zeros
			f.width, f.height, f.frameRate, f.bitrate = 0, 0, 0, 0
		}
	}
	if rate := v.w.opts.Moods.Odd; rate > 0 && h.with(drawOdd).chance(rate) {
		f.odd = h.with(drawHow) | 1
	}
}

func (f *figures) picture(trouble int, h hash) {
	switch trouble {
	case 0:
		f.width, f.height = 1280, 720
		f.frameRate = h.with(5).between(24, 30)
		f.bitrate = 100 * h.with(6).between(1100, 2200)
	case 1:
		f.width, f.height = 640, 360
		f.frameRate = h.with(5).between(13, 22)
		f.bitrate = 100 * h.with(6).between(350, 800)
	default:
		f.width, f.height = 320, 180
		f.frameRate = h.with(5).between(5, 12)
		f.bitrate = 100 * h.with(6).between(90, 240)
	}
}
