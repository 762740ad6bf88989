package workday

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// zoom is a Zoom in process: like the real client it asks the limiter before each
// request, and then counts the requests itself.
type zoom struct {
	clock   *Clock
	origin  time.Time
	limiter zoomapi.Limiter
	limits  budget.Limits
	// fault, if not nil, may fail a request that was counted.
	fault func(at float64) zoomapi.Reason

	mu       sync.Mutex
	meetings []*attended // by start
	begun    int         // of meetings
	live     []*attended // by start
	people   []zoomapi.Text
	minutes  []zoomapi.Minute
	history  History
	second   window
	minute   window
	days     []requests
}

var _ poll.Zoom = (*zoom)(nil)

// attended is a meeting of the run and what was asked of it.
type attended struct {
	Meeting
	start, end float64 // seconds of the run
	row        zoomapi.Live
	answers    []float64 // the times of complete ones
	asked      []page    // nil before the first answer
	listed     bool      // as live, at least once
}

// requests counts a day's requests as the daily limit does.
type requests struct {
	spent, throttled int
	of               [purposes]int // of spent
}

// purpose is the purpose of a request.
type purpose uint8

const (
	forLists purpose = iota
	forFigures
	forTails
	purposes
)

// window counts the requests of the last span seconds.
type window struct {
	span float64
	sent []float64
}

// full records a request, unless that would exceed limit in span, and reports
// whether it would.
func (w *window) full(at float64, limit int) bool {
	for len(w.sent) > 0 && w.sent[0] <= at-w.span {
		w.sent = w.sent[1:]
	}
	if limit > 0 && len(w.sent) >= limit {
		return true
	}
	w.sent = append(w.sent, at)
	return false
}

