package zoomapi

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// newAnswer reads what an answer says of the limits. message is its body's
// text, which alone tells the scope of many a 429.
func newAnswer(sent time.Time, status int, header http.Header, message string) Answer {
	a := Answer{
		Sent:      sent,
		Status:    status,
		Scope:     scopeOf(header.Get("X-RateLimit-Type")),
		Limit:     parseCount(header.Get("X-RateLimit-Limit")),
		Remaining: parseCount(header.Get("X-RateLimit-Remaining")),

		Date:       dateOf(header),
		RetryAfter: ParseRetryAfter(header.Get("Retry-After")),
	}
	if a.Scope == UnknownScope && status == http.StatusTooManyRequests {
		a.Scope = scopeOf(message)
	}
	return a
}

// dateOf is Zoom's clock at an answer; zero where its header does not tell.
func dateOf(header http.Header) zoomtime.Time {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return zoomtime.Time{}
	}
	return zoomtime.Of(date)
}

// retryAt is when an answer received at now lets us try again, by our clock;
// zero where it does not say. It is as good as our clock only where the answer
// tells an instant and no Date to measure it by.
func retryAt(now time.Time, after RetryAfter, date zoomtime.Time) time.Time {
	if date.IsZero() {
		date = zoomtime.Of(now)
	}
	wait, ok := after.Wait(date)
	if !ok {
		return time.Time{}
	}
	return now.Add(wait)
}

// scopeOf finds the scope in the X-RateLimit-Type header or in a 429's
// message. Which word a per-minute limit's header has is not documented.
func scopeOf(text string) LimitScope {
	text = strings.ToLower(text)
	for _, word := range [...]struct {
		text  string
		scope LimitScope
	}{
		{"concurren", Concurrency},
		{"qps", PerSecond}, {"second", PerSecond},
		{"qpm", PerMinute}, {"minute", PerMinute},
		{"daily", PerDay}, {"day", PerDay},
	} {
		if strings.Contains(text, word.text) {
			return word.scope
		}
	}
	return UnknownScope
}

// parseCount reads a header's number; -1 where there is none.
func parseCount(value string) int {
	n, err := strconv.Atoi(strings.TrimSpace(value))
	if err != nil || n < 0 {
		return -1
	}
	return n
}
