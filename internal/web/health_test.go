package web

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestCheckHealth(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, Healthy)
	}))
	defer elsewhere.Close()
	for name, c := range map[string]struct {
		status  int
		headers []string
		body    string
		healthy bool
		says    string
	}{
		"our page":                    {200, nil, Healthy + "\n", true, ""},
		"a password is wanted":        {401, []string{"WWW-Authenticate", "Basic"}, "Unauthorized\n", true, ""},
		"TLS is wanted":               {400, nil, plainHTTPOnTLS + "\n", true, ""},
		"another program's page":      {200, []string{"Server", "nginx/1.24\u202e"}, "Healthy.", false, `HTTP 200 from "nginx/1.24"`},
		"another program's OK":        {200, nil, "OK\n", false, "HTTP 200, which is not the health page"},
		"our words in a larger page":  {200, nil, Healthy + strings.Repeat(" and so on", 200), false, "HTTP 200"},
		"nothing there":               {404, nil, "404 page not found\n", false, "HTTP 404"},
		"a redirect to where it is":   {302, []string{"Location", elsewhere.URL}, "", false, "HTTP 302 (a redirect, not followed)"},
		"another program's password":  {401, []string{"WWW-Authenticate", `Basic realm="router"`}, "Unauthorized\n", false, "HTTP 401"},
		"another program's 401":       {401, nil, "Unauthorized\n", false, "HTTP 401"},
		"another program's 400":       {400, nil, "Bad Request\n", false, "HTTP 400"},
		"a proxy's failure":           {502, []string{"Server", strings.Repeat("x", 500)}, "", false, "HTTP 502 from \"" + strings.Repeat("x", 60) + "…\""},
		"no content":                  {204, nil, "", false, "HTTP 204"},
		"our words with the wrong OK": {206, nil, Healthy, false, "HTTP 206"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				for i := 0; i < len(c.headers); i += 2 {
					w.Header().Set(c.headers[i], c.headers[i+1])
				}
				w.WriteHeader(c.status)
				if c.status != http.StatusNoContent {
					io.WriteString(w, c.body)
				}
			}))
			defer server.Close()
			const password = "p4ssw0rd"
			address := strings.Replace(server.URL, "http://", "http://someone:"+password+"@", 1) + "/-/healthy"
			err := CheckHealth(t.Context(), address)
			if (err == nil) != c.healthy || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("the error is %v", err)
			}
			if err != nil && strings.Contains(err.Error(), password) {
				t.Errorf("the password is in the error: %v", err)
			}
		})
	}
}

func TestCheckHealthTimesOut(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	err = CheckHealth(ctx, "http://"+listener.Addr().String()+"/-/healthy")
	if want := "http://" + listener.Addr().String() + "/-/healthy did not answer in time"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
