package page

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/difftest"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestGolden(t *testing.T) {
	full := person("16778240",
		qos.Reading{Stream: audioSent, Figures: qos.Figures{
			Latency: 0.126, Jitter: 0.009, Loss: 0.003, LossMax: 0.02, Bitrate: 3393.75,
			FrameRate: qos.Absent(), Width: qos.Absent(), Height: qos.Absent(),
		}},
		qos.Reading{Stream: qos.Stream{Media: qos.Video, Direction: qos.Received, Via: qos.CRC}, Figures: qos.Figures{
			Latency: 0.36, Jitter: 0.055, Loss: 0.127, LossMax: 0.283, Bitrate: 225_000,
			FrameRate: 12, Width: 1280, Height: 720,
		}},
		qos.Reading{Stream: videoSent, Figures: blank()}, // an inactive stream
	)
	full.Facts = qos.Facts{
		User: "8c9f0e1d2b3a4f56", UserName: "Ada Example", Email: "ada@example.com", IPAddress: "192.0.2.7",
		InternalIPAddress: "10.1.2.3", PCName: "PC-7", Domain: "example.com", Location: "Berlin ( DE )", Site: "berlin",
		Device: "Mac", OS: "macOS", OSVersion: "15.6", Client: "Zoom Client", ClientVersion: "6.5.10",
		NetworkType: "Wifi", ConnectionType: "UDP", DataCenter: "Germany (FR Top)",
	}
	full.Role, full.Status = "host", "in_meeting"
	full.Minute.CPU = qos.CPU{ClientMin: 0.02, ClientAvg: 0.055, ClientMax: 0.11, SystemMax: 0.93}
	full.Minute.WiFi = qos.WiFi{Min: -81, Avg: -70, Max: -60}

	review := meetingOf("/6fJBQh0QzWCgrKretYGjg==", full, person("16779264"))
	review.People = 3 // one of them is on a page that has not been read yet
	review.Facts = qos.MeetingFacts{Topic: "Example Review", MeetingID: "90000000001", Host: "Ada Example", Department: "Research"}
	review.Quality = qos.Poor
	quiet := meetingOf("aB3+dE6zgH9jK2mN5pQ8sQ==", graded(qos.Good, qos.Good)...)
	webinar := meetingOf("mN5pQ8sQaB3+dE6zgH9jKA==")
	webinar.Kind, webinar.People, webinar.PolledAt, webinar.Start = zoomapi.Webinar, 1200, time.Time{}, zoomtime.Time{}

	up := healthy("north", quiet, review, webinar)
	up.Failures = qos.Failures{{Field: "jitter", Reason: "unit"}: 2}
	up.Dropped = map[string]int{"limit": 12}
	down := healthy("south")
	down.Up, down.Coverage, down.TokenExpiry = false, 0, noon.Add(-3*time.Minute)
	down.Pools[1].Remaining, down.Pools[1].CooldownUntil, down.Pools[1].Throttled = 0, zoomNoon.Add(12*time.Hour), 3
	down.Tasks[2].Success, down.Tasks[2].LastSuccess = false, noon.Add(-2*time.Hour)

	got := embedded.ReplaceAllString(get(t, up, down), "$1$2")
	const golden = "testdata/page.golden.html"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := difftest.Lines(string(want), got); diff != "" {
		t.Errorf("the page is not that of %s; if that is meant, go test ./internal/web/page -update writes it anew.\n%s", golden, diff)
	}
	structure(t, got)
}

