package live

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/seeds"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// offices are where people are, the last one at no site.
var offices = [...]struct{ site, address string }{
	{"berlin", "198.51.100.7"}, {"lisbon", "192.0.2.7"}, {"", "203.0.113.7"},
}

func siteRules(n int) (sites qos.Sites) {
	for _, o := range offices[:n] {
		sites = append(sites, qos.SiteRule{Site: o.site, Public: []netip.Prefix{netip.PrefixFrom(netip.MustParseAddr(o.address), 24).Masked()}})
	}
	return sites
}

// guest is one join of somebody, as Zoom knows it.
type guest struct {
	id, user string
	office   int
	network  string
	role     string
	waiting  bool
	rough    int           // of ten figures so many are poor or bad
	lag      time.Duration // of their minutes
	join     zoomtime.Time
	leave    zoomtime.Time // zero while they are there
	history  []minute
}

// minute is what Zoom measured of somebody in a minute.
type minute struct {
	at       int64
	streams  [6][]figures // by media and direction: of the client and of a room connector
	cpu, dBm int          // 0 is blank
}

type figures struct{ latency, jitter, loss int } // ms and percent; -1 is blank

// streamNames are Zoom's names of the streams, those of the client and of a room connector.
var streamNames = [6][2]zoomapi.StreamName{
	{zoomapi.AudioInput, zoomapi.AudioDeviceFromCRC}, {zoomapi.AudioOutput, zoomapi.AudioDeviceToCRC},
	{zoomapi.VideoInput, zoomapi.VideoDeviceFromCRC}, {zoomapi.VideoOutput, zoomapi.VideoDeviceToCRC},
	{zoomapi.ShareInput, zoomapi.ShareDeviceFromCRC}, {zoomapi.ShareOutput, zoomapi.ShareDeviceToCRC},
}

func (g *guest) row(now zoomtime.Time) zoomapi.QoSRow {
	row := zoomapi.QoSRow{
		UserID: zoomapi.Text(g.id), ID: zoomapi.Text(g.user), JoinTime: zoomapi.Text(g.join.String()),
		IPAddress: zoomapi.Text(offices[g.office].address), NetworkType: zoomapi.Text(g.network),
	}
	if !g.leave.IsZero() {
		row.LeaveTime = zoomapi.Text(g.leave.String())
	}
	for _, m := range g.told(now) {
		wire := zoomapi.Minute{DateTime: zoomapi.Text(zoomtime.Unix(60 * m.at).String())}
		for stream, all := range m.streams {
			for via, f := range all {
				wire.Streams = append(wire.Streams, zoomapi.Stream{Name: streamNames[stream][via], Figures: f.text()})
			}
		}
		if m.cpu != 0 {
			wire.CPU = &zoomapi.CPU{SystemMax: zoomapi.Text(fmt.Sprint(m.cpu, "%"))}
		}
		if m.dBm != 0 {
			wire.WiFi = &zoomapi.WiFi{Avg: zoomapi.Text(fmt.Sprint(m.dBm)), Unit: "dBm"}
		}
		row.Minutes = append(row.Minutes, wire)
	}
	return row
}

// told are the minutes that Zoom tells of somebody by now, none of more than an hour.
func (g *guest) told(now zoomtime.Time) (told []minute) {
	for _, m := range g.history {
		if at := zoomtime.Unix(60 * m.at); !at.Add(g.lag).After(now) && now.Sub(at) < time.Hour {
			told = append(told, m)
		}
	}
	return told
}

func (f figures) text() (t zoomapi.Figures) {
	text := func(v int, unit string) zoomapi.Text {
		if v < 0 {
			return ""
		}
		return zoomapi.Text(fmt.Sprint(v, unit))
	}
	return zoomapi.Figures{Latency: text(f.latency, " ms"), Jitter: text(f.jitter, " ms"), AvgLoss: text(f.loss, "%")}
}

// town is a state, what Zoom knows of its meetings, and a reader of what the state was
// told.
type town struct {
	*State
	rng      *rand.Rand
	now      time.Time
	vanish   bool                // people who leave are on no page any more
	guests   map[string][]*guest // by meeting
	joined   int
	interval time.Duration
	past     int    // rows of past answers
	passing  func() // called each second in which time passes, if not nil
	*reader
}

