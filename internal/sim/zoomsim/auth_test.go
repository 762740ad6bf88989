package zoomsim

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// grant is a request for a token.
type grant struct {
	id, secret string
	form       url.Values
	query      url.Values
	method     string
	mime       string
}

func (r *rig) grant(change func(*grant)) answer {
	r.t.Helper()
	c := r.sim.Credentials()
	g := grant{
		id: c.ClientID, secret: c.ClientSecret, method: http.MethodPost, mime: "application/x-www-form-urlencoded",
		form: url.Values{"grant_type": {"account_credentials"}, "account_id": {c.AccountID}},
	}
	change(&g)
	req, err := http.NewRequest(g.method, r.url+"/oauth/token?"+g.query.Encode(), strings.NewReader(g.form.Encode()))
	if err != nil {
		r.t.Fatal(err)
	}
	if g.id != "" {
		req.SetBasicAuth(g.id, g.secret)
	}
	req.Header.Set("Content-Type", g.mime)
	return r.do(req)
}

func TestTokenEndpointIsStrict(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*grant)
		status int
		kind   string
	}{
		"right":         {func(*grant) {}, 200, ""},
		"wrong secret":  {func(g *grant) { g.secret = "x" }, 401, "invalid_client"},
		"wrong client":  {func(g *grant) { g.id = "x" }, 401, "invalid_client"},
		"no client":     {func(g *grant) { g.id = "" }, 401, "invalid_client"},
		"wrong account": {func(g *grant) { g.form.Set("account_id", "x") }, 400, "invalid_client"},
		"wrong grant":   {func(g *grant) { g.form.Set("grant_type", "client_credentials") }, 400, "unsupported_grant_type"},
		"query string":  {func(g *grant) { g.query, g.form = g.form, nil }, 400, "unsupported_grant_type"},
		"JSON body":     {func(g *grant) { g.mime = "application/json" }, 400, "invalid_request"},
		"GET":           {func(g *grant) { g.method = http.MethodGet }, 405, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Options{Seed: 1})
			a := r.grant(tt.change)
			if a.status != tt.status {
				t.Fatalf("want status %d: %s", tt.status, a)
			}
			if tt.kind != "" && a.json["error"] != tt.kind {
				t.Errorf("error %v, want %s", a.json["error"], tt.kind)
			}
			if tt.status == 200 && (a.json["expires_in"] != 3599.0 || a.json["token_type"] != "bearer" ||
				a.json["api_url"] != r.url || a.json["scope"] != "dashboard_meetings:read:admin dashboard_webinars:read:admin") {
				t.Errorf("answer %s", a)
			}
		})
	}
}

func TestTokenOptions(t *testing.T) {
	r := newRig(t, Options{Token: TokenOptions{Life: time.Minute, NoAPIURL: true, RefusalStatus: 400}})
	a := r.grant(func(*grant) {})
	if _, there := a.json["api_url"]; there || a.json["expires_in"] != 60.0 {
		t.Errorf("answer %s", a)
	}
	if a := r.grant(func(g *grant) { g.secret = "x" }); a.status != 400 || a.json["reason"] != "Invalid client_id or client_secret" {
		t.Errorf("refusal %s", a)
	}
	r = newRig(t, Options{Token: TokenOptions{APIURL: "https://api.example.com"}})
	if a := r.grant(func(*grant) {}); a.json["api_url"] != "https://api.example.com" {
		t.Errorf("answer %s", a)
	}
}

func TestTokensExpire(t *testing.T) {
	const path = "/metrics/meetings?from=2026-03-01&to=2026-03-02"
	live := func(r *rig) answer { return r.get(path) }

	r := newRig(t, Options{Meetings: 1})
	if a := live(r); a.status != 200 {
		t.Fatalf("status %s", a)
	}
	r.now = r.now.Add(3598 * time.Second)
	if a := live(r); a.status != 200 {
		t.Errorf("just before it expires: status %d", a.status)
	}
	r.now = r.now.Add(time.Second)
	if a := live(r); a.status != 401 || a.json["code"] != 124.0 {
		t.Errorf("expired: %s", a)
	}

	r.login()
	r.sim.RevokeTokens()
	if a := live(r); a.status != 401 || a.json["code"] != 124.0 {
		t.Errorf("revoked: %s", a)
	}

	r.token = "invented"
	if a := live(r); a.status != 401 {
		t.Errorf("invented: %d", a.status)
	}

	for _, single := range []bool{false, true} {
		r := newRig(t, Options{Meetings: 1, Token: TokenOptions{Single: single}})
		r.login()
		first := r.token
		r.login()
		r.token = first
		if a := live(r); (a.status == 401) != single {
			t.Errorf("single %v: the first of two tokens: status %d", single, a.status)
		}
	}
}

