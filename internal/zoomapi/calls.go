package zoomapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The largest pages that Zoom serves.
const (
	listPageSize         = "300"
	participantsPageSize = "300"
	qosPageSize          = "10"
)

// The values of the query parameter type.
const (
	live = "live"
	past = "past"
)

// List returns a page, of at most 300, of the live meetings or webinars. An
// empty page token asks for the first page.
func (c *Client) List(ctx context.Context, kind Kind, page string) (Page[Live], error) {
	query := pageQuery(live, page, listPageSize)
	today := c.clock.Now().UTC() // Zoom requires the dates even of live meetings
	query.Set("from", today.AddDate(0, 0, -1).Format(time.DateOnly))
	query.Set("to", today.Format(time.DateOnly))
	call, err := newListCall(kind, kind.List(), query)
	if err != nil {
		return Page[Live]{}, err
	}
	return get(ctx, c, call, pageOf[Live](string(kind)+"s"))
}

// Meeting returns one live meeting or webinar by its number or UUID.
func (c *Client) Meeting(ctx context.Context, kind Kind, id string) (Live, error) {
	call, err := newMeetingCall(kind, kind.Get(), id, "", url.Values{"type": {live}})
	if err != nil {
		return Live{}, err
	}
	return get(ctx, c, call, decodeMeeting)
}

// Participants returns a page, of at most 300, of the people who are or were in
// the live meeting or webinar with this number or UUID.
func (c *Client) Participants(ctx context.Context, kind Kind, id, page string) (Page[ParticipantRow], error) {
	call, err := newMeetingCall(kind, kind.Participants(), id, "/participants",
		pageQuery(live, page, participantsPageSize))
	if err != nil {
		return Page[ParticipantRow]{}, err
	}
	return get(ctx, c, call, pageOf[ParticipantRow]("participants"))
}

// QoS returns a page, of at most 10, of the quality of service of the people
// who are or were in the live meeting or webinar with this number or UUID.
func (c *Client) QoS(ctx context.Context, kind Kind, id, page string) (Page[QoSRow], error) {
	return c.qos(ctx, kind, id, pageQuery(live, page, qosPageSize))
}

// PastQoS is QoS of a meeting or webinar that has ended. It fails with
// ErrNotLive until Zoom has the past answer, some minutes after the end. A
// number in place of the UUID means the latest instance.
func (c *Client) PastQoS(ctx context.Context, kind Kind, uuid, page string) (Page[QoSRow], error) {
	return c.qos(ctx, kind, uuid, pageQuery(past, page, qosPageSize))
}

func (c *Client) qos(ctx context.Context, kind Kind, id string, query url.Values) (Page[QoSRow], error) {
	call, err := newMeetingCall(kind, kind.QoS(), id, "/participants/qos", query)
	if err != nil {
		return Page[QoSRow]{}, err
	}
	return get(ctx, c, call, pageOf[QoSRow]("participants"))
}

// ParticipantQoS returns the quality of service of one participant, by the
// user_id of their row, of the live meeting or webinar with this number or
// UUID: a page of one row. It also fails with ErrNotLive if the meeting has no
// such row.
func (c *Client) ParticipantQoS(ctx context.Context, kind Kind, id, userID string) (Page[QoSRow], error) {
	if isDots(userID) {
		return Page[QoSRow]{}, fmt.Errorf("zoom client: %s participant needs a user_id", kind)
	}
	call, err := newMeetingCall(kind, kind.ParticipantQoS(), id, "/participants/"+escape(userID)+"/qos",
		url.Values{"type": {live}})
	if err != nil {
		return Page[QoSRow]{}, err
	}
	return get(ctx, c, call, pageOfParticipant)
}

// QoSSummary returns a page, of at most 10, of summaries: one for each
// participant of a meeting or webinar that has ended, over the whole session. It
// fails like PastQoS, and with ErrPlan if the account lacks the QSS add-on.
func (c *Client) QoSSummary(ctx context.Context, kind Kind, uuid, page string) (Page[SummaryRow], error) {
	call, err := newMeetingCall(kind, kind.QoSSummary(), uuid,
		"/participants/qos_summary", pageQuery(past, page, qosPageSize))
	if err != nil {
		return Page[SummaryRow]{}, err
	}
	return get(ctx, c, call, pageOf[SummaryRow]("participants"))
}

