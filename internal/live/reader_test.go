package live

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// reader computes the aggregates anew at each view, out of all that the state was told
// and with none of its code.
type reader struct {
	settings Settings
	records  map[string]*record
	places   map[Place]Media[bool] // where people ever were
	cutoff   int64                 // no earlier minute is recent
	interval time.Duration         // of refreshes
}

// record is what was told of a meeting.
type record struct {
	rows                  map[string]*joined
	roles                 map[string]guest
	seen                  Media[bool]
	indicated             int
	answeredAt, completed time.Time
	stale, outdated       bool

	met     map[string]bool // by the walk that is under way
	total   int
	shifted bool
}

// joined is what was told of a row.
type joined struct {
	user     string
	place    Place
	joinedAt zoomtime.Time
	present  bool
	waited   bool // they left from the waiting room
	heldAt   time.Time
	answered zoomtime.Time
	newest   minute
	judged   map[int64][6]int // by minute and stream, from 1 for good to 4 for bad
}

func newReader(s Settings) *reader {
	return &reader{settings: s, records: make(map[string]*record), places: make(map[Place]Media[bool]), interval: time.Minute}
}

func (r *reader) of(uuid string) *record {
	if r.records[uuid] == nil {
		r.records[uuid] = &record{rows: make(map[string]*joined)}
	}
	return r.records[uuid]
}

func (m *record) waits(id string) bool { return m.roles[id].waiting }

func (m *record) depart(id string, row *joined) {
	row.waited = row.waited || m.waits(id)
	row.present = false
}

// end forgets what ends with a meeting.
func (m *record) end() {
	for id, row := range m.rows {
		if m.depart(id, row); row.waited {
			delete(m.rows, id)
		}
	}
	*m = record{rows: m.rows, stale: true}
}

// paced takes another refresh interval.
func (r *reader) paced(interval time.Duration, now Now) {
	r.age(now)
	for _, m := range r.records {
		m.expire(r.expiry(now))
	}
	r.interval = interval
}

// expire forgets what was received too long ago.
func (m *record) expire(expiry time.Time) {
	m.stale = m.stale || m.answeredAt.Before(expiry)
	m.outdated = m.outdated || m.completed.Before(expiry)
	for id, row := range m.rows {
		if row.present && row.heldAt.Before(expiry) {
			delete(m.rows, id)
		}
	}
}

// answered takes a page of a live answer.
func (r *reader) answered(uuid string, first bool, page []*guest, total int, last bool, now Now) {
	m := r.of(uuid)
	if first {
		m.met, m.total, m.shifted = make(map[string]bool), 0, false
	}
	m.answeredAt, m.stale = now.Time, false
	m.shifted = m.shifted || m.total > 0 && total > 0 && m.total != total
	m.total = cmp.Or(total, m.total)
	for _, g := range page {
		m.met[g.id] = true
		r.tell(m, g, now)
	}
	defer r.note(m, now)
	if !last {
		return
	}
	m.completed, m.outdated = now.Time, false
	for id, row := range m.rows {
		if row.present && !m.met[id] && !m.shifted {
			m.depart(id, row)
		}
	}
}

func (r *reader) tell(m *record, g *guest, now Now) {
	row := m.rows[g.id]
	if row == nil {
		row = new(joined)
		m.rows[g.id] = row
	}
	if !row.present {
		row.judged = make(map[int64][6]int)
	}
	for _, told := range g.told(now.Zoom) {
		if _, known := row.judged[told.at]; !known {
			row.judged[told.at] = judge(&told, &r.settings.Readings.Thresholds)
		}
		row.newest = told
	}
	row.place = Place{NetworkType: g.network}
	for _, rule := range r.settings.Converter.Sites {
		if rule.Site == offices[g.office].site {
			row.place.Site = rule.Site
		}
	}
	row.user = ""
	if r.settings.Converter.Privacy.User == qos.Plain {
		row.user = g.user
	}
	row.joinedAt, row.heldAt, row.answered = g.join, now.Time, now.Zoom
	if !g.leave.IsZero() {
		m.depart(g.id, row)
	} else {
		row.present, row.waited = true, false
	}
}

// judge judges the streams of a minute by their worst figures, those of the client
// before those of a room connector.
func judge(m *minute, t *qos.Thresholds) (verdicts [6]int) {
	for stream, all := range m.streams {
		for _, f := range slices.Backward(all) {
			worst := 0
			for _, one := range []struct {
				value  int
				unit   float64
				bounds qos.Bounds
			}{{f.latency, 1000, t.Latency}, {f.jitter, 1000, t.Jitter}, {f.loss, 100, t.Loss}} {
				if one.value < 0 {
					continue
				}
				verdict := 1
				for _, bound := range []float64{one.bounds.Good, one.bounds.Fair, one.bounds.Poor} {
					if float64(one.value)/one.unit > bound {
						verdict++
					}
				}
				worst = max(worst, verdict)
			}
			if worst > 0 {
				verdicts[stream] = worst
			}
		}
	}
	return verdicts
}

