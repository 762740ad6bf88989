package poll_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/testbed"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// unlimited is a bed whose day has no limit.
func unlimited(sim zoomsim.Options) testbed.Options {
	sim.Limits = &zoomsim.Limits{}
	return testbed.Options{Sim: sim, Limits: &budget.Limits{}}
}

// probe probes as a scrape of 10 seconds does.
func probe(b *testbed.Bed, t poll.Target) poll.Probe {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return b.Probe(ctx, t)
}

// heavy are all the requests that count so far.
func heavy(b *testbed.Bed) int {
	return b.Sim.Counts().Classes[zoomapi.Heavy].Total
}

// told says in short what a probe found.
func told(p poll.Probe) string {
	if p.Meeting == nil {
		return fmt.Sprintf("failure %q and no meeting", p.Failure)
	}
	return fmt.Sprintf("failure %q and a meeting with %d participants", p.Failure, p.Meeting.Held())
}

// costs probes, and fails where that did not end so or cost something else.
func costs(t *testing.T, b *testbed.Bed, target poll.Target, requests int, want poll.ProbeFailure) poll.Probe {
	t.Helper()
	before := heavy(b)
	got := probe(b, target)
	if got.Failure != want {
		t.Errorf("%+v: failure %q, want %q", target, got.Failure, want)
	}
	if spent := heavy(b) - before; spent != requests {
		t.Errorf("%+v cost %d requests, want %d", target, spent, requests)
	}
	return got
}

func number(m zoomsim.Meeting) string { return strconv.FormatInt(m.Number, 10) }

func TestProbeOfAMeeting(t *testing.T) {
	for _, polled := range []bool{false, true} {
		for _, kind := range []zoomapi.Kind{zoomapi.Meeting, zoomapi.Webinar} {
			synctest.Test(t, func(t *testing.T) {
				sim := fixed(2, 23)
				sim.Webinars = 1
				bed := testbed.New(t, unlimited(sim))
				meeting := bed.Sim.Live(kind)[0]
				resolving, pages := 1, 3
				if kind == zoomapi.Webinar {
					pages++ // its participants list
				}
				if polled {
					resolving, pages = 0, 0 // what a scrape brought is a few seconds old
					mustScrape(t, bed)
				}
				found := costs(t, bed, poll.Target{Meeting: number(meeting), Kind: kind}, resolving+pages, "")
				if found.Account != "test" || found.Meeting == nil || found.Meeting.Held() != 23 || found.Meeting.Facts.Topic == "" {
					t.Fatal(told(found))
				}
				for p := range found.Meeting.Participants() {
					if p.Minute == nil || len(p.Minute.Readings) == 0 {
						t.Fatal("a participant has no figures")
					}
				}
				if got := meetingOf(bed.Snapshot(), meeting.UUID); got == nil || got.Held() != 23 {
					t.Error("what the probe paid for is not kept")
				}
				uuid := poll.Target{Meeting: meeting.UUID}
				costs(t, bed, uuid, 0, "")
				time.Sleep(time.Minute)
				if kind == zoomapi.Webinar && !polled {
					return // without its kind it would be taken for a meeting
				}
				costs(t, bed, uuid, 3, "")
			})
		}
	}
}

func TestProbeOfAParticipant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := fixed(1, 40)
		bed := testbed.New(t, unlimited(sim))
		meeting := bed.Sim.Live(zoomapi.Meeting)[0]
		person := meeting.Participants[35]
		target := poll.Target{Meeting: meeting.UUID, Participant: person.UserID}

		found := costs(t, bed, target, 2, "") // the meeting is not known yet
		if m := found.Meeting; m == nil || m.Held() != 1 || m.Blocks[0].Participants[0].ID != person.UserID || m.Blocks[0].Participants[0].Minute == nil {
			t.Fatal(told(found))
		}
		costs(t, bed, target, 0, "")
		costs(t, bed, poll.Target{Meeting: meeting.UUID, Participant: "1"}, 1, poll.ProbeUnknownParticipant)
		costs(t, bed, poll.Target{Meeting: meeting.UUID, Participant: "1"}, 0, poll.ProbeUnknownParticipant)
		time.Sleep(time.Minute)
		first := found.Meeting.Blocks[0].Participants[0].Minute.At
		if again := costs(t, bed, target, 1, "").Meeting.Blocks[0].Participants[0].Minute.At; !again.After(first) {
			t.Errorf("minute %v, a minute earlier %v", again, first)
		}

		// Who is the first to be known of a meeting is not all of it.
		if s := mustScrape(t, bed); len(people(s)) != 40 {
			t.Errorf("%d people", len(people(s)))
		}
		if err := bed.Sim.Leave(meeting.UUID, person.UserID); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if found := costs(t, bed, target, 1, poll.ProbeUnknownParticipant); found.Meeting.Held() != 0 {
			t.Error("who left is shown")
		}
		if len(people(bed.Snapshot())) != 39 {
			t.Error("who left is held")
		}
		costs(t, bed, target, 0, poll.ProbeUnknownParticipant)
	})
}

