package zoomsim

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

func (r *rig) fault(f Fault) {
	r.t.Helper()
	r.sim.ClearFaults()
	if err := r.sim.SetFault(f); err != nil {
		r.t.Fatal(err)
	}
}

func TestFaultsThatAnswerErrors(t *testing.T) {
	r, qos := fixedRig(t, Limits{}, nil)
	r.login()
	for _, tt := range []struct {
		kind         FaultKind
		status, code int
	}{
		{FaultNotLive, 404, 3001},
		{FaultNoAccess, 400, 300},
		{FaultTooOld, 400, 12702},
		{FaultNoDashboard, 400, 200},
		{FaultScope, 400, 4711},
		{FaultScopeOld, 400, 4700},
		{FaultScopeOlder, 400, 104},
		{FaultToken, 401, 124},
		{FaultTokenOld, 400, 124},
		{FaultPerSecond, 429, 429},
		{FaultPerMinute, 429, 429},
		{FaultPerDay, 429, 429},
		{FaultConcurrent, 429, 429},
		{FaultServer, 500, 500},
		{FaultUnavailable, 503, 503},
	} {
		r.fault(Fault{Kind: tt.kind})
		if a := r.get(qos); a.status != tt.status || a.code() != tt.code || a.json["message"] == "" {
			t.Errorf("%s: %s", tt.kind, a)
		}
	}
	r.fault(Fault{Kind: FaultError, Status: 418, Code: 7, Message: "teapot"})
	if a := r.get(qos); a.status != 418 || a.code() != 7 || a.json["message"] != "teapot" {
		t.Errorf("error: %s", a)
	}
	r.fault(Fault{Kind: FaultPerDay})
	if a := r.get(qos); a.header.Get("Retry-After") != "2026-03-03T00:00:00Z" || a.header.Get("X-RateLimit-Type") != "Daily-limit" {
		t.Errorf("per_day: %v", a.header)
	}
	r.fault(Fault{Kind: FaultCredentials, Endpoint: zoomapi.OAuthToken})
	if a := r.grant(func(*grant) {}); a.status != 401 || a.json["error"] != "invalid_client" {
		t.Errorf("credentials: %s", a)
	}
	r.fault(Fault{Kind: FaultRevoke, Count: 1})
	for range 2 {
		if a := r.get(qos); a.status != 401 || a.code() != 124 {
			t.Errorf("revoke: %s", a)
		}
	}
	r.login()
	if a := r.get(qos); a.status != 200 {
		t.Errorf("after a new token: %d", a.status)
	}
}

// The fault of a missing scope names the endpoint's scopes, as a real lack does.
func TestScopeFaultNamesTheEndpointsScopes(t *testing.T) {
	r, qos := fixedRig(t, Limits{}, nil)
	r.login()
	r.fault(Fault{Kind: FaultScope})
	for path, want := range map[string]string{
		listPath:                           "[dashboard_meetings:read:admin, dashboard:read:list_meetings:admin]",
		qos:                                "[dashboard_meetings:read:admin, dashboard:read:list_meeting_participants_qos:admin]",
		"/metrics/webinars?type=live":      "[dashboard_webinars:read:admin, dashboard:read:list_webinars:admin]",
		"/metrics/webinars/1/participants": "[dashboard_webinars:read:admin, dashboard:read:list_webinar_participants:admin]",
		"/metrics/webinars/1?type=past":    "[dashboard_webinars:read:admin, dashboard:read:webinar:admin]",
	} {
		a := r.get(path)
		if message, _ := a.json["message"].(string); a.code() != 4711 || message != "Invalid access token, does not contain scopes:"+want+"." {
			t.Errorf("%s: %s", path, a)
		}
	}
	r.fault(Fault{Kind: FaultScope, Endpoint: zoomapi.OAuthToken})
	if a := r.grant(func(*grant) {}); a.code() != 4711 || a.json["message"] != "Invalid access token, does not contain scopes." {
		t.Errorf("token: %s", a)
	}
}

func TestFaultsChooseTheirRequests(t *testing.T) {
	r, qos := fixedRig(t, Limits{}, nil)
	r.login()
	r.fault(Fault{Kind: FaultServer, Endpoint: zoomapi.ListMeetings, Count: 2})
	if a := r.get(qos); a.status != 200 {
		t.Errorf("another endpoint: %d", a.status)
	}
	for i, want := range []int{500, 500, 200} {
		if a := r.get(listPath); a.status != want {
			t.Errorf("request %d: %d, want %d", i, a.status, want)
		}
	}
	r.fault(Fault{Kind: FaultServer, Path: "participants/qos"})
	if list, page := r.get(listPath), r.get(qos); list.status != 200 || page.status != 500 {
		t.Errorf("by path: %d and %d", list.status, page.status)
	}
	r.fault(Fault{Kind: FaultServer, Probability: 0.3})
	bad := 0
	for range 300 {
		if r.get(qos).status == 500 {
			bad++
		}
	}
	if bad < 60 || bad > 120 {
		t.Errorf("%d of 300 at a probability of 0.3", bad)
	}
	r.sim.ClearFaults()
	if a := r.get(qos); a.status != 200 {
		t.Errorf("cleared: %d", a.status)
	}
	for _, f := range []Fault{
		{}, {Kind: "nonsense"}, {Kind: FaultServer, Probability: 2}, {Kind: FaultServer, Count: -1}, {Kind: FaultError},
	} {
		if err := r.sim.SetFault(f); !errors.Is(err, ErrFault) {
			t.Errorf("%+v: %v", f, err)
		}
	}
}

