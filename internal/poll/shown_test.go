package poll_test

import (
	"fmt"
	"math"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/testbed"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

func TestEverybodyIsShownWithTheNewestMinute(t *testing.T) {
	for _, history := range []zoomsim.HistoryMode{zoomsim.HistoryFull, zoomsim.HistoryNewest, zoomsim.HistorySince, zoomsim.HistoryLate} {
		t.Run("history "+string(history), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				testbed.Noon()
				sim := fixed(7, 23)
				sim.Webinars = 2
				sim.Moods.History = history
				bed := testbed.New(t, testbed.Options{Sim: sim})

				s := mustScrape(t, bed)
				if len(s.Meetings) != 9 || !s.Up || s.Coverage != 1 {
					t.Fatalf("%d meetings, up %v, coverage %v; want 9, true, 1", len(s.Meetings), s.Up, s.Coverage)
				}
				got := people(s)
				want := 0
				for _, kind := range []zoomapi.Kind{zoomapi.Meeting, zoomapi.Webinar} {
					for _, m := range bed.Sim.Live(kind) {
						for _, p := range m.Participants {
							want++
							truth, err := bed.Sim.Present(m.UUID, p.UserID)
							if err != nil {
								t.Fatal(err)
							}
							minute := got[m.UUID+" "+p.UserID].Minute
							if minute == nil {
								t.Fatalf("participant %s has no minute", p.UserID)
							}
							late := history == zoomsim.HistoryLate
							want := zoomtime.Of(truth.Time)
							if !late && !minute.At.Equal(want) || minute.At.After(want) || want.Sub(minute.At) > 3*time.Minute {
								t.Errorf("minute %v, want %v", minute.At, want)
							}
						}
					}
				}
				if len(got) != want || want != 9*23 {
					t.Errorf("%d participants shown, the simulator has %d", len(got), want)
				}
			})
		})
	}
}

func TestWhoLeftIsGoneAndWhoRejoinsIsNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bed := testbed.New(t, testbed.Options{Sim: fixed(1, 12)})
		mustScrape(t, bed)
		m := bed.Sim.Live(zoomapi.Meeting)[0]
		left, back := m.Participants[3].UserID, m.Participants[7].UserID
		if err := bed.Sim.Leave(m.UUID, left); err != nil {
			t.Fatal(err)
		}
		again, err := bed.Sim.Rejoin(m.UUID, back)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		s := mustScrape(t, bed)
		got := people(s)
		for id, want := range map[string]bool{left: false, back: false, again.UserID: true, m.Participants[0].UserID: true} {
			if _, shown := got[m.UUID+" "+id]; shown != want {
				t.Errorf("participant %s shown %v, want %v", id, shown, want)
			}
		}
		if n := s.Meetings[0].People; n != 11 {
			t.Errorf("%d people, want 11", n)
		}
	})
}

func TestWhoVanishesFromACompletePassIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := fixed(1, 35)
		sim.Moods.LeaversGone = true
		bed := testbed.New(t, testbed.Options{Sim: sim})
		mustScrape(t, bed)
		m := bed.Sim.Live(zoomapi.Meeting)[0]
		if err := bed.Sim.Leave(m.UUID, m.Participants[20].UserID); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if got := len(people(mustScrape(t, bed))); got != 34 {
			t.Errorf("%d participants, want 34", got)
		}
	})
}

func TestAMeetingThatEndsIsGoneWithinAListIntervalAndAScrape(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bed := testbed.New(t, testbed.Options{Sim: fixed(5, 3)})
		mustScrape(t, bed)
		ended := bed.Sim.Live(zoomapi.Meeting)[2].UUID
		time.Sleep(20 * time.Second)
		if err := bed.Sim.End(ended); err != nil {
			t.Fatal(err)
		}
		for range 3 { // scrapes 30 s apart: a list interval and a scrape
			time.Sleep(30 * time.Second)
			mustScrape(t, bed)
		}
		s := bed.Snapshot()
		if meetingOf(s, ended) != nil {
			t.Error("the ended meeting is still shown")
		}
		if len(s.Meetings) != 4 {
			t.Errorf("%d meetings, want 4", len(s.Meetings))
		}
	})
}

