package zoomsim

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// The messages of a 429.
const (
	perSecond     = "You have reached the maximum per-second rate limit for this API. Try again later."
	perMinute     = "You have reached the maximum per-minute rate limit for this API. Try again later."
	perDay        = "You have reached the maximum daily rate limit for this API. Refer to the response header for details on when you can make another request."
	tooConcurrent = "Too many concurrent requests. Try again later."
)

func category(class zoomapi.Class) string {
	if class == zoomapi.ResourceIntensive {
		return "Resource-intensive"
	}
	return "Heavy"
}

// limiter enforces the limits of the account's pools. Zoom does not document when
// its seconds and minutes begin, so both are sliding windows, which are at least
// as strict. Refused requests are not counted.
type limiter struct {
	mu     sync.Mutex
	limits Limits
	began  time.Time
	day    int64 // of Unix time, UTC
	heavy  window
	list   window
	heavyN int // admitted on the day
	listN  int
	active int
}

// window has the times of the requests admitted within a span.
type window struct {
	span time.Duration
	at   []time.Time
}

// count drops the requests before the span and returns how many are left.
func (w *window) count(now time.Time) int {
	n := 0
	for n < len(w.at) && now.Sub(w.at[n]) >= w.span {
		n++
	}
	w.at = w.at[n:]
	return len(w.at)
}

// admission says whether a request is within the limits, and what the headers say
// of them.
type admission struct {
	failure   *failure // nil if it is admitted
	category  string
	kind      string // of the limit in the headers; "" for no headers
	limit     int
	remaining int
	retryAt   time.Time // zero without Retry-After
}

// roll starts a new day if it is time.
func (l *limiter) roll(now time.Time) {
	if day := now.Unix() / 86400; day != l.day {
		l.day, l.heavyN, l.listN = day, 0, 0
	}
}

// foreign returns how many of the day's Heavy requests other apps have made.
func (l *limiter) foreign(now time.Time) int {
	since := time.Unix(l.day*86400, 0)
	if since.Before(l.began) {
		since = l.began
	}
	return int(now.Sub(since).Minutes() * l.limits.ForeignPerMinute)
}

// pool is one limit and its use before a request.
type pool struct {
	kind        string
	limit, used int
	message     string
	daily       bool
}

func (l *limiter) pools(class zoomapi.Class, now time.Time) []pool {
	minuteType := l.limits.MinuteType
	if minuteType == "" {
		minuteType = "QPS"
	}
	foreign := l.foreign(now)
	together := pool{"Daily-limit", l.limits.TogetherPerDay, l.heavyN + l.listN + foreign, perDay, true}
	if class == zoomapi.Heavy {
		return []pool{
			{"QPS", l.limits.HeavyPerSecond, l.heavy.count(now), perSecond, false},
			{"Daily-limit", l.limits.HeavyPerDay, l.heavyN + foreign, perDay, true},
			together,
		}
	}
	return []pool{
		{minuteType, l.limits.ResourcePerMin, l.list.count(now), perMinute, false},
		{"Daily-limit", l.limits.ResourcePerDay, l.listN, perDay, true},
		together,
	}
}

// admit counts a request, or refuses it. Callers must call done after a request
// that was admitted. With sayDaily the headers have the limit of the day.
func (l *limiter) admit(class zoomapi.Class, now time.Time, sayDaily bool) admission {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.roll(now)
	v := admission{category: category(class)}
	if most := l.limits.MaxConcurrent; most > 0 && l.active >= most {
		v.failure = tooMany(tooConcurrent)
		return v
	}
	for _, p := range l.pools(class, now) {
		if p.limit == 0 {
			continue
		}
		if p.used >= p.limit {
			v.failure = tooMany(p.message)
			v.kind, v.limit, v.remaining = p.kind, p.limit, 0
			if p.daily {
				v.retryAt = time.Unix((l.day+1)*86400, 0).UTC()
			}
			return v
		}
		if v.kind == "" || p.daily && sayDaily {
			v.kind, v.limit, v.remaining = p.kind, p.limit, p.limit-p.used-1
		}
	}
	l.active++
	if class == zoomapi.Heavy {
		l.heavyN++
		l.enter(&l.heavy, l.limits.HeavyPerSecond, now)
	} else {
		l.listN++
		l.enter(&l.list, l.limits.ResourcePerMin, now)
	}
	return v
}

func (l *limiter) enter(w *window, limit int, now time.Time) {
	if limit > 0 {
		w.at = append(w.at, now)
	}
}

func (l *limiter) done() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.active--
}

func tooMany(message string) *failure {
	return &failure{status: http.StatusTooManyRequests, code: 429, message: message}
}

// write sets the headers.
func (v admission) write(h http.Header, form RetryAfterForm, now time.Time) {
	if v.kind != "" {
		h.Set("X-RateLimit-Category", v.category)
		h.Set("X-RateLimit-Type", v.kind)
		h.Set("X-RateLimit-Limit", strconv.Itoa(v.limit))
		h.Set("X-RateLimit-Remaining", strconv.Itoa(v.remaining))
	}
	if v.retryAt.IsZero() {
		return
	}
	switch form {
	case RetryAfterISO:
		h.Set("Retry-After", v.retryAt.Format(time.RFC3339))
	case RetryAfterDate:
		h.Set("Retry-After", v.retryAt.Format(http.TimeFormat))
	case RetryAfterSeconds:
		seconds := (v.retryAt.Sub(now) + time.Second - 1) / time.Second
		h.Set("Retry-After", strconv.Itoa(int(seconds)))
	}
}
