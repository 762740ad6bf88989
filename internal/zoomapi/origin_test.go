package zoomapi

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// forwardProxy answers CONNECT with a status, and tunnels if that is 200.
func forwardProxy(t *testing.T, status int, headers ...string) *url.URL {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		if r.Method != http.MethodConnect || status != http.StatusOK {
			w.WriteHeader(status)
			io.WriteString(w, "<html>for ada@example.com</html>")
			return
		}
		upstream, err := net.Dial("tcp", r.Host)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n")
		go func() {
			defer upstream.Close()
			_, _ = io.Copy(upstream, conn) // it ends with the client
		}()
		_, _ = io.Copy(conn, upstream)
		_ = conn.Close()
	}))
	t.Cleanup(server.Close)
	address, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	address.User = url.UserPassword("proxy-user", "proxy-password")
	return address
}

// closedPort returns an address that nobody listens on.
func closedPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// Errors say which server answered, or which one did not.
func TestWhoAnswered(t *testing.T) {
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that fail
	secure.StartTLS()
	defer secure.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	secureAt, plainAt, closed := secure.Listener.Addr().String(), plain.Listener.Addr().String(), closedPort(t)

	login := forwardProxy(t, 407, "Proxy-Authenticate", "Basic", "Server", "squid/5.7")
	broken := forwardProxy(t, 502, "Server", "squid/5.7", "Via", "1.1 gateway")
	tunnel := forwardProxy(t, 200)
	gate := forwardProxy(t, 401, "Server", "gate")
	for name, test := range map[string]struct {
		oauth  string
		proxy  *url.URL
		status int
		reason Reason
		says   []string
	}{
		"nobody listens": {
			"https://" + closed + "/oauth/token", nil, 0, ReasonNetwork,
			[]string{"zoom oauth_token: " + closed + ": Zoom cannot be reached", "(dial: connect: connection refused)"},
		},
		"no such host": {
			"https://zoom.invalid/oauth/token", nil, 0, ReasonNetwork,
			[]string{"zoom.invalid:443: Zoom cannot be reached", "(DNS: "},
		},
		"a stranger's certificate": {
			"https://" + secureAt + "/oauth/token", nil, 0, ReasonNetwork,
			[]string{secureAt + ": the server's certificate is not trusted", "ca_file", `unknown authority, issued by "Acme Co"`},
		},
		"a stranger's certificate behind a proxy": {
			"https://" + secureAt + "/oauth/token", tunnel, 0, ReasonNetwork,
			[]string{secureAt + " through proxy " + tunnel.Host + ": the server's certificate is not trusted"},
		},
		"no TLS there": {
			"https://" + plainAt + "/oauth/token", nil, 0, ReasonNetwork, []string{plainAt + ": Zoom cannot be reached"},
		},
		"no answer in time": {
			"https://" + silent.Addr().String() + "/oauth/token", nil, 0, ReasonTimeout, []string{silent.Addr().String() + ": no answer in time"},
		},
		"a proxy that nobody runs": {
			"https://zoom.invalid/oauth/token", &url.URL{Scheme: "http", Host: closed}, 0, ReasonNetwork,
			[]string{"oauth_token: proxy " + closed + ": cannot be reached: check proxy_url", "(dial: connect: connection refused)"},
		},
		"a proxy that no name leads to": {
			"https://zoom.invalid/oauth/token", &url.URL{Scheme: "http", Host: "proxy.invalid"}, 0, ReasonNetwork,
			[]string{"oauth_token: proxy proxy.invalid:80: cannot be reached", "(DNS: "},
		},
		"a proxy with a login": {
			"https://zoom.invalid/oauth/token", login, 407, ReasonNetwork,
			[]string{"HTTP 407 from proxy " + login.Host + `, "squid/5.7", not from Zoom's API: the proxy requires a user and a password`, "proxy_url"},
		},
		"a proxy that does not reach Zoom": {
			"https://zoom.invalid/oauth/token", broken, 502, ReasonNetwork,
			[]string{"HTTP 502 from proxy " + broken.Host, "the proxy does not connect to Zoom"},
		},
		"a proxy's own page of login": {
			"http://zoom.invalid/oauth/token", login, 407, ReasonOther,
			[]string{`HTTP 407 from a proxy, "squid/5.7", not from Zoom's API: the proxy requires a user and a password`},
		},
		"a portal that wants a login": {
			"http://zoom.invalid/oauth/token", gate, 401, ReasonCredentials,
			[]string{`HTTP 401 from "gate", not from Zoom's API: access refused, but not by Zoom`},
		},
		"a proxy's own page of failure": {
			"http://zoom.invalid/oauth/token", broken, 502, ReasonServer,
			[]string{`HTTP 502 from "squid/5.7" via "1.1 gateway", not from Zoom's API: Zoom, or a server in front of it, has failed`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			transport := NewTransport()
			transport.Proxy = http.ProxyURL(test.proxy)
			dial := transport.DialContext
			transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
				if host, _, _ := net.SplitHostPort(address); strings.HasSuffix(host, ".invalid") {
					return nil, &net.OpError{Op: "dial", Net: network, Err: &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}}
				}
				return dial(ctx, network, address)
			}
			transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
			timeout := time.Minute
			if test.reason == ReasonTimeout {
				timeout = 20 * time.Millisecond
			}
			c := newTestClient(t, Config{
				AccountID: testAccount, ClientID: testClient, ClientSecret: testSecret,
				OAuthURL: test.oauth, Transport: transport, Timeout: timeout,
			}, new(recorder))
			_, err := c.Token(t.Context())
			e, ok := errors.AsType[*Error](err)
			if !ok {
				t.Fatalf("got %v, want an *Error", err)
			}
			if e.Status != test.status || e.Reason != test.reason {
				t.Errorf("status %d and reason %q, want %d and %q", e.Status, e.Reason, test.status, test.reason)
			}
			for _, want := range test.says {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
			for _, secret := range []string{"proxy-user", "proxy-password", "html"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("%q reveals %q", err, secret)
				}
			}
			mustNotReveal(t, err.Error())
			if (e.Address == "") == (e.Status == 0) {
				t.Errorf("status %d from a server, and no answer from %q", e.Status, e.Address)
			}
		})
	}
}

