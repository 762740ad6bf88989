package poll_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/testbed"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// However many probe, and whatever: they spend their share of each day at most,
// and what may be spent is a function of the clock.
func TestProbesSpendTheirShare(t *testing.T) {
	for plan, tt := range map[string]struct {
		limits  budget.Limits
		reserve float64
		share   int // of a day
	}{
		"free": {budget.Limits{HeavyPerSecond: 1, ResourceIntensivePerMinute: 10, HeavyPerDay: 1000, ResourceIntensivePerDay: 30000}, 0.3, 35},
		"pro":  {budget.Limits{HeavyPerSecond: 10, ResourceIntensivePerMinute: 10, PerDay: 30000}, 0.3, 1050},
	} {
		t.Run(plan, func(t *testing.T) {
			t.Parallel()
			spent := func(every time.Duration) (days [2]int) {
				synctest.Test(t, func(t *testing.T) {
					sim := fixed(3, 15)
					sim.Limits = &zoomsim.Limits{}
					sim.Moods.History = zoomsim.HistoryNewest
					bed := testbed.New(t, testbed.Options{Sim: sim, Limits: &tt.limits, Reserve: tt.reserve})
					var targets []poll.Target
					for _, m := range bed.Sim.Live(zoomapi.Meeting) {
						targets = append(targets, poll.Target{Meeting: m.UUID}, poll.Target{Meeting: number(m)},
							poll.Target{Meeting: m.UUID, Participant: m.Participants[7].UserID}, poll.Target{Meeting: "9" + number(m)[1:]})
					}
					start := time.Now()
					for i := 0; time.Since(start) < 48*time.Hour; i++ {
						day := int(time.Since(start) / (24 * time.Hour))
						before := heavy(bed)
						probe(bed, targets[i%len(targets)])
						days[day] += heavy(bed) - before
						time.Sleep(every)
					}
				})
				return days
			}
			frantic, busy := spent(15*time.Second), spent(40*time.Second)
			for day, n := range frantic {
				if n > tt.share || n < tt.share*9/10 {
					t.Errorf("day %d: %d requests, the share is %d", day, n, tt.share)
				}
				if less := busy[day]; less > n+2 || less < n*8/10 {
					t.Errorf("day %d: more than twice as many probes cost %d requests instead of %d", day, n, less)
				}
			}
		})
	}
}

// A large meeting is taken piece by piece, and does not draw on the plan's allowance.
func TestProbesOfATownHall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		sim := fixed(1, 200)
		bed := testbed.New(t, testbed.Options{Sim: sim, Reserve: 0.3})
		target := poll.Target{Meeting: bed.Sim.Live(zoomapi.Meeting)[0].UUID}
		if found := costs(t, bed, target, 0, poll.ProbeNoBudget); found.Meeting != nil {
			t.Error("it is known before there are any tokens")
		}
		time.Sleep(20 * time.Minute)
		// Ten minutes' share of 2,100 requests a day are 14: one asks which
		// meeting it is, 13 bring ten people each.
		if found := costs(t, bed, target, 14, poll.ProbeNoBudget); found.Meeting.Held() != 130 {
			t.Errorf("%d people", found.Meeting.Held())
		}
		minutes := 0
		for probe(bed, target).Failure != "" {
			time.Sleep(time.Minute)
			if minutes++; minutes > 10 {
				t.Fatal("it does not come to an end")
			}
		}
		if found := costs(t, bed, target, 0, ""); found.Meeting.Held() != 200 {
			t.Errorf("%d people", found.Meeting.Held())
		}
	})
}

// A walk that a probe has begun and could not pay to its end waits for the next
// probe, or for the plan's own good time.
func TestProbesDoNotLeadThePlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		bed := testbed.New(t, testbed.Options{Sim: brief(1, 300), Reserve: 0.3})
		hall := bed.Sim.Live(zoomapi.Meeting)[0].UUID
		for range 12 {
			scrape(bed, 10*time.Second)
			time.Sleep(time.Minute)
		}
		if s := bed.Snapshot(); s.Coverage != 1 {
			t.Fatalf("coverage %v", s.Coverage)
		}
		costs(t, bed, poll.Target{Meeting: hall}, 14, poll.ProbeNoBudget)
		before := qosRequests(bed)
		mustScrape(t, bed)
		if n := qosRequests(bed) - before; n != 0 {
			t.Errorf("the plan went on with %d requests", n)
		}
		time.Sleep(time.Minute)
		mustScrape(t, bed)
		if n := qosRequests(bed) - before; n == 0 || n > 30-14 {
			t.Errorf("a minute later it took %d requests, want the 16 that are left", n)
		}
	})
}

// What was saved up for probes is not the plan's, nor the other way round.
func TestProbesTakeFromTheirOwnBucket(t *testing.T) {
	scarce := budget.Limits{HeavyPerSecond: 40, ResourceIntensivePerMinute: 20, PerDay: 12000}
	spent := func(probing bool) (requests int) {
		synctest.Test(t, func(t *testing.T) {
			testbed.Noon()
			bed := testbed.New(t, testbed.Options{Sim: brief(10, 65), Limits: &scarce, Reserve: 0.3})
			live := bed.Sim.Live(zoomapi.Meeting)
			for i := range 60 {
				scrape(bed, 10*time.Second)
				for j := range live {
					if probing {
						probe(bed, poll.Target{Meeting: live[(i+j)%len(live)].UUID})
					}
				}
				time.Sleep(50 * time.Second)
			}
			requests = qosRequests(bed)
		})
		return requests
	}
	const share = 420 / 24 // of the hour
	alone, probed := spent(false), spent(true)
	if more := probed - alone; more < share/2 || more > share*5/4 {
		t.Errorf("probes cost %d requests more than %d, their share is %d", more, alone, share)
	}
}
