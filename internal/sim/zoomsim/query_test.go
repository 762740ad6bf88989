package zoomsim

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// code is an error's, 0 of an answer that is none.
func (a answer) code() int {
	n, _ := a.json["code"].(float64)
	return int(n)
}

func (a answer) rows(name string) int {
	rows, _ := a.json[name].([]any)
	return len(rows)
}

func TestParametersAreChecked(t *testing.T) {
	r := newRig(t, Options{Seed: 3, Meetings: 2, Webinars: 1, Participants: 4, Fixed: true, Limits: &Limits{}})
	meeting := "/metrics/meetings/" + number(r.sim.Live(zoomapi.Meeting)[0])
	webinar := "/metrics/webinars/" + number(r.sim.Live(zoomapi.Webinar)[0])
	const dates = "from=2026-03-01&to=2026-03-02"
	for _, tt := range []struct {
		path   string
		status int
		code   int
		field  string
	}{
		{"/metrics/meetings?" + dates, 200, 0, ""},
		{"/metrics/meetings", 400, 300, "from"},
		{"/metrics/meetings?type=live&from=2026-03-01", 400, 300, "to"},
		{"/metrics/meetings?from=2026-3-1&to=2026-03-02", 400, 300, "from"},
		{"/metrics/meetings?from=2026-03-02&to=2026-03-01", 400, 300, "to"},
		{"/metrics/meetings?from=2026-01-31&to=2026-03-02", 200, 0, ""}, // a month, as Go adds it
		{"/metrics/meetings?from=2026-01-01&to=2026-02-02", 400, 300, "to"},
		{"/metrics/meetings?from=2025-09-02&to=2025-09-03", 200, 0, ""},
		{"/metrics/meetings?from=2025-09-01&to=2025-09-02", 400, 300, "from"},
		{"/metrics/meetings?from=2025-03-01&to=2025-03-02", 400, 12702, ""},
		{"/metrics/meetings?type=pastOne&" + dates, 200, 0, ""},
		{"/metrics/meetings?type=future&" + dates, 400, 300, "type"},
		{"/metrics/meetings?page_size=0&" + dates, 400, 300, "page_size"},
		{"/metrics/meetings?page_size=x&" + dates, 400, 300, "page_size"},
		{"/metrics/webinars?" + dates, 200, 0, ""},
		{"/metrics/webinars?type=pastOne&" + dates, 400, 300, "type"},
		{meeting, 200, 0, ""},
		{meeting + "?type=past", 404, 3001, ""},
		{meeting + "/participants", 200, 0, ""},
		{meeting + "/participants?type=pastOne", 404, 3001, ""},
		{meeting + "/participants/qos", 200, 0, ""},
		{meeting + "/participants/qos?type=pastOne", 400, 300, "type"},
		{meeting + "/participants/16778240/qos", 200, 0, ""},
		{meeting + "/participants/1/qos", 404, 3001, ""},
		{meeting + "/participants/qos_summary", 404, 3001, ""},
		{meeting + "/participants/qos_summary?type=live", 400, 300, "type"},
		{webinar + "/participants/qos", 200, 0, ""},
		{webinar + "/participants?type=pastOne", 400, 300, "type"},
		{strings.Replace(webinar, "webinars", "meetings", 1), 404, 3001, ""},
		{"/metrics/meetings/12345678901/participants", 404, 3001, ""},
		{"/metrics/meetings/12345678901/nothing", 404, 3001, ""},
		{"/metrics/elsewhere", 404, 3001, ""},
	} {
		a := r.get(tt.path)
		if a.status != tt.status || a.code() != tt.code {
			t.Errorf("%s: %s", tt.path, a)
			continue
		}
		if tt.field != "" && !strings.Contains(string(a.body), `"field":"`+tt.field+`"`) {
			t.Errorf("%s: %s names no field %s", tt.path, a, tt.field)
		}
	}
}

