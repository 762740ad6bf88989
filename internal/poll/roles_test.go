package poll_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/testbed"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// rolesOf collects the participants lists of these kinds.
func rolesOf(kinds ...zoomapi.Kind) func(*poll.Options) {
	return func(o *poll.Options) {
		o.ParticipantsLists = make(map[zoomapi.Kind]bool)
		for _, kind := range kinds {
			o.ParticipantsLists[kind] = true
		}
	}
}

func TestWhoIsLetInIsNoLongerWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		var admitted atomic.Bool
		bed := testbed.New(t, testbed.Options{Sim: fixed(1, 3), Poll: rolesOf(zoomapi.Meeting), Intercept: func(r *http.Request) (*http.Response, error) {
			switch {
			case testbed.IsQoS(r):
				return testbed.Answer(200, nil, `{"total_records":1,"participants":[{"user_id":"1"}]}`), nil
			case isParticipants(r):
				status := "in_waiting_room"
				if admitted.Load() {
					status = "in_meeting"
				}
				return testbed.Answer(200, nil, fmt.Sprintf(`{"total_records":1,"participants":[{"user_id":"1","status":%q}]}`, status)), nil
			}
			return nil, nil
		}})
		statuses := func(want string) {
			t.Helper()
			all := people(bed.Snapshot())
			if len(all) != 1 {
				t.Fatalf("%d people, want 1", len(all))
			}
			for _, p := range all {
				if p.Status != want {
					t.Errorf("status %q, want %q", p.Status, want)
				}
			}
		}
		mustScrape(t, bed)
		statuses("in_waiting_room")
		admitted.Store(true)
		scrapes(bed, time.Minute, 7*time.Minute, nil) // the last one 6 minutes later
		statuses("in_meeting")
		reload(bed, rolesOf())
		statuses("")
		time.Sleep(time.Minute)
		mustScrape(t, bed)
		statuses("")
	})
}

func TestAParticipantsListThatIsSwitchedOffWhileAskedTellsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		sim := fixed(1, 5)
		sim.Latency = time.Second
		bed := testbed.New(t, testbed.Options{Sim: sim, Poll: rolesOf(zoomapi.Meeting)})
		scrape(bed, 3500*time.Millisecond) // a token, a list, a page of figures
		reload(bed, rolesOf())
		time.Sleep(10 * time.Second)
		if n := bed.Sim.Counts().Of(zoomapi.ListMeetingParticipants); n != 1 {
			t.Fatalf("asked %d times, want once: the test proves nothing", n)
		}
		for _, p := range people(bed.Snapshot()) {
			if p.Status != "" || p.Role != "" {
				t.Errorf("status %q, role %q", p.Status, p.Role)
			}
		}
	})
}

func TestAFailingParticipantsListIsAskedEveryFiveMinutesAtMost(t *testing.T) {
	for name, status := range map[string]int{"not live": 404, "odd": 400} {
		for _, had := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, had before %v", name, had), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					testbed.Noon()
					var failing atomic.Bool
					var asked atomic.Int32
					bed := testbed.New(t, testbed.Options{Sim: brief(2, 10), Poll: rolesOf(zoomapi.Meeting), Intercept: func(r *http.Request) (*http.Response, error) {
						if !isParticipants(r) || !failing.Load() {
							return nil, nil
						}
						asked.Add(1)
						return testbed.Answer(status, nil, `{"code":3001,"message":"no"}`), nil
					}})
					if had {
						mustScrape(t, bed)
						for _, m := range bed.Sim.Live(zoomapi.Meeting) {
							for range 2 { // so that it is wanted again
								if _, err := bed.Sim.Join(m.UUID); err != nil {
									t.Fatal(err)
								}
							}
						}
					}
					failing.Store(true)
					scrapes(bed, time.Minute, 30*time.Minute, nil)
					if n := asked.Load(); n < 2*5 || n > 2*6 {
						t.Errorf("asked %d times in half an hour for 2 meetings", n)
					}
				})
			})
		}
	}
}

// People who only watch are on the participants list and have no figures: its
// size tells nothing of a change.
func TestViewersDoNotMakeTheParticipantsListWantedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		var asked atomic.Int32
		bed := testbed.New(t, testbed.Options{Sim: fixed(0, 10), Intercept: func(r *http.Request) (*http.Response, error) {
			if !isParticipants(r) {
				return nil, nil
			}
			asked.Add(1)
			return testbed.Answer(200, nil, `{"total_records":500,"next_page_token":"","participants":[{"user_id":"1","role":"attendee"}]}`), nil
		}})
		bed.Sim.Open(zoomapi.Webinar, 10)
		scrapes(bed, time.Minute, 30*time.Minute, nil)
		if n := asked.Load(); n != 1 {
			t.Errorf("asked %d times, want once", n)
		}
	})
}

func TestAFailingParticipantsListDoesNotSlowTheFigures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		sim := brief(100, 4)
		sim.Latency = time.Second
		bed := testbed.New(t, testbed.Options{Sim: sim, Poll: rolesOf(zoomapi.Meeting), Intercept: func(r *http.Request) (*http.Response, error) {
			if isParticipants(r) {
				return testbed.Answer(500, nil, "no"), nil
			}
			return nil, nil
		}})
		for range 5 {
			start := time.Now()
			_, done := scrape(bed, 50*time.Second)
			if took := time.Since(start); !done || took > 20*time.Second {
				t.Errorf("a cycle over 100 meetings took %v, done %v", took, done)
			}
			if s := bed.Snapshot(); s.Coverage != 1 {
				t.Errorf("coverage %v, want 1", s.Coverage)
			}
			time.Sleep(time.Minute - time.Since(start))
		}
	})
}
