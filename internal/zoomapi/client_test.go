package zoomapi

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/difftest"
)

// Requests are as Zoom requires, to the byte.
func TestRequests(t *testing.T) {
	var got *http.Request
	zoom := newFakeZoom(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		io.WriteString(w, `{"meetings":[],"webinars":[],"participants":[]}`)
	})
	day := time.Date(2026, 3, 1, 23, 30, 0, 0, time.FixedZone("", -2*3600)) // already the 2nd in UTC
	r := new(recorder)
	c := zoom.client(t, r, func(cfg *Config) { cfg.Clock = fixedClock{day} })
	ctx := t.Context()
	list := func(kind Kind, page string) func() error {
		return func() error { _, err := c.List(ctx, kind, page); return err }
	}
	people := func(kind Kind, id, page string) func() error {
		return func() error { _, err := c.Participants(ctx, kind, id, page); return err }
	}
	qos := func(kind Kind, id, page string) func() error {
		return func() error { _, err := c.QoS(ctx, kind, id, page); return err }
	}
	tests := []struct {
		ask      func() error
		uri      string
		endpoint Endpoint
		class    Class
	}{
		{list(Meeting, ""), "/v2/metrics/meetings?from=2026-03-01&page_size=300&to=2026-03-02&type=live", ListMeetings, ResourceIntensive},
		{list(Webinar, "a/b+c=&d"), "/v2/metrics/webinars?from=2026-03-01&next_page_token=a%2Fb%2Bc%3D%26d&page_size=300&to=2026-03-02&type=live", ListWebinars, ResourceIntensive},
		{people(Meeting, "81234567890", ""), "/v2/metrics/meetings/81234567890/participants?page_size=300&type=live", ListMeetingParticipants, Heavy},
		{people(Webinar, "81234567890", "p"), "/v2/metrics/webinars/81234567890/participants?next_page_token=p&page_size=300&type=live", ListWebinarParticipants, Heavy},
		{qos(Meeting, "81234567890", "p"), "/v2/metrics/meetings/81234567890/participants/qos?next_page_token=p&page_size=10&type=live", ListMeetingParticipantsQoS, Heavy},
		{qos(Webinar, "aB3+dE6zgH9jK2mN5pQ8sQ==", ""), "/v2/metrics/webinars/aB3%2BdE6zgH9jK2mN5pQ8sQ%3D%3D/participants/qos?page_size=10&type=live", ListWebinarParticipantsQoS, Heavy},
		{qos(Meeting, "/6fJBQh0QzWCgrKretYGjg==", ""), "/v2/metrics/meetings/%252F6fJBQh0QzWCgrKretYGjg%253D%253D/participants/qos?page_size=10&type=live", ListMeetingParticipantsQoS, Heavy},
		{qos(Meeting, "a//b+=", ""), "/v2/metrics/meetings/a%252F%252Fb%252B%253D/participants/qos?page_size=10&type=live", ListMeetingParticipantsQoS, Heavy},
		{qos(Meeting, "a/b", ""), "/v2/metrics/meetings/a%252Fb/participants/qos?page_size=10&type=live", ListMeetingParticipantsQoS, Heavy},
		{qos(Meeting, "a b%?#", ""), "/v2/metrics/meetings/a%20b%25%3F%23/participants/qos?page_size=10&type=live", ListMeetingParticipantsQoS, Heavy},
	}
	for _, test := range tests {
		t.Run(test.uri, func(t *testing.T) {
			if err := test.ask(); err != nil {
				t.Fatal(err)
			}
			if got.RequestURI != test.uri || got.Method != http.MethodGet {
				t.Errorf("sent\n%s %s, want\nGET %s", got.Method, got.RequestURI, test.uri)
			}
			for name, want := range map[string]string{
				"Authorization": "Bearer secret-token-1", "User-Agent": DefaultUserAgent,
				"Accept": "application/json", "Accept-Encoding": "gzip",
			} {
				if got.Header.Get(name) != want {
					t.Errorf("%s is %q, want %q", name, got.Header.Get(name), want)
				}
			}
			last := r.attempts[len(r.attempts)-1]
			if last != (Attempt{Endpoint: test.endpoint, Status: 200}) || r.acquired[len(r.acquired)-1] != test.class {
				t.Errorf("observed %+v of class %s, want %s of %s", last, r.acquired[len(r.acquired)-1], test.endpoint, test.class)
			}
		})
	}
	r.balanced(t)
}

