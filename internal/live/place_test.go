package live

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

const room = "meeting-0"

// street is a town with one meeting, in which nothing happens at random.
func street() *town {
	t := newTown(rand.New(rand.NewPCG(1, 1)))
	t.vanish = false
	t.guests[room] = nil
	t.list()
	return t
}

// attend has somebody join who has sent audio with these latencies, in ms, in the
// minutes up to now; a negative one is a minute without audio.
func (t *town) attend(like guest, latencies ...int) *guest {
	g := t.join(room, like)
	t.hear(g, latencies...)
	return g
}

// hear has Zoom measure somebody's audio in the minutes up to now.
func (t *town) hear(g *guest, latencies ...int) {
	for i, latency := range latencies {
		m := minute{at: t.at().Zoom.Unix()/60 - int64(len(latencies)-1-i)}
		if latency >= 0 {
			m.streams[0] = []figures{{latency, -1, -1}}
		}
		g.history = append(g.history, m)
	}
}

// look asks for the meeting, and returns what is shown then.
func (t *town) look() (*Meeting, View) {
	t.visit(room, 1000)
	return t.view()
}

func (t *town) view() (*Meeting, View) {
	v := t.viewAt(t.at(), t.interval)
	if len(v.Meetings) == 0 {
		return nil, v
	}
	return v.Meetings[0], v
}

const (
	fine = 10  // ms
	slow = 400 // ms
)

func (g Groups) audio(p Place) int {
	if g[p] == nil {
		return -1
	}
	counts := g[p].Recent[qos.Audio]
	return counts.all()
}

// A site where everybody leaves at once keeps its recent readings until they are too
// old by Zoom's clock, and then has none; it is never absent.
func TestEverybodyLeaves(t *testing.T) {
	for _, tt := range []struct {
		interval, kept time.Duration // kept from the newest minute on
		hangUp         func(*town)
	}{
		{time.Minute, 5 * time.Minute, func(c *town) { c.leave(room, c.guests[room][0]); c.leave(room, c.guests[room][1]) }},
		{time.Minute, 5 * time.Minute, func(c *town) { c.guests[room] = nil }},
		{time.Minute, 5 * time.Minute, func(c *town) { delete(c.guests, room) }},
		{5 * time.Minute, 10 * time.Minute, func(c *town) { c.guests[room] = nil }},
		{15 * time.Minute, 30 * time.Minute, func(c *town) { delete(c.guests, room) }},
		{40 * time.Minute, time.Hour, func(c *town) { delete(c.guests, room) }},
	} {
		c := street()
		c.pace(tt.interval)
		berlin := Place{"berlin", "Wifi"}
		for range 2 {
			c.attend(guest{network: "Wifi"}, slow, slow, slow)
		}
		newest := c.at().Zoom.Truncate(time.Minute)
		m, v := c.look()
		if n := v.Groups.audio(berlin); n != 6 || v.Groups[berlin].Degraded[qos.Audio] != 0 || m.People != 2 {
			t.Fatalf("%d readings, %+v", n, v.Groups[berlin])
		}
		c.now = c.now.Add(time.Minute)
		tt.hangUp(c)
		c.list()
		for ; c.at().Zoom.Sub(newest) < tt.kept+3*time.Minute; c.now = c.now.Add(20 * time.Second) {
			c.list()
			_, v := c.look()
			age := c.at().Zoom.Sub(newest)
			n := v.Groups.audio(berlin)
			switch {
			case v.Groups[berlin].People != 0:
				t.Fatalf("there are people: %+v", v.Groups[berlin])
			case age < tt.kept+time.Minute && (n < 2 || !v.Groups[berlin].Seen[qos.Audio]), age >= tt.kept+time.Minute && n != 0:
				t.Fatalf("%s: after %s there are %d readings", tt.interval, age, n)
			case !v.Groups[berlin].Seen[qos.Audio]:
				t.Fatalf("after %s the site is not shown", age)
			}
		}
	}
}

