package page

import (
	"cmp"
	"slices"
	"strings"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// judged is a participant with the verdict of the worst figure.
type judged struct {
	*live.Participant
	verdict verdict
}

// byVerdict sorts participants, worst first.
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

// participant is a participant as text.
type participant struct {
	Name    string
	Grade   qos.Quality
	Line    []string // the most useful information
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
			"PC", f.PCName, "domain", f.Domain, "participant ID", j.ID,
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

// load describes the participant's CPU usage and Wi-Fi signal.
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

// stream has the figures of a stream as text.
type stream struct {
	Name    string
	Cells   [len(measures)]cell
	Rate    string
	Picture string
}

// cell is a figure with its grade.
type cell struct {
	Text  string
	Grade qos.Quality
	Most  string // the highest value, if it is known and differs
}

// Alarming reports whether to show the grade.
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
