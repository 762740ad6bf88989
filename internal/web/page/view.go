package page

import (
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

const (
	// maxMeetings and maxPeople bound the page: the worst so many meetings, and
	// of each the worst so many people.
	maxMeetings = 50
	maxPeople   = 10
	// quiet is how long nobody has to scrape before the page wonders.
	quiet = 5 * time.Minute
)

// view is the page's content, in words.
type view struct {
	Version  string
	At       string // when the snapshots were taken
	Machine  string // the same for machines
	Totals   string // "" where nothing is known
	Accounts []account
	Meetings []meeting
	More     int // live meetings that are not shown
	Legend   string
	// Waiting says that nothing has been heard of Zoom yet.
	Waiting bool
}

func newView(snapshots []poll.Snapshot, version string) view {
	v := view{Version: version, Waiting: true}
	totals := make(map[zoomapi.Kind]live.Totals)
	for i := range snapshots {
		s := &snapshots[i]
		a := newAccount(s)
		v.Accounts = append(v.Accounts, a)
		v.Waiting = v.Waiting && a.State == stateWaiting
		if !heard(s) {
			continue
		}
		for kind, t := range s.Kinds {
			sum := totals[kind]
			sum.Meetings += t.Meetings
			sum.Participants += t.Participants
			totals[kind] = sum
		}
	}
	if len(snapshots) > 0 {
		at := snapshots[0].At
		v.Legend = legend(&snapshots[0].Thresholds) // all accounts have the same
		v.At, v.Machine = clockTime(at), at.UTC().Format(time.RFC3339)
	}
	if len(totals) > 0 {
		v.Totals = liveTotals(totals)
	}
	ranked := rank(snapshots)
	v.More = max(0, len(ranked)-maxMeetings)
	for _, r := range ranked[:len(ranked)-v.More] {
		v.Meetings = append(v.Meetings, newMeeting(r, len(snapshots) > 1))
	}
	return v
}
