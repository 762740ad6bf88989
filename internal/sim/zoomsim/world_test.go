package zoomsim

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// During three days the number of live meetings is as configured. Each takes 15 to
// 60 minutes and begins at about a quarter of an hour. Recurring meetings share a
// number but no UUID, and past ones are forgotten.
func TestMeetings(t *testing.T) {
	now := monday
	s := New(Options{Seed: 5, Meetings: 12, Webinars: 2, Now: func() time.Time { return now }})
	numbers, seen := map[int64]map[string]bool{}, map[string]bool{}
	held := 0
	for range 3 * 24 * 60 {
		live := s.Live(zoomapi.Meeting)
		if len(live) != 12 || len(s.Live(zoomapi.Webinar)) != 2 {
			t.Fatalf("%v: %d meetings and %d webinars are live", now, len(live), len(s.Live(zoomapi.Webinar)))
		}
		for _, m := range live {
			if seen[m.UUID] {
				continue
			}
			seen[m.UUID] = true
			if numbers[m.Number] == nil {
				numbers[m.Number] = map[string]bool{}
			}
			numbers[m.Number][m.UUID] = true
			length, off := m.End.Sub(m.Start), m.Start.Sub(m.Start.Round(quarter)).Abs()
			if m.Start.After(monday) && (length < 11*time.Minute || length > 64*time.Minute || off > 150*time.Second) {
				t.Errorf("a meeting from %v to %v", m.Start, m.End)
			}
		}
		s.world.mu.Lock()
		held = max(held, len(s.world.byUUID))
		s.world.mu.Unlock()
		now = now.Add(time.Minute)
	}
	recurring := 0
	for _, uuids := range numbers {
		if len(uuids) > 1 {
			recurring++
		}
	}
	if recurring < 12 || len(numbers) < 300 {
		t.Errorf("%d of %d numbers recur", recurring, len(numbers))
	}
	if held > 14*4*16 {
		t.Errorf("%d meetings are kept at once", held)
	}
}

func TestWorkday(t *testing.T) {
	zone := time.FixedZone("east", 9*3600)
	now := monday.Truncate(24 * time.Hour)
	s := New(Options{Seed: 5, Meetings: 100, Workday: true, TimeZone: zone, Now: func() time.Time { return now }})
	at := func(day, hour int) int {
		now = time.Date(2026, 3, day, hour, 5, 0, 0, zone)
		return len(s.Live(zoomapi.Meeting))
	}
	noon, night, sunday := at(3, 12), at(4, 2), at(8, 12)
	if noon < 80 || night > 10 || sunday > 10 {
		t.Errorf("%d meetings at noon, %d at night, %d on Sunday", noon, night, sunday)
	}
}

func TestPopulations(t *testing.T) {
	now := monday
	clock := func() time.Time { return now }
	s := New(Options{Seed: 5, Meetings: 400, Participants: 6, Now: clock})
	now = now.Add(40 * time.Minute)
	people := 0
	for _, m := range s.Live(zoomapi.Meeting) {
		people += len(m.Participants)
	}
	if mean := float64(people) / 400; mean < 5 || mean > 8 {
		t.Errorf("a mean of %v rows a meeting", mean)
	}

	s = New(Options{Seed: 5, Meetings: 3, TownHalls: 1, TownHallSize: 3000, Now: clock})
	now = now.Add(10 * time.Minute)
	most := 0
	for _, m := range s.Live(zoomapi.Meeting) {
		most = max(most, len(m.Participants))
	}
	if most < 2000 {
		t.Errorf("the town hall has %d rows", most)
	}

	s = New(Options{Seed: 5, Fixed: true, Meetings: 7, Webinars: 2, Participants: 9, History: 3, Now: clock})
	members := map[string]bool{}
	for range 2 {
		for _, kind := range []zoomapi.Kind{zoomapi.Meeting, zoomapi.Webinar} {
			for _, m := range s.Live(kind) {
				if len(m.Participants) != 9 {
					t.Errorf("a fixed %s has %d participants", kind, len(m.Participants))
				}
				for _, p := range m.Participants {
					if p.AccountUserID != "" {
						members[p.AccountUserID] = true
					}
				}
			}
		}
		now = now.Add(30 * time.Hour)
	}
	if len(s.Live(zoomapi.Meeting)) != 7 || len(members) < 50 {
		t.Errorf("%d fixed meetings, %d members", len(s.Live(zoomapi.Meeting)), len(members))
	}
}

