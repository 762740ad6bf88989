package poll_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/testbed"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

func TestWrongCredentialsCostAFewTokenRequestsAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bed := testbed.New(t, testbed.Options{Sim: fixed(2, 2), Secret: "wrong"})
		for range 60 * 4 {
			s := mustScrape(t, bed)
			if s.Up {
				t.Fatal("up with wrong credentials")
			}
			time.Sleep(15 * time.Second)
		}
		counts := bed.Sim.Counts()
		if n := counts.Of(zoomapi.OAuthToken); n > 6 {
			t.Errorf("%d token requests in an hour", n)
		}
		if lines := bed.Log.FilterMessageSnippet("").Len(); lines > 12 {
			t.Errorf("%d log lines in an hour of wrong credentials", lines)
		}
	})
}

func TestMissingWebinarsRaiseNoAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := brief(2, 2)
		sim.NoWebinars = true
		bed := testbed.New(t, testbed.Options{Sim: sim})
		for range 150 {
			s := mustScrape(t, bed)
			if !s.Up {
				t.Fatal("not up for want of webinars")
			}
			for _, task := range s.Tasks {
				if strings.Contains(string(task.Name), "webinar") {
					t.Fatalf("task %s is shown", task.Name)
				}
			}
			time.Sleep(time.Minute)
		}
		if n := bed.Sim.Counts().Of(zoomapi.ListWebinars); n != 3 {
			t.Errorf("the webinars were asked for %d times in 2½ hours, want 3", n)
		}
		if n := bed.Log.FilterMessageSnippet("webinars are not collected").Len(); n != 1 {
			t.Errorf("it was said %d times, want once", n)
		}
	})
}

func TestWebinarsThatAreWantedAreMissedLoudly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := fixed(2, 2)
		sim.NoWebinars = true
		bed := testbed.New(t, testbed.Options{Sim: sim, Poll: func(o *poll.Options) { o.WebinarsOptional = false }})
		s := mustScrape(t, bed)
		if s.Up || task(t, s, zoomapi.ListWebinars).Success {
			t.Error("up without the webinars that are wanted")
		}
		if len(s.Meetings) != 2 {
			t.Error("the missing webinars took the meetings away")
		}
	})
}

func TestOneMeetingWithoutAccessHarmsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bed := testbed.New(t, testbed.Options{Sim: fixed(6, 4)})
		denied := bed.Sim.Live(zoomapi.Meeting)[1].UUID
		if err := bed.Sim.Deny(denied, true); err != nil {
			t.Fatal(err)
		}
		s := mustScrape(t, bed)
		if got := len(people(s)); got != 20 || !s.Up {
			t.Errorf("%d participants, up %v; want 20 and up", got, s.Up)
		}
		if m := meetingOf(s, denied); m == nil {
			t.Error("the meeting without access is not listed")
		} else if n := m.Held(); n != 0 {
			t.Errorf("the meeting without access has %d participants, want none", n)
		}
	})
}

func TestNumbersServeWhereUUIDsDoNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := fixed(8, 3)
		sim.Moods.NumbersOnly = true
		bed := testbed.New(t, testbed.Options{Sim: sim})
		if got := len(people(mustScrape(t, bed))); got != 24 {
			t.Fatalf("%d participants, want 24", got)
		}
		before := bed.Sim.Counts().Requests[zoomapi.ListMeetingParticipantsQoS][404]
		for range 5 {
			time.Sleep(time.Minute)
			mustScrape(t, bed)
		}
		if after := bed.Sim.Counts().Requests[zoomapi.ListMeetingParticipantsQoS][404]; after != before {
			t.Errorf("%d more requests by UUID once numbers were known to serve", after-before)
		}
	})
}

func TestARepeatedPageTokenEndsTheWalk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		bed := testbed.New(t, testbed.Options{Sim: fixed(1, 2), Intercept: func(r *http.Request) (*http.Response, error) {
			if !testbed.IsQoS(r) {
				return nil, nil
			}
			n := asked.Add(1)
			return testbed.Answer(200, nil, fmt.Sprintf(
				`{"next_page_token":"again","total_records":2,"participants":[{"user_id":"%d","user_qos":[]}]}`, n)), nil
		}})
		s := mustScrape(t, bed)
		if asked.Load() != 2 || len(people(s)) != 2 {
			t.Errorf("%d requests, %d participants; want 2 and 2", asked.Load(), len(people(s)))
		}
		time.Sleep(time.Minute)
		mustScrape(t, bed)
		if asked.Load() != 4 || len(people(bed.Snapshot())) != 4 {
			t.Error("a pass that did not end well removed participants, or was not repeated")
		}
	})
}

