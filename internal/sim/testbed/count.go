package testbed

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// Label is a label set of what is counted, with the default dimensions. What a
// metric does not have is empty.
type Label struct{ Kind, Media, Direction, Verdict, Site, Network string }

// Sum is a histogram's count and its sum in millionths.
type Sum struct{ Count, Micros uint64 }

// Count is what was counted, or what is to be.
type Count struct {
	Minutes            uint64 // of participants
	Readings, Sessions map[Label]uint64
	Latency            map[Label]Sum
	Jitter             map[Label]Sum
	Loss               map[Label]Sum
	Lengths            map[Label]Sum // but for their sums: of seconds answers differ
}

func newCount() *Count {
	return &Count{
		Readings: make(map[Label]uint64), Sessions: make(map[Label]uint64),
		Latency: make(map[Label]Sum), Jitter: make(map[Label]Sum), Loss: make(map[Label]Sum), Lengths: make(map[Label]Sum),
	}
}

// Counted is what a view shows, without what stands at 0.
func Counted(v *readings.View) *Count {
	c := newCount()
	c.Minutes = v.Minutes
	for _, s := range v.Readings {
		for i, verdict := range readings.Verdicts() {
			l := Label{s.Kind, s.Media.String(), s.Direction.String(), verdict.String(), s.Values[0], s.Values[1]}
			c.Readings[l] += s.Readings[i]
			c.Sessions[l] += s.Sessions[i]
		}
	}
	for _, s := range v.Histograms {
		l := Label{Kind: s.Kind, Media: s.Media.String(), Direction: s.Direction.String(), Site: s.Values[0]}
		c.Latency[l] = sumOf(&s.Latency)
		c.Jitter[l] = sumOf(&s.Jitter)
		c.Loss[l] = sumOf(&s.Loss)
	}
	for _, s := range v.Lengths {
		c.Lengths[Label{Kind: s.Kind, Site: s.Values[0]}] = Sum{Count: s.Length.Count}
	}
	zero := func(_ Label, n uint64) bool { return n == 0 }
	maps.DeleteFunc(c.Readings, zero)
	maps.DeleteFunc(c.Sessions, zero)
	for _, sums := range []map[Label]Sum{c.Latency, c.Jitter, c.Loss, c.Lengths} {
		maps.DeleteFunc(sums, func(_ Label, s Sum) bool { return s == Sum{} })
	}
	return c
}

func sumOf(h *readings.Histogram) Sum { return Sum{h.Count, uint64(math.Round(h.Sum * 1e6))} }

// Truth is what counting each minute since from of these meetings once comes
// to, as the simulated Zoom knows it. It is worked out without the code that
// counts.
func Truth(t testing.TB, sim *zoomsim.Sim, from time.Time, uuids ...string) *Count {
	t.Helper()
	c := newCount()
	for _, uuid := range uuids {
		c.meeting(t, sim, uuid, from, func(minutes []zoomsim.Minute) []zoomsim.Minute {
			return slices.DeleteFunc(minutes, func(m zoomsim.Minute) bool { return m.Time.Before(from) })
		})
	}
	return c
}

// Recent is what the recent readings of a live meeting come to, where nobody leaves:
// those of each person's last five minutes with readings.
func Recent(t testing.TB, sim *zoomsim.Sim, uuid string) *Count {
	t.Helper()
	c := newCount()
	c.meeting(t, sim, uuid, time.Time{}, func(minutes []zoomsim.Minute) []zoomsim.Minute {
		minutes = slices.DeleteFunc(minutes, func(m zoomsim.Minute) bool { return !hasReadings(&m) })
		return minutes[max(0, len(minutes)-5):]
	})
	return c
}

// meeting adds all joins of a meeting with some of their minutes.
func (c *Count) meeting(t testing.TB, sim *zoomsim.Sim, uuid string, from time.Time, some func([]zoomsim.Minute) []zoomsim.Minute) {
	t.Helper()
	m, err := sim.Meeting(uuid)
	if err != nil {
		t.Fatal(err)
	}
	for i := range m.Participants {
		p := &m.Participants[i]
		minutes, err := sim.Minutes(uuid, p.UserID)
		if err != nil {
			t.Fatal(err)
		}
		c.session(string(m.Kind), p, some(minutes), from)
	}
}

func hasReadings(m *zoomsim.Minute) bool {
	for _, v := range m.Values {
		if verdict(v.Latency, v.Jitter, v.AvgLoss) != "" {
			return true
		}
	}
	return false
}