func TestTheAnswerThatSaysAMeetingEndedRemovesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// The list still names the meeting, Zoom answers 3001 for it.
		var ended atomic.Bool
		var asked atomic.Int32
		bed := testbed.New(t, testbed.Options{Sim: fixed(1, 3), Intercept: func(r *http.Request) (*http.Response, error) {
			if ended.Load() && testbed.IsQoS(r) {
				asked.Add(1)
				return testbed.Answer(404, nil, `{"code":3001,"message":"Meeting does not exist"}`), nil
			}
			return nil, nil
		}})
		mustScrape(t, bed)
		ended.Store(true)
		time.Sleep(time.Minute)
		if s := mustScrape(t, bed); len(s.Meetings) != 0 {
			t.Error("the meeting is still shown after 3001")
		}
		for range 10 {
			time.Sleep(time.Minute)
			mustScrape(t, bed)
		}
		if n := asked.Load(); n < 3 || n > 4 { // at once, then 1, 2 and 4 minutes after the answer before
			t.Errorf("asked %d times in ten minutes for a meeting that is not live", n)
		}
		ended.Store(false)
		for range 20 {
			time.Sleep(time.Minute)
			mustScrape(t, bed)
		}
		if s := bed.Snapshot(); len(people(s)) != 3 {
			t.Error("a meeting that Zoom knows again does not come back")
		}
	})
}

func TestRowsDoubledOverPagesAreOneParticipant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := fixed(2, 44)
		sim.Moods.DoubleRows = true
		bed := testbed.New(t, testbed.Options{Sim: sim})
		s := mustScrape(t, bed)
		for _, m := range s.Meetings {
			if m.Held() != 44 || m.People != 44 {
				t.Errorf("%d participants, %d people; want 44", m.Held(), m.People)
			}
		}
	})
}

func TestWhatIsTooOldIsNotShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fault testbed.Switch
		bed := testbed.New(t, testbed.Options{Sim: fixed(2, 3), Intercept: fault.Intercept})
		mustScrape(t, bed)
		fault.Set(func(r *http.Request) (*http.Response, error) {
			if testbed.IsQoS(r) {
				return testbed.Answer(500, nil, "no"), nil
			}
			return nil, nil
		})
		for range 9 {
			time.Sleep(time.Minute)
			mustScrape(t, bed)
		}
		if s := bed.Snapshot(); len(people(s)) != 6 || s.Coverage != 0 {
			t.Errorf("%d participants, coverage %v after 9 minutes; want 6, with their age, and 0", len(people(s)), s.Coverage)
		}
		for range 2 {
			time.Sleep(time.Minute)
			mustScrape(t, bed)
		}
		s := bed.Snapshot()
		if len(people(s)) != 0 || len(s.Meetings) != 2 {
			t.Errorf("%d participants, %d meetings after 11 minutes; want none of the 2 that are still listed", len(people(s)), len(s.Meetings))
		}
		if task(t, s, zoomapi.ListMeetingParticipantsQoS).Success || !s.Up {
			t.Error("the figures' failure is not told, or taken for the account's")
		}
	})
}