func TestAnExpiredPageTokenBeginsThePassAgainOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var refused atomic.Int32
		always := false
		bed := testbed.New(t, testbed.Options{Sim: fixed(1, 25), Intercept: func(r *http.Request) (*http.Response, error) {
			if testbed.IsQoS(r) && r.URL.Query().Get("next_page_token") != "" && (always || refused.Load() == 0) {
				refused.Add(1)
				return testbed.Answer(400, nil, `{"code":300,"message":"The next page token is invalid or expired."}`), nil
			}
			return nil, nil
		}})
		if got := len(people(mustScrape(t, bed))); got != 25 || refused.Load() != 1 {
			t.Errorf("%d participants after %d refusals, want 25 after 1", got, refused.Load())
		}
		always = true
		time.Sleep(time.Minute)
		mustScrape(t, bed)
		if refused.Load() != 3 {
			t.Errorf("%d refusals, want 3: one pass and one more", refused.Load())
		}
	})
}

func TestAnOutageCostsLittleAndIsOverQuickly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fault testbed.Switch
		var failed atomic.Int32
		bed := testbed.New(t, testbed.Options{Sim: brief(200, 2), Intercept: fault.Intercept})
		scrape(bed, 10*time.Second)
		time.Sleep(50 * time.Second)
		fault.Set(func(r *http.Request) (*http.Response, error) {
			if strings.Contains(r.URL.Path, "/metrics/") {
				failed.Add(1)
				return testbed.Answer(503, http.Header{"Content-Type": {"text/html"}}, "<html>unavailable</html>"), nil
			}
			return nil, nil
		})
		for range 60 {
			scrape(bed, 10*time.Second)
			time.Sleep(50 * time.Second)
		}
		if s := bed.Snapshot(); s.Up || len(s.Meetings) != 0 || s.Coverage != 0 {
			t.Errorf("up %v with %d meetings and coverage %v after an hour's outage", s.Up, len(s.Meetings), s.Coverage)
		}
		if n := failed.Load(); n > 60*6+50 {
			t.Errorf("%d requests into an hour's outage", n)
		}
		fault.Set(nil)
		for range 2 {
			scrape(bed, 10*time.Second)
			time.Sleep(50 * time.Second)
		}
		if s := bed.Snapshot(); !s.Up || len(people(s)) != 400 {
			t.Errorf("up %v with %d participants two minutes after the outage", s.Up, len(people(s)))
		}
		if lines := bed.Log.Len(); lines > 40 {
			t.Errorf("%d log lines for one outage", lines)
		}
	})
}

func TestPassingFaultsAreRetried(t *testing.T) {
	faults := map[string]func() (*http.Response, error){
		"503": func() (*http.Response, error) { return testbed.Answer(503, nil, "upstream"), nil },
		"cut": func() (*http.Response, error) {
			return testbed.Answer(200, nil, `{"participants":[{"user_id":"1"`), nil
		},
		"html":  func() (*http.Response, error) { return testbed.Answer(200, nil, "<html></html>"), nil },
		"reset": func() (*http.Response, error) { return nil, io.ErrUnexpectedEOF },
		"429": func() (*http.Response, error) {
			return testbed.Answer(429, nil, `{"code":429,"message":"You have reached the maximum per-second rate limit for this API. Try again later."}`), nil
		},
		"401": func() (*http.Response, error) {
			return testbed.Answer(401, nil, `{"code":124,"message":"Access token is expired."}`), nil
		},
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var once atomic.Bool
				bed := testbed.New(t, testbed.Options{Sim: fixed(3, 14), Intercept: func(r *http.Request) (*http.Response, error) {
					if testbed.IsQoS(r) && once.CompareAndSwap(false, true) {
						return fault()
					}
					return nil, nil
				}})
				s := mustScrape(t, bed)
				if got := len(people(s)); got != 42 || !s.Up {
					t.Errorf("%d participants, up %v; want 42 and up", got, s.Up)
				}
			})
		})
	}
}
