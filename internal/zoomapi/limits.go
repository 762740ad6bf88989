package zoomapi

import (
	"context"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// Class is Zoom's rate label of an endpoint.
type Class string

// The labels of the Dashboard endpoints.
const (
	Heavy             Class = "heavy"
	ResourceIntensive Class = "resource_intensive"
)

// Limiter is asked before every attempt and told of every answer, retries
// included. Nothing goes to a counted endpoint without its leave.
type Limiter interface {
	// Acquire enters one attempt and returns when its turn has come. It
	// returns an error at once, with nothing entered, when there is no money,
	// or when the turn would come after ctx ends. Without an end of ctx it does
	// not wait for a closed pool either.
	Acquire(ctx context.Context, class Class) error
	// Observe tells what the answer to an attempt said of the limits. The
	// token endpoint's answers, which Zoom does not count, come with the class
	// "": they tell Zoom's time before anything was spent.
	Observe(class Class, answer Answer)
}

// Answer is what an answer, of any status, says of Zoom's limits.
type Answer struct {
	// Sent is when the attempt left, by our clock.
	Sent time.Time
	// Date is Zoom's clock, from the Date header; zero where that is missing.
	Date zoomtime.Time
	// Status is the HTTP status; 0 where no answer came.
	Status int
	// Scope says which limit the headers, or the text of a 429, speak of.
	Scope LimitScope
	// Limit and Remaining are -1 where the header is missing or unreadable.
	Limit, Remaining int
	// RetryAfter is how long Zoom wants no further attempt.
	RetryAfter RetryAfter
}

// LimitScope is the span of the limit that an answer speaks of.
type LimitScope string

// The spans, and the answer that does not say.
const (
	UnknownScope LimitScope = ""
	PerSecond    LimitScope = "per_second"
	PerMinute    LimitScope = "per_minute"
	PerDay       LimitScope = "per_day"
	Concurrency  LimitScope = "concurrency"
)

// Endpoint is the name of an endpoint, as Zoom's granular scopes name it (the
// summaries, which share the scope of the figures, after their path); its text
// is the label value.
type Endpoint string

// The endpoints this client asks.
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

// Observer is told of every attempt, the token's included.
type Observer interface {
	ObserveAttempt(Attempt)
}

// Attempt is one HTTP exchange, or the failure to have one.
type Attempt struct {
	Endpoint Endpoint
	// Status is the HTTP status; 0 where no answer came.
	Status int
	// Reason says why it failed; "" where it did not.
	Reason Reason
	// Duration is from sending to the last byte of the body.
	Duration time.Duration
}

// Reason classes failures; its text is a label value.
type Reason string

// The classes of failure.
const (
	ReasonNotLive     Reason = "not_live"     // 3001: ended, not begun, unknown
	ReasonNoAccess    Reason = "no_access"    // 300: no access, or the page token has expired
	ReasonScope       Reason = "scope"        // 4711, 4700, 104: the app lacks a scope
	ReasonPlan        Reason = "plan"         // 200: no Dashboard feature or add-on
	ReasonToken       Reason = "token"        // 124: token invalid or expired
	ReasonCredentials Reason = "credentials"  // the token endpoint refuses id, secret or account
	ReasonRateLimited Reason = "rate_limited" // 429
	ReasonServer      Reason = "server"       // 5xx
	ReasonBody        Reason = "body"         // cut, too large, or not what the endpoint answers
	ReasonTimeout     Reason = "timeout"
	ReasonNetwork     Reason = "network"
	ReasonCanceled    Reason = "canceled" // we stopped waiting
	ReasonOther       Reason = "other"
)

// Reasons are all classes of failure.
var Reasons = [...]Reason{
	ReasonNotLive, ReasonNoAccess, ReasonScope, ReasonPlan, ReasonToken, ReasonCredentials, ReasonRateLimited,
	ReasonServer, ReasonBody, ReasonTimeout, ReasonNetwork, ReasonCanceled, ReasonOther,
}
