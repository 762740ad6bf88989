package readings

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

var monday = zoomtime.Of(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))

func at(minutes int) zoomtime.Time { return monday.Add(time.Duration(minutes) * time.Minute) }

// begun returns an engine of a process that began at from.
func begun(c Config, from zoomtime.Time) *Engine {
	e := New(c)
	e.Begin(from)
	return e
}

// restore continues from records, in a process that begins at from.
func restore(e *Engine, kept disk, from zoomtime.Time) error {
	err := e.Restore(kept)
	e.Begin(from)
	return err
}

// reading returns the figures of a stream, given in milliseconds and percent.
func reading(s qos.Stream, latency, jitter, loss float64) qos.Reading {
	r := qos.Reading{Stream: s, Figures: blank()}
	r.Latency, r.Jitter, r.Loss = latency/1000, jitter/1000, loss/100
	return r
}

func blank() qos.Figures {
	a := qos.Absent()
	return qos.Figures{Latency: a, Jitter: a, Loss: a, LossMax: a, Bitrate: a, FrameRate: a, Width: a, Height: a}
}

var audioSent = qos.Stream{Media: qos.Audio, Direction: qos.Sent}

func minuteAt(t zoomtime.Time, latency float64) qos.Minute {
	return qos.Minute{At: t, Readings: []qos.Reading{reading(audioSent, latency, 10, 0)}}
}

// history says which minutes live answers have.
type history int

const (
	full history = iota
	newestOnly
	sinceLast
	histories
)

// row is the truth of one join.
type row struct {
	id, pastID, uuid string
	join, leave      zoomtime.Time
	pastJoin         zoomtime.Time
	facts            qos.Facts
	entries          []entryAt     // by minute
	answered         zoomtime.Time // by the last live answer
}

type entryAt struct {
	qos.Minute
	available zoomtime.Time
}

// instance is the truth of one meeting.
type instance struct {
	Meeting
	start, end zoomtime.Time
	rows       []*row
	closed     bool // in the engine
	saved      bool // with that
}

// zoom is a minimal simulated Zoom.
type zoom struct {
	*rand.Rand
	history  history
	meetings []*instance
}

func newZoom(r *rand.Rand, span int) *zoom {
	z := &zoom{Rand: r, history: history(r.IntN(int(histories)))}
	renumbers := r.IntN(2) == 0
	for i := range 1 + r.IntN(4) {
		m := &instance{Meeting: Meeting{
			UUID: fmt.Sprintf("/meeting//%d==", i), Kind: []string{"meeting", "webinar"}[r.IntN(2)],
			Department: fmt.Sprintf("department %d", r.IntN(2)),
		}}
		m.start = at(r.IntN(span / 2))
		m.end = m.start.Add(time.Duration(5+r.IntN(span/2)) * time.Minute)
		for person := range 1 + r.IntN(4) {
			z.person(m, fmt.Sprintf("person-%d", person))
		}
		if renumbers {
			for n, row := range m.rows { // in past answers, with the same ids for other people
				row.pastID = m.rows[(n+1)%len(m.rows)].id
				row.pastJoin = row.join.Add(time.Duration(r.IntN(5)-2) * time.Second)
			}
		}
		z.meetings = append(z.meetings, m)
	}
	return z
}

// person joins once or several times.
func (z *zoom) person(m *instance, uuid string) {
	join := m.start.Add(time.Duration(z.IntN(600)) * time.Second)
	for join.Before(m.end.Add(-time.Minute)) {
		leave := join.Add(time.Duration(30+z.IntN(3600)) * time.Second)
		if leave.After(m.end) || z.IntN(3) == 0 {
			leave = m.end
		}
		r := &row{
			id: fmt.Sprint(16778240 + 1024*len(m.rows)), uuid: uuid, join: join, leave: leave, pastJoin: join,
			facts: qos.Facts{Site: fmt.Sprintf("site %d", z.IntN(3)), NetworkType: []string{"", "Wifi", "Wired"}[z.IntN(3)]},
		}
		r.pastID = r.id
		viewOnly := z.IntN(8) == 0
		for t := minuteFrom(join).time(); !t.After(leave) && !viewOnly; t = t.Add(time.Minute) {
			if z.IntN(10) == 0 {
				continue // nothing sent or received
			}
			e := entryAt{Minute: z.minute(t), available: t}
			if z.IntN(6) == 0 {
				e.available = t.Add(time.Duration(z.IntN(4)) * time.Minute)
			}
			r.entries = append(r.entries, e)
		}
		m.rows = append(m.rows, r)
		join = leave.Add(time.Duration(10+z.IntN(600)) * time.Second)
	}
}