// What a backfill brings is not recent.
func TestBackfillIsNotRecent(t *testing.T) {
	c := street()
	c.attend(guest{network: "Wifi"}, fine, fine, fine)
	c.look()
	delete(c.guests, room)
	c.now = c.now.Add(time.Minute)
	c.list()
	_, before := c.view()
	c.backfill()
	_, after := c.view()
	berlin := Place{"berlin", "Wifi"}
	if c.past != 1 || before.Groups.audio(berlin) != 3 || *after.Groups[berlin] != *before.Groups[berlin] {
		t.Errorf("%d rows of the past made %+v of %+v", c.past, after.Groups[berlin], before.Groups[berlin])
	}
}

// Nobody in the waiting room counts, until they are let in, and not when they leave.
func TestWaitingRoom(t *testing.T) {
	c := street()
	c.attend(guest{role: "host"}, fine, fine, fine, fine)
	waiting := c.attend(guest{role: "panelist", waiting: true, network: "Wifi"}, slow, slow, slow, slow)
	berlin := Place{"berlin", "Wifi"}
	expect := func(when string, people int, counts bool) {
		t.Helper()
		m, v := c.look()
		if m.People != people || v.People != people || v.Covered != people || v.Kinds[zoomapi.Meeting].Participants != people || m.Held() != len(c.people()) {
			t.Errorf("%s there are %d people of %d, %d covered, %d held, totals %+v", when, m.People, v.People, v.Covered, m.Held(), v.Kinds)
		}
		poor, speaks, at := m.Recent[qos.Audio][2] > 0, m.Speakers[Panelist] == Counts{0, 0, 1, 0}, v.Groups[berlin]
		degraded := at != nil && at.Degraded[qos.Audio] == 1 && at.Recent[qos.Audio][2] == 4 && at.People == 1
		nothing := at == nil || at.People == 0 && at.Recent == Media[Counts]{}
		if poor != counts || speaks != counts || degraded != counts || nothing == counts {
			t.Errorf("%s recent are %v, speakers %v, at the site %+v", when, m.Recent, m.Speakers, at)
		}
	}
	c.look()
	c.roles(room)
	expect("while somebody waits", 1, false)
	waiting.waiting = false
	c.now = c.now.Add(30 * time.Second)
	expect("before it is known that they were let in", 1, false)
	c.askRoles()
	expect("when they were let in", 2, true)
	waiting.waiting = true
	c.askRoles()
	expect("when they wait again", 1, false)
	c.leave(room, waiting)
	expect("when they have left", 1, false)
	c.askRoles()
	expect("when no list has them any more", 1, false)
	c.now = c.now.Add(7 * time.Minute)
	c.hear(c.guests[room][0], fine, fine, fine, fine)
	expect("when nothing of them is recent", 1, false)
	c.hear(waiting, slow)
	expect("when Zoom tells of another of their minutes", 1, false)
	delete(c.guests, room)
	c.now = c.now.Add(time.Minute)
	c.list()
	if _, v := c.view(); v.Groups.audio(berlin) > 0 || v.Groups.audio(Place{"berlin", ""}) != 4 {
		t.Errorf("when the meeting is over there are %+v, %+v", v.Groups[berlin], v.Groups[Place{"berlin", ""}])
	}
}

// People beyond the limit count at their places, without those who wait.
func TestAggregatesBeyondTheLimit(t *testing.T) {
	c := street()
	s := townSettings(2, true, qos.DefaultThresholds(), 0)
	s.MaxParticipants = 1
	c.configure(s)
	c.attend(guest{user: "user-1"}, slow, slow, slow, slow)
	c.attend(guest{user: "user-2", office: 1}, slow, slow, slow, slow)
	c.attend(guest{user: "user-3", office: 1, waiting: true}, slow, slow, slow, slow)
	c.look()
	c.roles(room)
	m, v := c.look()
	berlin, lisbon := v.Groups[Place{"berlin", ""}], v.Groups[Place{"lisbon", ""}]
	if m.People != 2 || m.Held() != 1 || v.Dropped[DroppedLimit] != 2 || berlin.People != 1 || lisbon.People != 1 {
		t.Errorf("%d people, %d held, dropped %v, %+v, %+v", m.People, m.Held(), v.Dropped, berlin, lisbon)
	}
	if berlin.Degraded[qos.Audio] != 1 || lisbon.Degraded[qos.Audio] != 0 || lisbon.Recent != (Media[Counts]{}) {
		t.Errorf("what is not held is judged: %+v, %+v", berlin, lisbon)
	}
}

