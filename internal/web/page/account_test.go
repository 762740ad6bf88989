package page

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

func TestAccountStates(t *testing.T) {
	fail := func(s *poll.Snapshot, endpoints ...zoomapi.Endpoint) {
		for i := range s.Tasks {
			for _, e := range endpoints {
				if s.Tasks[i].Name == e {
					s.Tasks[i].Success, s.Tasks[i].LastSuccess = false, s.At.Add(-time.Hour)
				}
			}
		}
	}
	for _, test := range []struct {
		name   string
		change func(*poll.Snapshot)
		state  state
		advice []string // in each line
		live   string
	}{
		{"well", func(*poll.Snapshot) {}, stateUp, nil, "0 meetings · 0 webinars · 0 people"},
		{"not polled yet", func(s *poll.Snapshot) {
			s.Up, s.TokenExpiry = false, time.Time{}
			fail(s, zoomapi.OAuthToken, zoomapi.ListMeetings, zoomapi.ListMeetingParticipantsQoS)
		}, stateWaiting, []string{"let Prometheus scrape /metrics", "zoom-qos-exporter check"}, notKnown},
		{"wrong secret", func(s *poll.Snapshot) {
			s.Up = false
			fail(s, zoomapi.OAuthToken, zoomapi.ListMeetings)
		}, stateDown, []string{"client secret"}, notKnown},
		{"no scope for the list", func(s *poll.Snapshot) {
			s.Up = false
			fail(s, zoomapi.ListMeetings)
		}, stateDown, []string{"scope dashboard:read:list_meetings:admin"}, notKnown},
		{"no scope for the figures", func(s *poll.Snapshot) {
			fail(s, zoomapi.ListMeetingParticipantsQoS)
		}, stateUp, []string{"scope dashboard:read:list_meeting_participants_qos:admin"}, "0 meetings · 0 webinars · 0 people"},
		{"nobody knows who is live", func(s *poll.Snapshot) {
			s.Up, s.Kinds = false, nil
			fail(s, zoomapi.ListMeetings)
		}, stateDown, []string{"live meetings"}, notKnown},
		{"the list was never whole", func(s *poll.Snapshot) {
			s.Up, s.Kinds, s.Meetings = false, nil, []*live.Meeting{meetingOf("listed")}
			fail(s, zoomapi.ListMeetings)
		}, stateDown, []string{"live meetings"}, notKnown},
		{"nobody scrapes", func(s *poll.Snapshot) {
			s.At = s.At.Add(12 * time.Minute)
		}, stateUp, []string{"No scrape for 12 min"}, notKnown},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := healthy("default")
			test.change(&s)
			a := newAccount(&s)
			if a.State != test.state || a.Live != test.live {
				t.Errorf("state %q, live %q; want %q, %q", a.State, a.Live, test.state, test.live)
			}
			if len(a.Advice) != len(test.advice) {
				t.Fatalf("advice %q, want %d lines", a.Advice, len(test.advice))
			}
			for i, want := range test.advice {
				if !strings.Contains(a.Advice[i], want) {
					t.Errorf("advice %q does not say %q", a.Advice[i], want)
				}
			}
		})
	}
}

func TestFailingTaskDoesNotClaimASuccess(t *testing.T) {
	// Before the first success, LastSuccess is the start of the process.
	row := newTask(poll.Task{Name: zoomapi.ListMeetings, LastSuccess: noon.Add(-time.Hour)}, noon)
	if row.Last != "none for 60 min" {
		t.Error(row.Last)
	}
}

func TestCoverageIsNotRoundedUp(t *testing.T) {
	for covered, want := range map[float64]string{1: "100", 0.999: "99", 0.29: "29", 0: "0"} {
		if got := coverage(&poll.Snapshot{Coverage: covered, Interval: time.Minute}); got != want+"\u00a0% of people have figures newer than 2 min" {
			t.Errorf("%v is %q", covered, got)
		}
	}
}

