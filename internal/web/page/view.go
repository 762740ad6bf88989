package page

import (
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

const (
	// maxMeetings and maxPeople limit the page to the worst meetings, and to the
	// worst people of each.
	maxMeetings = 50
	maxPeople   = 10
	// quiet is the time without a scrape after which the page warns.
	quiet = 5 * time.Minute
)

// view is the content of the page as text.
type view struct {
	Version  string
	At       string // time of the snapshots
	Machine  string // At in RFC 3339
	Totals   string // empty if there is no data
	Accounts []account
	Meetings []meeting
	More     int // live meetings that are not shown
	Legend   string
	// Waiting reports that Zoom has not answered yet.
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
