package page

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
)

// ranked is a live meeting with what determines its rank.
type ranked struct {
	*live.Meeting
	snapshot *poll.Snapshot
	mix      mix
}

// rank sorts the live meetings of all accounts, worst first.
func rank(snapshots []poll.Snapshot) []ranked {
	var all []ranked
	for i := range snapshots {
		s := &snapshots[i]
		for _, m := range s.Meetings {
			all = append(all, ranked{m, s, mixOf(m, &s.Thresholds)})
		}
	}
	slices.SortFunc(all, func(a, b ranked) int {
		return cmp.Or(
			cmp.Compare(b.mix.trouble(), a.mix.trouble()),
			cmp.Compare(b.Quality, a.Quality), // Zoom's rating
			cmp.Compare(b.mix.Fair, a.mix.Fair),
			cmp.Compare(b.People, a.People),
			cmp.Compare(a.snapshot.Account, b.snapshot.Account),
			cmp.Compare(a.UUID, b.UUID),
		)
	})
	return all
}

func mixOf(m *live.Meeting, t *qos.Thresholds) mix {
	var x mix
	for p := range m.Participants() {
		x.add(judgeMinute(p.Minute, t).grade)
	}
	x.None += max(0, m.People-m.Held())
	return x
}

// meeting is a live meeting as text.
type meeting struct {
	ID           string
	Account      string // empty if there is only one
	Title        string
	Kind         string
	Facts        []fact
	People       string
	Started      string
	Data         string
	ZoomSays     string
	Mix          mix
	Worst        string // the worst figure as text
	WorstGrade   qos.Quality
	Streams      []streamSummary
	Participants []participant
	More         int // people with figures who are not shown
}

func newMeeting(r ranked, severalAccounts bool) meeting {
	now, thresholds := r.snapshot.At, &r.snapshot.Thresholds
	m := meeting{
		ID:      anchor("m", r.snapshot.Account, r.UUID),
		Title:   title(r.Meeting.Meeting),
		Kind:    string(r.Kind),
		People:  people(r.People),
		Data:    "no figures yet",
		Mix:     r.mix,
		Streams: summarize(r.Meeting, thresholds),
	}
	if severalAccounts {
		m.Account = clip(r.snapshot.Account)
	}
	if !r.Start.IsZero() {
		m.Started = "started " + until(r.snapshot.ZoomAt, r.Start)
	}
	if !r.PolledAt.IsZero() {
		m.Data = "figures " + until(now, r.PolledAt)
	}
	if r.Quality != qos.QualityUnknown {
		m.ZoomSays = r.Quality.String()
	}
	m.Facts = facts("host", r.Facts.Host, "department", r.Facts.Department,
		"meeting ID", r.Facts.MeetingID, "UUID", r.UUID)
	m.Worst, m.WorstGrade = worst(m.Streams)

	order := byVerdict(r.Meeting, thresholds)
	m.More = max(0, len(order)-maxPeople)
	for _, p := range order[:len(order)-m.More] {
		m.Participants = append(m.Participants, newParticipant(p, r.snapshot.ZoomAt, thresholds))
	}
	return m
}

// title returns the best name of the meeting that the privacy settings allow.
func title(m *qos.Meeting) string {
	const some = 8 // characters of a UUID, enough to distinguish the meetings of a day
	short := []rune(m.UUID)
	if len(short) > some {
		short = append(short[:some:some], '…')
	}
	return clip(cmp.Or(m.Facts.Topic, m.Facts.MeetingID, string(short)))
}

// anchor returns an id that reveals nothing about its parts and stays the same over
// refreshes.
func anchor(prefix string, of ...string) string {
	h := fnv.New64a()
	for _, s := range of {
		fmt.Fprintf(h, "%d:%s", len(s), s)
	}
	return fmt.Sprintf("%s%x", prefix, h.Sum64())
}

// fact is a named value.
type fact struct{ Name, Value string }

// facts returns the facts with these names and values, without unknown ones.
func facts(pairs ...string) []fact {
	var known []fact
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			known = append(known, fact{pairs[i], clip(pairs[i+1])})
		}
	}
	return known
}

// streamSummary summarizes the streams of a medium and direction.
type streamSummary struct {
	Name     string
	Affected string
	Cells    [len(measures)]summaryCell
}

// summaryCell has the median and the worst value of a figure over the streams.
type summaryCell struct {
	Median string // empty if no stream has the figure
	Worst  cell

	verdict verdict // of the worst value
}

func summarize(m *live.Meeting, t *qos.Thresholds) []streamSummary {
	type group struct {
		readings []*qos.Reading
		affected int
	}
	var groups [qos.Share + 1][qos.Received + 1]group
	for p := range m.Participants() {
		minute := p.Minute
		if minute == nil {
			continue
		}
		for j := range minute.Readings {
			r := &minute.Readings[j]
			if r.Empty() {
				continue
			}
			g := &groups[r.Stream.Media][r.Stream.Direction]
			g.readings = append(g.readings, r)
			if judge(&r.Figures, t).grade >= qos.Poor {
				g.affected++
			}
		}
	}
	var summaries []streamSummary
	for media := range groups {
		for direction := range groups[media] {
			g := &groups[media][direction]
			if len(g.readings) == 0 {
				continue
			}
			s := streamSummary{
				Name:     streamName(qos.Stream{Media: qos.Media(media), Direction: qos.Direction(direction)}),
				Affected: count(g.affected) + " of " + count(len(g.readings)),
			}
			for i := range measures {
				s.Cells[i] = summarizeMeasure(&measures[i], g.readings, t)
			}
			summaries = append(summaries, s)
		}
	}
	return summaries
}

func summarizeMeasure(m *measure, readings []*qos.Reading, t *qos.Thresholds) summaryCell {
	values := make([]float64, 0, len(readings))
	for _, r := range readings {
		if v := m.of(&r.Figures); qos.Present(v) {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return summaryCell{}
	}
	slices.Sort(values)
	most := values[len(values)-1]
	v := m.judge(most, t)
	return summaryCell{m.text(values[(len(values)-1)/2]), cell{Text: m.text(most), Grade: v.grade}, v}
}

// worst describes the worst figure of all streams, such as "audio received: 12 %
// packet loss".
func worst(streams []streamSummary) (string, qos.Quality) {
	var text string
	var worst verdict
	for i := range streams {
		for j := range streams[i].Cells {
			if c := &streams[i].Cells[j]; c.verdict.compare(worst) > 0 {
				worst = c.verdict
				text = strings.ToLower(streams[i].Name) + ": " + c.Worst.Text + " " + measures[j].name
			}
		}
	}
	return text, worst.grade
}

func streamName(s qos.Stream) string {
	name := [...]string{"Audio", "Video", "Share"}[s.Media] + " " + s.Direction.String()
	switch s.Via {
	case qos.CRC:
		name += ", room connector"
	case qos.RWG:
		name += ", web gateway"
	}
	return name
}