func (r *reader) configured(s Settings, now Now) {
	r.age(now)
	was := r.settings
	r.settings = s
	private := !reflect.DeepEqual(was.Converter.Privacy, s.Converter.Privacy)
	for place := range r.places {
		if private || !r.configuredSite(place.Site) {
			delete(r.places, place)
		}
	}
	for _, m := range r.records {
		size := 0
		for _, row := range m.rows {
			if row.present {
				size++
			}
			if private {
				row.user, row.place = "", Place{}
			}
		}
		if was.ParticipantsListFrom != s.ParticipantsListFrom && m.known(size) < s.ParticipantsListFrom {
			m.roles = nil
		}
		r.note(m, now)
	}
}

func (r *reader) configuredSite(site string) bool {
	return site == "" || slices.ContainsFunc(r.settings.Converter.Sites, func(s qos.SiteRule) bool { return s.Site == site })
}

// note notes where there are readings of a meeting's people.
func (r *reader) note(m *record, now Now) {
	r.age(now)
	for id, row := range m.rows {
		recent := r.recent(row)
		if row.present && (m.waits(id) || row.heldAt.Before(r.expiry(now))) || row.waited || !row.present && len(recent) == 0 {
			continue
		}
		seen := r.places[row.place]
		for media, counts := range countsOf(recent) {
			seen[media] = seen[media] || counts != Counts{}
			m.seen[media] = m.seen[media] || row.present && counts != Counts{}
		}
		if r.configuredSite(row.place.Site) {
			r.places[row.place] = seen
		}
	}
}

// age has what is too old be no longer recent.
func (r *reader) age(now Now) {
	age := min(max(5*time.Minute, 2*r.interval), time.Hour)
	r.cutoff = max(r.cutoff, now.Zoom.Add(-age).Unix()/60)
}

// expiry is when figures that are too old now were received.
func (r *reader) expiry(now Now) time.Time {
	return now.Time.Add(-min(max(10*time.Minute, 4*r.interval), time.Hour))
}

// known is how many people are in a meeting, by a count or by the live list.
func (m *record) known(counted int) int {
	if m.completed.IsZero() || m.outdated {
		return max(counted, m.indicated)
	}
	return counted
}

// reading is a stream of a row in a recent minute.
type reading struct {
	minute  int64
	stream  int
	verdict int
}

// recent are the readings of the five newest minutes of a row that have any, unless
// they are too old.
func (r *reader) recent(row *joined) []reading { return r.newest(row, 0, 1, 2, 3, 4, 5) }

// sent are the same of the audio and video that was sent.
func (r *reader) sent(row *joined) []reading { return r.newest(row, 0, 2) }

func (r *reader) newest(row *joined, streams ...int) (recent []reading) {
	for at, verdicts := range row.judged {
		for stream, verdict := range verdicts {
			if verdict > 0 && slices.Contains(streams, stream) {
				recent = append(recent, reading{at, stream, verdict})
			}
		}
	}
	return slices.DeleteFunc(newestFive(recent), func(x reading) bool { return x.minute < r.cutoff })
}

func newestFive(all []reading) []reading {
	var minutes []int64
	for _, x := range all {
		minutes = append(minutes, x.minute)
	}
	slices.Sort(minutes)
	minutes = slices.Compact(minutes)
	from := minutes[max(0, len(minutes)-5):]
	return slices.DeleteFunc(all, func(x reading) bool { return x.minute < from[0] })
}

func countsOf(all []reading) (counts Media[Counts]) {
	for _, x := range all {
		counts[x.stream/2][x.verdict-1]++
	}
	return counts
}

// reaches reports whether a share of the readings have at least this verdict.
func reaches(all []reading, verdict int, share float64) bool {
	worse := 0
	for _, x := range all {
		if x.verdict >= verdict {
			worse++
		}
	}
	return worse > 0 && 100*worse >= int(100*share+0.5)*len(all)
}

// tally counts what was met, so that a test shows something.
type tally struct{ Degraded, Merged, Speakers, Waiting, Left, Ended, Backfilled, Zero int }

// check compares a view with what the reader computes.
func (r *reader) check(v *View, live map[string]*meeting, now Now, met *tally) string {
	r.age(now)
	site := make(Groups)
	if len(v.Kinds) > 0 {
		for _, rule := range r.settings.Converter.Sites {
			site.at(Place{Site: rule.Site})
		}
		for place, seen := range r.places {
			site.at(place).Seen = seen
		}
	}
	for uuid, m := range r.records {
		if live[uuid] != nil {
			m.expire(r.expiry(now))
			continue
		}
		m.end()
		for _, row := range m.rows {
			if recent := r.recent(row); len(recent) > 0 && len(v.Kinds) > 0 {
				met.Ended++
				see(site.at(row.place), countsOf(recent))
			}
		}
	}
	for _, shown := range v.Meetings {
		m := r.of(shown.UUID)
		want := r.meeting(m, met)
		for place, g := range want.Groups {
			add(site.at(place), g)
		}
		want.Looked = !m.stale
		got := Meeting{People: shown.People, Looked: shown.Looked, Recent: shown.Recent, Seen: shown.Seen, Groups: shown.Groups, Speakers: shown.Speakers}
		if !reflect.DeepEqual(got, want) {
			return fmt.Sprintf("%s is %s\nwant %s", shown.UUID, print(&got), print(&want))
		}
	}
	if !reflect.DeepEqual(v.Groups, site) {
		return fmt.Sprintf("groups are %s\nwant %s", v.Groups.text(), site.text())
	}
	for _, g := range site {
		if g.Seen[qos.Audio] && g.Recent == (Media[Counts]{}) {
			met.Zero++
		}
	}
	return ""
}

