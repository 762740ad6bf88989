package zoomapi

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"
)

func TestReasonOf(t *testing.T) {
	tests := []struct {
		err  error
		want Reason
	}{
		{nil, ""},
		{errors.New("x"), ReasonOther},
		{context.Canceled, ReasonCanceled},
		{fmt.Errorf("x: %w", context.DeadlineExceeded), ReasonCanceled},
		{fmt.Errorf("x: %w", &Error{Reason: ReasonPlan}), ReasonPlan},
		{&Error{Reason: ReasonTimeout, err: context.DeadlineExceeded}, ReasonTimeout},
	}
	for _, test := range tests {
		if got := ReasonOf(test.err); got != test.want {
			t.Errorf("%v: got %q, want %q", test.err, got, test.want)
		}
	}
}

// Each sentinel matches its own reason only.
func TestSentinels(t *testing.T) {
	sentinels := map[Reason]error{
		ReasonNotLive: ErrNotLive, ReasonNoAccess: ErrNoAccess, ReasonScope: ErrScope, ReasonPlan: ErrPlan,
		ReasonToken: ErrToken, ReasonCredentials: ErrCredentials, ReasonRateLimited: ErrRateLimited,
		ReasonServer: ErrServer, ReasonBody: ErrBody, ReasonTimeout: ErrTimeout, ReasonNetwork: ErrNetwork,
		ReasonCanceled: ErrCanceled, ReasonOther: ErrOther,
	}
	meanings := make(map[string]bool)
	for reason := range sentinels {
		err := fmt.Errorf("x: %w", &Error{Endpoint: ListMeetings, Reason: reason})
		for other, sentinel := range sentinels {
			if errors.Is(err, sentinel) != (reason == other) {
				t.Errorf("an error of reason %q is %v", reason, sentinel)
			}
		}
		meanings[err.Error()] = true
	}
	if len(meanings) != len(sentinels) {
		t.Errorf("%d reasons have %d meanings", len(sentinels), len(meanings))
	}
}

func TestScrub(t *testing.T) {
	tests := []struct{ text, want string }{
		{"", ""},
		{" Meeting\n\tdoes  not\x00 exist.\r\n", "Meeting does not exist."},
		{"user ada@example.com, <ada@example.com>", "user […] […]"},
		{"user ada%40example.com", "user […]"},
		{"from 192.0.2.1, 198.51.100.2:443, [2001:db8::1]:443 or 2001:db8::1.", "from […] […] […] or […]"},
		{"10.0.0.1:1234->203.0.113.5:443", "[…]"},
		{"version 6.5.1 at 10:30:00 is 100%", "version 6.5.1 at 10:30:00 is 100%"},
		{"number 81234567890", "number […]"},
		{"code 12702", "code 12702"},
		{"token eyJhbGciOiJIUzUxMiJ9.eyJhdWQiOiJodHRwczovL", "token […]"},
		{"scope dashboard:read:list_meeting_participants_qos:admin", "scope dashboard:read:list_meeting_participants_qos:admin"},
		{"J\xf6rg", "Jrg"},
		{"right\u202eleft", "rightleft"},
	}
	for _, test := range tests {
		if got := scrub(test.text); got != test.want {
			t.Errorf("%q: got %q, want %q", test.text, got, test.want)
		}
	}
}

func TestCauseText(t *testing.T) {
	address := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 443}
	tests := []struct {
		err  error
		want string
	}{
		{&net.OpError{Op: "dial", Net: "tcp", Addr: address, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, "dial: connect: connection refused"},
		{&net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "api.example.com", Server: "192.0.2.53:53"}}, "DNS: no such host"},
		{errors.New(`malformed HTTP response "Ada ada@example.com"`), "malformed HTTP response"},
		{errors.New("read tcp 10.0.0.1:5->192.0.2.1:443: reset"), "read tcp […] reset"},
	}
	for _, test := range tests {
		err := fmt.Errorf("x: %w", &url.Error{Op: "Get", URL: "https://api.example.com/v2/metrics/meetings/81234567890", Err: test.err})
		if got := causeText(err); got != test.want {
			t.Errorf("%v: got %q, want %q", test.err, got, test.want)
		}
		if strings.Contains(withoutURL(err).Error(), "81234567890") {
			t.Errorf("%v reveals the URL", withoutURL(err))
		}
	}
}

// Whatever an error's body holds, the Error is one bounded line without secrets.
func FuzzErrorBody(f *testing.F) {
	for _, body := range []string{
		`{"code":3001,"message":"Meeting does not exist: 81234567890."}`,
		`{"code":"124","message":["x"],"errors":[{"field":"page_size","message":"x"}]}`,
		`{"code":4711,"message":"Invalid access token, does not contain scopes:[dashboard:read:list_meetings:admin]."}`,
		`{"reason":"Invalid client_id or client_secret","error":"invalid_client"}`,
		`<html><body>502</body></html>`, `{"code":300,"mess`, "{\"message\":\"\xff\\u0000\\ud83d\"}", `[]`, ``,
	} {
		f.Add(400, []byte(body))
		f.Add(401, []byte(body))
		f.Add(407, []byte(body))
	}
	var answer func() *http.Response
	c, err := New(Config{
		AccountID: testAccount, ClientID: testClient, ClientSecret: testSecret,
		Transport: tripper(func(*http.Request) (*http.Response, error) { return answer(), nil }),
	}, new(recorder), new(recorder))
	if err != nil {
		f.Fatal(err)
	}
	token := &accessToken{secret: "secret-token"}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status/100 == 2 {
			return
		}
		answer = func() *http.Response { return response(status, string(body)) }
		_, _, api := read(c, &exchange{status: status, body: body}, pageOf[Live]("meetings"), token)
		_, oauth := c.requestToken(t.Context())
		for _, e := range []*Error{api, oauth} {
			text := e.Error()
			if e.Reason == "" || len(e.Message) > maxMessage || len(e.Scopes) > maxScopes || len(text) > 8<<10 ||
				strings.ContainsAny(text, "\r\n\x00") || !utf8.ValidString(text) {
				t.Fatalf("%d %q: %#v", status, body, e)
			}
			for _, secret := range []string{testAccount, testClient, testSecret, "secret-token", "@"} {
				if strings.Contains(text, secret) {
					t.Fatalf("%q reveals %q", text, secret)
				}
			}
		}
		if slices.ContainsFunc(api.Scopes, func(s string) bool { return strings.ContainsAny(s, " @\n") }) {
			t.Fatalf("scopes %q", api.Scopes)
		}
	})
}