func pageQuery(kind, page, size string) url.Values {
	query := url.Values{"type": {kind}, "page_size": {size}}
	if page != "" {
		query.Set("next_page_token", page)
	}
	return query
}

// call is one request to the API.
type call struct {
	endpoint Endpoint
	path     string // escaped
	query    url.Values
}

// newListCall returns a request for the list of a kind.
func newListCall(kind Kind, endpoint Endpoint, query url.Values) (call, error) {
	if endpoint == "" {
		return call{}, fmt.Errorf("zoom client: there is no kind %q; use %q or %q", kind, Meeting, Webinar)
	}
	return call{endpoint, "/metrics/" + string(kind) + "s", query}, nil
}

// newMeetingCall returns a request for one meeting or webinar, or for what its path
// leads to.
func newMeetingCall(kind Kind, endpoint Endpoint, id, path string, query url.Values) (call, error) {
	c, err := newListCall(kind, endpoint, query)
	if err != nil {
		return call{}, err
	}
	if isDots(id) {
		return call{}, fmt.Errorf("zoom client: %s needs a meeting number or UUID", kind)
	}
	c.path += "/" + escapeID(id) + path
	return c, nil
}

func (call call) request(ctx context.Context, token *accessToken) (*http.Request, error) {
	// Parsed as text, so that the escaped id arrives as it is.
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, token.apiURL+call.path+"?"+call.query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token.secret)
	return req, nil
}

// isDots reports whether a path element is empty or all dots, which would lead
// to another endpoint.
func isDots(element string) bool { return strings.Trim(element, ".") == "" }

// escapeID escapes a meeting number or UUID for a path. Zoom requires a UUID
// that begins with '/' or contains "//" to be escaped twice, and accepts it for
// any with a '/'.
func escapeID(id string) string {
	escaped := escape(id)
	if strings.Contains(id, "/") {
		escaped = url.QueryEscape(escaped)
	}
	return escaped
}

// escape escapes a path element. QueryEscape also escapes '+' and '=', which
// Zoom requires and PathEscape does not; but a space must not become '+'.
func escape(element string) string {
	return strings.ReplaceAll(url.QueryEscape(element), "+", "%20")
}

// decode reads the body of an answer with status 200. Its errors are causes of
// ErrBody.
type decode[T any] func(d *decoder, body []byte) (T, error)

// pageOf returns the decoder of a page whose rows are in the field rows.
func pageOf[T any](rows string) decode[Page[T]] {
	return func(d *decoder, body []byte) (Page[T], error) { return decodePage[T](d, body, rows) }
}

func pageOfParticipant(d *decoder, body []byte) (Page[QoSRow], error) {
	row, err := decodeParticipant(d, body)
	if err != nil {
		return Page[QoSRow]{}, err
	}
	return Page[QoSRow]{TotalRecords: 1, Rows: []QoSRow{row}}, nil
}

var (
	errNoMeeting     = errors.New("it has no meeting")
	errNoParticipant = errors.New("it has no participant")
)

func decodeMeeting(d *decoder, body []byte) (Live, error) {
	var meeting Live
	if err := decodeObject(d, body, &meeting); err != nil {
		return Live{}, err
	}
	if meeting.UUID == "" && meeting.ID == "" {
		return Live{}, errNoMeeting
	}
	return meeting, nil
}

// decodeParticipant reads a body that is one row. A row without a user_id is
// accepted, as the caller knows it.
func decodeParticipant(d *decoder, body []byte) (QoSRow, error) {
	var row QoSRow
	if err := decodeObject(d, body, &row); err != nil {
		return QoSRow{}, err
	}
	if row.UserID == "" && row.ParticipantUUID == "" && row.Minutes == nil {
		return QoSRow{}, errNoParticipant
	}
	return row, nil
}
