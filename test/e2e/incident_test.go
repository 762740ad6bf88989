package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// incidentPatience is how long each step of the incident may take; with nothing
// else at work the longest takes 45 s, as an alert must leave a window of half
// an hour and be held for a quarter.
const incidentPatience = 2 * time.Minute

// From a bad line at a site to words in a chat, until it is over: the simulated
// Zoom, the exporter, Prometheus and Alertmanager with all that deploy has for
// them. A minute is a second for all.
func TestIncident(t *testing.T) {
	t.Parallel()
	clock := quickClock{from: time.Now(), times: 60}
	sim := zoomsim.New(zoomsim.Options{
		Seed: 11, Now: clock.now, Meetings: 30, Participants: 5, Fixed: true, Calm: true,
		Limits: &zoomsim.Limits{}, Moods: zoomsim.Moods{Plain: true, History: zoomsim.HistorySince},
	})
	site, ofSite, other := stage(t, sim)
	zoom := httptest.NewServer(sim.Handler())
	t.Cleanup(zoom.Close)
	people := receive(t)
	config := filepath.Join(t.TempDir(), "config.yaml")
	write(t, config, incidentConfig(sim.Env(zoom.URL)))
	exporter := quickExporter(t, clock, nil, "--config.file="+config, "--storage.path="+t.TempDir())
	am := startAlertmanager(t, quickAlertmanager(t, clock, people.url))
	rules := t.TempDir()
	clock.quickRules(t, rules, "zoom-qos-exporter:19666", exporter.address(), "alertmanager:9093", am.address())
	prom := startPrometheusWith(t, filepath.Join(rules, "prometheus.yml"))
	soon := func(check func() error) {
		t.Helper()
		within(t, incidentPatience, check)
	}
	soon(func() error {
		enough, err := prom.scalar(`min(account_site_media:zoom_qos_readings:increase30m{site="` + site + `"}) > bool 300`)
		if err == nil && enough == 0 {
			err = errors.New("too little was counted yet to judge a site by")
		}
		return err
	})
	if people.read("#helpdesk", "") == nil {
		t.Errorf("all is well, but people were told %q", people.messages())
	}

	// The line of a site loses packets; so does everybody in a meeting of people
	// at home.
	incidents := zoom.URL + "/admin/incidents"
	post(t, incidents, zoomsim.Incident{Name: "line", Site: site, Loss: 0.2})
	post(t, incidents, zoomsim.Incident{Name: "meeting", Meeting: other.UUID, Loss: 0.2})
	soon(func() error {
		return people.read("#helpdesk", "[critical] 3 Zoom alerts: account default, site "+site+"\n", // one message
			"Zoom's audio is bad at "+site+": ", "Zoom's video is bad at "+site+": ",
			"<http://127.0.0.1:3000/d/zoom-qos-sites?var-account=default&amp;var-site="+site, "|Dashboard>",
			"/docs/runbooks/ZoomSiteQualityBad.md|What to do>")
	})
	soon(func() error { return people.read("pager", "[firing] ", "ZoomSiteQualityBad") })
	for _, gauge := range []string{
		`zoom_site_degraded_participants{site="` + site + `", media="audio"}`,
		`zoom_site_recent_readings{site="` + site + `", media="audio", verdict=~"poor|bad"}`,
		`zoom_meeting_degraded_participants{meeting="` + other.UUID + `", media="audio", site=""}`,
		`zoom_meeting_recent_readings{meeting="` + other.UUID + `", media="audio", verdict=~"poor|bad"}`,
	} {
		soon(func() error {
			n, err := prom.scalar("sum(" + gauge + ")")
			if err == nil && n == 0 {
				err = errors.New("nobody counts in " + gauge)
			}
			return err
		})
	}
	soon(func() error { return people.read("#helpdesk", "[warning] ", number(other), " is bad: ") })
	soon(func() error { return am.mutes("ZoomMeetingQualityBad", ofSite.UUID, "ZoomSiteQualityBad") })

	for _, name := range []string{"line", "meeting"} {
		if status, body := ask(t, http.MethodDelete, incidents+"?name="+name); status >= 300 {
			t.Fatalf("the incident does not end: %d %s", status, body)
		}
	}
	soon(func() error { return people.read("#helpdesk", "[resolved] ", "Resolved: *", number(other)) })
	soon(func() error {
		return people.read("#helpdesk", "[resolved] ", "Resolved: *Zoom's audio is bad at "+site)
	})
	soon(func() error { return people.read("pager", "[resolved] ", "ZoomSiteQualityBad") })

	for _, message := range people.messages() {
		if strings.Contains(message, number(ofSite)) {
			t.Errorf("of a meeting of the bad site people were told %q", message)
		}
		// On a busy machine a scrape may fail, which the others are told of.
		if strings.HasPrefix(message, "#helpdesk [critical]") && !strings.Contains(message, site) {
			t.Errorf("more than the site was bad: %q", message)
		}
	}
}