func TestImpossibleRequests(t *testing.T) {
	zoom := newFakeZoom(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") })
	c := zoom.client(t, new(recorder))
	for _, id := range []string{"", ".", ".."} {
		if _, err := c.QoS(t.Context(), Meeting, id, ""); err == nil {
			t.Errorf("id %q is accepted", id)
		}
	}
	if _, err := c.List(t.Context(), "party", ""); err == nil {
		t.Error("an unknown kind is accepted")
	}
	if zoom.tokenRequests() != 0 {
		t.Error("a token was requested")
	}
}

// Errors of every kind, Zoom's and others.
func TestErrors(t *testing.T) {
	const redirected = "https://elsewhere.example/secret"
	tests := []struct {
		name    string
		handler http.HandlerFunc
		want    Error // of which Endpoint is set below
		is      error
		text    string // in Error()
		sent    int    // attempts; 0 means 1
	}{
		{name: "ended", handler: answer(404, `{"code":3001,"message":"Meeting does not exist: 81234567890."}`), is: ErrNotLive,
			want: Error{Status: 404, Code: 3001, Reason: ReasonNotLive, Message: "Meeting does not exist: […]"}, text: "neither live"},
		{name: "no access, as 300", handler: answer(300, `{"code":300,"message":"This page token is invalid."}`), is: ErrNoAccess,
			want: Error{Status: 300, Code: 300, Reason: ReasonNoAccess, Message: "This page token is invalid."}, text: "starts over from the first page"},
		{name: "no access, as 400", handler: answer(400, `{"code":"300","message":"No access."}`), is: ErrNoAccess,
			want: Error{Status: 400, Code: 300, Reason: ReasonNoAccess, Message: "No access."}},
		{name: "no access, without a body", handler: answer(300, ``), is: ErrNoAccess,
			want: Error{Status: 300, Reason: ReasonNoAccess}},
		{name: "too old", handler: answer(400, `{"code":12702,"message":"Can not access a meeting a year ago."}`, "X-Zm-Trackingid", "x"), is: ErrOther,
			want: Error{Status: 400, Code: 12702, Reason: ReasonOther, Message: "Can not access a meeting a year ago."}},
		{name: "no Dashboard", handler: answer(400, `{"code":200,"message":"Dashboard feature is disabled."}`), is: ErrPlan,
			want: Error{Status: 400, Code: 200, Reason: ReasonPlan, Message: "Dashboard feature is disabled."}, text: "Business plan"},
		{name: "scope named", handler: answer(400, `{"code":4711,"message":"Invalid access token, does not contain scopes:[dashboard:read:list_meetings:admin, dashboard_meetings:read:admin]."}`), is: ErrScope,
			want: Error{Status: 400, Code: 4711, Reason: ReasonScope, Scopes: []string{"dashboard:read:list_meetings:admin", "dashboard_meetings:read:admin"},
				Message: "Invalid access token, does not contain scopes:[dashboard:read:list_meetings:admin, dashboard_meetings:read:admin]."},
			text: "add one that Zoom names (dashboard:read:list_meetings:admin, dashboard_meetings:read:admin) in the Zoom App Marketplace"},
		{name: "scope not named", handler: answer(401, `{"code":4700,"message":"Token cannot be empty."}`), is: ErrScope,
			want: Error{Status: 401, Code: 4700, Reason: ReasonScope, Message: "Token cannot be empty."},
			text: "add dashboard:read:list_meetings:admin (for a classic app dashboard_meetings:read:admin)"},
		{name: "scope, oldest", handler: answer(400, `{"code":104,"message":"Lack of scope."}`), is: ErrScope,
			want: Error{Status: 400, Code: 104, Reason: ReasonScope, Message: "Lack of scope."}},
		{name: "token", handler: answer(401, `{"code":124,"message":"Invalid access token: secret-token-2."}`), is: ErrToken,
			want: Error{Status: 401, Code: 124, Reason: ReasonToken, Message: "Invalid access token: […]."}, sent: 2},
		{name: "token, older", handler: answer(400, `{"code":124,"message":"Access token is expired."}`), is: ErrToken,
			want: Error{Status: 400, Code: 124, Reason: ReasonToken, Message: "Access token is expired."}, sent: 2},
		{name: "token, without a body", handler: answer(401, ``), is: ErrToken,
			want: Error{Status: 401, Reason: ReasonToken}, sent: 2},
		{name: "rate", handler: answer(429, `{"code":429,"message":"You have reached the maximum daily rate limit for this API."}`, "Retry-After", "2126-03-03T00:00:00Z"), is: ErrRateLimited,
			want: Error{Status: 429, Code: 429, Reason: ReasonRateLimited, Message: "You have reached the maximum daily rate limit for this API."}},
		{name: "rate, by its code", handler: answer(400, `{"code":429,"message":"Slow down."}`), is: ErrRateLimited,
			want: Error{Status: 400, Code: 429, Reason: ReasonRateLimited, Message: "Slow down."}},
		{name: "rate, until", handler: answer(429, `slow down`, "Retry-After", "0", "X-Zm-Trackingid", "x"), is: ErrRateLimited,
			want: Error{Status: 429, Reason: ReasonRateLimited, RetryAt: testNow}, text: "no further attempt before 2026-03-02T10:00:00Z"},
		{name: "rate, until an instant of Zoom's clock", handler: answer(429, `slow down`, "Date", "Mon, 02 Mar 2026 18:00:00 GMT", "Retry-After", "2026-03-02T18:00:30Z", "X-Zm-Trackingid", "x"), is: ErrRateLimited,
			want: Error{Status: 429, Reason: ReasonRateLimited, RetryAt: testNow.Add(30 * time.Second)}, text: "no further attempt before 2026-03-02T10:00:30Z"},
		{name: "server", handler: answer(500, `{"code":124,"message":"Oops."}`), is: ErrServer,
			want: Error{Status: 500, Code: 124, Reason: ReasonServer, Message: "Oops."}},
		{name: "gateway, in HTML", handler: answer(502, `<html><body>Bad gateway for ada@example.com</body></html>`, "Server", "nginx/1.24", "Via", "1.1 ada@example.com (squid)"), is: ErrServer,
			want: Error{Status: 502, Server: `"nginx/1.24" via "1.1 […] (squid)"`, Reason: ReasonServer}, text: "from \"nginx/1.24\""},
		{name: "forbidden by a proxy", handler: answer(403, `<html>Ada</html>`), is: ErrOther,
			want: Error{Status: 403, Server: "an unidentified server", Reason: ReasonOther}, text: "check the address and any proxy in between"},
		{name: "wrong path", handler: answer(404, `{"message":"No message available","path":"/v3"}`), is: ErrOther,
			want: Error{Status: 404, Server: "an unidentified server", Reason: ReasonOther, Message: "No message available"}},
		{name: "private words", handler: answer(400, `{"code":1,"message":"User <ada@example.com> at 192.0.2.7, [2001:db8::1]:443\nand account-id-example:\u0007 client/secret=example`+"\xff"+`."}`, "X-Zm-Trackingid", "x"), is: ErrOther,
			want: Error{Status: 400, Code: 1, Reason: ReasonOther, Message: "User […] at […] […] and […]: […]\ufffd."}},
		{name: "long message", handler: answer(400, `{"message":"`+strings.Repeat("äöü ", 5000)+`"}`, "X-Zm-Trackingid", "x"), is: ErrOther,
			want: Error{Status: 400, Reason: ReasonOther, Message: strings.Repeat("äöü ", 28) + "…"}},
		{name: "cut error", handler: answer(404, `{"code":3001,"mess`), is: ErrNotLive,
			want: Error{Status: 404, Code: 3001, Reason: ReasonNotLive}},
		{name: "redirect", handler: answer(302, ``, "Location", redirected), is: ErrOther,
			want: Error{Status: 302, Server: `an unidentified server redirecting to "elsewhere.example"`, Reason: ReasonOther}},
		{name: "200 in HTML", handler: answer(200, `<html>Ada</html>`), is: ErrBody,
			want: Error{Status: 200, Server: "an unidentified server", Reason: ReasonBody, Message: "it is not JSON at byte 0"}, text: "any proxy in between"},
		{name: "200 of another shape", handler: answer(200, `{"code":200,"message":"Ada"}`), is: ErrBody,
			want: Error{Status: 200, Reason: ReasonBody, Message: "it has no list of meetings"}},
		{name: "200 cut in its JSON", handler: answer(200, `{"meetings":[{"uuid":"`), is: ErrBody,
			want: Error{Status: 200, Reason: ReasonBody, Message: "it is cut off at byte 22"}},
		{name: "200 cut in its transfer", handler: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, `{"meetings":[]}`)
		}, is: ErrBody, want: Error{Status: 200, Reason: ReasonBody, Message: "unexpected EOF"}},
		{name: "not gzip", handler: answer(200, `{"meetings":[]}`, "Content-Encoding", "gzip"), is: ErrBody,
			want: Error{Status: 200, Reason: ReasonBody, Message: "gzip: invalid header"}},
		{name: "reset", handler: reset, is: ErrNetwork, want: Error{Reason: ReasonNetwork}, text: "cannot be reached"},
		{name: "too large, declared", handler: answer(200, strings.Repeat(" ", 2<<20)), is: ErrBody,
			want: Error{Status: 200, Reason: ReasonBody, Message: "it is larger than 1048576 bytes"}},
		{name: "too large, a gzip bomb", handler: gzipBomb, is: ErrBody,
			want: Error{Status: 200, Reason: ReasonBody, Message: "it is larger than 1048576 bytes"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			zoom := newFakeZoom(t, test.handler)
			r := new(recorder)
			c := zoom.client(t, r, func(cfg *Config) {
				cfg.MaxBody = 1 << 20
				cfg.Clock = fixedClock{testNow}
			})
			page, err := c.List(t.Context(), Meeting, "")
			got, ok := errors.AsType[*Error](err)
			if !ok {
				t.Fatalf("got %v and page %+v, want an *Error", err, page)
			}
			test.want.Endpoint = ListMeetings
			if test.want.Reason == ReasonNetwork { // whose words are the system's
				test.want.Message, test.want.Address = got.Message, zoom.Listener.Addr().String()
			}
			if diff := difftest.Diff(&test.want, got, cmpopts.IgnoreUnexported(Error{})); diff != "" { // but for its cause
				t.Error(diff)
			}
			if !errors.Is(err, test.is) || ReasonOf(fmt.Errorf("x: %w", err)) != test.want.Reason {
				t.Errorf("it is not %v, or of reason %q", test.is, ReasonOf(err))
			}
			if !strings.Contains(err.Error(), test.text) {
				t.Errorf("%q does not say %q", err, test.text)
			}
			mustNotReveal(t, err.Error())
			mustNotReveal(t, fmt.Sprintf("%+v", got.Message))
			if attempts := r.of(ListMeetings); len(attempts) != max(test.sent, 1) || attempts[0].Reason != test.want.Reason ||
				attempts[0].Status != test.want.Status || r.answers[0].Status != test.want.Status {
				t.Errorf("observed %+v and %+v", attempts, r.answers)
			}
			r.balanced(t)
		})
	}
}

