package zoomsim

import (
	"strconv"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

func appendInt(b []byte, v int64) []byte { return strconv.AppendInt(b, v, 10) }

// spread is the minimum, sum and maximum of n numbers.
type spread struct{ least, sum, most, n int }

func (s *spread) add(v int) {
	if s.n == 0 || v < s.least {
		s.least = v
	}
	s.most = max(s.most, v)
	s.sum += v
	s.n++
}

// mean returns the mean, rounded down; 0 without numbers.
func (s *spread) mean() int {
	if s.n == 0 {
		return 0
	}
	return s.sum / s.n
}

// streamSpread has the spreads of one stream over a meeting.
type streamSpread struct {
	name                           zoomapi.StreamName
	video                          bool
	bitrate, latency, jitter, loss spread
	frameRate                      spread
	last                           figures
}

// summary appends a row of qos_summary without its braces.
func (e *encoder) summary(v view, m *meeting, r row) {
	name, email := r.person.name, r.person.email
	if r.person.external || v.w.opts.Moods.BlankPeople {
		email = ""
	}
	if v.w.opts.Moods.BlankPeople {
		name = ""
	}
	e.str("id", r.person.id)
	e.str("participant_id", r.userID)
	e.str("user_name", name)
	e.str("email", email)
	streams, cpu := v.sumUp(m, r)
	e.array("qos")
	for i := range streams {
		if s := &streams[i]; s.bitrate.n > 0 {
			e.streamSummary(s)
		}
	}
	if cpu[3].n > 0 {
		e.object("")
		e.str("type", "cpu_usage")
		e.object("details")
		e.str("zoom_min_cpu_usage", e.words.cpu[cpu[0].least])
		e.str("zoom_avg_cpu_usage", e.words.cpu[cpu[1].mean()])
		e.str("zoom_max_cpu_usage", e.words.cpu[cpu[2].most])
		e.str("system_max_cpu_usage", e.words.cpu[cpu[3].most])
		e.end('}')
		e.end('}')
	}
	e.end(']')
}

// sumUp returns the spreads of all minutes of a row.
func (v view) sumUp(m *meeting, r row) (streams [6]streamSpread, cpu [4]spread) {
	for minute := r.from; minute <= r.to; minute++ {
		en, ok := v.entry(m, r.join, minute)
		if !ok {
			continue
		}
		for i := range en.streams {
			f := &en.streams[i]
			if !f.active {
				continue
			}
			s := &streams[i]
			s.name, s.video, s.last = f.name, f.video, *f
			s.bitrate.add(f.bitrate)
			s.latency.add(f.latency)
			s.jitter.add(f.jitter)
			s.loss.add(f.avgLoss)
			s.frameRate.add(f.frameRate)
		}
		for i := range cpu {
			if en.hasCPU {
				cpu[i].add(en.cpu[i])
			}
		}
	}
	return streams, cpu
}

func (e *encoder) streamSummary(s *streamSpread) {
	e.object("")
	e.str("type", string(s.name))
	e.object("details")
	e.minAvgMax("bitrate", &s.bitrate, func(v int) string { return strconv.Itoa(v/100) + " kbps" })
	e.minAvgMax("latency", &s.latency, func(v int) string { return strconv.Itoa(v) + " ms" })
	e.minAvgMax("jitter", &s.jitter, func(v int) string { return strconv.Itoa(v) + " ms" })
	e.minAvgMax("loss", &s.loss, func(v int) string { return tenths(v) + "%" })
	if s.video {
		e.minAvgMax("frame_rate", &s.frameRate, func(v int) string { return strconv.Itoa(v) + " fps" })
		e.str("resolution", e.words.text(&s.last, inResolution))
	}
	e.end('}')
	e.end('}')
}

func (e *encoder) minAvgMax(name string, s *spread, word func(int) string) {
	e.str("min_"+name, word(s.least))
	e.str("avg_"+name, word(s.mean()))
	e.str("max_"+name, word(s.most))
}
