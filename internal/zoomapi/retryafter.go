package zoomapi

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxRetryAfter is the longest wait that is believed. Zoom's longest limit is
// a day's; one header must not silence the client for good.
const maxRetryAfter = 31 * 24 * time.Hour

// instants are the forms of an instant that Zoom documents, and their cousins.
// Parsing takes a fraction of a second after any of them.
var instants = [...]string{
	"2006-01-02T15:04:05Z07:00",
	"2006-01-02T15:04:05Z0700",
	"2006-01-02T15:04:05", // no zone: UTC
	"2006-01-02 15:04:05Z07:00",
	"2006-01-02 15:04:05",
}

// ParseRetryAfter reads a Retry-After header: an ISO 8601 instant as Zoom
// sends it, an HTTP date, or a number of seconds from now. The result is in
// UTC and may lie in the past. It reports false for what is none of these, is
// negative, or lies more than 31 days ahead.
func ParseRetryAfter(value string, now time.Time) (time.Time, bool) {
	at, ok := parseRetryAfter(strings.TrimSpace(value), now)
	if !ok || at.Sub(now) > maxRetryAfter {
		return time.Time{}, false
	}
	return at.UTC(), true
}

func parseRetryAfter(value string, now time.Time) (time.Time, bool) {
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil {
		if seconds > uint64(maxRetryAfter/time.Second) {
			return time.Time{}, false
		}
		return now.Add(time.Duration(seconds) * time.Second), true
	}
	for _, layout := range instants {
		if at, err := time.Parse(layout, value); err == nil {
			return at, true
		}
	}
	at, err := http.ParseTime(value)
	return at, err == nil
}
