package zoomsim

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

const listPath = "/metrics/meetings?from=2026-03-01&to=2026-03-02"

func fixedRig(t *testing.T, limits Limits, change func(*Options)) (*rig, string) {
	t.Helper()
	opts := Options{Seed: 3, Fixed: true, Meetings: 1, Participants: 2, Limits: &limits, Headers: HeadersAlways,
		Moods: Moods{History: HistoryNewest}}
	if change != nil {
		change(&opts)
	}
	r := newRig(t, opts)
	return r, "/metrics/meetings/" + number(r.sim.Live(zoomapi.Meeting)[0]) + "/participants/qos"
}

// ask sends n requests and returns how many were admitted.
func (r *rig) ask(path string, n int) (passed int, last answer) {
	r.t.Helper()
	for range n {
		if last = r.get(path); last.status == 200 {
			passed++
		} else if last.status != 429 {
			r.t.Fatalf("%s: %s", path, last)
		}
	}
	return passed, last
}

func TestPlansLimitSecondsAndMinutes(t *testing.T) {
	for _, tt := range []struct {
		plan         string
		heavy, lists int
	}{{"free", 1, 10}, {"pro", 10, 10}, {"business", 40, 20}} {
		r, qos := fixedRig(t, PlanLimits(tt.plan), nil)
		r.login()
		passed, last := r.ask(qos, tt.heavy+3)
		if passed != tt.heavy {
			t.Errorf("%s: %d Heavy requests in a second, want %d", tt.plan, passed, tt.heavy)
		}
		if last.code() != 429 || last.json["message"] != perSecond ||
			last.header.Get("X-RateLimit-Category") != "Heavy" || last.header.Get("X-RateLimit-Type") != "QPS" ||
			last.header.Get("X-RateLimit-Limit") != strconv.Itoa(tt.heavy) || last.header.Get("X-RateLimit-Remaining") != "0" {
			t.Errorf("%s: %s %v", tt.plan, last, last.header)
		}
		if passed, _ := r.ask(listPath, 1); passed != 1 {
			t.Errorf("%s: Heavy requests use up the limit of lists", tt.plan)
		}
		r.now = r.now.Add(999 * time.Millisecond)
		if passed, _ := r.ask(qos, 1); passed != 0 {
			t.Errorf("%s: the window of a second is too short", tt.plan)
		}
		r.now = r.now.Add(time.Millisecond)
		if passed, _ := r.ask(qos, 1); passed != 1 {
			t.Errorf("%s: the window of a second is too long", tt.plan)
		}

		passed, last = r.ask(listPath, tt.lists+1)
		if passed != tt.lists-1 || last.header.Get("X-RateLimit-Category") != "Resource-intensive" {
			t.Errorf("%s: %d lists in a minute, want %d: %v", tt.plan, passed+1, tt.lists, last.header)
		}
		r.now = r.now.Add(time.Minute)
		if passed, _ := r.ask(listPath, 1); passed != 1 {
			t.Errorf("%s: the window of a minute is too long", tt.plan)
		}
		counts := r.sim.Counts()
		if counts.Throttled != 3+1+2 || counts.Classes[zoomapi.Heavy].MaxPerSecond != tt.heavy+4 {
			t.Errorf("%s: counts %+v", tt.plan, counts)
		}
	}
}

func TestDailyLimits(t *testing.T) {
	for _, tt := range []struct {
		name         string
		limits       Limits
		heavy, lists int // admitted of 10 each
	}{
		{"Heavy", Limits{HeavyPerDay: 7}, 7, 10},
		{"Resource-intensive", Limits{ResourcePerDay: 4}, 10, 4},
		{"together", Limits{TogetherPerDay: 12}, 10, 2},
		{"none", Limits{}, 10, 10},
	} {
		r, qos := fixedRig(t, tt.limits, nil)
		for range 2 { // the next day the limits begin anew
			r.login()
			heavy, lastHeavy := r.ask(qos, 10)
			lists, lastList := r.ask(listPath, 10)
			if heavy != tt.heavy || lists != tt.lists {
				t.Errorf("%s: %d and %d a day, want %d and %d", tt.name, heavy, lists, tt.heavy, tt.lists)
			}
			for _, a := range []answer{lastHeavy, lastList} {
				if a.status != 429 {
					continue
				}
				midnight := r.now.Truncate(24*time.Hour).AddDate(0, 0, 1).Format(time.RFC3339)
				if a.header.Get("Retry-After") != midnight || a.header.Get("X-RateLimit-Type") != "Daily-limit" || a.json["message"] != perDay {
					t.Errorf("%s: %s %v", tt.name, a, a.header)
				}
			}
			r.now = r.now.Truncate(24*time.Hour).AddDate(0, 0, 1)
		}
	}
}