func TestFaultsOfBodies(t *testing.T) {
	r, qos := fixedRig(t, Limits{}, func(o *Options) { o.History, o.Participants, o.Moods.History = 30, 10, HistoryFull })
	qos += "?page_size=10"
	whole := r.get(qos)

	r.fault(Fault{Kind: FaultHTML})
	if a := r.get(qos); a.status != 502 || !strings.HasPrefix(string(a.body), "<html>") || a.header.Get("Content-Type") != "text/html" {
		t.Errorf("html: %s", a)
	}
	r.fault(Fault{Kind: FaultHTML, Status: 200})
	if a := r.get(qos); a.status != 200 || !strings.HasPrefix(string(a.body), "<html>") {
		t.Errorf("html with 200: %d", a.status)
	}
	r.fault(Fault{Kind: FaultContentType})
	if a := r.get(qos); a.header.Get("Content-Type") != "text/plain" || string(a.body) != string(whole.body) {
		t.Errorf("content_type: %v", a.header)
	}
	r.fault(Fault{Kind: FaultEmpty})
	if a := r.get(qos); a.status != 200 || len(a.body) != 0 {
		t.Errorf("empty: %d, %d bytes", a.status, len(a.body))
	}
	r.fault(Fault{Kind: FaultHuge, Size: 1 << 20})
	if a := r.get(qos); len(a.body) != 1<<20+len(whole.body) || a.rows("participants") != 10 {
		t.Errorf("huge: %d bytes", len(a.body))
	}
	r.fault(Fault{Kind: FaultInvalidUTF8})
	if a := r.get(qos); utf8.Valid(a.body) {
		t.Error("invalid_utf8: it is valid")
	}
	if !utf8.Valid(whole.body) {
		t.Error("without a fault it is not valid UTF-8")
	}

	figure := func(a answer) (user map[string]any) {
		users := a.json["participants"].([]any)
		return users[0].(map[string]any)
	}
	r.fault(Fault{Kind: FaultNumbers})
	if a := r.get(qos); a.rows("participants") != 10 {
		t.Errorf("numbers: %s", a)
	} else if _, ok := figure(a)["user_id"].(float64); !ok {
		t.Errorf("numbers: user_id is %v", figure(a)["user_id"])
	}
	r.fault(Fault{Kind: FaultNulls})
	if a := r.get(qos); a.json["next_page_token"] != "" || strings.Count(string(a.body), ":null") < 50 {
		t.Errorf("nulls: %d", strings.Count(string(a.body), ":null"))
	}
	r.fault(Fault{Kind: FaultMissing})
	if a := r.get(qos); a.rows("participants") != 10 || len(a.body) > len(whole.body)*9/10 {
		t.Errorf("missing: %d bytes of %d", len(a.body), len(whole.body))
	}
}

func TestFaultsOfConnections(t *testing.T) {
	r, qos := fixedRig(t, Limits{}, nil)
	r.login()
	ask := func(ctx context.Context) ([]byte, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url+"/v2"+qos, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+r.token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		return io.ReadAll(resp.Body)
	}
	r.fault(Fault{Kind: FaultCut})
	if body, err := ask(t.Context()); !errors.Is(err, io.ErrUnexpectedEOF) || len(body) == 0 || json.Valid(body) {
		t.Errorf("cut: %v after %d bytes", err, len(body))
	}
	r.fault(Fault{Kind: FaultReset})
	if body, err := ask(t.Context()); err == nil {
		t.Errorf("reset: %s", body)
	}
	for _, kind := range []FaultKind{FaultHang, FaultStall} {
		r.fault(Fault{Kind: kind})
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		body, err := ask(ctx)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || (len(body) > 0) != (kind == FaultStall) {
			t.Errorf("%s: %v after %d bytes", kind, err, len(body))
		}
	}
	if n := r.sim.Counts().Requests[zoomapi.ListMeetingParticipantsQoS][0]; n != 4 {
		t.Errorf("%d requests without an answer, want 4", n)
	}
}

