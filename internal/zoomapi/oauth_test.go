package zoomapi

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

func TestTokenRequest(t *testing.T) {
	var (
		got  *http.Request
		body string
	)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		b, _ := io.ReadAll(r.Body)
		body = string(b)
		io.WriteString(w, `{"access_token":"secret-token","expires_in":3599,"scope":"b:read a:read","api_url":"https://api-eu.zoom.example"}`)
	}))
	defer server.Close()
	r := new(recorder)
	c := newTestClient(t, Config{
		AccountID: testAccount + "&x=y", ClientID: testClient, ClientSecret: testSecret,
		OAuthURL: server.URL + "/oauth/token", UserAgent: "tester/1", Clock: fixedClock{testNow},
	}, r)
	if !c.TokenExpiry().IsZero() {
		t.Error("an expiry before the first token")
	}
	token, err := c.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	user, password, _ := got.BasicAuth()
	if user != "client-id%2Bexample" || password != "client%2Fsecret%3Dexample" || got.Method != http.MethodPost || got.RequestURI != "/oauth/token" ||
		got.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || got.Header.Get("User-Agent") != "tester/1" {
		t.Errorf("sent %s %s with %v", got.Method, got.RequestURI, got.Header)
	}
	if want := "account_id=account-id-example%26x%3Dy&grant_type=account_credentials"; body != want {
		t.Errorf("the form is %q, want %q", body, want)
	}
	expiry := testNow.Add(3599 * time.Second)
	if !token.Expiry.Equal(expiry) || !c.TokenExpiry().Equal(expiry) || token.APIURL != "https://api-eu.zoom.example/v2" ||
		strings.Join(token.Scopes, " ") != "b:read a:read" {
		t.Errorf("token: %+v", token)
	}
	if attempts := r.of(OAuthToken); len(attempts) != 1 || attempts[0].Status != 200 || attempts[0].Reason != "" || len(r.acquired) != 0 {
		t.Errorf("observed %+v, acquired %v", attempts, r.acquired)
	}
}

func TestTokenAllows(t *testing.T) {
	tests := []struct {
		scope    string
		endpoint Endpoint
		want     bool
	}{
		{"dashboard:read:list_meetings:admin", ListMeetings, true},
		{"dashboard:read:list_meetings:admin", ListMeetingParticipantsQoS, false},
		{"dashboard:read:list_meeting_participants_qos:admin", ListMeetingParticipantsQoS, true},
		{"dashboard:read:list_webinar_participants:admin", ListWebinarParticipants, true},
		{"dashboard_meetings:read:admin", ListMeetingParticipants, true},
		{"dashboard_meetings:read:admin", ListWebinars, false},
		{"dashboard_webinars:read:admin", ListWebinarParticipantsQoS, true},
		{"dashboard:read:admin", ListMeetings, true},
		{"dashboard:read:admin", ListWebinars, true},
		{"dashboard:read", ListWebinars, false},
		{"anything", OAuthToken, true},
	}
	for _, test := range tests {
		if got := (Token{Scopes: []string{"user:read", test.scope}}).Allows(test.endpoint); got != test.want {
			t.Errorf("%s allows %s: %v", test.scope, test.endpoint, got)
		}
	}
}

// Answers of the token endpoint, with and without a token.
func TestGrants(t *testing.T) {
	tests := []struct {
		name, body string
		life       time.Duration // 0: no token
	}{
		{"usual", `{"access_token":"a.b-c_d~e","expires_in":3599}`, 3599 * time.Second},
		{"string", `{"access_token":"a","expires_in":"3599"}`, 3599 * time.Second},
		{"fraction", `{"access_token":"a","expires_in":3599.0}`, 3599 * time.Second},
		{"missing", `{"access_token":"a"}`, time.Hour},
		{"null", `{"access_token":"a","expires_in":null,"scope":null,"api_url":null}`, time.Hour},
		{"zero", `{"access_token":"a","expires_in":0}`, time.Hour},
		{"negative", `{"access_token":"a","expires_in":-5}`, time.Hour},
		{"words", `{"access_token":"a","expires_in":"soon"}`, time.Hour},
		{"not a number", `{"access_token":"a","expires_in":"NaN"}`, time.Hour},
		{"object", `{"access_token":"a","expires_in":{},"scope":["a"]}`, time.Hour},
		{"tiny", `{"access_token":"a","expires_in":1}`, time.Minute},
		{"huge", `{"access_token":"a","expires_in":1e300}`, 24 * time.Hour},
		{"infinite", `{"access_token":"a","expires_in":"inf"}`, 24 * time.Hour},
		{"no token", `{"expires_in":3599}`, 0},
		{"a token for two lines", `{"access_token":"a\r\nb","expires_in":3599}`, 0},
		{"an error as 200", `{"error":"invalid_client","reason":"Ada"}`, 0},
		{"an array", `["a"]`, 0},
		{"HTML", `<html>Ada</html>`, 0},
		{"cut", `{"access_token":"secret-token`, 0},
		{"large token", `{"access_token":"` + strings.Repeat("a", maxToken+1) + `"}`, 0},
		{"large", `{"access_token":"a","x":"` + strings.Repeat("a", maxTokenBody) + `"}`, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g := &granter{grant: func(int, *http.Request) (*http.Response, error) { return response(200, test.body), nil }}
			inBubble(t, g, func(t *testing.T, c *Client, r *recorder) {
				token, err := c.Token(t.Context())
				if test.life == 0 {
					if !errors.Is(err, ErrBody) || r.of(OAuthToken)[0].Reason != ReasonBody {
						t.Errorf("got %v, want ErrBody", err)
					}
					mustNotReveal(t, fmt.Sprint(err))
					return
				}
				if err != nil || time.Until(token.Expiry) != test.life {
					t.Errorf("got a life of %v and %v, want %v", time.Until(token.Expiry), err, test.life)
				}
			})
		})
	}
}

