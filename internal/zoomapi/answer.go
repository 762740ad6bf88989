package zoomapi

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// newAnswer reads what an answer says of the limits. message is from its body,
// which is often the only place where a 429 names the limit.
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

// dateOf returns the Date header, by Zoom's clock; zero if there is none.
func dateOf(header http.Header) zoomtime.Time {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return zoomtime.Time{}
	}
	return zoomtime.Of(date)
}

// retryAt returns when an answer received at now permits another attempt, by our
// clock; zero if it does not say. Only an instant without a Date to measure it
// by depends on our clock being right.
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

// scopeOf finds the scope in an X-RateLimit-Type header or in the message of a
// 429. The header of a per-minute limit is not documented.
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

// parseCount reads the number in a header; -1 if there is none.
func parseCount(value string) int {
	n, err := strconv.Atoi(strings.TrimSpace(value))
	if err != nil || n < 0 {
		return -1
	}
	return n
}
