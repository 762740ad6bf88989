package zoomsim

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/difftest"
)

// monday is noon on a working day.
var monday = time.Date(2026, 3, 2, 12, 0, 30, 0, time.UTC)

// rig is a simulated Zoom over HTTP, on a clock that the test sets.
type rig struct {
	t     *testing.T
	sim   *Sim
	now   time.Time
	url   string
	token string
}

func newRig(t *testing.T, opts Options) *rig {
	t.Helper()
	r := &rig{t: t, now: monday}
	opts.Now = func() time.Time { return r.now }
	r.sim = New(opts)
	server := httptest.NewServer(r.sim.Handler())
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

// answer is an answer that was read completely.
type answer struct {
	status int
	header http.Header
	body   []byte
	json   map[string]any
}

// String summarises an answer for failures.
func (a answer) String() string {
	return fmt.Sprintf("%d %s", a.status, difftest.Short(string(a.body)))
}

func (r *rig) do(req *http.Request) answer {
	r.t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, header: resp.Header}
	if a.body, err = io.ReadAll(resp.Body); err != nil {
		r.t.Fatal(err)
	}
	_ = json.Unmarshal(a.body, &a.json) // nil unless it is a JSON object
	return a
}

func (r *rig) login() {
	r.t.Helper()
	c := r.sim.Credentials()
	form := url.Values{"grant_type": {"account_credentials"}, "account_id": {c.AccountID}}
	req, err := http.NewRequest("POST", r.url+"/oauth/token", strings.NewReader(form.Encode()))
	if err != nil {
		r.t.Fatal(err)
	}
	req.SetBasicAuth(c.ClientID, c.ClientSecret)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	a := r.do(req)
	if a.status != 200 {
		r.t.Fatalf("token: %s", a)
	}
	r.token = a.json["access_token"].(string)
}

// get requests a path below /v2, with a token.
func (r *rig) get(path string) answer {
	r.t.Helper()
	if r.token == "" {
		r.login()
	}
	req, err := http.NewRequest("GET", r.url+"/v2"+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+r.token)
	return r.do(req)
}
