package zoomapi

import (
	"context"
	"errors"
	"net/url"
)

// Meeting asks for one live meeting or webinar by its number or UUID.
func (c *Client) Meeting(ctx context.Context, kind Kind, id string) (Live, error) {
	meeting, err := meetingCall(kind, id)
	if err != nil {
		return Live{}, err
	}
	meeting.query = url.Values{"type": {live}}
	return get(ctx, c, meeting, decodeMeeting)
}

// ParticipantQoS asks for the quality of service of one participant, by the
// user_id of their row, of the live meeting or webinar with this number or
// UUID: a page of one row. It fails with ErrNotLive also where the meeting has
// no such row.
func (c *Client) ParticipantQoS(ctx context.Context, kind Kind, id, userID string) (Page[QoSRow], error) {
	qos, err := participantQoSCall(kind, id, userID)
	if err != nil {
		return Page[QoSRow]{}, err
	}
	qos.query = url.Values{"type": {live}}
	return get(ctx, c, qos, pageOfParticipant)
}

var (
	errNoMeeting     = errors.New("it has no meeting")
	errNoParticipant = errors.New("it has no participant")
)

func pageOfParticipant(d *decoder, body []byte) (Page[QoSRow], error) {
	row, err := decodeParticipant(d, body)
	if err != nil {
		return Page[QoSRow]{}, err
	}
	return Page[QoSRow]{TotalRecords: 1, Rows: []QoSRow{row}}, nil
}

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

// decodeParticipant reads a body that is one row. A blank user_id is no harm,
// as the caller knows whom they asked for.
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