// Live meetings began at most History ago, and have minutes from then on.
func TestHistory(t *testing.T) {
	now := monday
	s := New(Options{Seed: 5, Fixed: true, Meetings: 1, Participants: 1, History: 7, Moods: Moods{Plain: true}, Now: func() time.Time { return now }})
	m := s.Live(zoomapi.Meeting)[0]
	minutes, err := s.Minutes(m.UUID, m.Participants[0].UserID)
	if err != nil || len(minutes) != 7 {
		t.Fatalf("%d minutes, %v", len(minutes), err)
	}
	if first := minutes[0].Time; !first.Equal(monday.Add(-7 * time.Minute).Truncate(time.Minute).Add(time.Minute)) {
		t.Errorf("the first is that of %v", first)
	}
	now = now.Add(29 * time.Second)
	if p, err := s.Present(m.UUID, m.Participants[0].UserID); err != nil || !p.Time.Equal(monday.Truncate(time.Minute)) {
		t.Errorf("present %v, %v", p.Time, err)
	}
	now = now.Add(time.Second)
	if p, _ := s.Present(m.UUID, m.Participants[0].UserID); !p.Time.Equal(now) {
		t.Errorf("at the top of the minute: %v", p.Time)
	}
	if _, err := s.Present(m.UUID, "1"); !errors.Is(err, ErrUnknown) {
		t.Errorf("unknown participant: %v", err)
	}
	if _, err := s.Minutes("x", "1"); !errors.Is(err, ErrUnknown) {
		t.Errorf("unknown meeting: %v", err)
	}
}

// print returns the ground truth of all that is live.
func (s *Sim) print(kinds ...zoomapi.Kind) string {
	var b strings.Builder
	for _, kind := range kinds {
		for _, m := range s.Live(kind) {
			fmt.Fprintf(&b, "%+v\n", m)
			for _, p := range m.Participants {
				minutes, err := s.Minutes(m.UUID, p.UserID)
				for _, minute := range minutes {
					fmt.Fprintf(&b, "%+v %+v %+v\n", minute.Wire.Streams, minute.CPU, minute.RSSI)
				}
				fmt.Fprintln(&b, err)
			}
		}
	}
	return b.String()
}

// The same seed and time give the same answers, whatever was requested before and
// in whatever order. Another seed gives others.
func TestDeterminism(t *testing.T) {
	now := monday
	begin := func(seed uint64) *Sim {
		now = monday
		return New(Options{Seed: seed, Meetings: 5, Webinars: 1, History: 20, Now: func() time.Time { return now }})
	}
	busy, other := begin(1), begin(2)
	var first string
	for range 18 { // every ten minutes, webinars first
		now = now.Add(10 * time.Minute)
		first = busy.print(zoomapi.Webinar) + busy.print(zoomapi.Meeting)
	}
	idle := begin(1)
	now = monday.Add(180 * time.Minute)
	second := idle.print(zoomapi.Meeting)
	second = idle.print(zoomapi.Webinar) + second
	if first != second || len(first) < 10_000 {
		t.Error("the answers depend on earlier requests")
	}
	if other.print(zoomapi.Meeting) == idle.print(zoomapi.Meeting) {
		t.Error("the seed does not matter")
	}

	a := newRig(t, Options{Seed: 9, Meetings: 3, Limits: &Limits{}, Headers: HeadersNever})
	b := newRig(t, Options{Seed: 9, Meetings: 3, Limits: &Limits{}, Headers: HeadersNever})
	paths := []string{listPath}
	for _, m := range a.sim.Live(zoomapi.Meeting) {
		paths = append(paths, "/metrics/meetings/"+number(m)+"/participants/qos?page_size=10", "/metrics/meetings/"+number(m)+"/participants")
	}
	a.now, b.now = a.now.Add(7*time.Minute), b.now.Add(7*time.Minute)
	answers := map[string]string{}
	for _, path := range paths {
		answers[path] = string(a.get(path).body)
	}
	slices.Reverse(paths)
	for _, path := range paths {
		if string(b.get(path).body) != answers[path] {
			t.Errorf("%s: the answer depends on the order of requests", path)
		}
	}
}

