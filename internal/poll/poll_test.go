package poll_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/testbed"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomsim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// scrape polls as a scrape of this timeout does.
func scrape(b *testbed.Bed, timeout time.Duration) (poll.Snapshot, bool) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	done := b.Poll(ctx)
	return b.Snapshot(), done
}

func mustScrape(t *testing.T, b *testbed.Bed) poll.Snapshot {
	t.Helper()
	s, done := scrape(b, 10*time.Second)
	if !done {
		t.Fatal("the cycle outlasted a scrape of 10 s")
	}
	return s
}

// fixed is a simulated Zoom without surprises.
func fixed(meetings, participants int) zoomsim.Options {
	return zoomsim.Options{
		Seed: 1, Meetings: meetings, Participants: float64(participants), History: 5,
		Fixed: true, Calm: true, Moods: zoomsim.Moods{Plain: true},
	}
}

func people(s poll.Snapshot) map[string]poll.Participant {
	all := make(map[string]poll.Participant)
	for _, m := range s.Meetings {
		for _, p := range m.Participants {
			all[m.UUID+" "+p.ID] = p
		}
	}
	return all
}

// meetingOf finds a meeting in a snapshot; nil where it is not shown.
func meetingOf(s poll.Snapshot, uuid string) *poll.Meeting {
	for i := range s.Meetings {
		if s.Meetings[i].UUID == uuid {
			return &s.Meetings[i]
		}
	}
	return nil
}

func task(t *testing.T, s poll.Snapshot, name zoomapi.Endpoint) poll.Task {
	t.Helper()
	for _, task := range s.Tasks {
		if task.Name == name {
			return task
		}
	}
	t.Fatalf("no task %s", name)
	return poll.Task{}
}

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
							if !late && !minute.At.Equal(truth.Time) || minute.At.After(truth.Time) || truth.Time.Sub(minute.At) > 3*time.Minute {
								t.Errorf("minute %v, want %v", minute.At, truth.Time)
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
		s := mustScrape(t, bed)
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
		s = mustScrape(t, bed)
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
		bed := testbed.New(t, testbed.Options{Sim: fixed(1, 3), Intercept: func(r *http.Request) (*http.Response, error) {
			if ended.Load() && testbed.IsQoS(r) {
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
		before := bed.Sim.Counts()
		for range 10 {
			time.Sleep(time.Minute)
			mustScrape(t, bed)
		}
		_ = before
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

func TestTwoScrapersCostWhatOneCosts(t *testing.T) {
	cost := func(offsets ...time.Duration) (cost int) {
		synctest.Test(t, func(t *testing.T) {
			sim := fixed(4, 12)
			sim.Moods.History = zoomsim.HistoryNewest
			bed := testbed.New(t, testbed.Options{Sim: sim})
			for range 30 {
				start := time.Now()
				for _, offset := range offsets {
					time.Sleep(time.Until(start.Add(offset)))
					mustScrape(t, bed)
				}
				time.Sleep(time.Until(start.Add(time.Minute)))
			}
			for _, c := range bed.Sim.Counts().Classes {
				cost += c.Total
			}
		})
		return cost
	}
	one := cost(0)
	for _, two := range [][]time.Duration{{0, 0}, {0, 17 * time.Second}, {0, 30 * time.Second}, {0, 20 * time.Second, 40 * time.Second}} {
		// A minute's difference is where in it the hour begins and ends.
		if got := cost(two...); got > one+one/30 {
			t.Errorf("scrapes at %v cost %d requests, one scraper %d", two, got, one)
		}
	}
}

func TestAScrapeIsAnsweredInTimeAndTheRestIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := fixed(20, 5)
		sim.Latency = 3 * time.Second
		bed := testbed.New(t, testbed.Options{Sim: sim})
		start := time.Now()
		s, done := scrape(bed, 500*time.Millisecond)
		if took := time.Since(start); done || took != 500*time.Millisecond {
			t.Fatalf("done %v after %v, want the scrape's own deadline", done, took)
		}
		if len(s.Meetings) != 0 || s.Up || s.DeadlineExceeded != 1 {
			t.Errorf("%d meetings, up %v, %d deadlines exceeded; want 0, false, 1", len(s.Meetings), s.Up, s.DeadlineExceeded)
		}
		time.Sleep(59 * time.Second)
		s, done = scrape(bed, 500*time.Millisecond)
		if done {
			t.Error("the second cycle ended too soon to prove anything")
		}
		if got := len(people(s)); got != 100 {
			t.Errorf("%d participants from the first cycle, want 100", got)
		}
	})
}

func TestATownHallIsReadToItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := fixed(1, 1500)
		sim.Latency = 300 * time.Millisecond
		bed := testbed.New(t, testbed.Options{Sim: sim})
		_, done := scrape(bed, 10*time.Second)
		if done {
			t.Fatal("150 pages of 300 ms can't be read within 10 s")
		}
		time.Sleep(50 * time.Second)
		s := bed.Snapshot()
		if got := len(people(s)); got != 1500 || s.Coverage != 1 {
			t.Errorf("%d people, coverage %v; want 1500 and 1 after the pages that followed the scrape", got, s.Coverage)
		}
	})
}

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
		sim := fixed(2, 2)
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
		bed := testbed.New(t, testbed.Options{Sim: sim, Poll: func(o *poll.Options) { o.Webinars = poll.On }})
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
		if m := meetingOf(s, denied); m == nil || len(m.Participants) != 0 {
			t.Errorf("the meeting without access is %v, want it listed without participants", m)
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

func TestRowsDoubledOverPagesAreOneParticipant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := fixed(2, 44)
		sim.Moods.DoubleRows = true
		bed := testbed.New(t, testbed.Options{Sim: sim})
		s := mustScrape(t, bed)
		for _, m := range s.Meetings {
			if len(m.Participants) != 44 || m.People != 44 {
				t.Errorf("%d participants, %d people; want 44", len(m.Participants), m.People)
			}
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
		bed := testbed.New(t, testbed.Options{Sim: fixed(200, 2), Intercept: fault.Intercept})
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
		if s := bed.Snapshot(); s.Up || len(s.Meetings) != 0 {
			t.Errorf("up %v with %d meetings after an hour's outage", s.Up, len(s.Meetings))
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
		for _, p := range s.Meetings[0].Participants {
			if shown := p.Minute != nil; shown != (p.ID == "1") {
				t.Errorf("participant %s has figures: %v", p.ID, shown)
			}
		}
		if len(s.Meetings[0].Participants) != 4 {
			t.Errorf("%d participants, want 4", len(s.Meetings[0].Participants))
		}
	})
}

func TestParticipantsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bed := testbed.New(t, testbed.Options{Sim: fixed(4, 10), Poll: func(o *poll.Options) { o.MaxParticipants = 25 }})
		s := mustScrape(t, bed)
		if got := len(people(s)); got != 25 || s.Dropped["limit"] != 15 {
			t.Errorf("%d participants, %d dropped; want 25 and 15", got, s.Dropped["limit"])
		}
	})
}

func TestAnEmptyPoolLeavesThePassToGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		sim := fixed(1, 400)
		limits := zoomsim.PlanLimits("free")
		sim.Limits = &limits
		free, bed := testbed.Options{Sim: sim}, (*testbed.Bed)(nil)
		free.Limits = freePlan()
		bed = testbed.New(t, free)
		scrape(bed, 10*time.Second)
		time.Sleep(46 * time.Second)
		if got := len(people(bed.Snapshot())); got == 0 || got >= 400 {
			t.Fatalf("%d participants within a minute; want some, as 40 pages do not fit at one in two seconds", got)
		}
		time.Sleep(5 * time.Second)
		scrape(bed, 10*time.Second)
		time.Sleep(50 * time.Second)
		if got := len(people(bed.Snapshot())); got != 400 {
			t.Errorf("%d participants after the second cycle, want 400", got)
		}
		counts := bed.Sim.Counts()
		if counts.Throttled != 0 {
			t.Errorf("%d times throttled", counts.Throttled)
		}
		if n := counts.Of(zoomapi.ListMeetingParticipantsQoS); n != 40 {
			t.Errorf("%d requests for 40 pages", n)
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
		opts.Webinars = poll.Off
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
			for _, p := range m.Participants {
				if p.Facts != (qos.Facts{}) || p.Minute == nil {
					t.Errorf("facts %+v, figures %v; want none of the former and all of the latter", p.Facts, p.Minute != nil)
				}
			}
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

func TestCloseEndsAndForgetsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := fixed(30, 3)
		sim.Latency = time.Second
		bed := testbed.New(t, testbed.Options{Sim: sim})
		scrape(bed, 4*time.Second)
		start := time.Now()
		bed.Close()
		if took := time.Since(start); took > time.Second {
			t.Errorf("closing took %v", took)
		}
		if bed.Poll(context.Background()) {
			t.Error("a closed account was polled")
		}
	})
}

// The simulated Zoom with all its moods, over a working day's morning: the
// budget holds and nothing is throttled.
func TestAMorningAmongAllMoods(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(7 * time.Hour)
		bed := testbed.New(t, testbed.Options{Sim: zoomsim.Options{
			Seed: 7, Meetings: 25, Webinars: 1, Participants: 6, History: 10, Workday: true,
			Moods: zoomsim.Moods{History: zoomsim.HistoryLate, Odd: 0.01, NewestFirst: true, DoubleRows: true},
		}, Reserve: 0.3})
		for range 6 * 60 {
			scrape(bed, 10*time.Second)
			time.Sleep(time.Minute)
		}
		counts := bed.Sim.Counts()
		spent := 0
		for _, c := range counts.Classes {
			spent += c.Total
		}
		if share := 42_000 * (24 - 7) / 24; counts.Throttled != 0 || spent > share {
			t.Errorf("%d requests, %d throttled; want at most %d and none", spent, counts.Throttled, share)
		}
		if spent < 2*360 {
			t.Errorf("only %d requests in six hours", spent)
		}
	})
}

func freePlan() *budget.Limits {
	limits, _ := budget.PlanLimits("free")
	return &limits
}