func newTown(rng *rand.Rand) *town {
	t := &town{rng: rng, now: start, vanish: rng.IntN(2) == 0, guests: make(map[string][]*guest), interval: time.Minute}
	t.reader = newReader(townSettings(2, true, qos.DefaultThresholds(), 0))
	t.State = New(t.reader.settings, readings.New(t.reader.settings.Readings), false, start)
	t.Begin(t.at())
	return t
}

func townSettings(sites int, users bool, thresholds qos.Thresholds, rolesFrom int) Settings {
	counted := readings.DefaultConfig()
	counted.Volatile, counted.Thresholds = true, thresholds
	s := Settings{
		Converter: &qos.Converter{CPU: true, WiFi: true, CRC: true, Sites: siteRules(sites)},
		Meetings:  true, ParticipantsLists: map[zoomapi.Kind]bool{zoomapi.Meeting: true}, ParticipantsListFrom: rolesFrom,
		Readings: counted,
	}
	if users {
		s.Converter.Privacy.User = qos.Plain
	}
	return s
}

// at is now; Zoom's clock is two minutes ahead of ours.
func (t *town) at() Now { return Now{Time: t.now, Zoom: zoomtime.Of(t.now.Add(2 * time.Minute))} }

// join has somebody join a meeting.
func (t *town) join(meeting string, like guest) *guest {
	t.joined++
	g := &like
	g.id, g.join, g.leave, g.history = fmt.Sprint(t.joined), t.at().Zoom.Add(-time.Duration(t.joined%50)*time.Second).Truncate(time.Second), zoomtime.Time{}, nil
	t.guests[meeting] = append(t.guests[meeting], g)
	return g
}

func (t *town) somebody() guest {
	g := guest{
		office: t.rng.IntN(len(offices)), network: []string{"Wifi", "Wired", ""}[t.rng.IntN(3)],
		role:    []string{"host", "Co-Host", "panelist", "attendee", ""}[t.rng.IntN(5)],
		waiting: t.rng.IntN(6) == 0, rough: []int{0, 0, 3, 10}[t.rng.IntN(4)], lag: time.Duration(1+t.rng.IntN(3)) * time.Minute,
	}
	if t.rng.IntN(5) > 0 {
		g.user = fmt.Sprint("user-", t.rng.IntN(40))
	}
	return g
}

func (t *town) leave(meeting string, g *guest) {
	g.leave = t.at().Zoom.Truncate(time.Second)
	if t.vanish {
		t.guests[meeting] = slices.DeleteFunc(t.guests[meeting], func(o *guest) bool { return o == g })
	}
}

// pass lets time pass, in which Zoom measures.
func (t *town) pass(d time.Duration) {
	for end := t.now.Add(d); t.now.Before(end); t.now = t.now.Add(time.Second) {
		if t.passing != nil {
			t.passing()
		}
		zoom := t.at().Zoom
		if !zoom.Truncate(time.Minute).Equal(zoom) {
			continue
		}
		for _, uuid := range slices.Sorted(maps.Keys(t.guests)) {
			for _, g := range t.guests[uuid] {
				if g.leave.IsZero() {
					g.history = append(g.history, t.measure(g, zoom))
				}
			}
		}
	}
}

func (t *town) measure(g *guest, at zoomtime.Time) minute {
	m := minute{at: at.Unix() / 60}
	for stream := range m.streams {
		if t.rng.IntN(3) == 0 {
			continue
		}
		for range 1 + t.rng.IntN(4)/3 {
			f := figures{t.rng.IntN(300), t.rng.IntN(60), t.rng.IntN(5)}
			if t.rng.IntN(10) < g.rough {
				*[]*int{&f.latency, &f.jitter, &f.loss}[t.rng.IntN(3)] *= 4
			}
			if t.rng.IntN(4) == 0 {
				f.jitter, f.loss = -1, -1
			}
			if t.rng.IntN(8) == 0 {
				f.latency = -1
			}
			m.streams[stream] = append(m.streams[stream], f)
		}
	}
	if t.rng.IntN(4) > 0 {
		m.cpu = 1 + t.rng.IntN(100)
	}
	if g.network == "Wifi" {
		m.dBm = -50 - t.rng.IntN(45)
	}
	return m
}

