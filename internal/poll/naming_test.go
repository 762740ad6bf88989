package poll_test

import (
	"fmt"
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

const notLive = `{"code":3001,"message":"Meeting does not exist"}`

// A meeting that ends under our hands looks like one whose UUID is not
// understood, if its number has a new instance already.
func TestOneUnluckyEndDoesNotSendTheOthersToTheirNumbers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		var hour, byUUID, byNumber atomic.Int32
		bed := testbed.New(t, testbed.Options{Sim: fixed(0, 3), Intercept: func(r *http.Request) (*http.Response, error) {
			switch {
			case isList(r, zoomapi.Meeting):
				uuid := [...]string{"OLD==", "NEW=="}[min(hour.Load(), 1)]
				return testbed.Answer(200, nil, fmt.Sprintf(
					`{"meetings":[{"uuid":%q,"id":85000000001,"participants":1},{"uuid":"a/b==","id":85000000002}]}`, uuid)), nil
			case testbed.IsQoS(r) && calls(r, "OLD=="):
				return testbed.Answer(404, nil, notLive), nil
			case testbed.IsQoS(r):
				if calls(r, "85000000001") || calls(r, "85000000002") {
					byNumber.Add(1)
				} else {
					byUUID.Add(1)
				}
				return testbed.Answer(200, nil, `{"participants":[{"user_id":"77","user_qos":[]}]}`), nil
			}
			return nil, nil
		}})
		mustScrape(t, bed)
		if byNumber.Load() != 1 {
			t.Fatalf("%d answers by number: the test proves nothing", byNumber.Load())
		}
		hour.Store(1)
		byNumber.Store(0)
		byUUID.Store(0)
		time.Sleep(time.Minute)
		scrapes(bed, time.Minute, 30*time.Minute, nil)
		if uuid, number := byUUID.Load(), byNumber.Load(); uuid != 60 || number != 0 {
			t.Errorf("%d requests by UUID, %d by number; want 60 and none", uuid, number)
		}
	})
}

func TestNumbersOnlyCostAFewRequestsMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		sim := brief(40, 1)
		sim.Moods.NumbersOnly = true
		bed := testbed.New(t, testbed.Options{Sim: sim})
		classes := map[bool]int{}
		for _, m := range bed.Sim.Live(zoomapi.Meeting) {
			classes[strings.Contains(m.UUID, "/")]++
		}
		if len(classes) != 2 || classes[true] < 4 {
			t.Fatalf("%v meetings by class: the test proves nothing", classes)
		}
		misses := func() int { return bed.Sim.Counts().Requests[zoomapi.ListMeetingParticipantsQoS][404] }
		before := 0
		for hour := range 2 {
			scrapes(bed, 5*time.Minute, time.Hour, func(s poll.Snapshot) {
				if n := len(people(s)); n != 40 {
					t.Fatalf("%d people, want 40", n)
				}
			})
			// The first ones are asked side by side, before any has answered.
			want := 2 * (3 + 1)
			if hour == 0 {
				want += 16
			}
			if n := misses() - before; n > want {
				t.Errorf("hour %d: %d requests by UUID in vain, want %d at most", hour, n, want)
			}
			before = misses()
		}
	})
}

// A number names the latest instance only.
func TestANumberOfTwoLiveMeetingsPutsNobodyIntoTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		bed := testbed.New(t, testbed.Options{Sim: fixed(0, 3), Intercept: func(r *http.Request) (*http.Response, error) {
			switch {
			case isList(r, zoomapi.Meeting):
				return testbed.Answer(200, nil, `{"meetings":[
					{"uuid":"OLD==","id":85000000001,"participants":1},{"uuid":"NEW==","id":85000000001,"participants":1}]}`), nil
			case testbed.IsQoS(r) && calls(r, "OLD=="):
				return testbed.Answer(404, nil, notLive), nil
			case testbed.IsQoS(r):
				time.Sleep(2 * time.Second) // the old one's fallback would be first
				return testbed.Answer(200, nil, `{"participants":[{"user_id":"77","user_qos":[]}]}`), nil
			}
			return nil, nil
		}})
		scrapes(bed, time.Minute, 10*time.Minute, func(s poll.Snapshot) {
			if m := meetingOf(s, "OLD=="); m != nil && m.Held() > 0 {
				t.Error("people of the new instance are shown in the old one")
			}
			if m := meetingOf(s, "NEW=="); m == nil || m.Held() != 1 {
				t.Error("the new instance is not shown with its participant")
			}
		})
	})
}

// Somebody who joined after the meeting's last answer is in it all the same.
func TestAProbeByNumberOfSomebodyNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		testbed.Noon()
		sim := fixed(1, 3)
		sim.Moods.NumbersOnly = true
		bed := testbed.New(t, unlimited(sim))
		mustScrape(t, bed)
		time.Sleep(5 * time.Minute)
		meeting := bed.Sim.Live(zoomapi.Meeting)[0]
		guest, err := bed.Sim.Join(meeting.UUID)
		if err != nil {
			t.Fatal(err)
		}
		target := poll.Target{Meeting: meeting.UUID, Participant: guest.UserID}
		if found := costs(t, bed, target, 1, ""); found.Meeting == nil || found.Meeting.Held() != 1 {
			t.Error(told(found))
		}
	})
}