// Slow answers take time of a bubble's clock, and end with the request's context.
func TestLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Seed: 1, Latency: 2 * time.Second, Limits: &Limits{}})
		if err := s.SetFault(Fault{Kind: FaultLatency, Delay: Duration(3 * time.Second)}); err != nil {
			t.Fatal(err)
		}
		token := s.tokens.issue(1, s.opts.Now(), time.Hour, false)
		ask := func(ctx context.Context) (time.Duration, int) {
			req := httptest.NewRequestWithContext(ctx, http.MethodGet, "/v2/metrics/webinars/1", nil)
			req.Header.Set("Authorization", "Bearer "+token)
			w := httptest.NewRecorder()
			began := time.Now()
			s.Handler().ServeHTTP(w, req)
			return time.Since(began), w.Body.Len()
		}
		if took, n := ask(t.Context()); took != 5*time.Second || n == 0 {
			t.Errorf("it took %v, %d bytes", took, n)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if took, n := ask(ctx); took != time.Second || n != 0 {
			t.Errorf("with a deadline it took %v, %d bytes", took, n)
		}
	})
}

func TestAdmin(t *testing.T) {
	r, qos := fixedRig(t, Limits{}, nil)
	r.login()
	admin := func(method, path, body string) answer {
		t.Helper()
		req, err := http.NewRequest(method, r.url+"/admin/"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		return r.do(req)
	}
	expect := func(a answer, status int) {
		t.Helper()
		if a.status != status {
			t.Fatalf("want status %d: %s", status, a)
		}
	}
	expect(admin("POST", "faults", `{"kind":"server","endpoint":"list_meetings","count":1}`), 204)
	expect(r.get(listPath), 500)
	expect(r.get(listPath), 200)
	expect(admin("POST", "faults", `[{"kind":"latency","delay":"1ms"},{"kind":"not_live"}]`), 204)
	expect(admin("DELETE", "faults", ""), 204)
	expect(r.get(qos), 200)
	for _, bad := range []string{`{`, `{"kind":"nonsense"}`, `{"kinds":"server"}`, `[{"kind":"server"},{"kind":"x"}]`, `{"kind":"latency","delay":"x"}`} {
		expect(admin("POST", "faults", bad), 400)
	}
	if len(r.sim.Faults()) != 0 {
		t.Errorf("a refused array left %v", r.sim.Faults())
	}

	m := r.sim.Live(zoomapi.Meeting)[0]
	id := "?uuid=" + strings.ReplaceAll(strings.ReplaceAll(m.UUID, "+", "%2B"), "/", "%2F")
	expect(admin("POST", "incidents", `{"name":"lisbon","site":"lisbon","loss":0.1}`), 204)
	expect(admin("DELETE", "incidents?name=lisbon", ""), 204)
	expect(admin("DELETE", "incidents?name=lisbon", ""), 404)
	expect(admin("POST", "join"+id, ""), 200)
	expect(admin("POST", "leave"+id+"&user_id=16778240", ""), 204)
	expect(admin("POST", "rejoin"+id+"&user_id=16778240", ""), 200)
	expect(admin("POST", "leave"+id+"&user_id=1", ""), 404)
	expect(admin("POST", "deny"+id, ""), 204)
	if a := r.get(qos); a.code() != 300 {
		t.Errorf("denied: %s", a)
	}
	expect(admin("DELETE", "deny"+id, ""), 204)
	expect(admin("POST", "open?kind=webinar&participants=3", ""), 200)
	expect(admin("POST", "open?kind=phone&participants=3", ""), 400)
	expect(admin("POST", "open?kind=meeting&participants=0", ""), 400)

	var state State
	if err := json.Unmarshal(admin("GET", "state", "").body, &state); err != nil {
		t.Fatal(err)
	}
	meeting := state.Live[zoomapi.Meeting][0]
	if meeting.UUID != m.UUID || meeting.Rows != 4 || meeting.Participants != 3 || len(state.Live[zoomapi.Webinar]) != 1 {
		t.Errorf("state %+v", state.Live)
	}
	if state.Counts.Tokens != 1 || state.Counts.Of(zoomapi.ListMeetings) != 2 {
		t.Errorf("counts %+v", state.Counts)
	}

	expect(admin("POST", "end"+id, ""), 204)
	expect(r.get(qos), 404)
	expect(admin("POST", "end"+id, ""), 404)
	expect(admin("POST", "revoke", ""), 204)
	expect(r.get(listPath), 401)
	expect(admin("POST", "nonsense", ""), 404)
}

func FuzzFaults(f *testing.F) {
	f.Add(`{"kind":"server"}`)
	f.Add(`[{"kind":"latency","delay":"1s"}]`)
	f.Fuzz(func(t *testing.T, body string) {
		s := New(Options{})
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/admin/faults", strings.NewReader(body)))
		switch set := len(s.Faults()); {
		case w.Code == http.StatusNoContent:
		case w.Code == http.StatusBadRequest && set == 0:
		default:
			t.Errorf("%q: status %d, %d faults", body, w.Code, set)
		}
	})
}

func FuzzMangle(f *testing.F) {
	f.Add([]byte(`{"participants":[{"user_id":"1","user_qos":[{"audio_input":{"latency":"1 ms"}}]}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, kind := range []FaultKind{FaultNumbers, FaultNulls, FaultMissing} {
			if mangled := mangleRows(body, kind); json.Valid(body) && !json.Valid(mangled) {
				t.Errorf("%s of %q is %q", kind, body, mangled)
			}
		}
	})
}