// people are those who are in the meeting or its waiting room.
func (t *town) people() (people []*guest) {
	for _, g := range t.guests[room] {
		if g.leave.IsZero() {
			people = append(people, g)
		}
	}
	return people
}

// askRoles asks for the participants list, however long ago it was asked for.
func (t *town) askRoles() {
	t.meetings[room].rolesAt, t.meetings[room].rolesSize = time.Time{}, -1
	t.roles(room)
}

// A meeting that was large when somebody waited tells when they are let in.
func TestWaitingInAShrinkingMeeting(t *testing.T) {
	c := street()
	c.configure(townSettings(1, true, qos.DefaultThresholds(), 3))
	for range 2 {
		c.attend(guest{}, fine)
	}
	waiting := c.attend(guest{waiting: true}, fine)
	c.look()
	c.roles(room)
	if m, _ := c.look(); m.People != 2 {
		t.Fatalf("%d people", m.People)
	}
	c.leave(room, c.guests[room][0])
	waiting.waiting = false
	c.look()
	c.now = c.now.Add(rolesPause)
	c.roles(room)
	if m, _ := c.look(); m.People != 2 {
		t.Errorf("%d people", m.People)
	}
	c.configure(townSettings(2, true, qos.DefaultThresholds(), 3))
	if m, _ := c.look(); c.meetings[room].roles == nil || m.People != 2 {
		t.Errorf("after a reload of something else there are %d people", m.People)
	}
	c.configure(townSettings(2, true, qos.DefaultThresholds(), 4))
	if c.meetings[room].roles != nil {
		t.Error("a meeting that is too small by a reload keeps its roles")
	}
}

// Somebody with two rows is degraded once, at the place of the row that is present; of
// several the newest.
func TestDegradedOnce(t *testing.T) {
	berlin, lisbon := Place{"berlin", "Wifi"}, Place{"lisbon", ""}
	there, here := guest{user: "user-1", network: "Wifi"}, guest{user: "user-1", office: 1}
	for name, tt := range map[string]struct {
		rows func(*town)
		want map[Place]int
	}{
		"a breakout room": {func(c *town) {
			main := c.attend(there, slow, slow, slow, slow)
			c.now = c.now.Add(time.Second)
			c.leave(room, main)
			c.attend(here, -1)
		}, map[Place]int{lisbon: 1}},
		"a quarter of all": {func(c *town) {
			main := c.attend(there, slow, fine, fine, -1)
			c.now = c.now.Add(time.Second)
			c.leave(room, main)
			c.attend(here, fine)
		}, nil},
		"both are present": {func(c *town) {
			c.attend(there, slow, slow)
			c.now = c.now.Add(time.Minute)
			c.attend(here, fine, fine)
		}, map[Place]int{lisbon: 1}},
		"back in the first room": {func(c *town) {
			c.attend(here, slow, slow)
			c.now = c.now.Add(time.Minute)
			c.attend(there, fine, fine)
		}, map[Place]int{berlin: 1}},
		"the same two minutes of both": {func(c *town) {
			c.attend(there, slow, slow)
			c.attend(here, slow, slow)
		}, nil},
		"all have left": {func(c *town) {
			main := c.attend(there, slow, slow, slow, slow)
			c.now = c.now.Add(time.Second)
			c.leave(room, main)
		}, nil},
		"each is unknown": {func(c *town) {
			c.attend(guest{network: "Wifi"}, slow, slow, slow, slow)
			c.attend(guest{network: "Wifi"}, slow, slow, slow, slow)
			c.attend(guest{office: 1}, slow, slow)
			c.attend(guest{office: 1}, slow, slow)
		}, map[Place]int{berlin: 2}},
	} {
		c := street()
		tt.rows(c)
		c.look()
		m, v := c.view()
		for _, place := range []Place{berlin, lisbon} {
			got := 0
			if m.Groups[place] != nil {
				got = m.Groups[place].Degraded[qos.Audio]
			}
			at := v.Groups[place]
			if got != tt.want[place] || at != nil && at.Degraded[qos.Audio] != got {
				t.Errorf("%s: at %v are %d degraded, want %d", name, place, got, tt.want[place])
			}
		}
	}
}