// While a pool is closed the interval is the time to its reset, and figures must
// not be shown for as long: the live list, on a plan with a pool of its own, goes
// on saying that the meetings are live.
func TestFiguresOlderThanAnHourAreNotShown(t *testing.T) {
	for name, change := range map[string]func(*poll.Options){
		"by default":          func(*poll.Options) {},
		"whatever is allowed": func(o *poll.Options) { o.MaxAge = 24 * time.Hour },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				testbed.Noon()
				var fault testbed.Switch
				bed := testbed.New(t, testbed.Options{
					Sim: fixed(2, 3), Intercept: fault.Intercept, Poll: change,
					Limits: &budget.Limits{HeavyPerSecond: 40, ResourceIntensivePerMinute: 60, HeavyPerDay: 30_000, ResourceIntensivePerDay: 30_000},
				})
				scrapes(bed, time.Minute, 5*time.Minute, nil)
				closed := time.Now().Add(-time.Minute)
				midnight := closed.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1).Format(time.RFC3339)
				fault.Set(func(r *http.Request) (*http.Response, error) {
					if !testbed.IsQoS(r) {
						return nil, nil
					}
					return testbed.Answer(429, http.Header{
						"X-Ratelimit-Type": {"Daily-limit"}, "X-Ratelimit-Remaining": {"0"}, "Retry-After": {midnight},
					}, `{"code":429,"message":"You have reached the maximum daily rate limit for this API."}`), nil
				})
				scrapes(bed, 5*time.Minute, 9*time.Hour, func(s poll.Snapshot) {
					age, want := time.Since(closed), 6
					if age > time.Hour {
						want = 0
					}
					recent := 0
					for _, m := range s.Meetings {
						if m.Looked {
							recent++
						}
					}
					if got := len(people(s)); got != want || (recent > 0) != (want > 0) {
						t.Errorf("%v after the last answer %d people are shown and recent readings of %d meetings", age, got, recent)
					}
					if !s.Up || len(s.Meetings) != 2 || s.Kinds[zoomapi.Meeting].Participants != 6 {
						t.Errorf("up %v, %d meetings, %v; want what the list says", s.Up, len(s.Meetings), s.Kinds)
					}
					if want == 0 && s.Coverage != 0 {
						t.Errorf("coverage %v of people without figures", s.Coverage)
					}
				})
				if n := bed.Snapshot().Interval; n < time.Hour {
					t.Errorf("the interval is %v: the test proves nothing", n)
				}
			})
		})
	}
}

// Nor does a live list tell long after its time who is live.
func TestALiveListAges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		// A walk over the list takes an hour's share of its pool.
		sim := fixed(2, 1)
		sim.Moods.History = zoomsim.HistoryNewest
		bed := testbed.New(t, testbed.Options{Sim: sim, Poll: func(o *poll.Options) { o.Webinars = false },
			Limits: &budget.Limits{HeavyPerSecond: 40, ResourceIntensivePerMinute: 60, ResourceIntensivePerDay: 45}})
		walk := func() time.Time {
			lists := func() int { return bed.Sim.Counts().Of(zoomapi.ListMeetings) }
			for before := lists(); lists() == before; {
				scrapes(bed, 2*time.Minute, 2*time.Minute, nil)
			}
			return time.Now()
		}
		walk()
		if first, second := walk(), walk(); second.Sub(first) < 50*time.Minute {
			t.Fatalf("the list was walked again after %v: the test proves nothing", second.Sub(first))
		}
		time.Sleep(80 * time.Minute) // without a scrape
		if s := bed.Snapshot(); len(s.Meetings) != 0 || len(s.Kinds) != 0 || s.Coverage != 0 {
			t.Errorf("%d meetings, totals %v and coverage %v by a list of 80 minutes ago", len(s.Meetings), s.Kinds, s.Coverage)
		}
	})
}

func TestMinutesThatLagAreNotShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		bed := testbed.New(t, testbed.Options{Sim: fixed(1, 1), Intercept: func(r *http.Request) (*http.Response, error) {
			if !testbed.IsQoS(r) {
				return nil, nil
			}
			at := func(ago time.Duration) string { return time.Now().UTC().Add(-ago).Format(time.RFC3339) }
			return testbed.Answer(200, nil, fmt.Sprintf(`{"participants":[
				{"user_id":"1","user_qos":[{"date_time":%q,"audio_input":{"latency":"1 ms"}}]},
				{"user_id":"2","user_qos":[{"date_time":%q,"audio_input":{"latency":"2 ms"}}]},
				{"user_id":"3","user_qos":[{"date_time":%q,"audio_input":{"latency":"3 ms"}}]},
				{"user_id":"4"}]}`, at(4*time.Minute), at(6*time.Minute), at(-time.Hour))), nil
		}})
		s := mustScrape(t, bed)
		for p := range s.Meetings[0].Participants() {
			if shown := p.Minute != nil; shown != (p.ID == "1") {
				t.Errorf("participant %s has figures: %v", p.ID, shown)
			}
		}
		if s.Meetings[0].Held() != 4 {
			t.Errorf("%d participants, want 4", s.Meetings[0].Held())
		}
	})
}