// Somebody of whom a probe has told is no leaver to a walk under way, whose
// page was written before they came.
func TestProbeOfAParticipantDuringAWalk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var gate testbed.Switch
		o := unlimited(fixed(1, 8))
		o.Intercept = gate.Intercept
		bed := testbed.New(t, o)
		meeting := bed.Sim.Live(zoomapi.Meeting)[0]
		gate.Set(func(r *http.Request) (*http.Response, error) {
			if !testbed.IsQoS(r) {
				return nil, nil
			}
			gate.Set(nil)
			in := r.Clone(r.Context())
			in.RequestURI = r.URL.RequestURI()
			page := httptest.NewRecorder()
			bed.Sim.Handler().ServeHTTP(page, in)
			guest, err := bed.Sim.Join(meeting.UUID)
			if err != nil {
				return nil, err
			}
			costs(t, bed, poll.Target{Meeting: meeting.UUID, Participant: guest.UserID}, 1, "")
			return page.Result(), nil
		})
		if s := mustScrape(t, bed); len(people(s)) != 9 {
			t.Errorf("%d people, want 8 and a guest", len(people(s)))
		}
	})
}

func TestProbesOfTheSameShareOneRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := fixed(1, 23)
		sim.Latency = time.Second
		bed := testbed.New(t, unlimited(sim))
		meeting := bed.Sim.Live(zoomapi.Meeting)[0]
		var all sync.WaitGroup
		for i := range 50 {
			target := poll.Target{Meeting: meeting.UUID, Kind: zoomapi.Meeting}
			if i%2 == 0 {
				target.Meeting = number(meeting)
			}
			all.Go(func() {
				if found := probe(bed, target); found.Failure != "" || found.Meeting.Held() != 23 {
					t.Errorf("failure %q, %d people", found.Failure, found.Meeting.Held())
				}
			})
		}
		all.Wait()
		counts := bed.Sim.Counts()
		if n := counts.Of(zoomapi.ListMeetingParticipantsQoS); n != 3 {
			t.Errorf("%d pages, want 3", n)
		}
		if n := counts.Of(zoomapi.GetMeeting); n > 2 { // one by number, one by UUID
			t.Errorf("asked %d times which meeting it is", n)
		}
	})
}

// A probe and a scrape that want the same meeting pay for it once.
func TestProbesAndScrapesShareAWalk(t *testing.T) {
	for _, scrapeFirst := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			sim := fixed(1, 33)
			sim.Latency = time.Second
			bed := testbed.New(t, unlimited(sim))
			mustScrape(t, bed)
			time.Sleep(time.Minute)
			before := qosRequests(bed)
			target := poll.Target{Meeting: bed.Sim.Live(zoomapi.Meeting)[0].UUID}
			var both sync.WaitGroup
			steps := []func(){
				func() { mustScrape(t, bed) },
				func() {
					if found := probe(bed, target); found.Failure != "" {
						t.Errorf("failure %q", found.Failure)
					}
				},
			}
			if !scrapeFirst {
				steps[0], steps[1] = steps[1], steps[0]
			}
			for _, step := range steps {
				both.Go(step)
				time.Sleep(2500 * time.Millisecond)
			}
			both.Wait()
			if n := qosRequests(bed) - before; n != 4 {
				t.Errorf("%d pages, want 4", n)
			}
		})
	}
}

func TestProbeOfWhatIsNotThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := unlimited(fixed(2, 3))
		bed := testbed.New(t, o)
		nobody := poll.Target{Meeting: "99999999999"}
		costs(t, bed, nobody, 1, poll.ProbeUnknownMeeting)
		costs(t, bed, nobody, 0, poll.ProbeUnknownMeeting)
		time.Sleep(time.Minute)
		costs(t, bed, nobody, 1, poll.ProbeUnknownMeeting) // a minute later it may have begun
		costs(t, bed, poll.Target{Meeting: "99999999998", Kind: zoomapi.Webinar, Participant: "1"}, 1, poll.ProbeUnknownMeeting)

		// After a list it is known for nothing.
		mustScrape(t, bed)
		costs(t, bed, poll.Target{Meeting: "99999999997"}, 0, poll.ProbeUnknownMeeting)
		meeting := bed.Sim.Live(zoomapi.Meeting)[0]
		costs(t, bed, poll.Target{Meeting: number(meeting), Kind: zoomapi.Webinar}, 0, poll.ProbeUnknownMeeting)

		time.Sleep(time.Minute)
		if err := bed.Sim.End(meeting.UUID); err != nil {
			t.Fatal(err)
		}
		ended := poll.Target{Meeting: meeting.UUID}
		if found := probe(bed, ended); found.Failure != poll.ProbeUnknownMeeting || found.Meeting != nil {
			t.Errorf("of an ended meeting: %s", told(found))
		}
		if meetingOf(bed.Snapshot(), meeting.UUID) != nil {
			t.Error("the ended meeting is shown")
		}
		costs(t, bed, ended, 0, poll.ProbeUnknownMeeting)
	})
}

// What the configuration leaves out no probe brings in.
func TestProbeOfWhatIsExcluded(t *testing.T) {
	for _, polled := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			o := unlimited(fixed(3, 3))
			var out zoomapi.Text
			o.Poll = func(p *poll.Options) {
				p.Webinars = false
				p.Keep = func(live *zoomapi.Live) bool { return live.UUID != out }
			}
			bed := testbed.New(t, o)
			meeting := bed.Sim.Live(zoomapi.Meeting)[1]
			out = zoomapi.Text(meeting.UUID)
			asked := 1
			if polled {
				asked = 0
				mustScrape(t, bed)
			}
			for _, target := range []poll.Target{{Meeting: meeting.UUID}, {Meeting: number(meeting), Participant: meeting.Participants[0].UserID}} {
				if found := costs(t, bed, target, asked, poll.ProbeExcluded); found.Meeting != nil {
					t.Error("it is shown")
				}
			}
			costs(t, bed, poll.Target{Meeting: "99999999999", Kind: zoomapi.Webinar}, 0, poll.ProbeExcluded)
			if meetingOf(bed.Snapshot(), meeting.UUID) != nil {
				t.Error("it is shown among the others")
			}
		})
	}
}

func TestProbeFailures(t *testing.T) {
	target := func(b *testbed.Bed) poll.Target { return poll.Target{Meeting: b.Sim.Live(zoomapi.Meeting)[0].UUID} }
	for name, tt := range map[string]struct {
		faults  []zoomsim.Fault
		poll    func(*poll.Options)
		secret  string
		want    poll.ProbeFailure
		shown   bool
		atMost  int
		timeout time.Duration
	}{
		"no figures":           {faults: []zoomsim.Fault{{Kind: zoomsim.FaultServer, Endpoint: zoomapi.ListMeetingParticipantsQoS}}, want: poll.ProbeZoomError, shown: true, atMost: 3},
		"no access":            {faults: []zoomsim.Fault{{Kind: zoomsim.FaultNoAccess, Endpoint: zoomapi.ListMeetingParticipantsQoS}}, want: poll.ProbeZoomError, shown: true, atMost: 2},
		"no scope":             {faults: []zoomsim.Fault{{Kind: zoomsim.FaultScope, Endpoint: zoomapi.GetMeeting}}, want: poll.ProbeZoomError, atMost: 1},
		"nothing at all":       {faults: []zoomsim.Fault{{Kind: zoomsim.FaultServer}}, want: poll.ProbeZoomError, atMost: 2},
		"the day is closed":    {faults: []zoomsim.Fault{{Kind: zoomsim.FaultPerDay, Endpoint: zoomapi.ListMeetingParticipantsQoS}}, want: poll.ProbeNoBudget, shown: true, atMost: 2},
		"wrong credentials":    {secret: "wrong", want: poll.ProbeZoomError},
		"slow":                 {faults: []zoomsim.Fault{{Kind: zoomsim.FaultLatency, Delay: zoomsim.Duration(20 * time.Second)}}, want: poll.ProbeTimeout, atMost: 1},
		"no time":              {timeout: -1, want: poll.ProbeTimeout},
		"more than is held":    {poll: func(o *poll.Options) { o.MaxParticipants = 5 }, want: poll.ProbeIncomplete, shown: true, atMost: 3},
		"probes are not meant": {poll: func(o *poll.Options) { o.Single = nil }, want: poll.ProbeDisabled},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := unlimited(fixed(1, 13))
				o.Secret, o.Poll = tt.secret, tt.poll
				bed := testbed.New(t, o)
				for _, fault := range tt.faults {
					if err := bed.Sim.SetFault(fault); err != nil {
						t.Fatal(err)
					}
				}
				timeout := 10 * time.Second
				if tt.timeout != 0 {
					timeout = tt.timeout
				}
				for range 3 { // at once again: it costs nothing more
					ctx, cancel := context.WithTimeout(context.Background(), timeout)
					found := bed.Probe(ctx, target(bed))
					cancel()
					if found.Failure != tt.want || (found.Meeting != nil) != tt.shown {
						t.Errorf("%s, want %q", told(found), tt.want)
					}
					if tt.want == poll.ProbeTimeout {
						break
					}
				}
				if n := heavy(bed); n > tt.atMost {
					t.Errorf("it cost %d requests", n)
				}
			})
		})
	}
}

