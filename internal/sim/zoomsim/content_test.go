package zoomsim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

func (row qosRow) dates(t *testing.T) (dates []string) {
	t.Helper()
	for _, minute := range row.Minutes {
		var date string
		if err := json.Unmarshal(minute["date_time"], &date); err != nil {
			t.Fatal(err)
		}
		dates = append(dates, date[11:16])
	}
	return dates
}

func TestHistoryModes(t *testing.T) {
	for mode, want := range map[HistoryMode][3][]string{ // requested at 12:00:30, immediately again, at 12:03:30
		HistoryFull:   {{"11:58", "11:59", "12:00"}, {"11:58", "11:59", "12:00"}, {"11:58", "11:59", "12:00", "12:01", "12:02", "12:03"}},
		HistoryNewest: {{"12:00"}, {"12:00"}, {"12:03"}},
		HistorySince:  {{"11:58", "11:59", "12:00"}, nil, {"12:01", "12:02", "12:03"}},
	} {
		r := newRig(t, Options{
			Seed: 2, Fixed: true, Meetings: 1, Participants: 1, History: 3, Limits: &Limits{}, Moods: Moods{Plain: true, History: mode},
		})
		path := "/metrics/meetings/" + number(r.sim.Live(zoomapi.Meeting)[0]) + "/participants/qos?page_size=10"
		for i, dates := range want {
			if i == 2 {
				r.now = r.now.Add(3 * time.Minute)
			}
			if got := r.pages(path)[0].dates(t); !slices.Equal(got, dates) {
				t.Errorf("%q, answer %d: %v, want %v", mode, i, got, dates)
			}
		}
	}
}

// Late minutes are out of order, and at most three minutes late.
func TestLateHistory(t *testing.T) {
	r := newRig(t, Options{
		Seed: 2, Fixed: true, Meetings: 1, Participants: 1, History: 60, Limits: &Limits{}, Moods: Moods{Plain: true, History: HistoryLate},
	})
	path := "/metrics/meetings/" + number(r.sim.Live(zoomapi.Meeting)[0]) + "/participants/qos?page_size=10"
	waiting := 0
	for range 20 {
		dates := r.pages(path)[0].dates(t)
		if slices.IsSorted(dates) {
			t.Error("the order is by time")
		}
		for back := range 60 {
			date := r.now.Add(-time.Duration(back) * time.Minute).Format("15:04")
			if slices.Contains(dates, date) {
				continue
			}
			waiting++
			if back > 2 {
				t.Errorf("%s is still missing at %v", date, r.now)
			}
		}
		r.now = r.now.Add(time.Minute)
	}
	if waiting == 0 {
		t.Error("nothing was late")
	}
}

