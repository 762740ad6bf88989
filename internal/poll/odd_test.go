package poll_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/testbed"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

func TestAMadTotalOnceSlowsNobody(t *testing.T) {
	for name, mad := range map[string]struct {
		first bool
		body  string
	}{
		"whole answer": {true, `{"total_records":2000000000,"next_page_token":"","participants":[{"user_id":"1","user_qos":[]}]}`},
		"last page":    {false, `{"total_records":2000000000,"next_page_token":"","participants":[{"user_id":"1","user_qos":[]}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				testbed.Noon()
				var once atomic.Bool
				bed := testbed.New(t, testbed.Options{Sim: fixed(6, 14), Intercept: func(r *http.Request) (*http.Response, error) {
					if testbed.IsQoS(r) && firstPage(r) == mad.first && once.CompareAndSwap(false, true) {
						return testbed.Answer(200, nil, mad.body), nil
					}
					return nil, nil
				}})
				mustScrape(t, bed)
				time.Sleep(time.Minute)
				scrapes(bed, time.Minute, 5*time.Minute, func(s poll.Snapshot) {
					polledWithin(t, s, 65*time.Second, "")
					if s.Interval != time.Minute {
						t.Errorf("interval %v, want 1 min", s.Interval)
					}
				})
				if n := len(people(bed.Snapshot())); n != 6*14 {
					t.Errorf("%d people, want %d", n, 6*14)
				}
			})
		})
	}
}

// Neither where the mad meeting can't be asked, so that nothing corrects it.
func TestAMadSizeInTheListIsNotBelieved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		bed := testbed.New(t, testbed.Options{Sim: fixed(0, 3), Intercept: func(r *http.Request) (*http.Response, error) {
			switch {
			case isList(r, zoomapi.Meeting):
				return testbed.Answer(200, nil, `{"meetings":[
					{"uuid":"A==","id":85000000001,"participants":1000000000000000},
					{"uuid":"B==","id":85000000002,"participants":1},
					{"uuid":"C==","id":85000000003,"participants":"many"}]}`), nil
			case testbed.IsQoS(r) && calls(r, "A=="):
				return testbed.Answer(400, nil, `{"code":300,"message":"no access"}`), nil
			case testbed.IsQoS(r):
				return testbed.Answer(200, nil, `{"participants":[{"user_id":"77","user_qos":[]}]}`), nil
			}
			return nil, nil
		}})
		mustScrape(t, bed)
		time.Sleep(time.Minute)
		scrapes(bed, time.Minute, 5*time.Minute, func(s poll.Snapshot) {
			polledWithin(t, s, 65*time.Second, "A==")
			if want := (live.Totals{Meetings: 3, Participants: 2}); s.Kinds[zoomapi.Meeting] != want || s.Interval != time.Minute {
				t.Errorf("totals %v, interval %v; want %v and 1 min", s.Kinds[zoomapi.Meeting], s.Interval, want)
			}
		})
		for _, reason := range []string{"range", "malformed"} {
			if n := bed.Snapshot().Failures[qos.Failure{Field: "participants", Reason: reason}]; n != 6 {
				t.Errorf("%d parse failures by %s, want one for each of 6 lists", n, reason)
			}
		}
	})
}

func TestAnUnreadableRowInEveryAnswerDoesNotPileUpPeople(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		var answers atomic.Int32
		bed := testbed.New(t, testbed.Options{Sim: fixed(1, 1), Intercept: func(r *http.Request) (*http.Response, error) {
			if !testbed.IsQoS(r) {
				return nil, nil
			}
			return testbed.Answer(200, nil, fmt.Sprintf(`{"total_records":2,"participants":[null,{"user_id":"%d"}]}`, answers.Add(1))), nil
		}})
		scrapes(bed, time.Minute, time.Hour, func(s poll.Snapshot) {
			// Whoever was not named may be in the row that can't be read, for as
			// long as answers are believed.
			want := min(int(answers.Load()), 11)
			if n := len(people(s)); n != want || s.Meetings[0].People != n {
				t.Fatalf("%d people shown, %d counted; %d were named within 10 minutes", n, s.Meetings[0].People, want)
			}
			if got := people(s)[fmt.Sprintf("%s %d", s.Meetings[0].UUID, answers.Load())]; got.Participant == nil {
				t.Fatal("who was named by the latest answer is not shown")
			}
		})
		if n := answers.Load(); n != 60 {
			t.Errorf("%d answers, want 60", n)
		}
	})
}

func TestFiguresStayWhereAnswersHoldOnlyWhatIsNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		time.Sleep(2 * time.Second)
		sim := fixed(1, 5)
		sim.Moods.History = zoomsim.HistorySince
		bed := testbed.New(t, testbed.Options{Sim: sim})
		// Every 56 s: now and then there is no new minute to be had.
		scrapes(bed, 56*time.Second, 30*time.Minute, func(s poll.Snapshot) {
			if n := withFigures(s); n != 5 {
				t.Errorf("at %s figures of %d people, want 5", s.At.Format(time.TimeOnly), n)
			}
		})
	})
}

func TestAMachineAheadOfZoomShowsFigures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		sim := fixed(2, 3)
		sim.Now = func() time.Time { return time.Now().Add(-6 * time.Minute) }
		bed := testbed.New(t, testbed.Options{Sim: sim})
		scrapes(bed, time.Minute, 5*time.Minute, func(s poll.Snapshot) {
			if n := withFigures(s); n != 6 {
				t.Errorf("figures of %d people, want 6", n)
			}
		})
	})
}

func TestPagesThatShiftTakeNobodyAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		sim := fixed(1, 35)
		sim.Moods.LeaversGone = true
		var fault testbed.Switch
		bed := testbed.New(t, testbed.Options{Sim: sim, Intercept: fault.Intercept})
		mustScrape(t, bed)
		m := bed.Sim.Live(zoomapi.Meeting)[0]
		time.Sleep(time.Minute)
		var once atomic.Bool
		fault.Set(func(r *http.Request) (*http.Response, error) {
			if testbed.IsQoS(r) && !firstPage(r) && once.CompareAndSwap(false, true) {
				return nil, bed.Sim.Leave(m.UUID, m.Participants[2].UserID)
			}
			return nil, nil
		})
		for scrape := range 2 {
			shown := people(mustScrape(t, bed))
			for i, p := range m.Participants {
				if _, is := shown[m.UUID+" "+p.UserID]; !is && i != 2 || is && i == 2 && scrape > 0 {
					t.Errorf("scrape %d after one has left: participant %d shown %v", scrape, i, is)
				}
			}
			time.Sleep(time.Minute)
		}
		if !once.Load() {
			t.Error("nobody left between the pages: the test proves nothing")
		}
	})
}
