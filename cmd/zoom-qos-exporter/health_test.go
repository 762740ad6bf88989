package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/web"
)

// checkHealth is the exit status and the errors of the subcommand.
func checkHealth(t *testing.T, url string) (status int, stderr string) {
	t.Helper()
	var out output
	status = run(t.Context(), []string{"healthcheck", "--url=" + url}, process{
		stdin: strings.NewReader(""), stdout: io.Discard, stderr: &out,
		getenv: func(string) (string, bool) { return "", false },
	})
	return status, out.String()
}

func TestHealthOfWhateverAnswers(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, web.Healthy)
	}))
	defer elsewhere.Close()
	for name, c := range map[string]struct {
		status  int
		headers []string
		body    string
		healthy bool
		says    string
	}{
		"our page":                    {200, nil, web.Healthy + "\n", true, ""},
		"a password is wanted":        {401, []string{"WWW-Authenticate", "Basic"}, "Unauthorized\n", true, ""},
		"TLS is wanted":               {400, nil, wantsTLS + "\n", true, ""},
		"another program's page":      {200, []string{"Server", "nginx/1.24\u202e"}, "Healthy.", false, `HTTP 200 from "nginx/1.24"`},
		"another program's OK":        {200, nil, "OK\n", false, "HTTP 200, which is not the health page"},
		"our words in a larger page":  {200, nil, web.Healthy + strings.Repeat(" and so on", 200), false, "HTTP 200"},
		"nothing there":               {404, nil, "404 page not found\n", false, "HTTP 404"},
		"a redirect to where it is":   {302, []string{"Location", elsewhere.URL}, "", false, "HTTP 302 (a redirect, not followed)"},
		"another program's password":  {401, []string{"WWW-Authenticate", `Basic realm="router"`}, "Unauthorized\n", false, "HTTP 401"},
		"another program's 401":       {401, nil, "Unauthorized\n", false, "HTTP 401"},
		"another program's 400":       {400, nil, "Bad Request\n", false, "HTTP 400"},
		"a proxy's failure":           {502, []string{"Server", strings.Repeat("x", 500)}, "", false, "HTTP 502 from \"" + strings.Repeat("x", 60) + "…\""},
		"no content":                  {204, nil, "", false, "HTTP 204"},
		"our words with the wrong OK": {206, nil, web.Healthy, false, "HTTP 206"},
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
			status, stderr := checkHealth(t, address)
			if healthy := status == exitOK; healthy != c.healthy || !strings.Contains(stderr, c.says) || healthy != (stderr == "") {
				t.Errorf("status %d, %q", status, stderr)
			}
			if strings.Contains(stderr, password) {
				t.Errorf("it tells the password: %s", stderr)
			}
		})
	}
}

func TestHealthOfAnExporter(t *testing.T) {
	r := start(t, newRig(t), nil)
	if status, stderr := checkHealth(t, r.url+"/-/healthy"); status != exitOK {
		t.Errorf("status %d, %s", status, stderr)
	}
	if status, stderr := checkHealth(t, r.url+"/metrics?poll=0"); status != exitFailed || !strings.Contains(stderr, "/-/healthy") {
		t.Errorf("of another page: status %d, %s", status, stderr)
	}
	if status := r.stop(); status != exitOK {
		t.Errorf("exit status %d", status)
	}
	if status, stderr := checkHealth(t, r.url+"/-/healthy"); status != exitFailed || !strings.Contains(stderr, "connection refused") {
		t.Errorf("after its end: status %d, %s", status, stderr)
	}
}

func TestHealthOfWhoeverDoesNotAnswer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	err = askHealth(ctx, "http://"+listener.Addr().String()+"/-/healthy")
	if want := "http://" + listener.Addr().String() + "/-/healthy did not answer in time"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
