package zoomapi

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// newAnswer reads what an answer says of the limits. message is its body's
// text, which alone tells the scope of many a 429.
func newAnswer(sent, now time.Time, status int, header http.Header, message string) Answer {
	a := Answer{
		Sent:      sent,
		Status:    status,
		Category:  categoryOf(header.Get("X-RateLimit-Category")),
		Scope:     scopeOf(header.Get("X-RateLimit-Type")),
		Limit:     parseCount(header.Get("X-RateLimit-Limit")),
		Remaining: parseCount(header.Get("X-RateLimit-Remaining")),
	}
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		a.Date = date
	}
	if a.Scope == UnknownScope && status == http.StatusTooManyRequests {
		a.Scope = scopeOf(message)
	}
	if at, ok := ParseRetryAfter(header.Get("Retry-After"), now); ok {
		a.RetryAt = at
	}
	return a
}

func categoryOf(value string) Class {
	switch strings.ToLower(strings.TrimSpace(value)) {
	case "heavy":
		return Heavy
	case "resource-intensive", "resource intensive", "resource_intensive":
		return ResourceIntensive
	}
	return ""
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