func TestScopes(t *testing.T) {
	paths := map[zoomapi.Endpoint]string{}
	for _, kind := range []string{"meetings", "webinars"} {
		id := map[string]string{"meetings": "1", "webinars": "2"}[kind]
		all := endpoints(zoomapi.Kind(strings.TrimSuffix(kind, "s")))
		paths[all.list.name] = "/metrics/" + kind + "?from=2026-03-01&to=2026-03-02"
		paths[all.single.name] = "/metrics/" + kind + "/" + id
		paths[all.participants.name] = "/metrics/" + kind + "/" + id + "/participants"
		paths[all.qos.name] = "/metrics/" + kind + "/" + id + "/participants/qos"
		paths[all.person.name] = "/metrics/" + kind + "/" + id + "/participants/16778240/qos"
		paths[all.summary.name] = "/metrics/" + kind + "/" + id + "/participants/qos_summary"
	}
	if len(paths) != 12 {
		t.Fatalf("%d endpoints, want 12", len(paths))
	}
	for _, tt := range []struct {
		scope string
		opens []zoomapi.Endpoint
	}{
		{"dashboard_meetings:read:admin", []zoomapi.Endpoint{
			zoomapi.ListMeetings, zoomapi.GetMeeting, zoomapi.ListMeetingParticipants,
			zoomapi.ListMeetingParticipantsQoS, zoomapi.MeetingParticipantQoS, zoomapi.ListMeetingParticipantsQoSSummary}},
		{"dashboard_webinars:read:admin", []zoomapi.Endpoint{
			zoomapi.ListWebinars, zoomapi.GetWebinar, zoomapi.ListWebinarParticipants,
			zoomapi.ListWebinarParticipantsQoS, zoomapi.WebinarParticipantQoS, zoomapi.ListWebinarParticipantsQoSSummary}},
		{"dashboard:read:list_meetings:admin", []zoomapi.Endpoint{zoomapi.ListMeetings}},
		{"dashboard:read:meeting:admin", []zoomapi.Endpoint{zoomapi.GetMeeting}},
		{"dashboard:read:list_meeting_participants:admin", []zoomapi.Endpoint{zoomapi.ListMeetingParticipants}},
		{"dashboard:read:list_meeting_participants_qos:admin", []zoomapi.Endpoint{zoomapi.ListMeetingParticipantsQoS, zoomapi.ListMeetingParticipantsQoSSummary}},
		{"dashboard:read:meeting_participant_qos:admin", []zoomapi.Endpoint{zoomapi.MeetingParticipantQoS}},
		{"dashboard:read:list_webinars:admin", []zoomapi.Endpoint{zoomapi.ListWebinars}},
		{"dashboard:read:webinar:admin", []zoomapi.Endpoint{zoomapi.GetWebinar}},
		{"dashboard:read:list_webinar_participants:admin", []zoomapi.Endpoint{zoomapi.ListWebinarParticipants}},
		{"dashboard:read:list_webinar_participants_qos:admin", []zoomapi.Endpoint{zoomapi.ListWebinarParticipantsQoS, zoomapi.ListWebinarParticipantsQoSSummary}},
	} {
		t.Run(tt.scope, func(t *testing.T) {
			r := newRig(t, Options{Token: TokenOptions{Scopes: []string{tt.scope}}, Limits: &Limits{}})
			open := map[zoomapi.Endpoint]bool{}
			for _, e := range tt.opens {
				open[e] = true
			}
			for e, path := range paths {
				a := r.get(path)
				refused := a.status == 400 && a.json["code"] == 4711.0
				if refused == open[e] {
					t.Errorf("%s: %s", e, a)
				}
				if message, _ := a.json["message"].(string); refused && !strings.Contains(message, ":read:") {
					t.Errorf("%s: message %q names no scope", e, message)
				}
			}
		})
	}
	r := newRig(t, Options{Token: TokenOptions{Scopes: []string{"dashboard:read:admin"}}, Limits: &Limits{}})
	for e, path := range paths {
		if a := r.get(path); a.json["code"] == 4711.0 {
			t.Errorf("dashboard:read:admin does not open %s", e)
		}
	}
}

func TestPlansWithoutDashboardOrWebinars(t *testing.T) {
	const dates = "?from=2026-03-01&to=2026-03-02"
	r := newRig(t, Options{NoWebinars: true})
	if a := r.get("/metrics/webinars" + dates); a.status != 400 || a.json["code"] != 200.0 {
		t.Errorf("webinars: %s", a)
	}
	if a := r.get("/metrics/meetings" + dates); a.status != 200 {
		t.Errorf("meetings: %s", a)
	}
	r = newRig(t, Options{NoDashboard: true})
	if a := r.get("/metrics/meetings" + dates); a.status != 400 || a.json["code"] != 200.0 {
		t.Errorf("meetings: %s", a)
	}
}