// A meeting goes from live to past, with 3001 in between, and all participants
// have a leave_time then.
func TestMeetingsEnd(t *testing.T) {
	r := newRig(t, Options{Seed: 2, Meetings: 3, Participants: 5, History: 15, Limits: &Limits{}, Moods: Moods{Plain: true}})
	m := r.sim.Live(zoomapi.Meeting)[0]
	base := "/metrics/meetings/" + number(m)
	const past = "&type=past"
	expect := func(path string, status, code int) {
		t.Helper()
		if a := r.get(path); a.status != status || a.code() != code {
			t.Errorf("%v %s: %s", r.now, path, a)
		}
	}
	listed := func(path string) bool {
		t.Helper()
		a := r.get(path)
		if a.status != 200 {
			t.Fatalf("%s: %s", path, a)
		}
		uuid, _ := json.Marshal(m.UUID)
		return strings.Contains(string(a.body), string(uuid))
	}
	expect(base+"/participants/qos?page_size=10", 200, 0)
	expect(base+"/participants/qos?page_size=10"+past, 404, 3001)
	if !listed(listPath+"&page_size=300") || listed(listPath+"&page_size=300"+past) {
		t.Error("a live meeting is not in its list")
	}
	if err := r.sim.End(m.UUID); err != nil {
		t.Fatal(err)
	}
	ended := r.now
	for _, path := range []string{"?", "/participants?", "/participants/qos?", "/participants/16778240/qos?"} {
		expect(base+path, 404, 3001)
		expect(base+path+past, 404, 3001)
	}
	if listed(listPath+"&page_size=300") || listed(listPath+"&page_size=300"+past) {
		t.Error("a meeting that just ended is in a list")
	}
	r.now = r.now.Add(4*time.Minute + 59*time.Second)
	expect(base+"/participants/qos?"+past, 404, 3001)
	r.now = r.now.Add(time.Second)
	uuid := "/metrics/meetings/" + strings.NewReplacer("/", "%252F", "+", "%252B", "=", "%253D").Replace(m.UUID)
	if !strings.Contains(m.UUID, "/") {
		uuid = "/metrics/meetings/" + m.UUID
	}
	rows := r.pages(uuid + "/participants/qos?page_size=10" + past)
	if len(rows) != len(m.Participants) {
		t.Fatalf("%d past rows, want %d", len(rows), len(m.Participants))
	}
	for _, row := range rows {
		if !row.LeaveTime.Equal(ended.Truncate(time.Second)) || len(row.Minutes) != 15 {
			t.Errorf("left at %v with %d minutes", row.LeaveTime, len(row.Minutes))
		}
	}
	expect(uuid+"?type=past", 200, 0)
	expect(uuid+"/participants?"+past, 200, 0)
	expect(uuid+"/participants/16778240/qos?"+past, 200, 0)
	if !listed(listPath+"&page_size=300"+past) || listed(listPath+"&page_size=300&type=pastOne") {
		t.Error("a past meeting is not in its list")
	}
	summary := r.get(uuid + "/participants/qos_summary?page_size=10")
	if summary.status != 200 || !strings.Contains(string(summary.body), `"avg_latency":"`) ||
		!strings.Contains(string(summary.body), `"type":"cpu_usage"`) || summary.rows("participants") != len(rows) {
		t.Errorf("summary: %s", summary)
	}
	r.now = r.now.Add(24 * time.Hour)
	r.login()
	expect(uuid+"/participants/qos?"+past, 404, 3001)
}

// A number means the latest instance, and pastOne meetings of one person.
func TestNumbersAndPastOne(t *testing.T) {
	r := newRig(t, Options{Seed: 2, PastDelay: -1, Limits: &Limits{}})
	one := r.sim.Open(zoomapi.Meeting, 1)
	two := r.sim.Open(zoomapi.Meeting, 2)
	r.now = r.now.Add(time.Minute)
	for _, m := range []Meeting{one, two} {
		if err := r.sim.End(m.UUID); err != nil {
			t.Fatal(err)
		}
		if err := r.sim.End(m.UUID); err == nil {
			t.Error("it ended twice")
		}
	}
	if a := r.get(listPath + "&type=pastOne"); a.rows("meetings") != 1 || !strings.Contains(string(a.body), number(one)) {
		t.Errorf("pastOne: %s", a)
	}
	if a := r.get(listPath + "&type=past"); a.rows("meetings") != 2 {
		t.Errorf("past: %s", a)
	}

	r = newRig(t, Options{Seed: 2, Meetings: 8, Limits: &Limits{}})
	before := map[int64]string{}
	for range 24 * 4 {
		for _, m := range r.sim.Live(zoomapi.Meeting) {
			if uuid := before[m.Number]; uuid != "" && uuid != m.UUID {
				r.login()
				a := r.get("/metrics/meetings/" + number(m))
				if a.json["uuid"] != m.UUID {
					t.Errorf("the number of %s and %s is %v", uuid, m.UUID, a.json["uuid"])
				}
				return
			}
			before[m.Number] = m.UUID
		}
		r.now = r.now.Add(quarter)
	}
	t.Error("no number recurred")
}