var testNow = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

func reset(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	conn.(*net.TCPConn).SetLinger(0)
	conn.Close()
}

func gzipBomb(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	defer z.Close()
	spaces := []byte(strings.Repeat(" ", 64<<10))
	for range 1 << 6 {
		if _, err := z.Write(spaces); err != nil {
			return
		}
	}
}

// An endless body is read up to its bound.
func TestEndlessBody(t *testing.T) {
	for _, status := range []int{200, 500} {
		body := new(endlessBody)
		c := newTestClient(t, Config{
			AccountID: testAccount, ClientID: testClient, ClientSecret: testSecret, MaxBody: 1 << 20,
			Transport: tripper(func(r *http.Request) (*http.Response, error) {
				if strings.HasSuffix(r.URL.Path, "/token") {
					return response(200, `{"access_token":"secret-token"}`), nil
				}
				return &http.Response{StatusCode: status, ContentLength: -1, Body: body}, nil
			}),
		}, new(recorder))
		_, err := c.List(t.Context(), Meeting, "")
		if want := map[int]error{200: ErrBody, 500: ErrServer}[status]; !errors.Is(err, want) {
			t.Errorf("%d: got %v", status, err)
		}
		if body.read > 1<<20+1 || !body.closed {
			t.Errorf("%d: %d bytes read, closed %v", status, body.read, body.closed)
		}
	}
}

