package config

import (
	"testing"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// Each key sets its own field and no other.
func TestRateLimitKeys(t *testing.T) {
	for key, want := range map[string]budget.Limits{
		"heavy_per_second":              {HeavyPerSecond: 7},
		"resource_intensive_per_minute": {ResourceIntensivePerMinute: 7},
		"per_day":                       {PerDay: 7},
		"heavy_per_day":                 {HeavyPerDay: 7},
		"resource_intensive_per_day":    {ResourceIntensivePerDay: 7},
	} {
		if got := mustLoad(t, account("plan: unlimited, limits: {"+key+": 7}")).Accounts[0].RateLimits; got != want {
			t.Errorf("%s gives %+v", key, got)
		}
	}
}

func TestCollectKeys(t *testing.T) {
	for keys, change := range map[string]func(*Collect){
		"meetings: false":             func(c *Collect) { c.Meetings = false },
		"webinars: off":               func(c *Collect) { c.Webinars = Off },
		"webinars: on":                func(c *Collect) { c.Webinars = On },
		"webinars: 'off'":             func(c *Collect) { c.Webinars = Off },
		"webinars: Yes":               func(c *Collect) { c.Webinars = On },
		"webinars: false":             func(c *Collect) { c.Webinars = Off },
		"webinars: AUTO":              func(*Collect) {},
		"room_connector: no":          func(c *Collect) { c.RoomConnector = false },
		"web_gateway: off":            func(c *Collect) { c.WebGateway = false },
		"cpu: False":                  func(c *Collect) { c.CPU = false },
		"wifi: NO":                    func(c *Collect) { c.WiFi = false },
		"wifi: On":                    func(*Collect) {},
		"qos_summary: false":          func(c *Collect) { c.QoSSummary = false },
		"participants_list: webinars": func(c *Collect) { c.ParticipantsList = ParticipantsListWebinars },
		"participants_list: Large":    func(*Collect) {},
		"participants_list: all":      func(c *Collect) { c.ParticipantsList = ParticipantsListAll },
		"participants_list: off":      func(c *Collect) { c.ParticipantsList = ParticipantsListOff },
		"participants_list: false ":   func(c *Collect) { c.ParticipantsList = ParticipantsListOff },
	} {
		want := defaultAccount().Collect
		change(&want)
		if got := mustLoad(t, account("collect: {"+keys+"}")).Accounts[0].Collect; got != want {
			t.Errorf("%s gives %+v", keys, got)
		}
	}
	expectError(t, account("collect: {meetings: false, webinars: false}"), "accounts[0].collect", "nothing to collect")
	expectError(t, account("collect: {participants_list: true}"), "accounts[0].collect.participants_list", "must be one of off, webinars, large, all")
	expectError(t, account("collect: {cpu: 'true'}"), "accounts[0].collect.cpu", "without quotes")
}

func TestParticipantsListIncludes(t *testing.T) {
	for list, want := range map[ParticipantsList][2]bool{
		ParticipantsListOff: {false, false}, ParticipantsListWebinars: {false, true},
		ParticipantsListLarge: {true, true}, ParticipantsListAll: {true, true},
	} {
		if got := [2]bool{list.Includes(zoomapi.Meeting), list.Includes(zoomapi.Webinar)}; got != want {
			t.Errorf("%s includes meetings and webinars: %v, want %v", list, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	if got := mustLoad(t, account("name: a.b_C-9")).Accounts[0].Name; got != "a.b_C-9" {
		t.Errorf("got %q", got)
	}
	for _, name := range []string{"a b", "ä", "'a/b'", "'x\"y'"} {
		expectError(t, account("name: "+name), "accounts[0].name", "1 to 64")
	}
	expectError(t, account("name: ''"), "accounts[0].name", "is empty")
	expectError(t, account("name: true"), "accounts[0].name", "put it in quotes")
}

// Zoom's limits apply to an account, so two entries must not spend them twice. At
// another address the same ID is another account.
func TestSameZoomAccount(t *testing.T) {
	second := func(keys string) string {
		return account("name: a") + "- {name: b, " + credentials + keys + "}\n"
	}
	expectError(t, second(""), "accounts[1]", "is the same Zoom account as in line 2")
	if c := mustLoad(t, second(", api_url: 'http://localhost:1/v2'")); len(c.Accounts) != 2 {
		t.Errorf("%d accounts", len(c.Accounts))
	}
}