func TestRetryAfterForms(t *testing.T) {
	for form, want := range map[RetryAfterForm]string{
		RetryAfterISO:     "2026-03-03T00:00:00Z",
		RetryAfterDate:    "Tue, 03 Mar 2026 00:00:00 GMT",
		RetryAfterSeconds: "43170",
		RetryAfterAbsent:  "",
	} {
		r, qos := fixedRig(t, Limits{HeavyPerDay: 1}, func(o *Options) { o.RetryAfter = form })
		if _, last := r.ask(qos, 2); last.status != 429 || last.header.Get("Retry-After") != want {
			t.Errorf("%q: %d %q, want %q", form, last.status, last.header.Get("Retry-After"), want)
		}
	}
}

func TestHeaderModes(t *testing.T) {
	for mode, want := range map[HeaderMode][2]int{
		HeadersOften: {60, 98}, HeadersAlways: {100, 100}, HeadersNever: {0, 0},
	} {
		r, qos := fixedRig(t, PlanLimits("business"), func(o *Options) { o.Headers = mode })
		with, daily := 0, 0
		for range 100 {
			a := r.get(qos)
			if a.header.Get("X-RateLimit-Limit") != "" {
				with++
			}
			if a.header.Get("X-RateLimit-Type") == "Daily-limit" {
				daily++
				if remaining, err := strconv.Atoi(a.header.Get("X-RateLimit-Remaining")); err != nil || remaining >= 60000 {
					t.Errorf("remaining %d %v", remaining, err)
				}
			}
			r.now = r.now.Add(time.Second)
		}
		if with < want[0] || with > want[1] {
			t.Errorf("%q: %d of 100 answers have headers", mode, with)
		}
		if with > 0 && (daily == 0 || daily == with) {
			t.Errorf("%q: %d of %d have the limit of the day", mode, daily, with)
		}
	}
}

func TestMinuteType(t *testing.T) {
	r, _ := fixedRig(t, Limits{ResourcePerMin: 1, MinuteType: "Rate-limit"}, nil)
	if _, last := r.ask(listPath, 2); last.header.Get("X-RateLimit-Type") != "Rate-limit" || last.json["message"] != perMinute {
		t.Errorf("%s %v", last, last.header)
	}
}

// Other apps make Heavy requests all the time.
func TestForeignApps(t *testing.T) {
	r, qos := fixedRig(t, Limits{HeavyPerDay: 100, ForeignPerMinute: 6}, nil)
	r.now = r.now.Add(15 * time.Minute)
	if passed, _ := r.ask(qos, 20); passed != 10 {
		t.Errorf("%d of 100 are left after 15 minutes at 6 a minute, want 10", passed)
	}
	r.now = r.now.Truncate(24*time.Hour).AddDate(0, 0, 1).Add(10 * time.Minute)
	r.login()
	if passed, _ := r.ask(qos, 50); passed != 40 {
		t.Errorf("%d are left ten minutes into the next day, want 40", passed)
	}
}

func TestDateIsTheSimulatedClock(t *testing.T) {
	r, _ := fixedRig(t, Limits{}, nil)
	if a := r.get(listPath); a.header.Get("Date") != monday.Format(http.TimeFormat) {
		t.Errorf("Date: %s", a.header.Get("Date"))
	}
}

func TestConcurrency(t *testing.T) {
	l := limiter{limits: Limits{MaxConcurrent: 2}}
	for range 2 {
		if v := l.admit(zoomapi.Heavy, monday, false); v.failure != nil {
			t.Fatal(v.failure)
		}
	}
	if v := l.admit(zoomapi.Heavy, monday, false); v.failure == nil || v.failure.message != tooConcurrent {
		t.Errorf("a third request: %+v", v)
	}
	l.done()
	if v := l.admit(zoomapi.Heavy, monday, false); v.failure != nil {
		t.Errorf("after one has ended: %+v", v.failure)
	}
}

// Requests with an invalid token do not count towards the limits.
func TestInvalidTokensAreNotCounted(t *testing.T) {
	r, qos := fixedRig(t, Limits{HeavyPerDay: 1}, nil)
	r.token = "invented"
	for range 5 {
		if a := r.get(qos); a.status != 401 {
			t.Fatalf("status %d", a.status)
		}
	}
	r.login()
	if passed, _ := r.ask(qos, 1); passed != 1 {
		t.Error("refused requests count towards the day's limit")
	}
	if n := r.sim.Counts().Classes[zoomapi.Heavy].Total; n != 1 {
		t.Errorf("%d Heavy requests, want 1", n)
	}
}