type endlessBody struct {
	read   int
	closed bool
}

func (b *endlessBody) Read(p []byte) (int, error) {
	if b.read += len(p); b.read > 64<<20 {
		return 0, errors.New("read too far")
	}
	clear(p)
	return len(p), nil
}

func (b *endlessBody) Close() error {
	b.closed = true
	return nil
}

func TestGzip(t *testing.T) {
	zoom := newFakeZoom(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		z.Write(fixture(t, "qos.json"))
		z.Close()
	})
	page, err := zoom.client(t, new(recorder)).QoS(t.Context(), Meeting, "81234567890", "")
	if err != nil || len(page.Rows) != 2 {
		t.Errorf("got %d rows and %v", len(page.Rows), err)
	}
}

// Redirects are not followed, so that the token goes nowhere else.
func TestRedirectsAreNotFollowed(t *testing.T) {
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	zoom := newFakeZoom(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/oauth/token", http.StatusTemporaryRedirect)
	})
	if _, err := zoom.client(t, new(recorder)).List(t.Context(), Meeting, ""); !errors.Is(err, ErrOther) {
		t.Errorf("the API's redirect: %v", err)
	}
	c := zoom.client(t, new(recorder), func(cfg *Config) { cfg.OAuthURL = zoom.URL + "/oauth/other" })
	if _, err := c.Token(t.Context()); !errors.Is(err, ErrOther) {
		t.Errorf("the token endpoint's redirect: %v", err)
	}
	if n := elsewhere.Load(); n != 0 {
		t.Errorf("%d requests went to another host", n)
	}
}