func (z *zoom) minute(t zoomtime.Time) qos.Minute {
	m := qos.Minute{At: t}
	for stream := range qos.Streams {
		if z.IntN(3) == 0 {
			continue
		}
		media, direction := qos.MediaOf(stream)
		for via := qos.Client; via <= qos.RWG; via++ {
			if z.IntN(3) > 0 {
				m.Readings = append(m.Readings, reading(qos.Stream{Media: media, Direction: direction, Via: via},
					float64(z.IntN(600)), float64(z.IntN(120)), float64(z.IntN(12))))
			}
		}
	}
	if m.Readings == nil {
		m.Readings = []qos.Reading{reading(audioSent, 100, 10, 0)}
	}
	return m
}

// live returns a row of a live answer at now.
func (z *zoom) live(r *row, now zoomtime.Time) (Person, []qos.Minute) {
	p := Person{ID: r.id, ParticipantUUID: r.uuid, Join: r.join, Facts: r.facts}
	if !r.leave.After(now) {
		p.Leave = r.leave
	}
	var minutes []qos.Minute
	for _, e := range r.entries {
		if !e.At.After(now) && !e.available.After(now) && (z.history != sinceLast || e.available.After(r.answered)) {
			minutes = append(minutes, e.Minute)
		}
	}
	r.answered = now
	if z.history == newestOnly && len(minutes) > 0 {
		minutes = minutes[len(minutes)-1:]
	}
	z.Shuffle(len(minutes), func(i, j int) { minutes[i], minutes[j] = minutes[j], minutes[i] })
	return p, minutes
}

// past returns a row of a past answer.
func (z *zoom) past(r *row) (Person, []qos.Minute) {
	p := Person{ID: r.pastID, ParticipantUUID: r.uuid, Join: r.pastJoin, Leave: r.leave, Facts: r.facts}
	minutes := make([]qos.Minute, 0, len(r.entries))
	for _, e := range r.entries {
		minutes = append(minutes, e.Minute)
	}
	return p, minutes
}

// disk has what was saved.
type disk map[string][]byte

func (d disk) apply(b *Batch) {
	for key, record := range b.Records {
		if record == nil {
			delete(d, key)
		} else {
			d[key] = record
		}
	}
}

func (d disk) keys() []string { return slices.Sorted(maps.Keys(d)) }

// count has all that an engine has counted, whether shown or not.
type count struct {
	tallies  map[string]tally
	lengths  map[string]uint64
	figures  map[string]figures
	minutes  uint64
	lost     uint64
	sessions uint64
}

func countOf(e *Engine) count {
	c := count{map[string]tally{}, map[string]uint64{}, map[string]figures{}, e.minutes, 0, 0}
	for _, en := range e.tallies.entries {
		c.tallies[fmt.Sprint(en.key)] = en.data
		for _, n := range en.data.sessions {
			c.sessions += n
		}
	}
	for _, en := range e.figures.entries {
		c.figures[fmt.Sprint(en.key)] = en.data
	}
	for _, en := range e.lengths.entries {
		// Only how many, as the lengths differ by seconds between answers.
		c.lengths[fmt.Sprint(en.key)] = en.data.view(lengthBounds).Count
	}
	for _, n := range e.lost {
		c.lost += n
	}
	return c
}

// plus adds what an earlier engine had counted.
func (c count) plus(d count) count {
	for k, t := range d.tallies {
		sum := c.tallies[k]
		for v := range t.readings {
			sum.readings[v] += t.readings[v]
			sum.sessions[v] += t.sessions[v]
		}
		c.tallies[k] = sum
	}
	c.minutes += d.minutes
	c.lost += d.lost
	c.sessions += d.sessions
	return c
}

// within returns where c has more than d; "" if nowhere.
func (c count) within(d count) string {
	for k, t := range c.tallies {
		for v := range t.readings {
			if t.readings[v] > d.tallies[k].readings[v] {
				return fmt.Sprintf("readings %s %v: %d, of %d", k, Verdict(v), t.readings[v], d.tallies[k].readings[v])
			}
		}
	}
	if c.minutes > d.minutes {
		return fmt.Sprintf("%d minutes of %d", c.minutes, d.minutes)
	}
	return ""
}

// differs describes where c is not d.
func (c count) differs(d count) (all string) {
	all = fmt.Sprintf("minutes %d, want %d; lost %d, want %d; sessions %d, want %d", c.minutes, d.minutes, c.lost, d.lost, c.sessions, d.sessions)
	for k, v := range d.tallies {
		if c.tallies[k] != v {
			all += fmt.Sprintf("\n%s: %v, want %v", k, c.tallies[k], v)
		}
	}
	for k, v := range d.figures {
		if c.figures[k] != v {
			all += fmt.Sprintf("\n%s: %v, want %v", k, c.figures[k], v)
		}
	}
	for k, v := range d.lengths {
		if c.lengths[k] != v {
			all += fmt.Sprintf("\n%s: %v, want %v", k, c.lengths[k], v)
		}
	}
	return all
}
