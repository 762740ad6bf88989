package poll_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/testbed"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// brief is a simulated Zoom whose answers stay small over hours.
func brief(meetings, participants int) zoomsim.Options {
	sim := fixed(meetings, participants)
	sim.Moods.History = zoomsim.HistoryNewest
	return sim
}

// noDearer holds what fails to the clock: more scrapes must not make it cost
// more than a little more.
func noDearer(t *testing.T, cost func(every time.Duration) int) {
	t.Helper()
	seldom, often := cost(time.Minute), cost(5*time.Second)
	if often > seldom*13/10+2 {
		t.Errorf("%d failing requests with a scrape every 5 s, %d with one a minute", often, seldom)
	}
}

func TestABrokenMeetingIsLeftAloneForLongerAndLonger(t *testing.T) {
	for name, broken := range map[string]func() *http.Response{
		"500":     func() *http.Response { return testbed.Answer(500, nil, "no") },
		"odd 400": func() *http.Response { return testbed.Answer(400, nil, `{"code":9999,"message":"odd"}`) },
		"html":    func() *http.Response { return testbed.Answer(200, nil, "<html></html>") },
	} {
		t.Run(name, func(t *testing.T) {
			noDearer(t, func(every time.Duration) (cost int) {
				synctest.Test(t, func(t *testing.T) {
					testbed.Noon()
					var fault testbed.Switch
					var late atomic.Int32
					var failing atomic.Int32
					bed := testbed.New(t, testbed.Options{Sim: brief(5, 4), Intercept: fault.Intercept})
					uuid := bed.Sim.Live(zoomapi.Meeting)[2].UUID
					start := time.Now()
					fault.Set(func(r *http.Request) (*http.Response, error) {
						if !testbed.IsQoS(r) || !calls(r, uuid) {
							return nil, nil
						}
						failing.Add(1)
						if time.Since(start) >= 15*time.Minute {
							late.Add(1)
						}
						return broken(), nil
					})
					scrapes(bed, every, 30*time.Minute, func(s poll.Snapshot) {
						polledWithin(t, s, 65*time.Second, uuid)
						if got := len(people(s)); got != 16 {
							t.Fatalf("%d people of the other meetings, want 16", got)
						}
					})
					cost = int(failing.Load())
					if n := int(late.Load()); n > 6 || n >= cost-n {
						t.Errorf("%d requests in the second quarter of an hour, %d in the first", n, cost-n)
					}
				})
				return cost
			})
		})
	}
}

func TestAPageThatIsNeverAnsweredHarmsNoneBefore(t *testing.T) {
	noDearer(t, func(every time.Duration) (cost int) {
		synctest.Test(t, func(t *testing.T) {
			testbed.Noon()
			var asked atomic.Int32
			bed := testbed.New(t, testbed.Options{Sim: brief(1, 35), Intercept: func(r *http.Request) (*http.Response, error) {
				if !testbed.IsQoS(r) {
					return nil, nil
				}
				asked.Add(1)
				if firstPage(r) {
					return nil, nil
				}
				return testbed.Answer(200, nil, `{"participants":[{`), nil
			}})
			scrapes(bed, every, time.Hour, func(s poll.Snapshot) {
				if n := withFigures(s); n != 10 {
					t.Fatalf("figures of %d people, want of the 10 on the first page", n)
				}
				for _, p := range people(s) {
					if age := s.At.Sub(p.HeldAt); age > 10*time.Minute {
						t.Fatalf("figures %v old", age)
					}
				}
			})
			if cost = int(asked.Load()); cost > 60 {
				t.Errorf("%d requests for it in an hour", cost)
			}
		})
		return cost
	})
}

func TestAnOutageOfFiguresCostsTheSameHoweverOftenItIsScraped(t *testing.T) {
	noDearer(t, func(every time.Duration) (cost int) {
		synctest.Test(t, func(t *testing.T) {
			testbed.Noon()
			var fault testbed.Switch
			var failed atomic.Int32
			bed := testbed.New(t, testbed.Options{Sim: brief(20, 4), Intercept: fault.Intercept})
			mustScrape(t, bed)
			fault.Set(func(r *http.Request) (*http.Response, error) {
				if !testbed.IsQoS(r) {
					return nil, nil
				}
				failed.Add(1)
				return testbed.Answer(500, nil, "no"), nil
			})
			scrapes(bed, every, time.Hour, nil)
			if cost = int(failed.Load()); cost > 150 || cost < 40 {
				t.Errorf("%d requests into an hour's outage, scraped every %v", cost, every)
			}
			fault.Set(nil)
			scrapes(bed, every, 7*time.Minute, nil)
			if n := withFigures(bed.Snapshot()); n != 80 {
				t.Errorf("figures of %d people after the outage, want of 80", n)
			}
		})
		return cost
	})
}

func TestWhatIsListedButNotLiveIsLeftAloneForLongerAndLonger(t *testing.T) {
	for _, kind := range []zoomapi.Kind{zoomapi.Meeting, zoomapi.Webinar} {
		t.Run(string(kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				testbed.Noon()
				var asked atomic.Int32
				bed := testbed.New(t, testbed.Options{Sim: fixed(0, 3), Intercept: func(r *http.Request) (*http.Response, error) {
					if isList(r, zoomapi.Webinar) {
						time.Sleep(300 * time.Millisecond) // the lists do not end together
					}
					if !testbed.IsQoS(r) {
						return nil, nil
					}
					asked.Add(1)
					return testbed.Answer(404, nil, `{"code":3001,"message":"Meeting does not exist"}`), nil
				}})
				bed.Sim.Open(kind, 5)
				scrapes(bed, time.Minute, 2*time.Hour, nil)
				// After 1, 2, 4, 8 and then every 15 minutes, by UUID and number.
				if n := asked.Load(); n < 12 || n > 2*14 {
					t.Errorf("%d requests in two hours", n)
				}
			})
		})
	}
}
