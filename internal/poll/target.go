package poll

import (
	"errors"
	"fmt"
	"strings"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// Target is the meeting or participant that a probe asks for.
type Target struct {
	// Meeting is a number, its digits only, or a UUID.
	Meeting string
	// Kind is "" where any will do.
	Kind zoomapi.Kind
	// Participant is a user_id; "" means all of the meeting.
	Participant string
}

// ParseTarget reads a target as people write it. Its errors say what to write.
func ParseTarget(meeting, kind, participant string) (Target, error) {
	t := Target{Meeting: meeting, Kind: zoomapi.Kind(kind), Participant: participant}
	number := strings.NewReplacer(" ", "", "-", "").Replace(meeting)
	const uuid = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_"
	switch {
	case meeting == "":
		return t, errors.New("meeting is missing; give a meeting's number or UUID")
	case strings.Trim(number, "0123456789") == "" && len(number) >= 9 && len(number) <= 11:
		t.Meeting = number
	case strings.Contains(meeting, " "):
		return t, errors.New("meeting has a space; in an address a UUID's + is written %2B, / is %2F and = is %3D")
	case len(meeting) < 20 || len(meeting) > 40 || strings.Trim(meeting, uuid) != "":
		return t, errors.New("meeting is neither a number of 9 to 11 digits nor a UUID, such as aB3+dE6zgH9jK2mN5pQ8sQ==")
	}
	switch t.Kind {
	case "", zoomapi.Meeting, zoomapi.Webinar:
	default:
		return t, fmt.Errorf("kind is neither %s nor %s; it may be left out", zoomapi.Meeting, zoomapi.Webinar)
	}
	if len(participant) > 64 || strings.Trim(participant, uuid) != "" {
		return t, errors.New("participant is no user_id; give the value of the label participant")
	}
	return t, nil
}

// ProbeFailure is why a probe did not succeed; "" says that it did.
type ProbeFailure string

// The reasons why probes fail.
const (
	ProbeDisabled           ProbeFailure = "disabled"
	ProbeUnknownMeeting     ProbeFailure = "unknown_meeting"     // none is live
	ProbeUnknownParticipant ProbeFailure = "unknown_participant" // not in the meeting, or no longer
	ProbeExcluded           ProbeFailure = "excluded"            // the configuration excludes it
	ProbeNoBudget           ProbeFailure = "no_budget"           // nothing may be sent now
	ProbeTimeout            ProbeFailure = "timeout"             // the answer serves the next probe
	ProbeIncomplete         ProbeFailure = "incomplete"          // some rows of the answer are not held
	ProbeZoomError          ProbeFailure = "zoom_error"          // the log says more
)

// Probe is what a probe found.
type Probe struct {
	Account string
	Target  Target
	// Meeting is what is known of the meeting, fresh or not, with the participants
	// that were asked for; nil where nothing is known.
	Meeting *live.Meeting
	Failure ProbeFailure
}
