package zoomapi

import (
	"slices"
	"strings"
)

// Endpoint is the name of an endpoint, as Zoom's granular scopes have it (of
// the summaries, which share a scope with the figures, as their path has it).
// Its text is the value of the label endpoint.
type Endpoint string

// The endpoints that this client uses.
const (
	OAuthToken                        Endpoint = "oauth_token"
	ListMeetings                      Endpoint = "list_meetings"
	GetMeeting                        Endpoint = "meeting"
	ListMeetingParticipants           Endpoint = "list_meeting_participants"
	ListMeetingParticipantsQoS        Endpoint = "list_meeting_participants_qos"
	MeetingParticipantQoS             Endpoint = "meeting_participant_qos"
	ListMeetingParticipantsQoSSummary Endpoint = "list_meeting_participants_qos_summary"
	ListWebinars                      Endpoint = "list_webinars"
	GetWebinar                        Endpoint = "webinar"
	ListWebinarParticipants           Endpoint = "list_webinar_participants"
	ListWebinarParticipantsQoS        Endpoint = "list_webinar_participants_qos"
	WebinarParticipantQoS             Endpoint = "webinar_participant_qos"
	ListWebinarParticipantsQoSSummary Endpoint = "list_webinar_participants_qos_summary"
)

// byKind holds, in this order, the endpoints of each kind that answer with its live
// list, one meeting, the participants list, the QoS list, one participant's QoS, and
// the QoS summary.
var byKind = map[Kind][6]Endpoint{
	Meeting: {ListMeetings, GetMeeting, ListMeetingParticipants, ListMeetingParticipantsQoS, MeetingParticipantQoS, ListMeetingParticipantsQoSSummary},
	Webinar: {ListWebinars, GetWebinar, ListWebinarParticipants, ListWebinarParticipantsQoS, WebinarParticipantQoS, ListWebinarParticipantsQoSSummary},
}

// List returns the endpoint of the kind's live list.
func (k Kind) List() Endpoint { return byKind[k][0] }

// Get returns the endpoint of one meeting or webinar.
func (k Kind) Get() Endpoint { return byKind[k][1] }

// Participants returns the endpoint of the participants list.
func (k Kind) Participants() Endpoint { return byKind[k][2] }

// QoS returns the endpoint of the participants' quality of service, live or past.
func (k Kind) QoS() Endpoint { return byKind[k][3] }

// ParticipantQoS returns the endpoint of one participant's quality of service.
func (k Kind) ParticipantQoS() Endpoint { return byKind[k][4] }

// QoSSummary returns the endpoint of the summary of an ended meeting.
func (k Kind) QoSSummary() Endpoint { return byKind[k][5] }

// Kind returns the kind that the endpoint is of; "" for the token endpoint.
func (e Endpoint) Kind() Kind {
	for kind, endpoints := range byKind {
		if slices.Contains(endpoints[:], e) {
			return kind
		}
	}
	return ""
}

// Class returns the endpoint's rate label; "" for the token endpoint, which
// Zoom does not count.
func (e Endpoint) Class() Class {
	switch e {
	case OAuthToken:
		return ""
	case ListMeetings, ListWebinars:
		return ResourceIntensive
	}
	return Heavy
}

// Scopes returns the scopes any one of which permits the endpoint: first the
// granular one, then the classic ones. It is nil if none is needed.
func (e Endpoint) Scopes() []string {
	kind := e.Kind()
	if kind == "" {
		return nil
	}
	granular := strings.TrimSuffix(string(e), "_summary")
	return []string{"dashboard:read:" + granular + ":admin", "dashboard_" + string(kind) + "s:read:admin", "dashboard:read:admin"}
}
