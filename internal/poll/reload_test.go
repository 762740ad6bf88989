package poll_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/seeds"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/testbed"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

func TestReloadsAndScrapesSideBySide(t *testing.T) {
	changes := []func(*poll.Options){
		func(*poll.Options) {},
		func(o *poll.Options) { o.Webinars = false },
		func(o *poll.Options) { o.Meetings = false },
		func(o *poll.Options) { o.Meetings, o.Webinars = false, false },
		func(o *poll.Options) { o.ParticipantsLists = nil },
		func(o *poll.Options) { o.ParticipantsLists = map[zoomapi.Kind]bool{zoomapi.Meeting: true} },
		func(o *poll.Options) { o.Keep = func(*zoomapi.Live) bool { return false } },
		func(o *poll.Options) { o.MaxParticipants = 1 },
		func(o *poll.Options) { o.Single = nil },
		func(o *poll.Options) { o.Summaries = true },
	}
	// At once they meet within a step of a cycle, slowly between its requests.
	for name, latency := range map[string]time.Duration{"at once": 0, "slowly": 20 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := fixed(2, 2)
				sim.Webinars, sim.Latency, sim.Limits = 1, latency, &zoomsim.Limits{}
				bed := testbed.New(t, testbed.Options{Sim: sim, Limits: &budget.Limits{}})
				var crowd sync.WaitGroup
				for seed := range uint64(2) {
					crowd.Go(func() {
						draw := rand.New(rand.NewPCG(seed, 1))
						for range seeds.Count(1000) {
							reload(bed, changes[draw.IntN(len(changes))])
							runtime.Gosched()
							if latency > 0 {
								time.Sleep(time.Duration(draw.Int64N(int64(2 * latency))))
							}
						}
					})
					crowd.Go(func() {
						for range seeds.Count(300) {
							ctx, cancel := context.WithTimeout(t.Context(), time.Second)
							bed.Poll(ctx)
							cancel()
							bed.Snapshot()
						}
					})
					crowd.Go(func() {
						draw := rand.New(rand.NewPCG(seed, 2))
						live := append(bed.Sim.Live(zoomapi.Meeting), bed.Sim.Live(zoomapi.Webinar)...)
						for range seeds.Count(300) {
							m := live[draw.IntN(len(live))]
							target := poll.Target{Meeting: m.UUID}
							if draw.IntN(2) == 0 {
								target.Participant = m.Participants[0].UserID
							}
							ctx, cancel := context.WithTimeout(t.Context(), time.Second)
							bed.Probe(ctx, target)
							cancel()
							time.Sleep(time.Duration(draw.Int64N(int64(time.Minute))))
						}
					})
				}
				crowd.Wait()
				bed.Configure(bed.Options)
				time.Sleep(time.Minute)
				if s := mustScrape(t, bed); len(s.Meetings) != 3 || len(people(s)) != 6 || !s.Up {
					t.Errorf("%d meetings with %d people, up %v after it all; want 3 with 6 and up", len(s.Meetings), len(people(s)), s.Up)
				}
			})
		})
	}
}

// A reload may find the cycle at its lists or at its pages.
func TestATighterPrivacyCountsForAnswersUnderWay(t *testing.T) {
	for name, at := range map[string]time.Duration{
		"token": time.Second, "lists": 3 * time.Second, "first pages": 5 * time.Second, "later pages": 7 * time.Second,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				testbed.Noon()
				sim := fixed(40, 4)
				sim.Latency = 2 * time.Second
				bed := testbed.New(t, testbed.Options{Sim: sim})
				scrape(bed, at)
				reload(bed, func(o *poll.Options) {
					converter := *o.Converter
					converter.Privacy = qos.Privacy{}
					o.Converter = &converter
				})
				plain := func() (n int) {
					s := bed.Snapshot()
					for _, m := range s.Meetings {
						if m.Facts != (qos.MeetingFacts{}) {
							n++
						}
					}
					for _, p := range people(s) {
						f := p.Facts
						if f.User+f.UserName+f.Email+f.IPAddress+f.PCName+f.Location+f.Device != "" {
							n++
						}
					}
					return n
				}
				if n := plain(); n != 0 {
					t.Errorf("%d meetings and people with plain facts right after", n)
				}
				time.Sleep(30 * time.Second)
				if n := plain(); n != 0 {
					t.Errorf("%d meetings and people with plain facts of answers that came later", n)
				}
				if n := len(people(bed.Snapshot())); n != 160 {
					t.Errorf("%d people, want 160: what was paid for is kept", n)
				}
			})
		})
	}
}

