package poll_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/testbed"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// requestFor says in a word what a request is for.
func requestFor(r *http.Request) string {
	switch {
	case strings.HasSuffix(r.URL.Path, "/qos_summary"):
		return "summary"
	case isList(r, zoomapi.Meeting):
		return "list"
	case isParticipants(r):
		return "roles"
	case testbed.IsQoS(r) && isPast(r):
		return "past pages"
	case testbed.IsQoS(r):
		return "live pages"
	case strings.HasSuffix(r.URL.Path, "/qos"):
		return "participant"
	}
	return "other"
}

// moments has something happen at each moment of a cycle that walks over the list, a
// live meeting and its roles, a past answer and its summary, beside a probe.
func moments(t *testing.T, happens func(a *afternoon)) {
	const latency = time.Second
	met := make(map[string]bool) // what was under way
	for moment := latency / 4; moment < 7*latency; moment += latency {
		t.Run(fmt.Sprint("after ", moment), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				testbed.Noon()
				a := newAfternoon(t, 25, func(o *testbed.Options) {
					o.Sim.Meetings = 2
					o.Poll = func(o *poll.Options) {
						o.Summaries = true
						o.ParticipantsLists = map[zoomapi.Kind]bool{zoomapi.Meeting: true}
					}
				})
				a.pass(10 * time.Minute)
				a.must(a.Sim.End(a.meetings[0]))
				for range 10 { // who joins makes the roles wanted
					_, err := a.Sim.Join(a.meetings[1])
					a.must(err)
				}
				a.hook.Set(func(r *http.Request) (*http.Response, error) {
					if isParticipants(r) {
						return testbed.Answer(500, nil, "no"), nil
					}
					return nil, nil
				})
				a.pass(5 * time.Minute)
				var mu sync.Mutex
				begun := make(map[string]time.Time)
				a.hook.Set(func(r *http.Request) (*http.Response, error) {
					mu.Lock()
					defer mu.Unlock()
					begun[requestFor(r)] = time.Now()
					return nil, nil
				})
				a.must(a.Sim.SetFault(zoomsim.Fault{Kind: zoomsim.FaultLatency, Delay: zoomsim.Duration(latency)}))
				person := a.Sim.Live(zoomapi.Meeting)[0].Participants[0].UserID
				var all sync.WaitGroup
				all.Go(func() { scrape(a.Bed, time.Minute) })
				all.Go(func() { probe(a.Bed, poll.Target{Meeting: a.meetings[1], Participant: person}) })
				time.Sleep(moment)
				mu.Lock()
				for what, at := range begun {
					met[what] = met[what] || time.Since(at) < latency
				}
				mu.Unlock()
				happens(a)
				all.Wait()
				a.Sim.ClearFaults()
				a.hook.Set(nil)
			})
		})
	}
	for _, what := range []string{"list", "live pages", "roles", "past pages", "summary", "participant"} {
		if !met[what] {
			t.Errorf("nothing happened during a request for %s: the test proves nothing", what)
		}
	}
}

func TestCloseAtAnyMoment(t *testing.T) {
	moments(t, func(a *afternoon) {
		begun := time.Now()
		a.Close()
		if took := time.Since(begun); took > time.Second {
			a.Errorf("closing took %v", took)
		}
		if a.Poll(t.Context()) {
			a.Error("a closed account was polled")
		}
		a.Sim.ClearFaults()
		a.begin(a.Bed)
		a.must(a.Sim.End(a.meetings[1]))
		a.pass(75 * time.Minute)
		a.whole()
	})
}

// What is not collected for a moment is not counted, but all is as before then.
func TestAKindIsSwitchedOffAtAnyMoment(t *testing.T) {
	moments(t, func(a *afternoon) {
		reload(a.Bed, func(o *poll.Options) { o.Meetings = false })
		if s := a.Snapshot(); len(s.Meetings) != 0 || s.Backfills != 0 {
			a.Errorf("%d meetings and %d backfills right after", len(s.Meetings), s.Backfills)
		}
		time.Sleep(300 * time.Millisecond)
		reload(a.Bed, func(*poll.Options) {})
		a.Sim.ClearFaults()
		a.pass(3 * time.Minute)
		if s := mustScrape(a.T, a.Bed); len(s.Meetings) != 1 || len(people(s)) != 35 || !s.Up || s.Coverage != 1 {
			a.Errorf("%d meetings with %d people, up %v, coverage %v", len(s.Meetings), len(people(s)), s.Up, s.Coverage)
		}
	})
}