// The figures of forty meetings in three hours are plausible.
func TestFiguresArePlausible(t *testing.T) {
	now := monday
	s := New(Options{Seed: 11, Meetings: 40, Webinars: 3, Participants: 8, Now: func() time.Time { return now }})
	type tally struct{ active, blank, zero, lossy, crc, rwg, wifi, shares int }
	var n tally
	for range 12 {
		now = now.Add(quarter)
		for _, kind := range []zoomapi.Kind{zoomapi.Meeting, zoomapi.Webinar} {
			for _, m := range s.Live(kind) {
				for _, p := range m.Participants {
					minute, err := s.Present(m.UUID, p.UserID)
					if err != nil {
						continue
					}
					for _, stream := range minute.Wire.Streams {
						v, active := minute.Values[stream.Name]
						if !active {
							n.blank++
							if stream.Figures != (zoomapi.Figures{}) {
								t.Fatalf("an inactive stream has figures: %+v", stream)
							}
							continue
						}
						n.active++
						checkValues(t, string(stream.Name), v)
						if stream.Resolution == "0*0" {
							n.zero++
						}
						if v.AvgLoss > 0.02 {
							n.lossy++
						}
						if strings.HasSuffix(string(stream.Name), "crc") {
							n.crc++
						}
						if strings.HasSuffix(string(stream.Name), "rwg") {
							n.rwg++
						}
						if stream.Name == zoomapi.ShareInput {
							n.shares++
						}
					}
					for _, cpu := range minute.CPU {
						if cpu < 0 || cpu > 1 {
							t.Fatalf("CPU %v", minute.CPU)
						}
					}
					if r := minute.RSSI; r != nil {
						n.wifi++
						if r[0] > r[1] || r[1] > r[2] || r[0] < -100 || r[2] > -30 {
							t.Fatalf("RSSI %v", r)
						}
					}
				}
			}
		}
	}
	share := float64(n.lossy) / float64(n.active)
	if n.blank == 0 || n.zero == 0 || n.crc == 0 || n.rwg == 0 || n.wifi == 0 || n.shares == 0 || share < 0.005 || share > 0.2 {
		t.Errorf("%+v, %v of them lossy", n, share)
	}
}

func checkValues(t *testing.T, name string, v Values) {
	t.Helper()
	in := func(x, lo, hi float64) bool { return x >= lo && x <= hi }
	ok := in(v.Bitrate, 0, 3e6/8) && in(v.Latency, 0.01, 0.6) && in(v.Jitter, 0, 0.3) &&
		in(v.AvgLoss, 0, 0.5) && in(v.MaxLoss, v.AvgLoss, 1)
	if strings.HasPrefix(name, "audio") {
		ok = ok && math.IsNaN(v.Width) && math.IsNaN(v.Height) && math.IsNaN(v.FrameRate)
	} else {
		ok = ok && in(v.Width, 0, 1920) && in(v.Height, 0, 1080) && in(v.FrameRate, 0, 30)
	}
	if !ok {
		t.Fatalf("%s: %+v", name, v)
	}
}

