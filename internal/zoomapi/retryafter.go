package zoomapi

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// maxRetryAfter is the longest plausible wait. Zoom's longest limit is daily;
// one header must not stop the client for good.
const maxRetryAfter = 31 * 24 * time.Hour

// instantLayouts are the layout of an instant that Zoom documents, and variants.
// time.Parse accepts fractional seconds with each of them.
var instantLayouts = [...]string{
	"2006-01-02T15:04:05Z07:00",
	"2006-01-02T15:04:05Z0700",
	"2006-01-02T15:04:05", // no zone: UTC
	"2006-01-02 15:04:05Z07:00",
	"2006-01-02 15:04:05",
}

// RetryAfter is the value of a Retry-After header: a duration or, as Zoom sends
// it, an instant by its clock. The zero value asks for no wait.
type RetryAfter struct {
	asked bool
	wait  time.Duration
	until zoomtime.Time // zero if wait is what is asked for
}

// ParseRetryAfter reads a Retry-After header: an ISO 8601 instant as Zoom sends
// it, an HTTP date, or a number of seconds. Anything else asks for no wait.
func ParseRetryAfter(value string) RetryAfter {
	value = strings.TrimSpace(value)
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil {
		if seconds > uint64(maxRetryAfter/time.Second) {
			return RetryAfter{}
		}
		return RetryAfter{asked: true, wait: time.Duration(seconds) * time.Second}
	}
	for _, layout := range instantLayouts {
		if at, err := time.Parse(layout, value); err == nil {
			return RetryAfter{asked: true, until: zoomtime.Of(at)}
		}
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return RetryAfter{}
	}
	return RetryAfter{asked: true, until: zoomtime.Of(at)}
}

// Wait returns how long to wait, at now by Zoom's clock; it is negative if the
// instant has passed. It reports false if no wait is asked for, or more than 31
// days.
func (r RetryAfter) Wait(now zoomtime.Time) (time.Duration, bool) {
	wait := r.wait
	if !r.until.IsZero() {
		wait = r.until.Sub(now)
	}
	if !r.asked || wait > maxRetryAfter {
		return 0, false
	}
	return wait, true
}
