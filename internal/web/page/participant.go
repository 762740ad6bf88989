package page

import (
	"cmp"
	"slices"
	"strings"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// judged is a participant with the verdict on the worst figure.
type judged struct {
	*live.Participant
	verdict verdict
}

// byVerdict orders participants, the worst first.
func byVerdict(m *live.Meeting, t *qos.Thresholds) []judged {
	all := make([]judged, 0, m.Held())
	for p := range m.Participants() {
		all = append(all, judged{p, judgeMinute(p.Minute, t)})
	}
	slices.SortFunc(all, func(a, b judged) int {
		return cmp.Or(b.verdict.compare(a.verdict), cmp.Compare(a.ID, b.ID))
	})
	return all
}

// participant is somebody in a meeting, in words.
type participant struct {
	Name    string
	Grade   qos.Quality
	Line    []string // what helps at a glance
	Facts   []fact
	Load    string // CPU and Wi-Fi
	Streams []stream
	Data    string
}

func newParticipant(j judged, now zoomtime.Time, t *qos.Thresholds) participant {
	f := &j.Facts
	p := participant{
		Name:  clip(cmp.Or(f.UserName, f.Email, "Participant "+j.ID)),
		Grade: j.verdict.grade,
		Line: known(
			f.Site, f.Location, f.NetworkType, f.ConnectionType, f.DataCenter,
			f.Device, version(f.OS, f.OSVersion), version(f.Client, f.ClientVersion),
			j.Role, strings.ReplaceAll(j.Status, "_", " "),
		),
		Facts: facts(
			"e-mail", f.Email, "user", f.User, "address", f.IPAddress, "internal", f.InternalIPAddress,
			"PC", f.PCName, "domain", f.Domain, "participant id", j.ID,
		),
		Data: "no figures",
	}
	if j.Minute == nil {
		return p
	}
	p.Data = "of " + j.Minute.At.UTC().Format("15:04") + " UTC, " + until(now, j.Minute.At)
	p.Load = load(j.Minute)
	for i := range j.Minute.Readings {
		if r := &j.Minute.Readings[i]; !r.Empty() {
			p.Streams = append(p.Streams, newStream(r, t))
		}
	}
	return p
}

func version(name, number string) string { return strings.TrimSpace(name + " " + number) }

func known(values ...string) []string {
	var all []string
	for _, v := range values {
		if v != "" {
			all = append(all, clip(v))
		}
	}
	return all
}

// load is what the participant's machine and Wi-Fi do.
func load(m *qos.Minute) string {
	var words []string
	add := func(name, text string) {
		if text != "" {
			words = append(words, name+" "+text)
		}
	}
	add("CPU: whole machine up to", percent(m.CPU.SystemMax))
	add("Zoom on average", percent(m.CPU.ClientAvg))
	add("up to", percent(m.CPU.ClientMax))
	text := strings.Join(words, ", ")
	words = nil
	add("Wi-Fi on average", decibels(m.WiFi.Avg))
	add("at the weakest", decibels(m.WiFi.Min))
	return join(text, strings.Join(words, ", "))
}

// stream is one stream's figures in words.
type stream struct {
	Name    string
	Cells   [len(measures)]cell
	Rate    string
	Picture string
}

// cell is a figure and its grade.
type cell struct {
	Text  string
	Grade qos.Quality
	Most  string // the highest, where it is another and known
}

// Alarming reports whether the grade has to be said.
func (c cell) Alarming() bool { return c.Grade > qos.Good }

func newStream(r *qos.Reading, t *qos.Thresholds) stream {
	s := stream{Name: streamName(r.Stream), Rate: bitRate(r.Bitrate), Picture: picture(&r.Figures)}
	for i := range measures {
		m := &measures[i]
		v := m.of(&r.Figures)
		s.Cells[i] = cell{Text: m.text(v), Grade: m.judge(v, t).grade}
	}
	if most := percent(r.LossMax); most != s.Cells[loss].Text {
		s.Cells[loss].Most = most
	}
	return s
}
