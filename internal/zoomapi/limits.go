package zoomapi

import (
	"context"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// Class is Zoom's rate label of an endpoint.
type Class string

// The classes of the Dashboard's endpoints.
const (
	Heavy             Class = "heavy"
	ResourceIntensive Class = "resource_intensive"
)

// Limiter decides when a request may be sent, and learns what each answer says
// of the limits. Every attempt is subject to it, retries included.
type Limiter interface {
	// Acquire records one attempt and returns when it may be sent. It fails at
	// once, recording nothing, if no requests are left, or if it would have to
	// wait beyond ctx's deadline. If ctx has no deadline it does not wait for a
	// cooldown either.
	Acquire(ctx context.Context, class Class) error
	// Observe reports what the answer to an attempt said of the limits. Answers
	// of the token endpoint, which Zoom does not count, are of class "": they
	// have Zoom's time before anything was spent.
	Observe(class Class, answer Answer)
}

// Answer is what an answer, of any status, says of Zoom's limits.
type Answer struct {
	// Sent is when the attempt was sent, by our clock.
	Sent time.Time
	// Date is when Zoom answered, by its clock; zero without a Date header.
	Date zoomtime.Time
	// Status is the HTTP status; 0 if no answer came.
	Status int
	// Scope is the limit that the headers, or the message of a 429, are about.
	Scope LimitScope
	// Limit and Remaining are -1 if the header is missing or unreadable.
	Limit, Remaining int
	// RetryAfter is how long Zoom asks not to be sent another attempt.
	RetryAfter RetryAfter
}

// LimitScope is the span of a limit.
type LimitScope string

// The spans of Zoom's limits.
const (
	UnknownScope LimitScope = ""
	PerSecond    LimitScope = "per_second"
	PerMinute    LimitScope = "per_minute"
	PerDay       LimitScope = "per_day"
	Concurrency  LimitScope = "concurrency"
)

// Observer is notified of every attempt, those for tokens included.
type Observer interface {
	ObserveAttempt(Attempt)
}

// Attempt is one HTTP exchange, successful or not.
type Attempt struct {
	Endpoint Endpoint
	// Status is the HTTP status; 0 if no answer came.
	Status int
	// Reason is why it failed; "" if it did not.
	Reason Reason
	// Duration is from sending to the last byte of the body.
	Duration time.Duration
}
