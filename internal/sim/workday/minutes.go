package workday

import (
	"math"
	"strconv"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// History is which of a session's minutes a live answer holds. Zoom does not
// document it; a past answer holds them all.
type History string

// The histories.
const (
	Newest History = "newest" // the newest minute
	News   History = "new"    // those since the last answer
	Whole  History = "all"    // those so far
)

// Minutes are participant-minutes of the meetings that began on a day: one for
// each person at each full minute of a meeting, up to its end.
type Minutes struct {
	Total   int `json:"minutes_total"`
	Counted int `json:"minutes_counted"`
	// Lost were not counted. Doubled were counted although no answer held them, or
	// more than once.
	Lost    int `json:"minutes_lost"`
	Doubled int `json:"minutes_doubled"`
}

// span is the full minutes of a meeting, numbered from the beginning of the run;
// next is the one after the last.
func (m *attended) span() (first, next int) {
	first = int(math.Ceil(m.start / 60))
	return first, max(first, int(m.end/60)+1)
}

// page is which minutes of the people on one of a meeting's pages answers held.
type page struct {
	next    int // the minute after the newest
	minutes int // how many, each once
	over    bool
}

// tell records that a live answer held the minutes from a minute up to another,
// which follow those of the answer before.
func (p *page) tell(from, next int) {
	if from = max(from, p.next); next > from && !p.over {
		p.minutes += next - from
		p.next = next
	}
}

// settle records that a past answer held so many minutes, which are all.
func (p *page) settle(minutes int) { p.minutes, p.over = minutes, true }

// told is how many participant-minutes of a meeting any answer held.
func (m *attended) told() (minutes int) {
	for i := range m.asked {
		minutes += m.asked[i].minutes * min(pageRows, m.Participants-i*pageRows)
	}
	return minutes
}

// minutesUntil are all minutes of a run with one stream each, shared by all people
// and meetings.
func minutesUntil(origin time.Time, end float64) []zoomapi.Minute {
	streams := []zoomapi.Stream{{Name: zoomapi.AudioInput, Figures: zoomapi.Figures{Latency: "42 ms"}}}
	all := make([]zoomapi.Minute, int(end/60)+2)
	for i := range all {
		all[i] = zoomapi.Minute{DateTime: text(origin.Add(time.Duration(i) * time.Minute)), Streams: streams}
	}
	return all
}

func text(t time.Time) zoomapi.Text { return zoomapi.Text(t.Format(time.RFC3339Nano)) }

// department is the department under which the meetings that begin on a day are
// counted.
func department(day int) string { return "day " + strconv.Itoa(day+1) }

// count compares the minutes that the exporter counted with those that there were,
// by the day on which the meetings began.
func count(meetings []*attended, counted []int) []Minutes {
	all, told := make([]Minutes, len(counted)), make([]int, len(counted))
	for _, m := range meetings {
		first, next := m.span()
		day := int(m.start / daySeconds)
		all[day].Total += m.Participants * (next - first)
		told[day] += m.told()
	}
	for i := range all {
		m := &all[i]
		m.Counted = counted[i]
		m.Doubled = max(0, m.Counted-told[i])
		m.Lost = m.Total - (m.Counted - m.Doubled)
	}
	return all
}

// countedUnder sums the readings of a department; each minute has one reading.
func countedUnder(v *readings.View, department string) (n int) {
	for i := range v.Readings {
		if set := &v.Readings[i]; set.Values[0] == department {
			for _, byVerdict := range set.Readings {
				n += int(byVerdict)
			}
		}
	}
	return n
}