func newZoom(clk *Clock, limiter zoomapi.Limiter, limits budget.Limits, meetings []*attended, days int) *zoom {
	z := &zoom{
		clock: clk, origin: clk.Now(), limiter: limiter, limits: limits, meetings: meetings,
		second: window{span: 1}, minute: window{span: 60}, days: make([]requests, days+1),
	}
	largest := 0
	end := 0.0
	for i, m := range meetings {
		largest = max(largest, m.Participants)
		end = max(end, m.end)
		m.row = zoomapi.Live{
			UUID:         zoomapi.Text(strconv.Itoa(i)),
			StartTime:    text(z.origin.Add(seconds(m.start))),
			Participants: zoomapi.Count(m.Participants),
			Department:   zoomapi.Text(department(int(m.start / daySeconds))),
		}
	}
	z.minutes = minutesUntil(z.origin, end)
	z.people = make([]zoomapi.Text, largest)
	for i := range z.people {
		z.people[i] = zoomapi.Text(strconv.Itoa(16_778_240 + 1024*i))
	}
	return z
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// at is the time in seconds since the beginning of the run.
func (z *zoom) at() float64 { return z.clock.Now().Sub(z.origin).Seconds() }

// Token implements poll.Zoom.
func (z *zoom) Token(context.Context) (zoomapi.Token, error) { return zoomapi.Token{}, nil }

// TokenExpiry implements poll.Zoom.
func (z *zoom) TokenExpiry() time.Time { return z.clock.Now().Add(time.Hour) }

// List implements poll.Zoom.
func (z *zoom) List(ctx context.Context, kind zoomapi.Kind, page string) (zoomapi.Page[zoomapi.Live], error) {
	var answer zoomapi.Page[zoomapi.Live]
	if kind != zoomapi.Meeting {
		return answer, failure(zoomapi.ListWebinars, zoomapi.ReasonPlan)
	}
	if err := z.admit(ctx, forLists); err != nil {
		return answer, err
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	z.move(z.at())
	from, _ := strconv.Atoi(page)
	from = min(from, len(z.live))
	to := min(from+listRows, len(z.live))
	answer.Rows = make([]zoomapi.Live, 0, to-from)
	for _, m := range z.live[from:to] {
		m.listed = true
		answer.Rows = append(answer.Rows, m.row)
	}
	answer.TotalRecords = len(z.live)
	if to < len(z.live) {
		answer.NextPageToken = strconv.Itoa(to)
	}
	return answer, nil
}

// QoS implements poll.Zoom.
func (z *zoom) QoS(ctx context.Context, _ zoomapi.Kind, id, token string) (zoomapi.Page[zoomapi.QoSRow], error) {
	if err := z.admit(ctx, forFigures); err != nil {
		return zoomapi.Page[zoomapi.QoSRow]{}, err
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	at := z.at()
	m := z.meeting(id)
	if m == nil || at < m.start || at >= m.end {
		return zoomapi.Page[zoomapi.QoSRow]{}, failure(zoomapi.ListMeetingParticipantsQoS, zoomapi.ReasonNotLive)
	}
	answer, asked := z.rows(m, token)
	first, _ := m.span()
	next := int(at/60) + 1
	switch z.history {
	case News:
		first = max(first, asked.next)
	case Whole:
	default:
		first = max(first, next-1)
	}
	asked.tell(first, next)
	for i := range answer.Rows {
		answer.Rows[i].Minutes = z.minutes[min(first, next):next]
	}
	if answer.NextPageToken == "" {
		m.answers = append(m.answers, at)
	}
	return answer, nil
}

// settled is how long after its end a past meeting's answer is available.
const settled = 5 * 60 // seconds

// PastQoS implements poll.Zoom.
func (z *zoom) PastQoS(ctx context.Context, _ zoomapi.Kind, id, token string) (zoomapi.Page[zoomapi.QoSRow], error) {
	if err := z.admit(ctx, forTails); err != nil {
		return zoomapi.Page[zoomapi.QoSRow]{}, err
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	m := z.meeting(id)
	if m == nil || z.at() < m.end+settled {
		return zoomapi.Page[zoomapi.QoSRow]{}, failure(zoomapi.ListMeetingParticipantsQoS, zoomapi.ReasonNotLive)
	}
	answer, asked := z.rows(m, token)
	first, next := m.span()
	asked.settle(next - first)
	left := text(z.origin.Add(seconds(m.end)))
	for i := range answer.Rows {
		answer.Rows[i].LeaveTime = left
		answer.Rows[i].Minutes = z.minutes[first:next]
	}
	return answer, nil
}

// meeting is the meeting with that id, or nil.
func (z *zoom) meeting(id string) *attended {
	number, err := strconv.Atoi(id)
	if err != nil || number < 0 || number >= len(z.meetings) {
		return nil
	}
	return z.meetings[number]
}

// rows is the page of a meeting's people for a token, without minutes, and what
// answers held of it before.
func (z *zoom) rows(m *attended, token string) (answer zoomapi.Page[zoomapi.QoSRow], asked *page) {
	number, _ := strconv.Atoi(token)
	number = max(0, min(number, m.pages()-1))
	from := number * pageRows
	to := min(from+pageRows, m.Participants)
	answer.Rows = make([]zoomapi.QoSRow, to-from)
	for i := range answer.Rows {
		answer.Rows[i].UserID, answer.Rows[i].JoinTime = z.people[from+i], m.row.StartTime
	}
	answer.TotalRecords = m.Participants
	if to < m.Participants {
		answer.NextPageToken = strconv.Itoa(number + 1)
	}
	if m.asked == nil {
		m.asked = make([]page, m.pages())
	}
	return answer, &m.asked[number]
}

// QoSSummary implements poll.Zoom.
func (z *zoom) QoSSummary(context.Context, zoomapi.Kind, string, string) (zoomapi.Page[zoomapi.SummaryRow], error) {
	return zoomapi.Page[zoomapi.SummaryRow]{}, failure(zoomapi.ListMeetingParticipantsQoSSummary, zoomapi.ReasonPlan)
}

// Participants implements poll.Zoom.
func (z *zoom) Participants(context.Context, zoomapi.Kind, string, string) (zoomapi.Page[zoomapi.ParticipantRow], error) {
	return zoomapi.Page[zoomapi.ParticipantRow]{}, failure(zoomapi.ListMeetingParticipants, zoomapi.ReasonScope)
}

// move updates the live meetings to an instant.
func (z *zoom) move(at float64) {
	for z.begun < len(z.meetings) && z.meetings[z.begun].start <= at {
		z.live = append(z.live, z.meetings[z.begun])
		z.begun++
	}
	left := z.live[:0]
	for _, m := range z.live {
		if m.end > at {
			left = append(left, m)
		}
	}
	z.live = left
}

// admit waits for the limiter and applies Zoom's limits to the request.
func (z *zoom) admit(ctx context.Context, what purpose) error {
	endpoint, class := zoomapi.ListMeetingParticipantsQoS, zoomapi.Heavy
	if what == forLists {
		endpoint, class = zoomapi.ListMeetings, zoomapi.ResourceIntensive
	}
	if err := z.limiter.Acquire(ctx, class); err != nil {
		return fmt.Errorf("zoom %s: %w", endpoint, err)
	}
	sent := z.clock.Now()
	answer := zoomapi.Answer{Sent: sent, Date: zoomtime.Of(sent.Truncate(time.Second)), Status: http.StatusOK, Limit: -1, Remaining: -1}
	reason := z.count(what, &answer)
	z.limiter.Observe(class, answer)
	if reason != "" {
		return failure(endpoint, reason)
	}
	return nil
}

// count counts a request and returns the reason if it fails.
func (z *zoom) count(what purpose, answer *zoomapi.Answer) zoomapi.Reason {
	z.mu.Lock()
	defer z.mu.Unlock()
	at := z.at()
	day := z.today()
	day.spent++
	day.of[what]++
	over := zoomapi.UnknownScope
	if what == forLists {
		if z.minute.full(at, z.limits.ResourceIntensivePerMinute) {
			over = zoomapi.PerMinute
		}
	} else if z.second.full(at, z.limits.HeavyPerSecond) {
		over = zoomapi.PerSecond
	}
	if z.limits.PerDay > 0 && day.spent > z.limits.PerDay {
		over = zoomapi.PerDay
	}
	if over != zoomapi.UnknownScope {
		day.throttled++
		answer.Status, answer.Scope = http.StatusTooManyRequests, over
		return zoomapi.ReasonRateLimited
	}
	if z.fault != nil {
		if reason := z.fault(at); reason != "" {
			answer.Status = http.StatusInternalServerError
			if reason == zoomapi.ReasonRateLimited {
				answer.Status, answer.Scope = http.StatusTooManyRequests, zoomapi.PerSecond
			}
			return reason
		}
	}
	return ""
}

// today is the requests of the current day; all time after the last day is one
// day.
func (z *zoom) today() *requests { return &z.days[min(int(z.at()/daySeconds), len(z.days)-1)] }

func failure(endpoint zoomapi.Endpoint, reason zoomapi.Reason) error {
	return &zoomapi.Error{Endpoint: endpoint, Status: http.StatusInternalServerError, Reason: reason, Message: "simulated"}
}