// Whatever the token endpoint answers, the error and its causes hold nothing of
// the body, and the credentials are sent nowhere else.
func TestTokenErrorsHoldNoBody(t *testing.T) {
	const (
		page     = `<html>secret-token for Ada</html>`
		form     = `error=invalid_client&error_description=Ada&access_token=`
		document = `{"error":"Ada secret-token","error_description":"ada@example.com","expires_in":"Ada","x":"Ada"}`
	)
	for name, test := range map[string]struct {
		status            int
		contentType, body string
		want              Reason
	}{
		"a page":                     {200, "text/html", page, ReasonBody},
		"a form":                     {200, "application/x-www-form-urlencoded", form, ReasonBody},
		"an error":                   {200, "application/json", document, ReasonBody},
		"a number for a token":       {200, "application/json", `{"access_token":1,"token_type":"Ada"}`, ReasonBody},
		"no content":                 {204, "", ``, ReasonBody},
		"a redirect":                 {302, "text/html", page, ReasonOther},
		"a redirect that keeps POST": {307, "text/html", page, ReasonOther},
		"a refusal":                  {400, "application/json", `{"error":"invalid_client","x":"Ada"}`, ReasonCredentials},
		"a refusal as a form":        {401, "text/plain", form, ReasonCredentials},
		"a gateway's page":           {502, "text/html", page, ReasonServer},
		"a gateway's document":       {404, "application/problem+json", `{"title":"Ada","status":404}`, ReasonOther},
		"a huge page":                {503, "text/html", strings.Repeat(page, maxTokenBody/len(page)+1), ReasonServer},
	} {
		t.Run(name, func(t *testing.T) {
			g := &granter{grant: func(int, *http.Request) (*http.Response, error) {
				r := response(test.status, test.body)
				r.Header.Set("Content-Type", test.contentType)
				r.Header.Set("Location", "https://elsewhere.example/token")
				r.Header.Set("Date", "Mon, 02 Mar 2026 10:00:00 GMT")
				return r, nil
			}}
			inBubble(t, g, func(t *testing.T, c *Client, r *recorder) {
				_, err := c.Token(t.Context())
				if ReasonOf(err) != test.want || r.of(OAuthToken)[0].Status != test.status || g.tokenRequests() != 1 {
					t.Errorf("got %v of reason %q after %d requests, observed %+v", err, ReasonOf(err), g.tokenRequests(), r.of(OAuthToken))
				}
				if len(r.dates) != 1 || r.dates[0].Date != zoomtime.Of(testNow) || r.dates[0].Status != test.status {
					t.Errorf("Zoom's time was reported as %+v", r.dates)
				}
				if _, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
					t.Error("oauth2's error, which prints the body, is within")
				}
				for ; err != nil; err = errors.Unwrap(err) {
					mustNotReveal(t, fmt.Sprintf("%s %+v", err, err))
				}
			})
		})
	}
}

func TestAPIURL(t *testing.T) {
	tests := []struct{ configured, oauth, granted, want string }{
		{"", "", "", DefaultAPIURL},
		{"", "", "https://api-eu.zoom.example", "https://api-eu.zoom.example/v2"},
		{"", "", "https://api-eu.zoom.example/", "https://api-eu.zoom.example/v2"},
		{"", "", "https://api-eu.zoom.example/v2", "https://api-eu.zoom.example/v2"},
		{"https://proxy.example/v2/", "", "https://api-eu.zoom.example", "https://proxy.example/v2"},
		{"", "", "http://api-eu.zoom.example", DefaultAPIURL}, // the token came over TLS
		{"", "http://127.0.0.1:1/token", "http://127.0.0.1:2", "http://127.0.0.1:2/v2"},
		{"", "", "https://user@api.example", DefaultAPIURL},
		{"", "", "nonsense", DefaultAPIURL},
		{"", "", "https://", DefaultAPIURL},
	}
	for _, test := range tests {
		g := &granter{grant: func(int, *http.Request) (*http.Response, error) {
			return response(200, fmt.Sprintf(`{"access_token":"a","api_url":%q}`, test.granted)), nil
		}}
		c := newTestClient(t, Config{
			AccountID: testAccount, ClientID: testClient, ClientSecret: testSecret,
			APIURL: test.configured, OAuthURL: test.oauth, Transport: g,
		}, new(recorder))
		token, err := c.Token(t.Context())
		if err != nil || token.APIURL != test.want {
			t.Errorf("%+v: got %q and %v", test, token.APIURL, err)
		}
	}
}