// An incident of a site affects loss and resolution there and nowhere else, while
// it lasts. Its minutes keep their figures.
func TestIncidentsShow(t *testing.T) {
	now := monday
	s := New(Options{Seed: 11, Fixed: true, Calm: true, Meetings: 30, Participants: 8, Moods: Moods{Plain: true}, Now: func() time.Time { return now }})
	loss := func(site string, at time.Time) (mean, width float64) {
		n := 0.0
		for _, m := range s.Live(zoomapi.Meeting) {
			for _, p := range m.Participants {
				if p.Site != site {
					continue
				}
				minutes, err := s.Minutes(m.UUID, p.UserID)
				if err != nil {
					t.Fatal(err)
				}
				for _, minute := range minutes {
					if minute.Time.Equal(at) {
						mean += minute.Values[zoomapi.AudioOutput].AvgLoss
						width += minute.Values[zoomapi.VideoInput].Width
						n++
					}
				}
			}
		}
		if n == 0 {
			t.Fatalf("nobody at %s", site)
		}
		return mean / n, width / n
	}
	s.SetIncident(Incident{Name: "lisbon", Site: "lisbon", Loss: 0.09})
	now = now.Add(5 * time.Minute)
	during := now.Truncate(time.Minute)
	if l, w := loss("lisbon", during); l < 0.08 || w > 400 {
		t.Errorf("lisbon: loss %v, width %v", l, w)
	}
	if l, w := loss("berlin", during); l > 0.01 || w < 1000 {
		t.Errorf("berlin: loss %v, width %v", l, w)
	}
	if err := s.ClearIncident("lisbon"); err != nil {
		t.Fatal(err)
	}
	now = now.Add(5 * time.Minute)
	if l, _ := loss("lisbon", now.Truncate(time.Minute)); l > 0.01 {
		t.Errorf("lisbon after it: loss %v", l)
	}
	if l, _ := loss("lisbon", during); l < 0.08 {
		t.Errorf("lisbon's past: loss %v", l)
	}
	if err := s.ClearIncident("lisbon"); !errors.Is(err, ErrUnknown) {
		t.Errorf("cleared twice: %v", err)
	}

	// Incidents of one machine, and of Wi-Fi.
	m := s.Live(zoomapi.Meeting)[0]
	p := m.Participants[3]
	s.SetIncident(Incident{Name: "laptop", User: p.AccountUserID, CPU: 0.99})
	s.SetIncident(Incident{Name: "air", Network: "Wifi", RSSI: 25, LatencyMS: 200, JitterMS: 60})
	now = now.Add(2 * time.Minute)
	if minute, err := s.Present(m.UUID, p.UserID); err != nil || minute.CPU[3] != 0.99 || minute.Values[zoomapi.VideoInput].Width != 640 {
		t.Errorf("the laptop: %v, %v", minute.CPU, err)
	}
	for _, p := range m.Participants {
		minute, err := s.Present(m.UUID, p.UserID)
		if err != nil {
			t.Fatal(err)
		}
		slow := minute.Values[zoomapi.AudioOutput].Latency > 0.2
		if slow != (p.NetworkType == "Wifi") || (p.NetworkType == "Wifi" && minute.RSSI[2] > -60) {
			t.Errorf("%s: %+v %v", p.NetworkType, minute.Values[zoomapi.AudioOutput], minute.RSSI)
		}
	}
}

// The seed brings incidents, except with Calm.
func TestDrawnIncidents(t *testing.T) {
	for _, calm := range []bool{false, true} {
		w := New(Options{Seed: 1, Calm: calm, Now: func() time.Time { return monday }}).world
		bad := 0
		for minute := range int64(24 * 60) {
			for _, site := range Sites() {
				if w.drawnLoss(site.Name, minuteAt(monday)+minute) > 0 {
					bad++
				}
			}
		}
		if share := float64(bad) / (24 * 60 * 5); calm != (bad == 0) || share > 0.3 {
			t.Errorf("calm %v: %v of the minutes are bad", calm, share)
		}
	}
}

// Concurrent requests and changes, for the race detector.
func TestConcurrentUse(t *testing.T) {
	r := newRig(t, Options{Seed: 4, Meetings: 6, Limits: &Limits{}, History: 10, Moods: Moods{History: HistorySince}})
	var clock sync.Mutex
	r.sim.opts.Now = func() time.Time {
		clock.Lock()
		defer clock.Unlock()
		r.now = r.now.Add(time.Second)
		return r.now
	}
	r.login()
	id := number(r.sim.Live(zoomapi.Meeting)[0])
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 20 {
				r.get(listPath)
				r.get("/metrics/meetings/" + id + "/participants/qos?page_size=10")
				r.get("/metrics/meetings/" + id + "/participants?page_size=300")
			}
		})
	}
	all.Go(func() {
		for range 20 {
			opened := r.sim.Open(zoomapi.Meeting, 3)
			p, err := r.sim.Join(opened.UUID)
			if err == nil {
				_, err = r.sim.Rejoin(opened.UUID, p.UserID)
			}
			if err == nil {
				err = r.sim.End(opened.UUID)
			}
			if err != nil {
				t.Error(err)
			}
			r.sim.SetIncident(Incident{Name: "x", Site: "berlin", Loss: 0.1})
			_ = r.sim.State()
			_ = r.sim.ClearIncident("x")
		}
	})
	all.Wait()
	if n := r.sim.Counts().Of(zoomapi.ListMeetings); n != 80 {
		t.Errorf("%d lists were requested, want 80", n)
	}
}