// An error in JSON is Zoom's only if it has a code that this client knows or a
// header that only Zoom sets.
func TestGatewayErrorsInJSON(t *testing.T) {
	for name, test := range map[string]struct {
		status  int
		body    string
		tracked bool
		zooms   bool
		code    int
	}{
		"a message alone":                    {404, `{"message":"no Route matched"}`, false, false, 0},
		"a framework's error":                {404, `{"status":404,"error":"Not Found","message":"No message available","path":"/v3"}`, false, false, 0},
		"the status as code":                 {403, `{"code":403,"message":"Forbidden"}`, false, false, 403},
		"a code of gRPC":                     {401, `{"code":16,"message":"unauthenticated","details":[]}`, false, false, 16},
		"a code that is a word":              {502, `{"code":"ECONNREFUSED","message":"upstream"}`, false, false, 0},
		"OAuth words at the API":             {401, `{"error":"invalid_token","error_description":"x"}`, false, false, 0},
		"an empty document":                  {503, `{}`, false, false, 0},
		"Zoom's code":                        {404, `{"code":3001,"message":"Meeting does not exist."}`, false, true, 3001},
		"Zoom's code as text":                {400, `{"code":"300","message":"x"}`, false, true, 300},
		"Zoom's code, no message":            {401, `{"code":124}`, false, true, 124},
		"Zoom's code, cut":                   {404, `{"code":3001,"mess`, false, true, 3001},
		"Zoom's limit":                       {429, `{"code":429,"message":"You have reached the maximum daily rate limit."}`, false, true, 429},
		"an unknown code with Zoom's header": {400, `{"code":12702,"message":"x"}`, true, true, 12702},
		"another body with Zoom's header":    {401, `{"status":false,"errorCode":401}`, true, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			headers := []string{"Server", "gate"}
			if test.tracked {
				headers = append(headers, "X-Zm-Trackingid", "x")
			}
			c := newFakeZoom(t, answer(test.status, test.body, headers...)).client(t, new(recorder))
			_, err := c.List(t.Context(), Meeting, "")
			e, ok := errors.AsType[*Error](err)
			if !ok || (e.Server == "") != test.zooms || e.Code != test.code ||
				strings.Contains(e.Error(), `from "gate", not from Zoom's API`) == test.zooms {
				t.Errorf("got %v with code %d, answered by %q", err, e.Code, e.Server)
			}
		})
	}
}

// Zoom's token endpoint explains an error in the field reason, which OAuth does
// not have.
func TestGatewayErrorsOfOAuth(t *testing.T) {
	for body, zooms := range map[string]bool{
		`{"reason":"Invalid client_id or client_secret","error":"invalid_client"}`: true,
		`{"error":"invalid_client","error_description":"Bad client credentials"}`:  false,
		`{"error":"Unauthorized","message":"x","status":401}`:                      false,
		`{"reason":"Unauthorized","code":401}`:                                     false,
	} {
		g := &granter{grant: func(int, *http.Request) (*http.Response, error) { return response(401, body), nil }}
		c := newTestClient(t, Config{AccountID: testAccount, ClientID: testClient, ClientSecret: testSecret, Transport: g}, new(recorder))
		_, err := c.Token(t.Context())
		if e, ok := errors.AsType[*Error](err); !ok || (e.Server == "") != zooms || e.Reason != ReasonCredentials {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// A server's description is bounded and holds nothing private.
func TestServerOfAnAnswer(t *testing.T) {
	for name, test := range map[string]struct {
		status  int
		message bool
		body    string
		header  http.Header
		want    string
	}{
		"Zoom's message":     {500, true, "{}", http.Header{"Server": {"nginx"}, "Via": {"1.1 x"}}, ""},
		"Zoom's header":      {500, false, "<html>", http.Header{"X-Zm-Trackingid": {"x"}}, ""},
		"nothing at all":     {500, false, "", nil, ""},
		"no body":            {503, false, "", http.Header{"Server": {"balancer"}}, `"balancer"`},
		"no headers":         {500, false, "<html>", nil, "an unidentified server"},
		"a proxy's JSON":     {407, true, "{}", nil, "a proxy"},
		"a private name":     {503, false, "", http.Header{"Proxy-Status": {"x"}, "Server": {"ada@example.com\n2.0"}}, `a proxy, "[…] 2.0"`},
		"a long name":        {503, false, "", http.Header{"Server": {strings.Repeat("wörd ", 99)}}, `"` + strings.Repeat("wörd ", 9) + `wö…"`},
		"a redirect":         {302, false, "", http.Header{"Location": {"https://ada:x@portal.example/?for=ada"}}, `an unidentified server redirecting to "portal.example"`},
		"a redirect nowhere": {302, false, "", http.Header{"Location": {"/login"}}, ""},
	} {
		ex := &exchange{status: test.status, header: test.header, body: []byte(test.body)}
		if got := ex.server(test.message); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}
