package zoomapi

import "strings"

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

// Class returns the endpoint's rate label; "" for the token endpoint, which
// Zoom does not count.
func (e Endpoint) Class() Class {
	switch e {
	case ListMeetings, ListWebinars:
		return ResourceIntensive
	case GetMeeting, ListMeetingParticipants, ListMeetingParticipantsQoS,
		MeetingParticipantQoS, ListMeetingParticipantsQoSSummary,
		GetWebinar, ListWebinarParticipants, ListWebinarParticipantsQoS,
		WebinarParticipantQoS, ListWebinarParticipantsQoSSummary:
		return Heavy
	}
	return ""
}

// Scopes returns the scopes any one of which permits the endpoint: first the
// granular one, then the classic ones. It is nil if none is needed.
func (e Endpoint) Scopes() []string {
	classic := "dashboard_meetings:read:admin"
	switch e {
	case ListMeetings, GetMeeting, ListMeetingParticipants, ListMeetingParticipantsQoS,
		MeetingParticipantQoS, ListMeetingParticipantsQoSSummary:
	case ListWebinars, GetWebinar, ListWebinarParticipants, ListWebinarParticipantsQoS,
		WebinarParticipantQoS, ListWebinarParticipantsQoSSummary:
		classic = "dashboard_webinars:read:admin"
	default:
		return nil
	}
	granular := strings.TrimSuffix(string(e), "_summary")
	return []string{"dashboard:read:" + granular + ":admin", classic, "dashboard:read:admin"}
}