// meeting computes the aggregates of a live meeting.
func (r *reader) meeting(m *record, met *tally) Meeting {
	want := Meeting{Groups: make(Groups), Speakers: make(Speakers)}
	t := &r.settings.Readings.Thresholds
	users := make(map[string][]*joined)
	for id, row := range m.rows {
		recent := r.recent(row)
		switch {
		case row.present && m.waits(id):
			met.Waiting++
			continue
		case row.waited, !row.present && len(recent) == 0:
			continue
		case !row.present:
			met.Left++
			see(want.Groups.at(row.place), countsOf(recent))
			if row.user != "" {
				users[row.user] = append(users[row.user], row)
			}
			continue
		}
		key := cmp.Or(row.user, "row "+id)
		users[key] = append(users[key], row)
		g := want.Groups.at(row.place)
		g.People++
		want.People++
		counts := countsOf(recent)
		see(g, counts)
		for media := range counts {
			for i, n := range counts[media] {
				want.Recent[media][i] += n
			}
		}
		if row.answered.Unix()-60*row.newest.at <= 300 {
			split(&g.Machine, row.newest.cpu != 0, float64(row.newest.cpu)/100 > t.CPU)
			split(&g.WiFi, row.newest.dBm != 0, float64(row.newest.dBm) < t.WiFi)
		}
		sent := r.sent(row)
		role := map[string]Role{"host": Host, "co-host": Host, "panelist": Panelist}[strings.ToLower(m.roles[id].role)]
		if role != "" && len(sent) > 0 {
			met.Speakers++
			verdict := 4
			for verdict > 1 && !reaches(sent, verdict, t.Degraded) {
				verdict--
			}
			all := want.Speakers[role]
			all[verdict-1]++
			want.Speakers[role] = all
		}
	}
	for _, rows := range users {
		r.degrade(&want, m, rows, t.Degraded, met)
	}
	want.Seen = m.seen
	want.People = m.known(want.People)
	return want
}

// degrade counts a person with these rows where they are degraded.
func (r *reader) degrade(want *Meeting, m *record, rows []*joined, share float64, met *tally) {
	slices.SortFunc(rows, func(a, b *joined) int { return b.joinedAt.Compare(a.joinedAt) })
	now := slices.IndexFunc(rows, func(row *joined) bool { return row.present })
	if now < 0 {
		return
	}
	var all []reading
	for _, row := range rows {
		all = append(all, r.recent(row)...)
	}
	all = newestFive(all)
	for media := range want.Recent {
		minutes := make(map[int64]bool)
		of := slices.DeleteFunc(slices.Clone(all), func(x reading) bool { return x.stream/2 != media })
		for _, x := range of {
			minutes[x.minute] = true
		}
		if len(of) >= 4 && len(minutes) >= 3 && reaches(of, 3, share) {
			met.Degraded++
			if len(rows) > 1 {
				met.Merged++
			}
			want.Groups.at(rows[now].place).Degraded[media]++
		}
	}
}

func see(g *Group, counts Media[Counts]) {
	for media := range counts {
		for i, n := range counts[media] {
			g.Recent[media][i] += n
			g.Seen[media] = g.Seen[media] || n > 0
		}
	}
}

func add(to, g *Group) {
	see(to, g.Recent)
	to.People += g.People
	for media, n := range g.Degraded {
		to.Degraded[media] += n
	}
	to.Machine = Split{to.Machine.Within + g.Machine.Within, to.Machine.Beyond + g.Machine.Beyond}
	to.WiFi = Split{to.WiFi.Within + g.WiFi.Within, to.WiFi.Beyond + g.WiFi.Beyond}
}

func split(s *Split, present, beyond bool) {
	switch {
	case present && beyond:
		s.Beyond++
	case present:
		s.Within++
	}
}

func (g Groups) text() string {
	var b strings.Builder
	for place, group := range g {
		fmt.Fprintf(&b, "\n  %q: %+v", place, *group)
	}
	return b.String()
}

func print(m *Meeting) string {
	return fmt.Sprintf("%d people, looked %v, recent %v, seen %v, speakers %v, groups%s", m.People, m.Looked, m.Recent, m.Seen, m.Speakers, m.Groups.text())
}
