package zoomapi

import (
	"fmt"
	"net/url"
	"strings"
)

// Class is the endpoint's rate label; "" for the token's, which Zoom does not
// count.
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

// Scopes are the scopes of which any one lets an app ask the endpoint: first
// the granular one, then the classic ones. Nil where none is needed.
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

// call is what one request asks for; the limits decide when.
type call struct {
	endpoint Endpoint
	path     string // escaped
	query    url.Values
}

func listCall(kind Kind) (call, error) {
	switch kind {
	case Meeting:
		return call{endpoint: ListMeetings, path: "/metrics/meetings"}, nil
	case Webinar:
		return call{endpoint: ListWebinars, path: "/metrics/webinars"}, nil
	}
	return call{}, fmt.Errorf("zoom client: there is no kind %q; use %q or %q", kind, Meeting, Webinar)
}

func meetingCall(kind Kind, id string) (call, error) {
	c, err := listCall(kind)
	if err != nil {
		return call{}, err
	}
	if climbs(id) {
		return call{}, fmt.Errorf("zoom client: %s needs a meeting number or UUID", kind)
	}
	c.path += "/" + escapeID(id)
	c.endpoint = GetMeeting
	if kind == Webinar {
		c.endpoint = GetWebinar
	}
	return c, nil
}

func participantsCall(kind Kind, id string) (call, error) {
	c, err := meetingCall(kind, id)
	if err != nil {
		return call{}, err
	}
	c.path += "/participants"
	c.endpoint = ListMeetingParticipants
	if kind == Webinar {
		c.endpoint = ListWebinarParticipants
	}
	return c, nil
}

func qosCall(kind Kind, id string) (call, error) {
	c, err := participantsCall(kind, id)
	if err != nil {
		return call{}, err
	}
	c.path += "/qos"
	c.endpoint += "_qos"
	return c, nil
}

func summaryCall(kind Kind, id string) (call, error) {
	c, err := qosCall(kind, id)
	if err != nil {
		return call{}, err
	}
	c.path += "_summary"
	c.endpoint += "_summary"
	return c, nil
}

func participantQoSCall(kind Kind, id, userID string) (call, error) {
	c, err := participantsCall(kind, id)
	if err != nil {
		return call{}, err
	}
	if climbs(userID) {
		return call{}, fmt.Errorf("zoom client: %s participant needs a user_id", kind)
	}
	c.path += "/" + escape(userID) + "/qos"
	c.endpoint = MeetingParticipantQoS
	if kind == Webinar {
		c.endpoint = WebinarParticipantQoS
	}
	return c, nil
}

// climbs reports whether a path element is none, or of dots, which would climb
// to another endpoint.
func climbs(element string) bool { return strings.Trim(element, ".") == "" }

// escapeID escapes a meeting number or UUID for a path. Zoom wants a UUID
// that begins with '/' or holds "//" escaped twice, and takes that for any
// with a '/'.
func escapeID(id string) string {
	escaped := escape(id)
	if strings.Contains(id, "/") {
		escaped = url.QueryEscape(escaped)
	}
	return escaped
}

// escape escapes a path element. QueryEscape also escapes '+' and '=', which
// Zoom wants and PathEscape does not; but a space must not become '+'.
func escape(element string) string {
	return strings.ReplaceAll(url.QueryEscape(element), "+", "%20")
}
