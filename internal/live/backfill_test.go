package live

import (
	"slices"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

func TestFullMinutes(t *testing.T) {
	at := func(s string) zoomtime.Time {
		t.Helper()
		parsed, err := time.Parse(time.TimeOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return zoomtime.Of(parsed)
	}
	for _, tt := range []struct {
		from, to string
		want     float64
	}{
		{"09:00:00", "09:10:00", 11}, {"09:00:01", "09:10:59", 10}, {"09:00:10", "09:00:50", 0},
		{"09:00:10", "09:01:00", 1}, {"09:10:00", "09:00:00", 0},
	} {
		if got := fullMinutes(at(tt.from), at(tt.to)); got != tt.want {
			t.Errorf("from %s to %s are %v full minutes, want %v", tt.from, tt.to, got, tt.want)
		}
	}
}

// A meeting that began before the start counts from the start, and an implausible
// date does not make years of it.
func TestCountsFrom(t *testing.T) {
	listed := zoomtime.Of(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
	for name, tt := range map[string]struct{ start, from, want zoomtime.Time }{
		"known":            {listed.Add(-time.Hour), zoomtime.Time{}, listed.Add(-time.Hour)},
		"before the start": {listed.Add(-time.Hour), listed.Add(-time.Minute), listed.Add(-time.Minute)},
		"unknown":          {zoomtime.Time{}, zoomtime.Time{}, listed},
		"to come":          {listed.Add(time.Hour), zoomtime.Time{}, listed},
		"implausible":      {zoomtime.Unix(0), zoomtime.Time{}, listed},
	} {
		s := &State{countedFrom: tt.from}
		m := &meeting{info: &qos.Meeting{Start: tt.start}}
		if got := s.countsFrom(m, listed); !got.Equal(tt.want) {
			t.Errorf("%s: counts from %v, want %v", name, got, tt.want)
		}
	}
}

// Where the allowance is short the backfills that bring most for a request come
// first, else those that have waited longest.
func TestBackfillsInOrder(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	s := &State{backfills: make(map[string]*Backfill)}
	for uuid, tt := range map[string]struct {
		waited  time.Duration
		rows    int
		minutes float64
	}{
		"long": {20 * time.Minute, 4, 90}, "brief": {30 * time.Minute, 10, 5}, "full": {10 * time.Minute, 20, 60},
		"unknown": {40 * time.Minute, 0, 0}, "too new": {time.Minute, 10, 1000},
	} {
		b := newBackfill(uuid, "", now.Add(-tt.waited), tt.rows)
		b.minutes = tt.minutes
		s.backfills[uuid] = b
	}
	for _, tt := range []struct {
		short    bool
		requests float64
		want     []string
	}{
		{false, 0, []string{"unknown", "brief", "long", "full"}},
		{true, 3, []string{"full", "long"}},
		{true, 0.5, nil},
	} {
		var got []string
		for _, b := range s.DueBackfills(Now{Time: now}, tt.requests, tt.short, func(zoomapi.Kind) bool { return false }) {
			got = append(got, b.UUID)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("with %+v: %v", tt, got)
		}
		for uuid, b := range s.backfills {
			if back := !slices.Contains(tt.want, uuid) && uuid != "too new"; back && !b.unpaid {
				t.Errorf("with %+v: %s was held back as the allowance was spent and does not say so", tt, uuid)
			}
		}
	}
}

// awaiting is a state and a meeting that ended at start, of two pages.
func awaiting() (*State, *Backfill) {
	s := begun(settings())
	b := newBackfill("known", zoomapi.Meeting, start, 20)
	b.lastLive = at(0).Zoom
	s.backfills[b.UUID] = b
	return s, b
}

// What a failure does to a backfill and to the walk over its pages.
func TestABackfillFails(t *testing.T) {
	var (
		heldBack = Failure{HeldBack: true}
		unpaid   = Failure{HeldBack: true, Unpaid: true}
		server   = Failure{Reason: zoomapi.ReasonServer}
		noAccess = Failure{Reason: zoomapi.ReasonNoAccess}
	)
	for _, tt := range []struct {
		name    string
		first   bool // the request is for the first page
		renewed bool // before
		failure Failure
		more    bool
		token   string // of the next request; "-" is no walk
		tries   int
		unpaid  bool // it was before
	}{
		{"held back at first", true, false, heldBack, false, "-", 0, true},
		{"held back later", false, false, heldBack, false, "a", 0, true},
		{"unpaid at first", true, false, unpaid, false, "-", 0, true},
		{"unpaid later", false, false, unpaid, false, "a", 0, true},
		{"not there yet", true, false, Failure{Reason: zoomapi.ReasonNotLive}, false, "-", 1, false},
		{"fails later", false, false, server, false, "-", 1, false},
		{"no access", true, false, noAccess, false, "-", 1, false},
		{"no access later, as a token has expired", false, false, noAccess, true, "", 0, false},
		{"no access later, again", false, true, noAccess, false, "-", 1, false},
	} {
		s, b := awaiting()
		now := at(backfillTries[0])
		if !s.StartBackfill(b, now) || s.StartBackfill(b, now) {
			t.Fatal("it is not one worker who begins")
		}
		s.NextPastPage(b)
		if !tt.first {
			if more, whole := s.HandlePastPage(b, &zoomapi.Page[zoomapi.QoSRow]{NextPageToken: "a"}, now); !more || whole {
				t.Fatal("a page with a token was the last")
			}
		}
		b.walk.renewed, b.unpaid, b.due = tt.renewed, true, true
		if more := s.HandlePastFailure(b, tt.failure, now); more != tt.more || b.busy != tt.more {
			t.Errorf("%s: ask again %v, busy %v; want %v", tt.name, more, b.busy, tt.more)
		}
		token := "-"
		if b.walk != nil {
			token = b.walk.token
		}
		if token != tt.token || b.tries != tt.tries || b.unpaid != tt.unpaid || b.due != (tt.tries == 0) {
			t.Errorf("%s: %+v; want token %q, %d tries, unpaid %v", tt.name, *b, tt.token, tt.tries, tt.unpaid)
		}
		if want := start.Add(backfillTries[tt.tries]); !b.next.Equal(want) {
			t.Errorf("%s: the next try is at %v, want %v", tt.name, b.next, want)
		}
	}
}

// A past answer is asked for at its times or, if nobody scrapes then, once for all
// that went by. It is given up after the last one, or when it was due for too long.
func TestWhenBackfillsAreTried(t *testing.T) {
	scrapes := func(every time.Duration) (at []time.Duration) {
		for d := every; d < 5*time.Hour; d += every {
			at = append(at, d)
		}
		return at
	}
	minutes := func(at ...time.Duration) []time.Duration {
		for i := range at {
			at[i] *= time.Minute
		}
		return at
	}
	for name, tt := range map[string]struct {
		scrapes []time.Duration
		failure Failure
		tried   []time.Duration
		given   time.Duration // when it was given up
	}{
		"every minute":     {scrapes(time.Minute), Failure{Reason: zoomapi.ReasonNotLive}, minutes(5, 15, 35, 70, 110), 110*time.Minute + time.Minute},
		"every hour":       {scrapes(time.Hour), Failure{Reason: zoomapi.ReasonNotLive}, minutes(60, 120), 3 * time.Hour},
		"after a night":    {minutes(700, 701, 702), Failure{Reason: zoomapi.ReasonNotLive}, minutes(700), 701 * time.Minute},
		"always held back": {scrapes(30 * time.Minute), Failure{HeldBack: true}, minutes(30, 60, 90, 120), 150 * time.Minute},
	} {
		s, b := awaiting()
		var tried []time.Duration
		given := time.Duration(0)
		for _, d := range tt.scrapes {
			now := at(d)
			due := s.DueBackfills(now, 100, false, func(zoomapi.Kind) bool { return false })
			if !s.Awaits(b) {
				given = d
				break
			}
			for _, b := range due {
				s.StartBackfill(b, now)
				s.NextPastPage(b)
				s.HandlePastFailure(b, tt.failure, now)
				tried = append(tried, d)
			}
		}
		if !slices.Equal(tried, tt.tried) || given != tt.given {
			t.Errorf("scraped %s it is tried after %v and given up after %v; want %v and %v", name, tried, given, tt.tried, tt.given)
		}
	}
}

// Whatever comes of a request for what is no longer awaited, it is the last.
func TestABackfillThatIsNoLongerAwaited(t *testing.T) {
	for name, leave := range map[string]func(s *State){
		"live again": func(s *State) { s.resume(&meeting{uuid: "known"}) },
		"excluded": func(s *State) {
			none := settings()
			none.Meetings = false
			s.Configure(none, at(time.Hour))
		},
	} {
		s, b := awaiting()
		s.StartBackfill(b, at(time.Hour))
		s.NextPastPage(b)
		s.HandlePastPage(b, &zoomapi.Page[zoomapi.QoSRow]{NextPageToken: "a"}, at(time.Hour))
		leave(s)
		if s.HandlePastFailure(b, Failure{Reason: zoomapi.ReasonNoAccess}, at(time.Hour)) {
			t.Errorf("%s: after a failure there is more to ask for", name)
		}
		if more, whole := s.HandlePastPage(b, &zoomapi.Page[zoomapi.QoSRow]{}, at(time.Hour)); more || whole {
			t.Errorf("%s: after an answer there is more to ask for: %v, %v", name, more, whole)
		}
		if s.WalkSummary(b, at(time.Hour)) != nil || s.StartBackfill(b, at(time.Hour)) {
			t.Errorf("%s: there is more to ask for", name)
		}
		s.CloseBackfill(b, at(time.Hour))
		if len(s.backfills) != 0 {
			t.Errorf("%s: it is awaited again", name)
		}
	}
}