func TestPolicyAllowsOwnStyleAndScriptOnly(t *testing.T) {
	answer := ask(t, serve(healthy("default")), httptest.NewRequest("GET", "/", nil))
	policy, page := answer.Header().Get("Content-Security-Policy"), answer.Body.String()
	for _, element := range []string{"style", "script"} {
		found := regexp.MustCompile(`(?s)<`+element+`>(.*?)</`+element+`>`).FindAllStringSubmatch(page, -1)
		if len(found) != 1 {
			t.Fatalf("%d elements %s", len(found), element)
		}
		sum := sha256.Sum256([]byte(found[0][1]))
		if want := element + "-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "';"; !strings.Contains(policy, want) {
			t.Errorf("policy %q lacks %q", policy, want)
		}
	}
	for _, want := range []string{"default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "connect-src 'self'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("policy %q lacks %q", policy, want)
		}
	}
	if strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") {
		t.Errorf("policy %q is not strict", policy)
	}
	if forbidden := regexp.MustCompile(`(?i)\s(style|on[a-z]+|src|srcset|action)=`).FindString(page); forbidden != "" {
		t.Errorf("the page has an attribute%s", forbidden)
	}
	for _, href := range regexp.MustCompile(`<link [^>]*href="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(href[1], "data:") {
			t.Errorf("the page fetches %s", href[1])
		}
	}
}

func TestRefreshing(t *testing.T) {
	h := serve(healthy("default"))
	page := ask(t, h, httptest.NewRequest("GET", "/", nil)).Body.String()
	if !strings.Contains(page, `<noscript><meta http-equiv="refresh"`) || !strings.Contains(page, "<script>") {
		t.Error("the page does not refresh itself")
	}
	page = ask(t, h, httptest.NewRequest("GET", "/?refresh=off", nil)).Body.String()
	if strings.Contains(page, "http-equiv") || strings.Contains(page, "<script") {
		t.Error("the page refreshes itself despite refresh=off")
	}
	structure(t, page)
}

func TestHeadAndGzip(t *testing.T) {
	server := httptest.NewServer(serve(healthy("default", meetingOf("uuid", graded(qos.Bad)...))))
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	defer client.CloseIdleConnections()
	request := func(method, accept string) (*http.Response, string) {
		t.Helper()
		req, err := http.NewRequest(method, server.URL+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		if accept != "" {
			req.Header.Set("Accept-Encoding", accept)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body := io.Reader(resp.Body)
		if resp.Header.Get("Content-Encoding") == "gzip" && method == http.MethodGet {
			if body, err = gzip.NewReader(resp.Body); err != nil {
				t.Fatal(err)
			}
		}
		text, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		return resp, string(text)
	}

	plain, page := request("GET", "")
	if plain.Header.Get("Content-Type") != "text/html; charset=utf-8" || int(plain.ContentLength) != len(page) {
		t.Errorf("type %s, length %d of %d", plain.Header.Get("Content-Type"), plain.ContentLength, len(page))
	}
	head, none := request("HEAD", "")
	if head.StatusCode != http.StatusOK || head.ContentLength != plain.ContentLength || none != "" {
		t.Errorf("HEAD answers %s with length %d and body %q", head.Status, head.ContentLength, none)
	}
	for accept, want := range map[string]string{
		"gzip": "gzip", "br, GZIP;q=0.5": "gzip", "deflate,gzip;q=1.0,*;q=0.1": "gzip",
		"gzip;q=0": "", "gzip; q=0.000, br": "", "br": "", "gzippy": "", ";;,q=": "",
	} {
		resp, text := request("GET", accept)
		if got := resp.Header.Get("Content-Encoding"); got != want {
			t.Errorf("Accept-Encoding %q gets Content-Encoding %q, want %q", accept, got, want)
		}
		if text != page || !slices.Contains(resp.Header.Values("Vary"), "Accept-Encoding") {
			t.Errorf("Accept-Encoding %q gets another page, or Vary %q", accept, resp.Header.Values("Vary"))
		}
	}
}

// The size of the page is limited for a large company, and the page says how much it
// leaves out.
func TestSizeIsBounded(t *testing.T) {
	const kilobyte = 1 << 10
	var meetings []*live.Meeting
	for i := range 500 {
		var people []live.Participant
		for j := range 40 {
			var readings []qos.Reading
			for _, media := range []qos.Media{qos.Audio, qos.Video, qos.Share} {
				for _, direction := range []qos.Direction{qos.Sent, qos.Received} {
					readings = append(readings, qos.Reading{
						Stream: qos.Stream{Media: media, Direction: direction},
						Figures: qos.Figures{
							Latency: float64(j) / 50, Jitter: 0.123, Loss: 0.123, LossMax: 0.234,
							Bitrate: 123_456, FrameRate: 25, Width: 1280, Height: 720,
						},
					})
				}
			}
			p := person(fmt.Sprint(16778240+j), readings...)
			p.Facts = qos.Facts{
				User: "8c9f0e1d2b3a4f56", UserName: fmt.Sprintf("Ada Example %d", j), Email: "ada.example@example.com",
				IPAddress: "192.0.2.7", InternalIPAddress: "10.1.2.3", Location: "Berlin ( DE )", Site: "berlin",
				OS: "Windows", OSVersion: "11", Client: "Zoom Client", ClientVersion: "6.5.10", NetworkType: "Wifi",
			}
			people = append(people, p)
		}
		m := meetingOf(fmt.Sprintf("%022d==", i), people...)
		m.Facts.Topic = fmt.Sprintf("Example Review %d", i)
		meetings = append(meetings, m)
	}
	page := get(t, healthy("default", meetings...))
	if limit := 1200 * kilobyte; len(page) > limit {
		t.Errorf("the page has %d bytes, limit %d", len(page), limit)
	}
	req := httptest.NewRequest("GET", "/", nil)
	req.Header.Set("Accept-Encoding", "gzip")
	if got, limit := ask(t, serve(healthy("default", meetings...)), req).Body.Len(), 120*kilobyte; got > limit {
		t.Errorf("the compressed page has %d bytes, limit %d", got, limit)
	}
	if n := strings.Count(page, `<details id="m`); n != maxMeetings {
		t.Errorf("%d meetings are shown, want %d", n, maxMeetings)
	}
	if n := strings.Count(page, `<tr class="person">`); n != maxMeetings*maxPeople {
		t.Errorf("%d people are shown, want %d", n, maxMeetings*maxPeople)
	}
	words := texts(page)
	for _, want := range []string{"And 450 more live meetings", "And 30 more, whose figures are not worse", "500 meetings · 0 webinars · 20,000 people"} {
		if !strings.Contains(words, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func TestWhereThereIsNothing(t *testing.T) {
	fresh := healthy("default")
	fresh.Up, fresh.TokenExpiry, fresh.Coverage = false, time.Time{}, 0
	for i := range fresh.Tasks {
		fresh.Tasks[i].Success = false
	}
	for name, test := range map[string]struct {
		snapshots []poll.Snapshot
		want      string
	}{
		"no account":           {nil, "No account is configured"},
		"nothing polled yet":   {[]poll.Snapshot{fresh}, "No data yet. The exporter polls Zoom when it is scraped: let Prometheus scrape /metrics"},
		"nobody in a meeting":  {[]poll.Snapshot{healthy("default")}, "No live meetings or webinars are known."},
		"one account of three": {[]poll.Snapshot{fresh, healthy("other"), fresh}, "No live meetings or webinars are known."},
	} {
		t.Run(name, func(t *testing.T) {
			page := get(t, test.snapshots...)
			structure(t, page)
			// Links are part of the sentence.
			if words := strings.ReplaceAll(texts(page), " ,", ","); !strings.Contains(words, test.want) {
				t.Errorf("the page does not say %q:\n%s", test.want, words)
			}
		})
	}
}

func TestFailureIsToldWithoutQuoting(t *testing.T) {
	core, logs := observer.New(zap.ErrorLevel)
	h := New(Options{Snapshots: func() []poll.Snapshot { return nil }, Log: zap.New(core)}).(*handler)
	h.template = template.Must(template.New("broken").Funcs(template.FuncMap{
		"fail": func() (string, error) { return "", errors.New("topic: Secret Example") },
	}).Parse("{{fail}}"))
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequest("GET", "/", nil))
	if answer.Code != http.StatusInternalServerError || strings.Contains(answer.Body.String(), "Secret") {
		t.Errorf("answer %d: %s", answer.Code, answer.Body)
	}
	if logs.Len() != 1 || strings.Contains(fmt.Sprint(logs.All()), "Secret") {
		t.Errorf("log: %v", logs.All())
	}
}

func BenchmarkPage(b *testing.B) {
	var meetings []*live.Meeting
	for i := range 500 {
		meetings = append(meetings, meetingOf(fmt.Sprint(i), graded(qos.Good, qos.Fair, qos.Poor, qos.Bad, qos.Good)...))
	}
	h := serve(healthy("default", meetings...))
	for b.Loop() {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	}
}