// bounded fails unless so many of all live people are held, and the others are
// dropped but no less live.
func bounded(t *testing.T, s poll.Snapshot, held, live int) {
	t.Helper()
	if got, dropped := len(people(s)), s.Dropped["limit"]; got != held || dropped != live-held {
		t.Errorf("%d participants are held and %d dropped, want %d and %d", got, dropped, held, live-held)
	}
	if want := float64(held) / float64(live); math.Abs(s.Coverage-want) > 1e-9 {
		t.Errorf("coverage %v, want %v", s.Coverage, want)
	}
	if n := s.Kinds[zoomapi.Meeting].Participants; n != live {
		t.Errorf("%d people are live, want %d", n, live)
	}
	inMeetings, atSites := 0, 0
	for _, m := range s.Meetings {
		inMeetings += m.People
		for _, group := range m.Groups {
			atSites += group.People
		}
	}
	if inMeetings != live || atSites != live {
		t.Errorf("%d people are in the meetings, %d at sites; want %d", inMeetings, atSites, live)
	}
}

func TestWhoIsBeyondTheLimitIsLiveAllTheSame(t *testing.T) {
	limit := func(n int) func(*poll.Options) { return func(o *poll.Options) { o.MaxParticipants = n } }
	for name, gone := range map[string]bool{"leavers stay in answers": false, "leavers are gone": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				testbed.Noon()
				sim := fixed(4, 10)
				sim.Moods.DoubleRows, sim.Moods.LeaversGone = true, gone
				bed := testbed.New(t, testbed.Options{Sim: sim, Poll: limit(15)})
				look := func(held, live int) {
					t.Helper()
					scrapes(bed, time.Minute, 3*time.Minute, nil)
					bounded(t, bed.Snapshot(), held, live)
				}
				look(15, 40)
				for _, m := range bed.Sim.Live(zoomapi.Meeting) { // some are held, some are not
					for _, p := range m.Participants[:3] {
						if err := bed.Sim.Leave(m.UUID, p.UserID); err != nil {
							t.Fatal(err)
						}
					}
				}
				look(15, 28)
				reload(bed, limit(10))
				bounded(t, bed.Snapshot(), 10, 28)
				look(10, 28)
				reload(bed, limit(20))
				look(20, 28)
				if err := bed.Sim.End(bed.Sim.Live(zoomapi.Meeting)[0].UUID); err != nil {
					t.Fatal(err)
				}
				look(20, 21)
				reload(bed, limit(0))
				look(21, 21)
			})
		})
	}
}

// Whom no answer has named for long are gone, held or not.
func TestWhoIsBeyondTheLimitAges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fault testbed.Switch
		bed := testbed.New(t, testbed.Options{Sim: fixed(2, 10), Intercept: fault.Intercept, Poll: func(o *poll.Options) { o.MaxParticipants = 5 }})
		bounded(t, mustScrape(t, bed), 5, 20)
		fault.Set(func(r *http.Request) (*http.Response, error) {
			if testbed.IsQoS(r) {
				return testbed.Answer(500, nil, "no"), nil
			}
			return nil, nil
		})
		scrapes(bed, time.Minute, 11*time.Minute, nil)
		if s := bed.Snapshot(); s.Dropped["limit"] != 0 || s.Kinds[zoomapi.Meeting].Participants != 20 {
			t.Errorf("%d people are dropped, %d live; want none of the 20 that are listed", s.Dropped["limit"], s.Kinds[zoomapi.Meeting].Participants)
		}
	})
}

// Where they are is a fact of people, too.
func TestATighterPrivacyHidesSitesBeyondTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bed := testbed.New(t, testbed.Options{Sim: fixed(2, 10), Poll: func(o *poll.Options) { o.MaxParticipants = 5 }})
		sites := func(s poll.Snapshot) map[string]int {
			all := make(map[string]int)
			for _, m := range s.Meetings {
				for place, group := range m.Groups {
					all[place.Site] += group.People
				}
			}
			return all
		}
		if got := sites(mustScrape(t, bed)); len(got) < 2 {
			t.Fatalf("people are at %v, want some at sites", got)
		}
		opts := bed.Options
		opts.Converter = &qos.Converter{}
		bed.Configure(opts)
		if got := sites(bed.Snapshot()); len(got) != 1 || got[""] != 20 {
			t.Errorf("beyond the limit are %v, want 15 people without a site", got)
		}
	})
}