func TestLimiterRefuses(t *testing.T) {
	zoom := newFakeZoom(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") })
	refusal := errors.New("no money left")
	r := &recorder{refuse: refusal}
	_, err := zoom.client(t, r).QoS(t.Context(), Meeting, "81234567890", "")
	if !errors.Is(err, refusal) || ReasonOf(err) != ReasonOther || !strings.Contains(err.Error(), string(ListMeetingParticipantsQoS)) {
		t.Errorf("got %v of reason %q", err, ReasonOf(err))
	}
	r.balanced(t)
}

func TestKeepAlive(t *testing.T) {
	zoom := newFakeZoom(t, answer(200, `{"meetings":[]}`))
	c := zoom.client(t, new(recorder))
	for range 5 {
		if _, err := c.List(t.Context(), Meeting, ""); err != nil {
			t.Fatal(err)
		}
	}
	if n := zoom.connections.Load(); n != 1 {
		t.Errorf("%d connections, want 1 for the token and all lists", n)
	}
}

func TestTimeoutAndCancel(t *testing.T) {
	stuck := func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/token") {
			return response(200, `{"access_token":"secret-token"}`), nil
		}
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	// stuckBody sends headers but no body.
	stuckBody := func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/token") {
			return response(200, `{"access_token":"secret-token"}`), nil
		}
		resp := response(200, "")
		resp.ContentLength, resp.Body = -1, stuckReader{r.Context()}
		return resp, nil
	}
	tests := []struct {
		name      string
		transport tripper
		bound     time.Duration // the caller's
		after     time.Duration
		want      Reason
		status    int
		is        error
	}{
		{"no headers in time", stuck, time.Hour, 20 * time.Second, ReasonTimeout, 0, ErrTimeout},
		{"no body in time", stuckBody, time.Hour, 20 * time.Second, ReasonTimeout, 200, ErrTimeout},
		{"caller gives up", stuck, 5 * time.Second, 5 * time.Second, ReasonCanceled, 0, context.DeadlineExceeded},
		{"caller gives up in the body", stuckBody, 5 * time.Second, 5 * time.Second, ReasonCanceled, 200, ErrCanceled},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := new(recorder)
				c := newTestClient(t, Config{
					AccountID: testAccount, ClientID: testClient, ClientSecret: testSecret,
					Transport: test.transport, Timeout: 20 * time.Second,
				}, r)
				ctx, cancel := context.WithTimeout(t.Context(), test.bound)
				defer cancel()
				start := time.Now()
				_, err := c.List(ctx, Meeting, "")
				if ReasonOf(err) != test.want || !errors.Is(err, test.is) {
					t.Errorf("got %v of reason %q, want %q", err, ReasonOf(err), test.want)
				}
				if took := time.Since(start); took != test.after {
					t.Errorf("it took %v, want %v", took, test.after)
				}
				last := r.of(ListMeetings)
				if len(last) != 1 || last[0].Duration != test.after || last[0].Status != test.status || last[0].Reason != test.want {
					t.Errorf("observed %+v", last)
				}
				r.balanced(t)
			})
		})
	}
}

