package live

import (
	"iter"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
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
}

// Totals are sums over the live meetings of a kind.
type Totals struct{ Meetings, Participants int }

// Meeting is a live meeting as it is shown. It is immutable.
type Meeting struct {
	*qos.Meeting
	// People is how many are in it: counted where all its pages are known, else as
	// the live list indicates.
	People int
	// PolledAt is when its latest answer was received; zero before the first.
	PolledAt time.Time
	// Blocks are its participants. A block in which nothing has changed is the same
	// pointer as in the meeting before.
	Blocks []*Block
	// Beyond counts by site the people in it that are not held, as the account holds
	// as many as it may.
	Beyond map[string]int
	// Recent are its recent readings; nil where there are none, or where its latest
	// answer is too old.
	Recent *readings.Recent

	dropped map[string]int
	oldest  time.Time // of the instants by whose age something shown leaves; zero is none
}

// Block is up to 64 participants of a meeting, in no order. It is immutable.
type Block struct {
	Participants []Participant

	oldest, newest time.Time // HeldAt
}

// Participant is somebody in a meeting as they are shown.
type Participant struct {
	*qos.Participant
	Role, Status string // "" where the participants list is not collected
	// Minute is the newest minute, nil where it is missing or too old.
	Minute *qos.Minute
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

// heldSince counts the participants of whom something was received since then.
func (m *Meeting) heldSince(then time.Time) (n int) {
	for _, b := range m.Blocks {
		switch {
		case !b.oldest.Before(then):
			n += len(b.Participants)
		case !b.newest.Before(then):
			for i := range b.Participants {
				if !b.Participants[i].HeldAt.Before(then) {
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

func expired(oldest, cutoff time.Time) bool { return !oldest.IsZero() && oldest.Before(cutoff) }