// list has the live list name all meetings.
func (t *town) list() {
	l := t.WalkList(zoomapi.Meeting, t.now, time.Minute)
	if l == nil {
		return
	}
	var page zoomapi.Page[zoomapi.Live]
	for _, uuid := range slices.Sorted(maps.Keys(t.guests)) {
		page.Rows = append(page.Rows, zoomapi.Live{
			UUID: zoomapi.Text(uuid), ID: "98765432101", StartTime: "2026-03-02T08:55:00Z", Participants: zoomapi.Count(len(t.guests[uuid])),
		})
	}
	t.HandleListPage(l, &page, t.at())
	for uuid := range t.meetings {
		t.of(uuid).indicated = len(t.guests[uuid])
	}
}

// visit has Zoom answer for a meeting, or for as many of its pages as that.
func (t *town) visit(uuid string, pages int) {
	v := t.Visit(uuid, false, t.at())
	if v == nil {
		return
	}
	for more := true; more; pages-- {
		_, token := t.NextPage(v, t.at())
		if pages == 0 {
			t.HandleFailure(v, Failure{HeldBack: true}, t.at())
			return
		}
		n, all := 0, t.guests[uuid]
		if token != "" {
			fmt.Sscan(token, &n)
		}
		guests := all[min(10*n, len(all)):min(10*n+10, len(all))]
		page := zoomapi.Page[zoomapi.QoSRow]{TotalRecords: len(all)}
		for _, g := range guests {
			page.Rows = append(page.Rows, g.row(t.at().Zoom))
		}
		if 10*n+10 < len(all) {
			page.NextPageToken = fmt.Sprint(n + 1)
		}
		more = t.HandlePage(v, &page, t.at())
		t.answered(uuid, token == "", guests, len(all), !more, t.at())
	}
}

// end has Zoom say that a meeting is over.
func (t *town) end(uuid string) {
	v := t.Visit(uuid, false, t.at())
	if v == nil {
		return
	}
	for {
		t.NextPage(v, t.at())
		if !t.HandleFailure(v, Failure{Reason: zoomapi.ReasonNotLive}, t.at()) {
			return
		}
	}
}

// roles has Zoom answer with a meeting's participants list, at times with some missing.
func (t *town) roles(uuid string) {
	w := t.WalkRoles(uuid, t.at())
	if w == nil {
		return
	}
	var page zoomapi.Page[zoomapi.ParticipantRow]
	roles := make(map[string]guest)
	for _, g := range t.guests[uuid] {
		if !g.leave.IsZero() || t.rng.IntN(10) == 0 {
			continue
		}
		status := "in_meeting"
		if g.waiting {
			status = "in_waiting_room"
		}
		page.Rows = append(page.Rows, zoomapi.ParticipantRow{UserID: zoomapi.Text(g.id), Role: zoomapi.Text(g.role), Status: zoomapi.Text(status)})
		roles[g.id] = *g
	}
	t.HandleRolesPage(w, &page, t.at())
	t.of(uuid).roles = roles
	t.note(t.of(uuid), t.at())
}

// backfill has Zoom answer of the past with figures of its own, all of them bad.
func (t *town) backfill() {
	for _, b := range t.backfills {
		if !t.StartBackfill(b, t.at()) {
			continue
		}
		t.NextPastPage(b)
		var page zoomapi.Page[zoomapi.QoSRow]
		for id := range t.of(b.UUID).rows {
			g := guest{id: id, join: zoomtime.Of(start)}
			for at := t.at().Zoom.Unix()/60 - 20; at < t.at().Zoom.Unix()/60; at++ {
				g.history = append(g.history, minute{at: at, streams: [6][]figures{{{900, 900, 90}}, {{900, 900, 90}}}, cpu: 99, dBm: -90})
			}
			page.Rows = append(page.Rows, g.row(t.at().Zoom))
			t.past++
		}
		t.HandlePastPage(b, &page, t.at())
		t.CloseBackfill(b, t.at())
	}
}