func TestLeavingAndRejoining(t *testing.T) {
	for _, gone := range []bool{false, true} {
		r := newRig(t, Options{
			Seed: 2, Fixed: true, Meetings: 1, Participants: 3, History: 5, Limits: &Limits{}, Moods: Moods{Plain: true, LeaversGone: gone},
		})
		m := r.sim.Live(zoomapi.Meeting)[0]
		path := "/metrics/meetings/" + number(m) + "/participants/qos?page_size=10"
		leaver := m.Participants[1]
		r.now = r.now.Add(time.Minute)
		if err := r.sim.Leave(m.UUID, leaver.UserID); err != nil {
			t.Fatal(err)
		}
		left := r.now
		r.now = r.now.Add(2 * time.Minute)
		again, err := r.sim.Rejoin(m.UUID, leaver.UserID)
		if err != nil || again.UserID == leaver.UserID || again.ParticipantUUID != leaver.ParticipantUUID {
			t.Fatalf("rejoined as %+v, %v", again, err)
		}
		newcomer, err := r.sim.Join(m.UUID)
		if err != nil {
			t.Fatal(err)
		}
		r.now = r.now.Add(2 * time.Minute)
		rows := r.pages(path)
		if gone {
			if len(rows) != 4 || slices.ContainsFunc(rows, func(row qosRow) bool { return row.UserID == leaver.UserID }) {
				t.Errorf("%d rows without the person who left", len(rows))
			}
			continue
		}
		if len(rows) != 5 {
			t.Fatalf("%d rows, want 5", len(rows))
		}
		if row := rows[1]; !row.LeaveTime.Equal(left.Truncate(time.Second)) || len(row.Minutes) != 6 {
			t.Errorf("the person who left: %v, %d minutes", row.LeaveTime, len(row.Minutes))
		}
		if row := rows[3]; row.UserID != again.UserID || row.ID != leaver.AccountUserID || !row.LeaveTime.IsZero() || len(row.Minutes) != 2 {
			t.Errorf("the person who joined again: %+v", row)
		}
		if rows[4].UserID != newcomer.UserID || rows[4].ID == "" || newcomer.ParticipantUUID == again.ParticipantUUID {
			t.Errorf("the newcomer: %+v", rows[4])
		}
	}
}

// There are guests without facts, rooms, gateways, attendees without minutes,
// rejoins, breakout rooms, co-hosts, and names that break careless code.
func TestKindsOfPeople(t *testing.T) {
	r := newRig(t, Options{Seed: 8, Meetings: 60, Webinars: 3, Participants: 9, Limits: &Limits{}})
	r.now = r.now.Add(12 * time.Minute)
	kinds := map[string]int{}
	for _, kind := range []zoomapi.Kind{zoomapi.Meeting, zoomapi.Webinar} {
		for _, m := range r.sim.Live(kind) {
			persons := map[string]qosRow{}
			for i, row := range r.pages("/metrics/" + string(kind) + "s/" + number(m) + "/participants/qos?page_size=10") {
				p := m.Participants[i]
				if before, ok := persons[row.ParticipantUUID]; ok {
					kinds["rejoined"]++
					if row.JoinTime.Equal(before.LeaveTime) {
						kinds["breakout room"]++
					}
				}
				persons[row.ParticipantUUID] = row
				kinds[p.Role]++
				if p.External {
					kinds["external"]++
					if row.ID+row.Email+row.IPAddress+row.NetworkType != "" || row.UserName == "" {
						t.Errorf("external: %+v", row)
					}
				}
				if p.ViewOnly {
					kinds["view only"]++
					if len(row.Minutes) > 0 {
						t.Errorf("view only with %d minutes", len(row.Minutes))
					}
				}
				if !row.LeaveTime.IsZero() {
					kinds["left"]++
				}
				for name, part := range map[string]string{"quote": `"`, "newline": "\n", "emoji": "🦄", "right to left": "דוגמה"} {
					if strings.Contains(row.UserName, part) {
						kinds[name]++
					}
				}
				if len(row.Minutes) > 0 {
					newest := row.Minutes[len(row.Minutes)-1]
					for name, key := range map[string]string{
						"room": "audio_device_to_crc", "gateway": "audio_device_to_rwg", "client": "audio_output", "Wi-Fi": "wifi_rssi", "CPU": "cpu_usage",
					} {
						if newest[key] != nil {
							kinds[name]++
						}
					}
				}
			}
		}
	}
	for _, kind := range []string{
		"rejoined", "breakout room", "host", "co-host", "panelist", "external", "view only", "left", "quote", "newline", "emoji", "right to left", "room", "gateway", "client", "Wi-Fi", "CPU",
	} {
		if kinds[kind] == 0 {
			t.Errorf("nobody is of the kind %q: %v", kind, kinds)
		}
	}
}