// What was never looked at is absent; where readings were seen there are none later.
func TestZeroAfterALook(t *testing.T) {
	c := street()
	c.attend(guest{network: "Wifi"}, fine)
	berlin := Place{"berlin", "Wifi"}
	m, v := c.view()
	if m.Looked || m.Seen[qos.Audio] || v.Groups[berlin] != nil || v.Groups[Place{Site: "berlin"}] == nil || m.People != 0 {
		t.Errorf("before the first look: %+v, %+v", m, v.Groups)
	}
	m, v = c.look()
	if !m.Looked || !m.Seen[qos.Audio] || m.Seen[qos.Video] || !v.Groups[berlin].Seen[qos.Audio] || v.Groups[berlin].Seen[qos.Video] {
		t.Errorf("after a look: %+v, %+v", m, v.Groups[berlin])
	}
	c.now = c.now.Add(9 * time.Minute)
	m, v = c.view()
	if !m.Looked || !m.Seen[qos.Audio] || m.Recent != (Media[Counts]{}) || !v.Groups[berlin].Seen[qos.Audio] || v.Groups.audio(berlin) != 0 {
		t.Errorf("when nothing is recent: %+v, %+v", m, v.Groups[berlin])
	}
	c.now = c.now.Add(time.Hour)
	if _, v = c.view(); len(v.Groups) != 0 {
		t.Errorf("while it is unknown what is live: %+v", v.Groups)
	}
	c.list()
	m, v = c.view()
	if m.Looked || v.Groups[berlin].People != 0 {
		t.Errorf("when the last look was too long ago: %+v, %+v", m, v.Groups[berlin])
	}
}

// After a restart live answers tell again what is recent, also of minutes that were
// counted before.
func TestRecentAcrossARestart(t *testing.T) {
	c := street()
	c.attend(guest{network: "Wifi"}, slow, slow, slow, slow, slow, slow, slow)
	left := c.attend(guest{network: "Wifi"}, fine, fine)
	c.leave(room, left)
	before, v := c.look()
	c.engine.Commit(c.engine.Encode(c.now, c.at().Zoom), c.now)
	c.State = New(c.reader.settings, c.engine, true, c.now)
	c.Begin(c.at())
	c.list()
	after, w := c.look()
	berlin := Place{"berlin", "Wifi"}
	if before.Recent[qos.Audio].all() != 5 || before.Recent != after.Recent || *v.Groups[berlin] != *w.Groups[berlin] || v.Groups.audio(berlin) != 7 {
		t.Errorf("%v and %+v became %v and %+v", before.Recent, v.Groups[berlin], after.Recent, w.Groups[berlin])
	}
}

// After a reload of thresholds what was judged stays so, and people and machines are
// judged anew.
func TestThresholdsReloaded(t *testing.T) {
	c := street()
	g := c.attend(guest{network: "Wifi"}, slow, fine, fine, fine)
	g.history[3].cpu, g.history[3].dBm = 90, -70
	c.look()
	berlin := Place{"berlin", "Wifi"}
	expect := func(when string, recent Counts, degraded int, machine, wifi Split) {
		t.Helper()
		_, v := c.look()
		at := v.Groups[berlin]
		if at.Recent[qos.Audio] != recent || at.Degraded[qos.Audio] != degraded || at.Machine != machine || at.WiFi != wifi {
			t.Errorf("%s it is %+v", when, at)
		}
	}
	within, beyond := Split{Within: 1}, Split{Beyond: 1}
	expect("at first", Counts{3, 0, 1, 0}, 0, within, within)
	thresholds := qos.DefaultThresholds()
	thresholds.Degraded, thresholds.CPU, thresholds.WiFi = 0.25, 0.5, -60
	thresholds.Latency = qos.Bounds{Good: 0.001, Fair: 0.002, Poor: 0.003}
	c.configure(townSettings(2, true, thresholds, 0))
	expect("after a reload", Counts{3, 0, 1, 0}, 1, beyond, beyond)
	c.now = c.now.Add(time.Minute)
	c.hear(g, fine)
	expect("after another minute", Counts{3, 0, 1, 1}, 1, Split{}, Split{})
}

