package zoomapi

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/difftest"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

func TestAnswer(t *testing.T) {
	sent := testNow.Add(-time.Second)
	tests := []struct {
		name    string
		status  int
		headers []string
		message string
		want    Answer
	}{
		{name: "nothing", status: 200, want: Answer{Limit: -1, Remaining: -1}},
		{name: "no answer", want: Answer{Limit: -1, Remaining: -1}},
		{
			name: "per second", status: 200,
			headers: []string{"X-RateLimit-Category", "Heavy", "X-RateLimit-Type", "QPS", "X-RateLimit-Limit", "40", "X-RateLimit-Remaining", "39", "Date", "Mon, 02 Mar 2026 09:59:59 GMT"},
			want:    Answer{Scope: PerSecond, Limit: 40, Remaining: 39, Date: zoomtime.Of(testNow.Add(-time.Second))},
		},
		{
			name: "daily", status: 429,
			headers: []string{"x-ratelimit-category", "Resource-intensive", "x-ratelimit-type", "Daily-limit", "x-ratelimit-limit", " 60000 ", "x-ratelimit-remaining", "0", "Retry-After", "2026-03-03T00:00:00Z"},
			message: "You have reached the maximum per-second rate limit for this API.",
			want:    Answer{Scope: PerDay, Limit: 60000, Remaining: 0, RetryAfter: ParseRetryAfter("2026-03-03T00:00:00Z")},
		},
		{name: "minute", status: 200, headers: []string{"X-RateLimit-Type", "Minute-limit"}, want: Answer{Scope: PerMinute, Limit: -1, Remaining: -1}},
		{name: "QPM", status: 200, headers: []string{"X-RateLimit-Type", "qpm"}, want: Answer{Scope: PerMinute, Limit: -1, Remaining: -1}},
		{
			name: "junk", status: 200,
			headers: []string{"X-RateLimit-Category", "Light", "X-RateLimit-Type", "?", "X-RateLimit-Limit", "many", "X-RateLimit-Remaining", "-3", "Retry-After", "soon", "Date", "today"},
			want:    Answer{Limit: -1, Remaining: -1},
		},
		{name: "too large", status: 200, headers: []string{"X-RateLimit-Limit", "99999999999999999999"}, want: Answer{Limit: -1, Remaining: -1}},
		{name: "429 per second", status: 429, message: "You have reached the maximum per-second rate limit for this API. Try again later.", want: Answer{Scope: PerSecond, Limit: -1, Remaining: -1}},
		{name: "429 per minute", status: 429, message: "You have reached the maximum Per-Minute rate limit.", want: Answer{Scope: PerMinute, Limit: -1, Remaining: -1}},
		{name: "429 daily", status: 429, message: "You have reached the maximum daily rate limit for this API.", want: Answer{Scope: PerDay, Limit: -1, Remaining: -1}},
		{name: "429 concurrent", status: 429, message: "Too many concurrent requests. A request to disassociate this user has already been made.", want: Answer{Scope: Concurrency, Limit: -1, Remaining: -1}},
		{name: "429 silent", status: 429, message: "", want: Answer{Limit: -1, Remaining: -1}},
		{name: "another status's words", status: 400, message: "daily", want: Answer{Limit: -1, Remaining: -1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			header := make(http.Header)
			for i := 0; i < len(test.headers); i += 2 {
				header.Set(test.headers[i], test.headers[i+1])
			}
			if test.status == 0 {
				header = nil
			}
			test.want.Sent, test.want.Status = sent, test.status
			if diff := difftest.Diff(test.want, newAnswer(sent, test.status, header, test.message), cmp.AllowUnexported(RetryAfter{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The limiter learns what a 429 says, in its body too.
func TestRateLimitReachesLimiter(t *testing.T) {
	zoom := newFakeZoom(t, answer(429, `{"code":429,"message":"You have reached the maximum daily rate limit for this API."}`, "Retry-After", "2026-03-03T00:00:00.5Z"))
	r := new(recorder)
	_, err := zoom.client(t, r, func(c *Config) { c.Clock = fixedClock{testNow} }).QoS(t.Context(), Webinar, "1", "")
	want := 14*time.Hour + 500*time.Millisecond
	if len(r.answers) != 1 {
		t.Fatalf("the limiter observed %+v, with %v", r.answers, err)
	}
	wait, _ := r.answers[0].RetryAfter.Wait(zoomtime.Of(testNow))
	if r.answers[0].Scope != PerDay || wait != want || r.answers[0].Status != 429 || !r.answers[0].Sent.Equal(testNow) {
		t.Errorf("the limiter observed %+v, with %v", r.answers, err)
	}
}