func TestWhatAReloadExcludesIsGoneAtOnceAndCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		var fault testbed.Switch
		bed := testbed.New(t, testbed.Options{Sim: fixed(4, 4), Intercept: fault.Intercept})
		mustScrape(t, bed)
		reload(bed, func(o *poll.Options) { o.Keep = func(*zoomapi.Live) bool { return false } })
		if n := len(bed.Snapshot().Meetings); n != 0 {
			t.Errorf("%d meetings right after they were excluded", n)
		}
		// Without the lists too, which alone would tell that they are excluded.
		fault.Set(func(r *http.Request) (*http.Response, error) {
			if isList(r, zoomapi.Meeting) {
				return testbed.Answer(500, nil, "no"), nil
			}
			return nil, nil
		})
		before := bed.Sim.Counts().Of(zoomapi.ListMeetingParticipantsQoS)
		scrapes(bed, time.Minute, 8*time.Minute, func(s poll.Snapshot) {
			if len(s.Meetings) != 0 {
				t.Error("an excluded meeting is back")
			}
		})
		if n := bed.Sim.Counts().Of(zoomapi.ListMeetingParticipantsQoS) - before; n != 0 {
			t.Errorf("%d requests for excluded meetings", n)
		}
	})
}

func TestWhatAReloadExcludesIsNotReadToItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		sim := fixed(1, 300)
		sim.Latency = time.Second
		bed := testbed.New(t, testbed.Options{Sim: sim, Poll: rolesOf(zoomapi.Meeting)})
		scrape(bed, 8500*time.Millisecond)
		reload(bed, func(o *poll.Options) { o.Keep = func(*zoomapi.Live) bool { return false } })
		asked := func() int { return bed.Sim.Counts().Classes[zoomapi.Heavy].Total }
		before := asked()
		time.Sleep(40 * time.Second)
		if after := asked(); before < 3 || after > before {
			t.Errorf("%d requests before the meeting was excluded, %d after; want some and none", before, after-before)
		}
	})
}

func TestALowerLimitCountsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		bed := testbed.New(t, testbed.Options{Sim: fixed(4, 10)})
		mustScrape(t, bed)
		reload(bed, func(o *poll.Options) { o.MaxParticipants = 15 })
		if n := len(people(bed.Snapshot())); n != 15 {
			t.Errorf("%d people right after the reload, want 15", n)
		}
		scrapes(bed, time.Minute, 3*time.Minute, func(s poll.Snapshot) {
			if n := len(people(s)); n != 15 {
				t.Errorf("%d people, want 15", n)
			}
		})
		if n := bed.Snapshot().Dropped["limit"]; n != 25 {
			t.Errorf("%d people dropped, want 25", n)
		}
	})
}

// What a reload has begun to collect a probe may make known to a cycle that was
// begun before.
func TestAProbeOfWhatAReloadBegan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := fixed(4, 4)
		sim.Webinars, sim.Latency = 1, 2*time.Second
		o := unlimited(sim)
		o.Poll = func(o *poll.Options) { o.Webinars = false }
		bed := testbed.New(t, o)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		cycle := make(chan struct{})
		go func() { defer close(cycle); bed.Poll(ctx) }()
		time.Sleep(time.Second)
		reload(bed, func(o *poll.Options) { o.Webinars, o.WebinarsOptional = true, false })
		webinar := bed.Sim.Live(zoomapi.Webinar)[0]
		found := bed.Probe(ctx, poll.Target{Meeting: webinar.UUID, Kind: zoomapi.Webinar, Participant: webinar.Participants[0].UserID})
		if found.Failure != "" || found.Meeting == nil || found.Meeting.Held() == 0 {
			t.Error(told(found))
		}
		<-cycle
	})
}

// A meeting may end, or be excluded, and be live again while an earlier request for
// it is still under way: the visits end each on their own.
func TestAMeetingComesBackUnderAVisit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		var asked atomic.Int32
		o := unlimited(fixed(1, 3))
		o.Intercept = func(r *http.Request) (*http.Response, error) {
			if testbed.IsQoS(r) {
				time.Sleep([...]time.Duration{6 * time.Second, 8 * time.Second}[min(asked.Add(1), 2)-1])
			}
			return nil, nil
		}
		bed := testbed.New(t, o)
		meeting := bed.Sim.Live(zoomapi.Meeting)[0]
		target := poll.Target{Meeting: meeting.UUID}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		bed.Probe(ctx, target)
		cancel()
		reload(bed, func(o *poll.Options) { o.Meetings = false })
		reload(bed, func(*poll.Options) {})
		scrape(bed, time.Second)
		begun := time.Now()
		if found := probe(bed, target); found.Failure != "" || found.Meeting.Held() != 3 {
			t.Error(told(found))
		}
		if n, took := asked.Load(), time.Since(begun); n != 2 || took != 7*time.Second {
			t.Errorf("%d requests, the probe took %v; want 2 and 7s", n, took)
		}
	})
}

func TestAProbeOfAKindThatIsNoLongerCollected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		sim := fixed(1, 3)
		sim.Latency, sim.Webinars = 2*time.Second, 1
		bed := testbed.New(t, unlimited(sim))
		scrape(bed, 3*time.Second)
		reload(bed, func(o *poll.Options) { o.Webinars = false })
		time.Sleep(30 * time.Second)
		target := poll.Target{Meeting: bed.Sim.Live(zoomapi.Webinar)[0].UUID, Kind: zoomapi.Webinar}
		costs(t, bed, target, 0, poll.ProbeExcluded)
	})
}