func TestPageSizes(t *testing.T) {
	opts := Options{Seed: 3, Fixed: true, Meetings: 320, Participants: 12, Limits: &Limits{}}
	r := newRig(t, opts)
	m := "/metrics/meetings/" + number(r.sim.Live(zoomapi.Meeting)[0])
	const list = "/metrics/meetings?from=2026-03-01&to=2026-03-02"
	for _, tt := range []struct {
		path, name string
		want       int
	}{
		{list, "meetings", 30},
		{list + "&page_size=300", "meetings", 300},
		{list + "&page_size=1000", "meetings", 300},
		{m + "/participants?", "participants", 12},
		{m + "/participants?page_size=5", "participants", 5},
		{m + "/participants/qos?", "participants", 1},
		{m + "/participants/qos?page_size=10", "participants", 10},
		{m + "/participants/qos?page_size=300", "participants", 10},
	} {
		if a := r.get(tt.path); a.status != 200 || a.rows(tt.name) != tt.want {
			t.Errorf("%s: %d, %d rows, want %d", tt.path, a.status, a.rows(tt.name), tt.want)
		}
	}
	a := r.get(m + "/participants/qos?page_size=10")
	if a.json["page_count"] != 2.0 || a.json["page_size"] != 10.0 || a.json["total_records"] != 12.0 {
		t.Errorf("head: %v %v %v", a.json["page_count"], a.json["page_size"], a.json["total_records"])
	}
	opts.Moods.StrictPageSize = true
	r = newRig(t, opts)
	if a := r.get(m + "/participants/qos?page_size=11"); a.status != 400 || a.code() != 300 {
		t.Errorf("strict: %s", a)
	}
}

func TestPageTokens(t *testing.T) {
	for _, status := range []int{400, 300} {
		r := newRig(t, Options{
			Seed: 3, Fixed: true, Meetings: 2, Participants: 25, Limits: &Limits{}, Moods: Moods{Status300: status == 300},
		})
		live := r.sim.Live(zoomapi.Meeting)
		path := "/metrics/meetings/" + number(live[0]) + "/participants/qos?page_size=10"
		token, _ := r.get(path).json["next_page_token"].(string)
		if token == "" {
			t.Fatal("no token")
		}
		for name, bad := range map[string]string{
			"another size":     strings.Replace(path, "=10", "=9", 1) + "&next_page_token=" + token,
			"another meeting":  "/metrics/meetings/" + number(live[1]) + "/participants/qos?page_size=10&next_page_token=" + token,
			"another endpoint": "/metrics/meetings/" + number(live[0]) + "/participants?page_size=10&next_page_token=" + token,
			"invented":         path + "&next_page_token=invented",
			"changed":          path + "&next_page_token=A" + token[1:],
		} {
			if a := r.get(bad); a.status != status || a.code() != 300 {
				t.Errorf("%s: %s", name, a)
			}
		}
		r.now = r.now.Add(tokenLife)
		r.login()
		second := r.get(path + "&next_page_token=" + token)
		if second.status != 200 || second.rows("participants") != 10 {
			t.Errorf("after 15 minutes: %s", second)
		}
		r.now = r.now.Add(time.Second)
		if a := r.get(path + "&next_page_token=" + token); a.status != status || a.code() != 300 {
			t.Errorf("after more: %s", a)
		}
	}
}

// All pages together have everybody once, or with DoubleRows some people twice.
func TestPagesHaveEverybody(t *testing.T) {
	for _, double := range []bool{false, true} {
		r := newRig(t, Options{
			Seed: 3, Fixed: true, Meetings: 1, Participants: 47, Limits: &Limits{}, Moods: Moods{DoubleRows: double},
		})
		seen := map[string]int{}
		for _, row := range r.pages("/metrics/meetings/" + number(r.sim.Live(zoomapi.Meeting)[0]) + "/participants/qos?page_size=10") {
			seen[row.UserID]++
		}
		twice := 0
		for _, n := range seen {
			if n == 2 {
				twice++
			}
		}
		if want := map[bool]int{false: 0, true: 4}[double]; len(seen) != 47 || twice != want {
			t.Errorf("double %v: %d people, %d of them twice; want 47 and %d", double, len(seen), twice, want)
		}
	}
}

// With NewestFirst, somebody who joins moves a row to the next page.
func TestPagesShift(t *testing.T) {
	r := newRig(t, Options{
		Seed: 3, Fixed: true, Meetings: 1, Participants: 15, Limits: &Limits{}, Moods: Moods{NewestFirst: true},
	})
	m := r.sim.Live(zoomapi.Meeting)[0]
	path := "/metrics/meetings/" + number(m) + "/participants?page_size=10"
	first := r.get(path)
	r.now = r.now.Add(time.Second)
	if _, err := r.sim.Join(m.UUID); err != nil {
		t.Fatal(err)
	}
	second := r.get(path + "&next_page_token=" + first.json["next_page_token"].(string))
	last := first.json["participants"].([]any)[9].(map[string]any)["user_id"]
	top := second.json["participants"].([]any)[0].(map[string]any)["user_id"]
	if last != top {
		t.Errorf("the first page ends with %v, the second begins with %v", last, top)
	}
}