// Sites that a reload removes leave with the next answers.
func TestSitesReloaded(t *testing.T) {
	c := street()
	c.attend(guest{network: "Wifi"}, fine)
	c.look()
	c.configure(townSettings(0, true, qos.DefaultThresholds(), 0))
	c.view()
	if _, v := c.look(); len(v.Groups) != 1 || v.Groups.audio(Place{"", "Wifi"}) != 1 {
		t.Errorf("there are %s", v.Groups.text())
	}
}

// What a reload excludes leaves at once, also of a meeting that ended and whose past is
// settled.
func TestExcludedAfterItsEnd(t *testing.T) {
	for name, exclude := range map[string]func(*Settings){
		"a filter": func(s *Settings) { s.Keep = func(*zoomapi.Live) bool { return false } },
		"a kind":   func(s *Settings) { s.Meetings = false },
	} {
		c := street()
		c.attend(guest{network: "Wifi"}, fine, fine, fine)
		c.look()
		delete(c.guests, room)
		c.now = c.now.Add(time.Minute)
		c.list()
		c.backfill()
		if _, v := c.view(); v.Groups.audio(Place{"berlin", "Wifi"}) != 3 {
			t.Fatalf("before it there are %s", v.Groups.text())
		}
		s := townSettings(2, true, qos.DefaultThresholds(), 0)
		s.Webinars = true
		exclude(&s)
		c.configure(s)
		listed(t, c.State, zoomapi.Webinar, c.at())
		if _, v := c.view(); v.Groups.audio(Place{"berlin", "Wifi"}) != 0 {
			t.Errorf("after %s there are %s", name, v.Groups.text())
		}
	}
}

// A meeting that is live again after Zoom said that it was over counts once.
func TestLiveAgain(t *testing.T) {
	c := street()
	c.attend(guest{network: "Wifi"}, fine, fine, fine)
	c.leave(room, c.attend(guest{network: "Wifi"}, fine, fine))
	berlin := Place{"berlin", "Wifi"}
	expect := func(when string) {
		t.Helper()
		if _, v := c.view(); v.Groups.audio(berlin) != 5 {
			t.Errorf("%s there are %d readings", when, v.Groups.audio(berlin))
		}
	}
	c.look()
	expect("live")
	c.end(room)
	expect("over")
	c.now = c.now.Add(time.Minute)
	c.list()
	expect("listed again")
	c.meetings[room].notBefore = time.Time{}
	c.look()
	expect("live again")
}

func TestSpeakers(t *testing.T) {
	c := street()
	for _, g := range []struct {
		role      string
		latencies []int
	}{
		{"host", []int{fine, fine}}, {"Host", []int{fine, fine, 900, 900}}, {"co-host", []int{200}}, {"cohost", []int{-1, -1}},
		{"panelist", []int{slow, fine, fine}}, {"panelist", []int{slow, fine, fine, fine}}, {"attendee", []int{slow}}, {"", []int{slow}},
	} {
		c.attend(guest{role: g.role}, g.latencies...)
	}
	received := c.attend(guest{role: "host"})
	received.history = []minute{{at: c.at().Zoom.Unix() / 60, streams: [6][]figures{{}, {{slow, -1, -1}}, {}, {{slow, -1, -1}}, {{slow, -1, -1}}}}}
	if m, _ := c.look(); len(m.Speakers) != 0 {
		t.Errorf("before the roles are known: %v", m.Speakers)
	}
	c.roles(room)
	m, _ := c.look()
	if want := (Speakers{Host: {1, 1, 0, 1}, Panelist: {1, 0, 1, 0}}); len(m.Speakers) != 2 || m.Speakers[Host] != want[Host] || m.Speakers[Panelist] != want[Panelist] {
		t.Errorf("speakers are %v, want %v", m.Speakers, want)
	}
}