// number is a meeting's, as people dial it.
func number(m zoomsim.Meeting) string { return strconv.FormatInt(m.Number, 10) }

// stage finds a site, a meeting of which most people are there, and another of
// which almost all are at home.
func stage(t *testing.T, sim *zoomsim.Sim) (site string, ofSite, other zoomsim.Meeting) {
	t.Helper()
	live := sim.Live(zoomapi.Meeting)
	at := func(m zoomsim.Meeting, site string) (n int) {
		for _, p := range m.Participants {
			if p.Site == site {
				n++
			}
		}
		return n
	}
	atHome := func(a, b zoomsim.Meeting) int { return at(a, "") - at(b, "") }
	other = slices.MaxFunc(live, atHome)
	for _, s := range zoomsim.Sites() {
		for _, m := range live {
			if 2*at(m, s.Name) > len(m.Participants) && at(other, s.Name) == 0 {
				return s.Name, m, other
			}
		}
	}
	t.Fatal("no meeting has most of its people at one site; choose another seed")
	return "", zoomsim.Meeting{}, other
}

// incidentConfig is the exporter's, from the environment that the simulated
// Zoom names.
func incidentConfig(env []string) string {
	type entry = map[string]any
	account := entry{"plan": "unlimited", "collect": entry{"webinars": "off"}}
	for _, variable := range env {
		name, value, _ := strings.Cut(variable, "=")
		account[strings.ToLower(strings.TrimPrefix(name, "ZOOM_"))] = value
	}
	var sites []entry
	for _, s := range zoomsim.Sites() {
		sites = append(sites, entry{"name": s.Name, "internal": []string{s.Internal.String()}, "public": []string{s.Public.String()}})
	}
	config, err := yaml.Marshal(entry{
		"accounts": []entry{account}, "sites": sites,
		"limits": entry{"request_timeout": "5m"}, // the network is not quicker than it is
	})
	if err != nil {
		panic(err) // of maps and strings
	}
	return string(config)
}

// quickAlertmanager is the configuration of deploy, with receivers at an
// address and without mail.
func quickAlertmanager(t *testing.T, clock quickClock, receiver string) (file string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "templates"), os.DirFS(filepath.Join(alertmanagerDir, "templates"))); err != nil {
		t.Fatal(err)
	}
	content := clock.quickRoutes(t)
	var config struct {
		Receivers []map[string]any
		Rest      map[string]any `yaml:",inline"`
	}
	if err := yaml.Unmarshal([]byte(strings.ReplaceAll(content, "/etc/alertmanager/secrets", dir)), &config); err != nil {
		t.Fatal(err)
	}
	for _, r := range config.Receivers {
		delete(r, "email_configs")
	}
	encoded, err := yaml.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(dir, "alertmanager.yml")
	write(t, file, string(encoded))
	write(t, filepath.Join(dir, "chat_url"), receiver+"/chat")
	write(t, filepath.Join(dir, "pager_url"), receiver+"/pager")
	return file
}

// mutes says so if an alert on a meeting is not muted by another one.
func (a alertmanager) mutes(name, meeting, by string) error {
	a.t.Helper()
	held, err := a.alerts()
	if err != nil {
		return err
	}
	names := make(map[string]string)
	for _, other := range held {
		names[other.Fingerprint] = other.Labels["alertname"]
	}
	for _, muted := range held {
		if muted.Labels["alertname"] != name || muted.Labels["meeting"] != meeting {
			continue
		}
		for _, fingerprint := range muted.Status.InhibitedBy {
			if names[fingerprint] == by {
				return nil
			}
		}
		return fmt.Errorf("%v is not muted by %s", muted.Labels, by)
	}
	return fmt.Errorf("there is no %s on %s", name, meeting)
}

// post sends JSON that must be taken.
func post(t *testing.T, url string, body any) {
	t.Helper()
	encoded, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(encoded))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if status, answer, err := do(client(), req); err != nil || status >= 300 {
		t.Fatalf("%s does not take %s: %d %s %v", url, encoded, status, answer, err)
	}
}