// session adds one join.
func (c *Count) session(kind string, p *zoomsim.Participant, minutes []zoomsim.Minute, from time.Time) {
	base := Label{Kind: kind, Site: p.Site, Network: p.NetworkType}
	if p.External {
		base.Network = "" // Zoom does not tell it
	}
	type total struct{ latency, jitter, loss Sum }
	totals := make(map[Label]*total)
	for i := range minutes {
		if hasReadings(&minutes[i]) {
			c.Minutes++
		}
		for name, v := range minutes[i].Values {
			l := base
			l.Media, l.Direction = streamNamed(name)
			l.Verdict = verdict(v.Latency, v.Jitter, v.AvgLoss)
			if l.Verdict == "" {
				continue
			}
			c.Readings[l]++
			figure := Label{Kind: kind, Media: l.Media, Direction: l.Direction, Site: l.Site}
			observe(c.Latency, figure, v.Latency)
			observe(c.Jitter, figure, v.Jitter)
			observe(c.Loss, figure, v.AvgLoss)
			l.Verdict = ""
			if totals[l] == nil {
				totals[l] = new(total)
			}
			totals[l].latency.add(v.Latency)
			totals[l].jitter.add(v.Jitter)
			totals[l].loss.add(v.AvgLoss)
		}
	}
	if p.Leave.IsZero() || p.Leave.Truncate(time.Minute).Before(from) {
		return // it goes on, or was over before the first whole minute
	}
	for l, t := range totals {
		l.Verdict = verdict(t.latency.mean(), t.jitter.mean(), t.loss.mean())
		c.Sessions[l]++
	}
	length := Label{Kind: kind, Site: p.Site}
	c.Lengths[length] = Sum{Count: c.Lengths[length].Count + 1}
}

func (s *Sum) add(v float64) {
	if !math.IsNaN(v) {
		s.Count++
		s.Micros += uint64(math.Round(v * 1e6))
	}
}

func (s *Sum) mean() float64 {
	if s.Count == 0 {
		return math.NaN()
	}
	return float64(s.Micros) / (float64(s.Count) * 1e6)
}

func observe(sums map[Label]Sum, l Label, v float64) {
	s := sums[l]
	s.add(v)
	if s.Count > 0 {
		sums[l] = s
	}
}

// verdict is the one of the default thresholds, "" without any figure.
func verdict(latency, jitter, loss float64) string {
	grade := func(v float64, limits [3]float64) int {
		if math.IsNaN(v) {
			return -1
		}
		for i, limit := range limits {
			if v <= limit {
				return i
			}
		}
		return len(limits)
	}
	worst := max(
		grade(latency, [3]float64{0.150, 0.300, 0.500}),
		grade(jitter, [3]float64{0.040, 0.060, 0.100}),
		grade(loss, [3]float64{0.02, 0.05, 0.10}),
	)
	return [...]string{"", "good", "fair", "poor", "bad"}[worst+1]
}

// streamNamed is a stream's media and direction, whatever its road.
func streamNamed(name zoomapi.StreamName) (media, direction string) {
	text := string(name)
	switch {
	case strings.HasPrefix(text, "audio_"):
		media = "audio"
	case strings.HasPrefix(text, "video_"):
		media = "video"
	default:
		media = "share"
	}
	if strings.HasSuffix(text, "_input") || strings.Contains(text, "_from_") {
		return media, "sent"
	}
	return media, "received"
}

// Over tells of what c has more than d, "" if there is nothing.
func (c *Count) Over(d *Count) string {
	var all []string
	if c.Minutes > d.Minutes {
		all = append(all, fmt.Sprintf("%d minutes, want %d at most", c.Minutes, d.Minutes))
	}
	for l, n := range c.Readings {
		if n > d.Readings[l] {
			all = append(all, fmt.Sprintf("readings %v: %d, want %d at most", l, n, d.Readings[l]))
		}
	}
	for name, sums := range map[string][2]map[Label]Sum{
		"latency": {c.Latency, d.Latency}, "jitter": {c.Jitter, d.Jitter}, "loss": {c.Loss, d.Loss},
	} {
		for l, s := range sums[0] {
			if most := sums[1][l]; s.Count > most.Count || s.Micros > most.Micros {
				all = append(all, fmt.Sprintf("%s %v: %v, want %v at most", name, l, s, most))
			}
		}
	}
	return some(all)
}

// Differs tells how c is not d, "" if it is.
func (c *Count) Differs(d *Count) string {
	var all []string
	if c.Minutes != d.Minutes {
		all = append(all, fmt.Sprintf("%d minutes, want %d", c.Minutes, d.Minutes))
	}
	all = append(all, differing("readings", c.Readings, d.Readings)...)
	all = append(all, differing("sessions", c.Sessions, d.Sessions)...)
	all = append(all, differing("latency", c.Latency, d.Latency)...)
	all = append(all, differing("jitter", c.Jitter, d.Jitter)...)
	all = append(all, differing("loss", c.Loss, d.Loss)...)
	all = append(all, differing("lengths", c.Lengths, d.Lengths)...)
	return some(all)
}

func differing[T comparable](name string, got, want map[Label]T) (all []string) {
	for l, w := range want {
		if g := got[l]; g != w {
			all = append(all, fmt.Sprintf("%s %v: %v, want %v", name, l, g, w))
		}
	}
	for l, g := range got {
		if _, ok := want[l]; !ok {
			all = append(all, fmt.Sprintf("%s %v: %v, want none", name, l, g))
		}
	}
	return all
}

func some(all []string) string {
	const shown = 12
	slices.Sort(all)
	if len(all) > shown {
		all = append(all[:shown], fmt.Sprintf("and %d more", len(all)-shown))
	}
	return strings.Join(all, "\n")
}
