package live

import (
	"iter"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// View is what is shown of the live meetings at one instant, without what is too
// old to pass for current.
type View struct {
	// Meetings are in the order of their UUIDs. A meeting of which nothing shown has
	// changed is the same pointer as in the view before.
	Meetings []*Meeting
	// Kinds holds the totals of each kind that is collected and listed.
	Kinds map[zoomapi.Kind]Totals
	// Covered is how many of the People in the meetings have an answer that is not
	// older than two refresh intervals.
	Covered, People int
	// Dropped counts the participants of the latest answers that are not held.
	Dropped map[string]int
	// Unfollowed counts the people who are not followed because MaxFollowed are.
	Unfollowed int
	// Groups are the people of all meetings by place. Configured sites are among them
	// while it is known who is live, and places where people ever were.
	Groups Groups
}

// Totals are sums over the live meetings of a kind.
type Totals struct{ Meetings, Participants int }

// Meeting is a live meeting as it is shown. It is immutable.
type Meeting struct {
	*qos.Meeting
	// People is how many are in it, without its waiting room: counted where all its
	// pages are known, else as the live list indicates.
	People int
	// PolledAt is when its latest answer was received; zero before the first.
	PolledAt time.Time
	// Blocks are its participants, with those in its waiting room. A block in which nothing has changed is the same
	// pointer as in the meeting before.
	Blocks []*Block
	// Looked says that its latest answer is not too old: without a look, the absence of
	// recent readings says nothing.
	Looked bool
	// Recent are the recent readings of the people in it, and Seen the media in which
	// there ever were any.
	Recent Media[Counts]
	Seen   Media[bool]
	// Groups are its people by place. The recent readings of a group are also those of
	// people who have left.
	Groups Groups
	// Speakers are its hosts and panelists who send audio or video.
	Speakers Speakers

	// Unfollowed counts those of its people who are not followed because as many as
	// may be already are.
	Unfollowed int

	dropped      map[string]int
	room         int       // once fewer people are followed, more of these are; 0 is none
	oldest       time.Time // of the instants by whose age something shown leaves; zero is none
	oldestMinute int32     // the same of the recent minutes; 0 is none
}

// Block is up to 64 participants of a meeting, in no order. It is immutable.
type Block struct {
	Participants []Participant

	oldest, newest time.Time // HeldAt
	present        int       // people who are not in the waiting room
}

// Participant is somebody in a meeting as they are shown.
type Participant struct {
	*qos.Participant
	Role, Status string // "" where the participants list is not collected
	// Minute is the newest minute, nil where it is missing or too old.
	Minute *qos.Minute
	// Followed says that they have been degraded since they joined, or that their
	// meeting is watched: help desks look at their figures.
	Followed bool
}

// Participants yields the participants of all blocks.
func (m *Meeting) Participants() iter.Seq[*Participant] {
	return func(yield func(*Participant) bool) {
		for _, b := range m.Blocks {
			for i := range b.Participants {
				if !yield(&b.Participants[i]) {
					return
				}
			}
		}
	}
}

// Held returns how many participants are held.
func (m *Meeting) Held() (n int) {
	for _, b := range m.Blocks {
		n += len(b.Participants)
	}
	return n
}

// heldSince counts the people in it of whom something was received since then.
func (m *Meeting) heldSince(then time.Time) (n int) {
	for _, b := range m.Blocks {
		switch {
		case !b.oldest.Before(then):
			n += b.present
		case !b.newest.Before(then):
			for i := range b.Participants {
				if p := &b.Participants[i]; !p.HeldAt.Before(then) && p.Status != statusWaiting {
					n++
				}
			}
		}
	}
	return n
}

// keep notes an instant by whose age something shown leaves.
func (m *Meeting) keep(at time.Time) {
	if !at.IsZero() && (m.oldest.IsZero() || at.Before(m.oldest)) {
		m.oldest = at
	}
}

// keepMinute notes the oldest of somebody's recent minutes, the newest first.
func (m *Meeting) keepMinute(minutes []recentMinute) {
	if len(minutes) == 0 {
		return
	}
	if oldest := minutes[len(minutes)-1].minute; m.oldestMinute == 0 || oldest < m.oldestMinute {
		m.oldestMinute = oldest
	}
}

func expired(oldest, cutoff time.Time) bool { return !oldest.IsZero() && oldest.Before(cutoff) }