// pace changes the refresh interval.
func (t *town) pace(interval time.Duration) {
	t.Advance(t.at(), interval)
	t.paced(interval, t.at())
	t.interval = interval
}

// configure changes the settings.
func (t *town) configure(s Settings) {
	t.Configure(s, t.at())
	t.configured(s, t.at())
}

// step lets something happen.
func (t *town) step() {
	uuid := fmt.Sprint("meeting-", t.rng.IntN(3))
	all := t.guests[uuid]
	var g *guest
	if len(all) > 0 {
		g = all[t.rng.IntN(len(all))]
	}
	switch what := t.rng.IntN(24); {
	case what <= 4 && len(all) > 25 && g.leave.IsZero():
		t.leave(uuid, g)
		if !t.vanish { // Zoom forgets them in the end
			t.guests[uuid] = slices.DeleteFunc(all, func(o *guest) bool { return o == g })
		}
	case what == 0:
		for range t.rng.IntN(20) {
			t.join(uuid, t.somebody())
		}
	case what <= 2:
		t.join(uuid, t.somebody())
	case what <= 4 && g != nil && g.leave.IsZero(): // they rejoin, or go to a breakout room
		t.join(uuid, *g).office = t.rng.IntN(len(offices))
		if t.rng.IntN(3) > 0 {
			t.leave(uuid, g)
		}
	case what == 5 && g != nil && g.leave.IsZero():
		t.leave(uuid, g)
	case what == 6 && t.rng.IntN(3) == 0: // everybody hangs up
		for _, g := range slices.Clone(all) {
			if g.leave.IsZero() {
				t.leave(uuid, g)
			}
		}
	case what == 7 && t.rng.IntN(2) == 0:
		delete(t.guests, uuid)
	case what == 8 && t.rng.IntN(2) == 0:
		t.end(uuid)
	case what == 9 && g != nil:
		g.waiting = !g.waiting
	case what <= 11:
		t.list()
	case what <= 13:
		t.roles(uuid)
	case what == 14:
		t.backfill()
	case what == 15 && t.rng.IntN(3) == 0:
		thresholds := qos.DefaultThresholds()
		if t.rng.IntN(2) == 0 {
			thresholds = qos.Thresholds{
				Latency: qos.Bounds{Good: 0.05, Fair: 0.1, Poor: 0.2}, Jitter: qos.Bounds{Good: 0.01, Fair: 0.02, Poor: 0.03},
				Loss: qos.Bounds{Good: 0.01, Fair: 0.02, Poor: 0.03}, Degraded: 0.55, CPU: 0.5, WiFi: -65,
			}
		}
		t.configure(townSettings(t.rng.IntN(3), t.rng.IntN(4) > 0, thresholds, t.rng.IntN(2)*12))
	case what == 16:
		t.pace([]time.Duration{1, 5, 15}[t.rng.IntN(3)] * time.Minute)
	case what == 17:
		t.visit(uuid, t.rng.IntN(3))
	default:
		for uuid := range t.meetings {
			t.visit(uuid, 1000)
		}
	}
	if t.rng.IntN(2) == 0 {
		t.pass(time.Duration(t.rng.IntN(int(t.interval))))
	}
}

// asShown compares a meeting's groups with what can be counted in the participants that
// are shown.
func asShown(m *Meeting, t qos.Thresholds) string {
	want := make(Groups)
	for p := range m.Participants() {
		if p.Status == "in_waiting_room" {
			continue
		}
		g := want.at(Place{p.Facts.Site, p.Facts.NetworkType})
		g.People++
		if p.Minute != nil {
			split(&g.Machine, qos.Present(p.Minute.CPU.SystemMax), p.Minute.CPU.SystemMax > t.CPU)
			split(&g.WiFi, qos.Present(p.Minute.WiFi.Avg), p.Minute.WiFi.Avg < t.WiFi)
		}
	}
	for place, g := range m.Groups {
		shown := want.at(place)
		if g.People != shown.People || g.Machine != shown.Machine || g.WiFi != shown.WiFi {
			return fmt.Sprintf("at %q is %+v, and the participants shown are %+v", place, *g, *shown)
		}
	}
	if want.people() != m.Groups.people() {
		return fmt.Sprintf("%d people are shown, and %d count", want.people(), m.Groups.people())
	}
	return ""
}