// A speaker who listens is judged by the last five minutes in which they spoke, as long
// as those are recent.
func TestListeningSpeaker(t *testing.T) {
	c := street()
	c.pace(15 * time.Minute)
	host := c.attend(guest{role: "host"}, fine, slow, slow, fine, fine, fine)
	for range 2 {
		c.now = c.now.Add(9 * time.Minute)
		c.list()
		c.hear(host, -1, -1, -1, -1, -1, -1)
		for i := range host.history[len(host.history)-6:] {
			host.history[len(host.history)-6+i].streams[1] = []figures{{fine, -1, -1}}
		}
		c.look()
		c.roles(room)
		if m, _ := c.look(); m.Speakers[Host] != (Counts{0, 0, 1, 0}) || m.Recent[qos.Audio].all() != 5 {
			t.Errorf("of %v speakers are %v", m.Recent, m.Speakers)
		}
	}
	c.now = c.now.Add(9 * time.Minute) // of the two slow minutes one is too old
	c.list()
	if m, _ := c.view(); m.Speakers[Host] != (Counts{1, 0, 0, 0}) {
		t.Errorf("then speakers are %v", m.Speakers)
	}
	c.now = c.now.Add(5 * time.Minute)
	if m, _ := c.view(); len(m.Speakers) != 0 {
		t.Errorf("when nothing that they said is recent, speakers are %v", m.Speakers)
	}
}

func TestDegraded(t *testing.T) {
	// A letter for each reading of a minute: good, poor, or bad.
	minutes := func(all ...string) (minutes []recentMinute) {
		for i, letters := range all {
			m := recentMinute{minute: int32(100 - i)}
			for stream, letter := range letters {
				m.quality[stream] = map[rune]qos.Quality{'g': qos.Good, 'f': qos.Fair, 'p': qos.Poor, 'b': qos.Bad}[letter]
			}
			minutes = append(minutes, m)
		}
		return minutes
	}
	for _, tt := range []struct {
		name    string
		minutes []recentMinute
		share   float64
		audio   bool
		sent    qos.Quality
	}{
		{"nothing", nil, 0.3, false, qos.QualityUnknown},
		{"four readings in three minutes", minutes("pp", "g", "g"), 0.5, true, qos.Good},
		{"one poor of four", minutes("pg", "g", "g"), 0.3, false, qos.Poor},
		{"two poor of four", minutes("pg", "b", "g"), 0.3, true, qos.Bad},
		{"four readings in two minutes", minutes("bb", "bb"), 0.3, false, qos.Bad},
		{"three readings in three minutes", minutes("b", "b", "b"), 0.3, false, qos.Bad},
		{"fair is not poor", minutes("ff", "f", "f"), 0.3, false, qos.Fair},
		{"three of ten", minutes("pb", "bg", "gg", "gg", "gg"), 0.3, true, qos.Poor},
		{"two of ten", minutes("pb", "gg", "gg", "gg", "gg"), 0.3, false, qos.Good},
		{"video is not audio", minutes("  bb", "  bb", "  bb"), 0.3, false, qos.Bad},
		{"a share is not audio or video", minutes("    bb", "    bb"), 0.3, false, qos.QualityUnknown},
		{"received", minutes(" b", " b", " b", " b"), 0.3, true, qos.QualityUnknown},
	} {
		if got := degraded(tt.minutes, tt.share)[qos.Audio]; got != tt.audio {
			t.Errorf("%s: degraded %v", tt.name, got)
		}
		if got := sentQuality(tt.minutes, tt.share); got != tt.sent {
			t.Errorf("%s: sent %v, want %v", tt.name, got, tt.sent)
		}
	}
	// Exactly the share is enough, however it is rounded.
	for n := 1; n <= 60; n++ {
		for percent := 1; percent < 100; percent++ {
			worse := (percent*n + 99) / 100
			if c := (Counts{n - worse, 0, worse, 0}); !c.reaches(qos.Poor, float64(percent)/100) {
				t.Errorf("%d of %d is less than %d %%", worse, n, percent)
			}
			if c := (Counts{n - worse + 1, 0, worse - 1, 0}); c.reaches(qos.Poor, float64(percent)/100) {
				t.Errorf("%d of %d is %d %%", worse-1, n, percent)
			}
		}
	}
}