// An answer that comes too late for a probe serves the next.
func TestProbeThatIsTooSlowServesTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := fixed(1, 95)
		sim.Latency = 2 * time.Second
		bed := testbed.New(t, unlimited(sim))
		target := poll.Target{Meeting: bed.Sim.Live(zoomapi.Meeting)[0].UUID}
		found := probe(bed, target)
		if found.Failure != poll.ProbeTimeout || found.Meeting == nil || found.Meeting.Held() < 20 || found.Meeting.Held() > 40 {
			t.Fatalf("failure %q with what has come so far", found.Failure)
		}
		time.Sleep(20 * time.Second)
		if found := costs(t, bed, target, 0, ""); found.Meeting.Held() != 95 {
			t.Errorf("%d people", found.Meeting.Held())
		}
	})
}

func TestParseTarget(t *testing.T) {
	const uuid = "/b3+dE6zgH9jK2mN5pQ8s=="
	for _, tt := range []struct {
		meeting, kind, participant string
		want                       poll.Target
		err                        string
	}{
		{"932 0123-5621", "", "", poll.Target{Meeting: "93201235621"}, ""},
		{"932012356", "webinar", "", poll.Target{Meeting: "932012356", Kind: zoomapi.Webinar}, ""},
		{uuid, "meeting", "16778240", poll.Target{Meeting: uuid, Kind: zoomapi.Meeting, Participant: "16778240"}, ""},
		{uuid, "", "21B0B0FA-8D89-6BE8-9910-67A418F286C6", poll.Target{Meeting: uuid, Participant: "21B0B0FA-8D89-6BE8-9910-67A418F286C6"}, ""},
		{"", "", "", poll.Target{}, "meeting is missing"},
		{"12345678", "", "", poll.Target{}, "9 to 11 digits"},
		{"123456789012", "", "", poll.Target{}, "9 to 11 digits"},
		{"b3 dE6zgH9jK2mN5pQ8s==", "", "", poll.Target{}, "%2B"},
		{strings.Repeat("a", 41), "", "", poll.Target{}, "nor a UUID"},
		{"../../users/me/settings", "", "", poll.Target{}, "nor a UUID"},
		{uuid, "Meeting", "", poll.Target{}, "kind"},
		{uuid, "", "..", poll.Target{}, "participant"},
		{uuid, "", strings.Repeat("1", 65), poll.Target{}, "participant"},
	} {
		got, err := poll.ParseTarget(tt.meeting, tt.kind, tt.participant)
		switch {
		case tt.err == "" && (err != nil || got != tt.want):
			t.Errorf("%q: %+v, %v", tt.meeting, got, err)
		case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)):
			t.Errorf("%q %q %q: error %v, want %q", tt.meeting, tt.kind, tt.participant, err, tt.err)
		}
	}
}

// What probes bring is counted as any other answer is, and only once.
func TestProbesAreCounted(t *testing.T) {
	minutes := func(probes int) (counted uint64) {
		synctest.Test(t, func(t *testing.T) {
			bed := testbed.New(t, unlimited(fixed(1, 12)))
			meeting := bed.Sim.Live(zoomapi.Meeting)[0]
			time.Sleep(5 * time.Minute)
			for range probes {
				for _, p := range meeting.Participants {
					probe(bed, poll.Target{Meeting: meeting.UUID, Participant: p.UserID})
				}
				synctest.Wait()
				if counted = uint64(bed.Snapshot().Readings.Minutes); counted < 12*4 {
					t.Errorf("probes counted %d minutes", counted)
				}
			}
			mustScrape(t, bed)
			counted = uint64(bed.Snapshot().Readings.Minutes)
		})
		return counted
	}
	if alone, probed := minutes(0), minutes(2); alone != probed {
		t.Errorf("%d minutes are counted with probes, %d without", probed, alone)
	}
}
