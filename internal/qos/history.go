package qos

import (
	"slices"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// History converts a row of a live or past QoS answer, with the minutes at the
// times that want does not leave out; nil wants all. now is when Zoom gave it.
// It reports false for a row that names nobody. want gets the participant as
// far as it is known by then: all but the newest minute. What cannot be read of
// a minute that is New is added to failures, what cannot be read of the rest of
// the row to unread. The minutes ascend and no two are of the same minute: of
// two the later one counts, of two at the same time the one that Zoom sent later.
//
// The newest minute is there whether it is wanted or not. It shares its
// readings with the last of the minutes; neither may be written.
func (c *Converter) History(row *zoomapi.QoSRow, now zoomtime.Time, want func(p *Participant, at zoomtime.Time) Want, failures Failures,
	unread *[]Unread,
) (Participant, []Minute, bool) {
	p, ok := join(row, now, unread)
	if !ok {
		return p, nil, false
	}
	p.Facts = c.facts(row, unread)
	minutes, newest := c.history(row.Minutes, now, func(at zoomtime.Time) Want {
		if want == nil {
			return New
		}
		return want(&p, at)
	}, failures, unread)
	p.Newest = newest
	return p, minutes, true
}

// Want is what is wanted of a minute of an answer.
type Want uint8

// What can be wanted of a minute.
const (
	Skip  Want = iota // nothing
	Again             // its readings; an earlier answer had it, too
	New               // its readings, and what of it can't be read
)

func (c *Converter) history(wire []zoomapi.Minute, now zoomtime.Time, want func(zoomtime.Time) Want, failures Failures, unread *[]Unread,
) (minutes []Minute, newest *Minute) {
	entries := inOrder(wire, now, unread)
	for i, e := range entries {
		last := i == len(entries)-1
		if !last && sameMinute(e.at, entries[i+1].at) {
			continue
		}
		wanted := want(e.at)
		if wanted == Skip && !last {
			continue
		}
		unreadable := failures
		if wanted != New {
			unreadable = nil
		}
		minute := c.minute(e.wire, e.at, unreadable)
		if last {
			// A copy, or whoever keeps the newest would keep them all.
			own := minute
			newest = &own
		}
		if wanted != Skip {
			minutes = append(minutes, minute)
		}
	}
	return minutes, newest
}

// entry is a minute whose time could be read.
type entry struct {
	at   zoomtime.Time
	wire *zoomapi.Minute
}

// inOrder are the entries by time, those of the same time as Zoom sent them.
func inOrder(wire []zoomapi.Minute, now zoomtime.Time, unread *[]Unread) []entry {
	entries := make([]entry, 0, len(wire))
	for i := range wire {
		if at, ok := takenAt(&wire[i], now, unread); ok {
			entries = append(entries, entry{at, &wire[i]})
		}
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return a.at.Compare(b.at) })
	return entries
}

func sameMinute(a, b zoomtime.Time) bool {
	return a.Truncate(time.Minute).Equal(b.Truncate(time.Minute))
}
