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
	case ListMeetingParticipants, ListMeetingParticipantsQoS,
		ListWebinarParticipants, ListWebinarParticipantsQoS:
		return Heavy
	}
	return ""
}

// Scopes are the scopes of which any one lets an app ask the endpoint: first
// the granular one, then the classic ones. Nil where none is needed.
func (e Endpoint) Scopes() []string {
	classic := "dashboard_meetings:read:admin"
	switch e {
	case ListMeetings, ListMeetingParticipants, ListMeetingParticipantsQoS:
	case ListWebinars, ListWebinarParticipants, ListWebinarParticipantsQoS:
		classic = "dashboard_webinars:read:admin"
	default:
		return nil
	}
	return []string{"dashboard:read:" + string(e) + ":admin", classic, "dashboard:read:admin"}
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

func participantsCall(kind Kind, id string) (call, error) {
	c, err := listCall(kind)
	if err != nil {
		return call{}, err
	}
	// A path element of dots would climb to another endpoint.
	if strings.Trim(id, ".") == "" {
		return call{}, fmt.Errorf("zoom client: %s needs a meeting number or UUID", c.endpoint)
	}
	c.path += "/" + escapeID(id) + "/participants"
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

// escapeID escapes a meeting number or UUID for a path. Zoom wants a UUID
// that begins with '/' or holds "//" escaped twice, and takes that for any
// with a '/'.
func escapeID(id string) string {
	// QueryEscape also escapes '+' and '=', which Zoom wants and PathEscape
	// does not; but a space must not become '+'.
	escaped := strings.ReplaceAll(url.QueryEscape(id), "+", "%20")
	if strings.Contains(id, "/") {
		escaped = url.QueryEscape(escaped)
	}
	return escaped
}