func TestIDsAreReadAsZoomDoes(t *testing.T) {
	once := url.QueryEscape
	twice := func(s string) string { return url.QueryEscape(url.QueryEscape(s)) }
	for _, tt := range []struct {
		uuid        string
		once, twice bool
	}{
		{"gm8s9L+PTEC+FG3sFbd1Cw==", true, false},
		{"Dkgwu8nm/ExG1vM+GhLRhA==", true, true},
		{"/6fJBQh0QzWCgrKretYGjg==", false, true},
		{"Dkgwu8nm//G1vM+GhLRhAa==", false, true},
	} {
		for name, form := range map[string]struct {
			escaped string
			want    bool
		}{"once": {once(tt.uuid), tt.once}, "twice": {twice(tt.uuid), tt.twice}} {
			_, uuid, ok := parseID(form.escaped)
			if ok != form.want || ok && uuid != tt.uuid {
				t.Errorf("%s encoded %s: %q %v, want %v", tt.uuid, name, uuid, ok, form.want)
			}
		}
	}
	if n, uuid, ok := parseID("93201235621"); n != 93201235621 || uuid != "" || !ok {
		t.Errorf("a number: %d %q %v", n, uuid, ok)
	}
	for _, bad := range []string{"", "%", "%zz", "%25zz"} {
		if _, _, ok := parseID(bad); ok {
			t.Errorf("%q is accepted", bad)
		}
	}
}

// The same over HTTP, with UUIDs that the world draws.
func TestUUIDsOverHTTP(t *testing.T) {
	opts := Options{Seed: 3, Fixed: true, Meetings: 4, Participants: 2, Limits: &Limits{}}
	r := newRig(t, opts)
	kinds := map[string]bool{}
	for _, m := range r.sim.Live(zoomapi.Meeting) {
		escaped, wrong := url.QueryEscape(m.UUID), url.QueryEscape(url.QueryEscape(m.UUID))
		switch {
		case strings.HasPrefix(m.UUID, "/"), strings.Contains(m.UUID, "//"):
			kinds["must"] = true
			escaped, wrong = wrong, escaped
		case strings.Contains(m.UUID, "/"):
			kinds["may"], wrong = true, ""
		default:
			kinds["must not"] = true
		}
		path := "/metrics/meetings/%s/participants/qos"
		if a := r.get(fmt.Sprintf(path, escaped)); a.status != 200 {
			t.Errorf("%s as %s: %s", m.UUID, escaped, a)
		}
		if wrong == "" {
			continue
		}
		if a := r.get(fmt.Sprintf(path, wrong)); a.status != 404 || a.code() != 3001 {
			t.Errorf("%s as %s: %s", m.UUID, wrong, a)
		}
	}
	if len(kinds) != 3 {
		t.Errorf("kinds of UUIDs: %v", kinds)
	}
	opts.Moods.NumbersOnly = true
	r = newRig(t, opts)
	m := r.sim.Live(zoomapi.Meeting)[0]
	if a := r.get("/metrics/meetings/" + url.QueryEscape(m.UUID)); a.status != 404 || a.code() != 3001 {
		t.Errorf("UUID: %s", a)
	}
	if a := r.get("/metrics/meetings/" + number(m)); a.status != 200 {
		t.Errorf("number: %s", a)
	}
}

func FuzzPath(f *testing.F) {
	for _, seed := range []string{
		"/v2/metrics/meetings", "/v2/metrics/meetings/1/participants/qos", "/v2/metrics/webinars/%252F%253D/participants",
		"/v2/metrics/meetings//x/participants/qos", "/v2/metrics/meetings/%/participants/%/qos",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		e, id, _, ok := route(path)
		if !ok {
			return
		}
		if e.answer == nil || e.name == "" || e.class == "" {
			t.Errorf("%q leads to no endpoint", path)
		}
		if _, uuid, ok := parseID(id); ok && strings.HasPrefix(uuid, "/") && !strings.Contains(id, "%25") {
			t.Errorf("%q is encoded once and accepted", id)
		}
	})
}

func FuzzPageToken(f *testing.F) {
	s := New(Options{Seed: 1, Limits: &Limits{}})
	q := query{bound: 7}
	f.Add(s.seal(&q, 30, monday, "uuid"))
	f.Add("")
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, token string) {
		asked := query{bound: 7, token: token}
		offset, failure := s.unseal(&asked, monday, "uuid")
		if failure == nil && token != "" {
			given, _ := base64.RawURLEncoding.DecodeString(token)
			mac := hash(binary.BigEndian.Uint64(given))
			at := time.UnixMilli(int64(binary.BigEndian.Uint64(given[8:]) ^ uint64(mac.text("time"))))
			sealed, _ := base64.RawURLEncoding.DecodeString(s.seal(&q, offset, at, "uuid"))
			if !bytes.Equal(given, sealed) {
				t.Errorf("%q was never issued and is accepted", token)
			}
		}
		if offset < 0 {
			t.Errorf("%q is offset %d", token, offset)
		}
	})
}
