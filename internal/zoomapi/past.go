package zoomapi

import "context"

// PastQoS asks for a page, of at most 10, of the quality of service of those
// who took part in a meeting or webinar that has ended. It fails with
// ErrNotLive until Zoom has settled the past, some minutes after the end. A
// number in place of the UUID means the latest instance.
func (c *Client) PastQoS(ctx context.Context, kind Kind, uuid, page string) (Page[QoSRow], error) {
	qos, err := qosCall(kind, uuid)
	if err != nil {
		return Page[QoSRow]{}, err
	}
	qos.query = pageQuery(past, page, qosPageSize)
	return get(ctx, c, qos, pageOf[QoSRow]("participants"))
}

// QoSSummary asks for a page, of at most 10, of what Zoom says of each
// participant over the whole of a meeting or webinar that has ended. Besides
// what PastQoS may fail with it fails with ErrPlan where the account lacks the
// QSS add-on.
func (c *Client) QoSSummary(ctx context.Context, kind Kind, uuid, page string) (Page[SummaryRow], error) {
	summary, err := summaryCall(kind, uuid)
	if err != nil {
		return Page[SummaryRow]{}, err
	}
	summary.query = pageQuery(past, page, qosPageSize)
	return get(ctx, c, summary, pageOf[SummaryRow]("participants"))
}