type stuckReader struct{ ctx context.Context }

func (s stuckReader) Read([]byte) (int, error) {
	<-s.ctx.Done()
	return 0, s.ctx.Err()
}

func (s stuckReader) Close() error { return nil }

// Concurrent calls of one client each get their own page.
func TestConcurrentCalls(t *testing.T) {
	zoom := newFakeZoom(t, func(w http.ResponseWriter, r *http.Request) {
		id := strings.Split(r.URL.Path, "/")[4]
		fmt.Fprintf(w, `{"participants":[{"user_id":%q,"user_qos":[{"audio_input":{"latency":"%s ms"}}]}]}`, id, id)
	})
	r := new(recorder)
	c := zoom.client(t, r)
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			id := fmt.Sprint(1000 + i)
			page, err := c.QoS(t.Context(), Meeting, id, "")
			if err != nil || page.Rows[0].UserID != Text(id) || page.Rows[0].Minutes[0].Streams[0].Latency != Text(id+" ms") {
				t.Errorf("%s: got %+v and %v", id, page, err)
			}
		})
	}
	wg.Wait()
	if n := zoom.tokenRequests(); n != 1 {
		t.Errorf("%d token requests", n)
	}
	r.balanced(t)
}

func TestConfig(t *testing.T) {
	_, err := New(Config{APIURL: "ftp://example.com", OAuthURL: "https://user:pass@example.com/", Timeout: -1, MaxBody: -1}, nil, nil)
	if err == nil {
		t.Fatal("it is accepted")
	}
	for _, want := range []string{"account id", "client id", "client secret", "API URL", "OAuth URL", "timeout", "largest body"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not mention the %s", err, want)
		}
	}
	if strings.Contains(err.Error(), "pass@") {
		t.Errorf("%q reveals a password", err)
	}
	for _, address := range []string{"://", "example.com", "https://", "https://example.com/?a=b", "https://example.com/#a", "file:///etc"} {
		if _, err := (Config{AccountID: "a", ClientID: "b", ClientSecret: "c", APIURL: address}).complete(); err == nil {
			t.Errorf("the address %q is accepted", address)
		}
	}
	cfg := Config{AccountID: "a", ClientID: "b", ClientSecret: "c"}
	if _, err := New(cfg, nil, new(recorder)); err == nil {
		t.Error("a client without a limiter is accepted")
	}
	if _, err := New(cfg, new(recorder), nil); err == nil {
		t.Error("a client without an observer is accepted")
	}
}

// However they are printed, a Config and a Client reveal no secret.
func TestPrintsNoSecret(t *testing.T) {
	zoom := newFakeZoom(t, answer(200, `{"meetings":[]}`))
	cfg := Config{AccountID: testAccount, ClientID: testClient, ClientSecret: testSecret, OAuthURL: zoom.URL + "/oauth/token"}
	c := newTestClient(t, cfg, new(recorder))
	token, err := c.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "cfg", cfg, "client", c, "token", token)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "cfg", cfg, "all", map[string]any{"cfg": cfg, "token": token})
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		fmt.Fprintf(&log, verb+verb+verb+verb+verb, cfg, &cfg, struct{ Cfg Config }{cfg}, c, token)
	}
	for _, secret := range []string{testAccount, testClient, testSecret, "secret-token", fmt.Sprintf("%x", testSecret)} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("%q is revealed:\n%s", secret, log.String())
		}
	}
}

// fixedClock is a clock that stands still and whose deadlines never pass.
type fixedClock struct{ now time.Time }

func (c fixedClock) Now() time.Time { return c.now }

func (c fixedClock) Sleep(ctx context.Context, _ time.Duration) error {
	<-ctx.Done()
	return ctx.Err()
}

func (c fixedClock) WithDeadline(ctx context.Context, _ time.Time) (context.Context, context.CancelFunc) {
	return context.WithCancel(ctx)
}