// Some of those who have just joined a meeting wait to be let in.
func TestWaitingRooms(t *testing.T) {
	r := newRig(t, Options{Seed: 8, Meetings: 20, Participants: 9, Limits: &Limits{}})
	waiting, present := 0, 0
	for range 20 {
		r.now = r.now.Add(time.Minute)
		for _, m := range r.sim.Live(zoomapi.Meeting) {
			for _, row := range r.get("/metrics/meetings/" + number(m) + "/participants?page_size=300").json["participants"].([]any) {
				if row.(map[string]any)["status"] == "in_waiting_room" {
					waiting++
				} else {
					present++
				}
			}
		}
	}
	if waiting == 0 || waiting > present/20 {
		t.Errorf("%d wait and %d are present", waiting, present)
	}
}

func TestMoods(t *testing.T) {
	rows := func(moods Moods, path string) []map[string]any {
		t.Helper()
		r := newRig(t, Options{Seed: 2, Fixed: true, Meetings: 1, Participants: 30, History: 3, Limits: &Limits{}, Moods: moods})
		a := r.get("/metrics/meetings/" + number(r.sim.Live(zoomapi.Meeting)[0]) + path)
		var all []map[string]any
		for _, row := range a.json["participants"].([]any) {
			all = append(all, row.(map[string]any))
		}
		return all
	}
	count := func(rows []map[string]any, name string, pass func(string) bool) (n int) {
		for _, row := range rows {
			if text, _ := row[name].(string); pass(text) {
				n++
			}
		}
		return n
	}
	blank := func(s string) bool { return s == "" }
	words := func(s string) bool { return slices.Contains([]string{"good", "fair", "poor", "bad"}, s) }

	const list = "/participants?page_size=300"
	if n := count(rows(Moods{}, list), "audio_quality", words); n < 28 {
		t.Errorf("%d quality words", n)
	}
	if n := count(rows(Moods{NoQualityWords: true}, list), "audio_quality", blank); n != 30 {
		t.Errorf("%d blank quality words", n)
	}
	for _, name := range []string{"user_name", "email", "ip_address", "location"} {
		if n := count(rows(Moods{BlankPeople: true}, list), name, blank); n != 30 {
			t.Errorf("%d blanks of %s", n, name)
		}
		if n := count(rows(Moods{Plain: true}, list), name, blank); n != 0 {
			t.Errorf("%d blanks of %s among plain people", n, name)
		}
	}
	if n := count(rows(Moods{}, list), "role", func(s string) bool { return s == "host" }); n != 1 {
		t.Errorf("%d hosts", n)
	}
	for _, swapped := range []bool{false, true} {
		seen := 0
		for _, row := range rows(Moods{SwappedRSSI: swapped, Plain: true}, "/participants/qos?page_size=10") {
			for _, minute := range row["user_qos"].([]any) {
				rssi, ok := minute.(map[string]any)["wifi_rssi"].(map[string]any)
				if !ok {
					continue
				}
				low, high := rssi["min_rssi"].(float64), rssi["max_rssi"].(float64)
				if low != high && (low > high) != swapped {
					t.Errorf("swapped %v: from %v to %v", swapped, low, high)
				}
				seen++
			}
		}
		if seen == 0 {
			t.Error("nobody has Wi-Fi")
		}
	}
}