func TestConfigureTakesAwayWhatIsNoLongerCollected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := fixed(3, 2)
		sim.Webinars = 2
		bed := testbed.New(t, testbed.Options{Sim: sim})
		if got := len(mustScrape(t, bed).Meetings); got != 5 {
			t.Fatalf("%d meetings, want 5", got)
		}
		opts := bed.Options
		opts.Webinars = false
		bed.Configure(opts)
		s := bed.Snapshot()
		if len(s.Meetings) != 3 || len(people(s)) != 6 {
			t.Errorf("%d meetings with %d participants right after the change, want 3 with 6", len(s.Meetings), len(people(s)))
		}
		if _, told := s.Kinds[zoomapi.Webinar]; told {
			t.Error("totals of webinars are still told")
		}
	})
}

func TestATighterPrivacyCountsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bed := testbed.New(t, testbed.Options{Sim: fixed(2, 3)})
		mustScrape(t, bed)
		opts := bed.Options
		opts.Converter = &qos.Converter{}
		bed.Configure(opts)
		s := bed.Snapshot()
		if len(people(s)) != 6 {
			t.Errorf("%d participants, want 6", len(people(s)))
		}
		for _, m := range s.Meetings {
			if m.Facts != (qos.MeetingFacts{}) {
				t.Errorf("facts of a meeting are still there: %+v", m.Facts)
			}
			for p := range m.Participants() {
				if p.Facts != (qos.Facts{}) || p.Minute == nil {
					t.Errorf("facts %+v, figures %v; want none of the former and all of the latter", p.Facts, p.Minute != nil)
				}
			}
		}
	})
}

// The rows of people who left cost what was meant for the roles of a large meeting. They
// are asked for as soon as there is another request to spare.
func TestRolesThatCouldNotBePaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		bed := testbed.New(t, testbed.Options{Sim: fixed(1, 120), Poll: func(o *poll.Options) {
			o.ParticipantsLists = map[zoomapi.Kind]bool{zoomapi.Meeting: true}
			o.ParticipantsListFrom, o.SlowStart = 100, true
		}})
		m := bed.Sim.Live(zoomapi.Meeting)[0]
		for _, p := range m.Participants[:10] {
			if err := bed.Sim.Leave(m.UUID, p.UserID); err != nil {
				t.Fatal(err)
			}
		}
		mustScrape(t, bed)
		if n := bed.Sim.Counts().Of(zoomapi.ListMeetingParticipants); n != 0 {
			t.Fatalf("asked %d times in the first cycle: there was enough for all", n)
		}
		scrapes(bed, 30*time.Second, 2*time.Minute, nil)
		if n := bed.Sim.Counts().Of(zoomapi.ListMeetingParticipants); n != 1 {
			t.Errorf("asked %d times after two minutes, want once", n)
		}
	})
}

func TestRolesAreAskedOnceAndAgainWhenTheSizeChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bed := testbed.New(t, testbed.Options{Sim: fixed(1, 20), Poll: func(o *poll.Options) {
			o.ParticipantsLists = map[zoomapi.Kind]bool{zoomapi.Meeting: true}
		}})
		hosts := 0
		for range 5 {
			s := mustScrape(t, bed)
			hosts = 0
			for _, p := range people(s) {
				if p.Role == "host" {
					hosts++
				}
				if p.Status != "in_meeting" {
					t.Fatalf("status %q", p.Status)
				}
			}
			time.Sleep(time.Minute)
		}
		if n := bed.Sim.Counts().Of(zoomapi.ListMeetingParticipants); n != 1 || hosts != 1 {
			t.Errorf("asked %d times, %d hosts; want once and one", n, hosts)
		}
		for range 3 {
			if _, err := bed.Sim.Join(bed.Sim.Live(zoomapi.Meeting)[0].UUID); err != nil {
				t.Fatal(err)
			}
		}
		mustScrape(t, bed)
		if n := bed.Sim.Counts().Of(zoomapi.ListMeetingParticipants); n != 2 {
			t.Errorf("asked %d times after the meeting grew by a tenth, want twice", n)
		}
	})
}
