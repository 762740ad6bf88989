package poll_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/testbed"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

func TestAListWhoseSecondPageFailsIsNotHealthy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		var fault testbed.Switch
		bed := testbed.New(t, testbed.Options{Sim: brief(310, 1), Intercept: fault.Intercept})
		scrapes(bed, time.Minute, 2*time.Minute, nil)
		if s := bed.Snapshot(); len(s.Meetings) != 310 || !s.Up || s.Coverage != 1 {
			t.Fatalf("%d meetings, up %v, coverage %v; want 310, up and 1", len(s.Meetings), s.Up, s.Coverage)
		}
		fault.Set(func(r *http.Request) (*http.Response, error) {
			if isList(r, zoomapi.Meeting) && !firstPage(r) {
				return testbed.Answer(500, nil, "no"), nil
			}
			return nil, nil
		})
		begin := time.Now()
		scrapes(bed, time.Minute, 12*time.Minute, func(s poll.Snapshot) {
			list := task(t, s, zoomapi.ListMeetings)
			if s.Up || list.Success || list.LastSuccess.After(begin) {
				t.Fatalf("%v after the list began to fail: up %v, list %+v", s.At.Sub(begin), s.Up, list)
			}
			if len(s.Meetings) < 300 {
				t.Fatalf("%d meetings: a list that is not whole took some away", len(s.Meetings))
			}
		})
		s := bed.Snapshot()
		if _, told := s.Kinds[zoomapi.Meeting]; told || s.Coverage != 0 {
			t.Errorf("totals told %v, coverage %v while who is live is unknown; want none and 0", told, s.Coverage)
		}
	})
}

func TestAListThatIsRefusedIsNotHealthy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		bed := testbed.New(t, testbed.Options{Sim: fixed(3, 3), Intercept: func(r *http.Request) (*http.Response, error) {
			if isList(r, zoomapi.Meeting) {
				return testbed.Answer(400, nil, `{"code":300,"message":"no access"}`), nil
			}
			return nil, nil
		}})
		scrapes(bed, time.Minute, 5*time.Minute, func(s poll.Snapshot) {
			if s.Up || s.Coverage != 0 || task(t, s, zoomapi.ListMeetings).Success {
				t.Errorf("up %v, coverage %v, list %+v", s.Up, s.Coverage, task(t, s, zoomapi.ListMeetings))
			}
		})
	})
}

func TestTotalsThatAreNotKnownAreNotTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		var fault testbed.Switch
		bed := testbed.New(t, testbed.Options{Sim: fixed(10, 5), Intercept: fault.Intercept})
		if s := bed.Snapshot(); len(s.Kinds) != 0 || s.Coverage != 0 {
			t.Errorf("totals %v, coverage %v before the first list", s.Kinds, s.Coverage)
		}
		s := mustScrape(t, bed)
		if got, want := s.Kinds[zoomapi.Meeting], (live.Totals{Meetings: 10, Participants: 50}); got != want || len(s.Kinds) != 2 {
			t.Errorf("totals %v, want %v of meetings and none of webinars", s.Kinds, want)
		}
		fault.Set(func(*http.Request) (*http.Response, error) { return testbed.Answer(503, nil, "no"), nil })
		scrapes(bed, time.Minute, 15*time.Minute, nil)
		if s := bed.Snapshot(); len(s.Kinds) != 0 || len(s.Meetings) != 0 || s.Coverage != 0 {
			t.Errorf("totals %v, %d meetings, coverage %v in an outage of 15 minutes", s.Kinds, len(s.Meetings), s.Coverage)
		}
	})
}

func TestAListThatHangsKeepsNoMeetingWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		var fault testbed.Switch
		bed := testbed.New(t, testbed.Options{Sim: fixed(4, 10), Intercept: fault.Intercept})
		mustScrape(t, bed)
		fault.Set(func(r *http.Request) (*http.Response, error) {
			if isList(r, zoomapi.Webinar) {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			return nil, nil
		})
		time.Sleep(time.Minute)
		polled := make(map[string]time.Time)
		scrapes(bed, time.Minute, 9*time.Minute, func(s poll.Snapshot) {
			if len(s.Meetings) != 4 {
				t.Errorf("%d meetings, want 4", len(s.Meetings))
			}
			for _, m := range s.Meetings {
				if !m.PolledAt.After(polled[m.UUID]) {
					t.Errorf("a meeting was not polled since the last scrape but %v ago", s.At.Sub(m.PolledAt))
				}
				polled[m.UUID] = m.PolledAt
			}
		})
		if bed.Snapshot().Up {
			t.Error("up while the list of webinars hangs")
		}
	})
}

// A list is due by the begin of its cycle, or a scrape a minute after a slow token
// would come too early for it.
func TestASlowTokenDelaysNoList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		o := unlimited(fixed(1, 3))
		o.Intercept = func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/oauth/token" {
				time.Sleep(8 * time.Second)
			}
			return nil, nil
		}
		bed := testbed.New(t, o)
		scrapes(bed, time.Minute, 2*time.Minute, nil)
		if n := bed.Sim.Counts().Of(zoomapi.ListMeetings); n != 2 {
			t.Errorf("%d walks over the list in 2 minutes, want 2", n)
		}
	})
}