func TestOtherPastIDs(t *testing.T) {
	r := newRig(t, Options{Seed: 2, PastDelay: -1, Limits: &Limits{}, Moods: Moods{OtherPastIDs: true, Plain: true}})
	m := r.sim.Open(zoomapi.Meeting, 2)
	r.now = r.now.Add(3 * time.Minute)
	path := "/metrics/meetings/" + number(m) + "/participants/qos?page_size=10"
	live := r.pages(path)
	if err := r.sim.End(m.UUID); err != nil {
		t.Fatal(err)
	}
	for i, row := range r.pages(path + "&type=past") {
		if row.UserID == live[i].UserID || row.ParticipantUUID != live[i].ParticipantUUID || !row.JoinTime.Equal(live[i].JoinTime) {
			t.Errorf("live %+v, past %+v", live[i], row)
		}
	}
}

// As many figures are odd as Odd says, and their values match their text.
func TestOddFigures(t *testing.T) {
	now := monday
	s := New(Options{Seed: 2, Fixed: true, Meetings: 4, Participants: 10, History: 30, Moods: Moods{Odd: 0.1}, Now: func() time.Time { return now }})
	senses, streams := map[sense]int{}, 0
	w := s.world
	for _, m := range w.meetings(zoomapi.Meeting, func(*meeting) bool { return true }) {
		for _, j := range w.rows(m, now) {
			from, to := m.held(j, now)
			for minute := from; minute <= to; minute++ {
				e, _ := w.view().entry(m, j, minute)
				for i := range e.streams {
					f := &e.streams[i]
					if !f.active {
						continue
					}
					streams++
					if f.odd == 0 {
						continue
					}
					which, text, sense := f.oddFigure()
					senses[sense]++
					usual := *f
					usual.odd = 0
					same := fmt.Sprint(f.values()) == fmt.Sprint(usual.values()) // as NaN does not equal NaN
					if same != (sense == readable) || text == s.words.text(f, which) {
						t.Errorf("%q of figure %d: sense %d, same %v", text, which, sense, same)
					}
				}
			}
		}
	}
	odd := senses[readable] + senses[blank] + senses[unreadable]
	if share := float64(odd) / float64(streams); share < 0.08 || share > 0.12 || len(senses) != 3 {
		t.Errorf("%d odd figures of %d: %v", odd, streams, senses)
	}
}

// The members of a live list match the ground truth.
func TestLiveList(t *testing.T) {
	r := newRig(t, Options{Seed: 2, Meetings: 5, Webinars: 1, History: 10, Limits: &Limits{}})
	for kind, path := range map[zoomapi.Kind]string{zoomapi.Meeting: listPath, zoomapi.Webinar: strings.Replace(listPath, "meetings", "webinars", 1)} {
		a := r.get(path)
		rows := a.json[string(kind)+"s"].([]any)
		live := r.sim.Live(kind)
		if a.json["from"] != "2026-03-01" || len(rows) != len(live) {
			t.Fatalf("%s: %d rows, want %d", kind, len(rows), len(live))
		}
		for i, row := range rows {
			row, m := row.(map[string]any), live[i]
			present := 0
			for _, p := range m.Participants {
				if p.Leave.IsZero() {
					present++
				}
			}
			if row["uuid"] != m.UUID || row["id"] != float64(m.Number) || row["host"] != m.Host || row["end_time"] != "" ||
				row["topic"] != m.Topic || row["participants"] != float64(present) || row["start_time"] != stamp(m.Start) {
				t.Errorf("%v, want %+v", row, m)
			}
			if m.Number < 1e10 || m.Number > 1e11 {
				t.Errorf("the number %d does not have 11 digits", m.Number)
			}
			if a := r.get("/metrics/" + string(kind) + "s/" + number(m)); a.json["uuid"] != m.UUID {
				t.Errorf("single: %s", a)
			}
		}
	}
}