// groupsShown are groups of a view, and what they were then.
type groupsShown struct{ groups, copied Groups }

func remember(v *View) []groupsShown {
	copied := func(groups Groups) groupsShown {
		s := groupsShown{groups, make(Groups)}
		for place, group := range groups {
			*s.copied.at(place) = *group
		}
		return s
	}
	all := []groupsShown{copied(v.Groups)}
	for _, m := range v.Meetings {
		all = append(all, copied(m.Groups))
	}
	return all
}

// The aggregates equal what a reader computes by brute force from the rows that the
// state was told, whatever happens in between, and what was shown never changes.
func TestAggregates(t *testing.T) {
	var met tally
	for seed := range seeds.Count(10) {
		c := newTown(rand.New(rand.NewPCG(uint64(seed), 11)))
		var shown []groupsShown
		for step := range 200 {
			c.step()
			view := c.viewAt(c.at(), c.interval)
			for _, s := range shown {
				if !reflect.DeepEqual(s.groups, s.copied) {
					t.Fatalf("seed %d, step %d: groups were shown, and have changed since", seed, step)
				}
			}
			shown = remember(&view)
			for _, m := range view.Meetings {
				if diff := asShown(m, c.Thresholds()); diff != "" {
					t.Fatalf("seed %d, step %d: %s", seed, step, diff)
				}
			}
			if diff := c.check(&view, c.meetings, c.at(), &met); diff != "" {
				t.Fatalf("seed %d, step %d: %s", seed, step, diff)
			}
		}
		met.Backfilled += c.past
	}
	all := reflect.ValueOf(met)
	for i := range all.NumField() {
		if all.Field(i).Int() < 100 {
			t.Errorf("the test proves little: %+v", met)
		}
	}
}

// What is shown is the same however often somebody looked before.
func TestViewingChangesNothing(t *testing.T) {
	followed := 0
	for seed := range seeds.Count(5) {
		seldom, often := newTown(rand.New(rand.NewPCG(uint64(seed), 12))), newTown(rand.New(rand.NewPCG(uint64(seed), 12)))
		looks := rand.New(rand.NewPCG(uint64(seed), 13))
		often.passing = func() {
			if looks.IntN(30) == 0 {
				often.View(often.at())
			}
		}
		for step := range 200 {
			seldom.step()
			often.step()
			often.View(often.at())
			if step%20 != 19 {
				continue
			}
			want, got := seldom.View(seldom.at()), often.View(often.at())
			for i, m := range want.Meetings {
				a, b := shownOf(m), shownOf(got.Meetings[i])
				if !reflect.DeepEqual(a, b) {
					t.Fatalf("seed %d, step %d: %s shows\n%+v\nto who looks seldom, and\n%+v\nto who looks often", seed, step, m.UUID, a, b)
				}
				followed += len(a.Followed)
			}
			if !reflect.DeepEqual(want.Groups, got.Groups) || want.Covered != got.Covered || want.People != got.People {
				t.Fatalf("seed %d, step %d: shown are %s\nto who looks seldom, and %s\nto who looks often", seed, step, want.Groups.text(), got.Groups.text())
			}
		}
	}
	if followed < 100 {
		t.Errorf("%d were followed: the test proves little", followed)
	}
}

// viewed is what is shown of a meeting.
type viewed struct {
	People   int
	PolledAt time.Time
	Looked   bool
	Recent   Media[Counts]
	Seen     Media[bool]
	Groups   Groups
	Speakers Speakers
	Followed []string
}

func shownOf(m *Meeting) viewed {
	v := viewed{m.People, m.PolledAt, m.Looked, m.Recent, m.Seen, m.Groups, m.Speakers, nil}
	for p := range m.Participants() {
		if p.Followed {
			v.Followed = append(v.Followed, p.ID)
		}
	}
	slices.Sort(v.Followed)
	return v
}