func TestPools(t *testing.T) {
	for _, test := range []struct {
		name string
		give budget.PoolStatus
		want pool
		bar  string // classes
	}{
		{
			"a day under way",
			budget.PoolStatus{Pool: budget.PerDay, Limit: 60_000, Reserved: 18_000, Remaining: 40_000, Reset: zoomNoon.Add(time.Hour)},
			pool{Used: "2,000", Left: "40,000", Kept: "18,000", Limit: "60,000", Note: "resets in 60 min"}, "used left kept",
		},
		{
			"others take more than was left to them",
			budget.PoolStatus{Pool: budget.PerDay, Limit: 100, Reserved: 30, Remaining: 10, Foreign: 80, Reset: zoomNoon.Add(time.Hour)},
			pool{Used: "10", Left: "10", Kept: "80", Limit: "100", Note: "resets in 60 min; other apps have sent at least 80"}, "used left kept",
		},
		{
			"used up",
			budget.PoolStatus{Pool: budget.HeavyPerDay, Limit: 1000, Reserved: 300, Reset: zoomNoon.Add(2 * time.Hour)},
			pool{Used: "700", Left: "0", Kept: "300", Limit: "1,000", Note: "used up, resets in 2 h", Warn: true}, "used kept",
		},
		{
			"closed",
			budget.PoolStatus{Pool: budget.PerDay, Limit: 1000, Reserved: 300, Reset: zoomNoon.Add(12 * time.Hour), CooldownUntil: zoomNoon.Add(12 * time.Hour), Throttled: 1},
			pool{Used: "–", Left: "0", Kept: "300", Limit: "1,000", Note: "paused after a 429 from Zoom until 2026-03-03 00:00:00 UTC, in 12 h; 1 request refused with 429 so far", Warn: true}, "closed kept",
		},
		{
			"a second's pool at its limit is nothing out of the ordinary",
			budget.PoolStatus{Pool: budget.HeavyPerSecond, Limit: 40, Reserved: 20, Reset: zoomNoon.Add(time.Second)},
			pool{Used: "20", Left: "0", Kept: "20", Limit: "40", Note: "at most half is used, regardless of the reserve, because requests can bunch up"}, "used kept",
		},
		{
			"a reserve of more than half of a second's pool",
			budget.PoolStatus{Pool: budget.HeavyPerSecond, Limit: 40, Reserved: 28, Remaining: 12, Reset: zoomNoon.Add(time.Second)},
			pool{Used: "0", Left: "12", Kept: "28", Limit: "40"}, "left kept",
		},
		{
			"no limit known",
			budget.PoolStatus{Pool: budget.HeavyPerSecond, Remaining: math.MaxInt, Throttled: 2},
			pool{Used: "–", Left: "–", Kept: "–", Limit: "none", Note: "2 requests refused with 429 so far"}, "",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := newPool(&test.give, zoomNoon)
			var classes []string
			for _, s := range got.Bar {
				classes = append(classes, s.Class)
			}
			if bar := strings.Join(classes, " "); bar != test.bar {
				t.Errorf("the bar is %q, want %q", bar, test.bar)
			}
			got.Bar, got.Name, got.Label = nil, "", ""
			if got.Used != test.want.Used || got.Left != test.want.Left || got.Kept != test.want.Kept ||
				got.Limit != test.want.Limit || got.Note != test.want.Note || got.Warn != test.want.Warn {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestRemarksOnCounting(t *testing.T) {
	s := healthy("a")
	if lines := remarks(&s); len(lines) != 0 {
		t.Errorf("remarks on nothing: %q", lines)
	}
	s.Backfills = 1
	s.Readings.Minutes = 1200
	s.Readings.Lost[readings.NoAnswer], s.Readings.Lost[readings.NoBudget] = 30, 4
	got := strings.Join(remarks(&s), "\n")
	for _, want := range []string{"of 1 ended meeting", "34 participant-minutes could not be counted, 1,200 were"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q does not say %q", got, want)
		}
	}
}
