package check

import (
	"context"
	"flag"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/difftest"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

var update = flag.Bool("update", false, "rewrite the golden report")

// TestGolden compares a whole report, and what it cost.
func TestGolden(t *testing.T) {
	r := newRig(t, zoomsim.Options{Seed: 7, Meetings: 12, Webinars: 2, History: 15, Headers: zoomsim.HeadersAlways})
	o := r.run(t.Context(), "")
	if !o.ready || o.err != nil || o.progress != "" {
		t.Errorf("ready: %v, %v; progress %q", o.ready, o.err, o.progress)
	}
	got := strings.ReplaceAll(o.report, r.url, "http://127.0.0.1:12345")
	const golden = "testdata/check.txt"
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
		t.Errorf("%s differs; if that is meant, -update rewrites it.\n%s", golden, diff)
	}
	counts := r.sim.Counts()
	for endpoint, n := range map[zoomapi.Endpoint]int{
		zoomapi.OAuthToken: 1, zoomapi.ListMeetings: 1, zoomapi.ListMeetingParticipantsQoS: 1, zoomapi.ListMeetingParticipants: 1,
		zoomapi.ListWebinars: 1, zoomapi.ListWebinarParticipantsQoS: 1, zoomapi.ListWebinarParticipants: 1,
	} {
		if got := counts.Of(endpoint); got != n {
			t.Errorf("%s was asked %d times, want %d", endpoint, got, n)
		}
	}
	for line := range strings.Lines(got) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > reportWidth {
			t.Errorf("a line of %d characters: %s", n, line)
		}
	}
}

// granular returns all granular scopes except those that contain one of these words.
func granular(without ...string) []string {
	var scopes []string
	for _, e := range []zoomapi.Endpoint{
		zoomapi.ListMeetings, zoomapi.ListMeetingParticipants, zoomapi.ListMeetingParticipantsQoS,
		zoomapi.ListWebinars, zoomapi.ListWebinarParticipants, zoomapi.ListWebinarParticipantsQoS,
	} {
		scope := e.Scopes()[0]
		if !slices.ContainsFunc(without, func(word string) bool { return strings.Contains(scope, word) }) {
			scopes = append(scopes, scope)
		}
	}
	return scopes
}

// checkCase is a state of Zoom, with expectations of the report on it.
type checkCase struct {
	name     string
	zoom     zoomsim.Options
	faults   []zoomsim.Fault
	account  string // more keys of the account
	rest     string // more keys of the file
	notReady bool
	want     []string // in the output, whatever its layout
	lacks    []string
}

func live(o zoomsim.Options) zoomsim.Options {
	o.Seed, o.Meetings, o.Webinars, o.History = 3, 4, 1, 10
	return o
}

func scopes(s ...string) zoomsim.TokenOptions { return zoomsim.TokenOptions{Scopes: s} }

func (c checkCase) run(t *testing.T) {
	r := newRig(t, c.zoom)
	for _, f := range c.faults {
		if err := r.sim.SetFault(f); err != nil {
			t.Fatal(err)
		}
	}
	o := r.run(t.Context(), r.file(c.rest, c.account))
	if o.ready == c.notReady || o.err != nil || o.progress != "" {
		t.Errorf("ready: %v, %v; progress %q", o.ready, o.err, o.progress)
	}
	for _, want := range c.want {
		if !strings.Contains(o.words(), want) {
			t.Errorf("it does not say %q", want)
		}
	}
	for _, lacks := range c.lacks {
		if strings.Contains(o.words(), lacks) {
			t.Errorf("it says %q", lacks)
		}
	}
	if t.Failed() {
		t.Log(o.report)
	}
}

func runCheckCases(t *testing.T, cases []checkCase) {
	for _, c := range cases {
		t.Run(c.name, c.run)
	}
}

func TestScopes(t *testing.T) {
	runCheckCases(t, []checkCase{
		{
			name: "classic, of meetings", zoom: live(zoomsim.Options{Token: scopes("dashboard_webinars:read:admin")}), notReady: true,
			want: []string{
				"MISSING live meetings the app lacks a scope: add dashboard_meetings:read:admin (HTTP 400, code 4711)",
				"skipped meeting QoS requires the list of live meetings",
				"MISSING scopes add to the app in the Zoom App Marketplace: dashboard_meetings:read:admin ok names",
				"ok webinar QoS", "skipped refresh", "NOT READY: see MISSING and FAILED above.",
			},
			lacks: []string{"dashboard:read:list_meetings:admin"},
		},
		{
			name: "granular, of QoS", zoom: live(zoomsim.Options{Token: scopes(granular("meeting_participants_qos")...)}), notReady: true,
			want: []string{
				"MISSING scopes add to the app in the Zoom App Marketplace: dashboard:read:list_meeting_participants_qos:admin ok names",
				"MISSING meeting QoS the app lacks a scope: add dashboard:read:list_meeting_participants_qos:admin",
				"ok refresh",
			},
			lacks: []string{"dashboard_meetings:read:admin"},
		},
		{
			name: "granular, of what could not be tried", zoom: zoomsim.Options{Token: scopes(granular("participants_qos")...)}, notReady: true,
			want: []string{
				"MISSING scopes add to the app in the Zoom App Marketplace: dashboard:read:list_meeting_participants_qos:admin note scopes",
				"skipped meeting QoS there is no live meeting to try",
			},
		},
		{
			name: "granular, of webinars", zoom: live(zoomsim.Options{Token: scopes(granular("webinar")...)}),
			want: []string{
				"note scopes to collect webinars, add to the app in the Zoom App Marketplace: dashboard:read:list_webinars:admin, " +
					"dashboard:read:list_webinar_participants_qos:admin, dashboard:read:list_webinar_participants:admin; otherwise",
				"note live webinars the app lacks a scope: add dashboard:read:list_webinars:admin (HTTP 400, code 4711); this is optional",
				"READY: everything that is needed works.",
			},
			lacks: []string{"MISSING"},
		},
		{
			name: "granular, of meetings' participants lists", zoom: live(zoomsim.Options{Token: scopes(granular("meeting_participants:")...)}),
			want: []string{
				"note scopes to judge the hosts of large meetings, add to the app in the Zoom App Marketplace: " +
					"dashboard:read:list_meeting_participants:admin; otherwise set collect.participants_list to webinars",
				"note meeting participants the app lacks a scope: add dashboard:read:list_meeting_participants:admin (HTTP 400, code 4711); " +
					"this is optional, but the hosts of large meetings cannot be judged without it",
				"READY: everything that is needed works.",
			},
			lacks: []string{"MISSING"},
		},
		{
			name: "of participants lists that are wanted of all", zoom: live(zoomsim.Options{Token: scopes(granular("meeting_participants:")...)}),
			account: "collect: {participants_list: all}", notReady: true,
			want: []string{"MISSING scopes", "MISSING meeting participants the app lacks a scope: add dashboard:read:list_meeting_participants:admin"},
		},
		{
			name: "of participants lists of webinars only", zoom: live(zoomsim.Options{Token: scopes(granular("meeting_participants:")...)}),
			account: "collect: {participants_list: webinars}",
			want:    []string{"ok scopes", "READY"}, lacks: []string{"meeting participants"},
		},
		{
			name: "of webinars that are on", zoom: live(zoomsim.Options{Token: scopes(granular("webinar")...)}),
			account: "collect: {webinars: on}", notReady: true,
			want: []string{"MISSING scopes", "MISSING live webinars the app lacks a scope: add dashboard:read:list_webinars:admin"},
		},
		{
			name: "none at all", zoom: live(zoomsim.Options{Token: scopes([]string{}...)}), notReady: true,
			account: "collect: {webinars: off}",
			want: []string{
				"MISSING scopes", "add dashboard:read:list_meetings:admin (for a classic app dashboard_meetings:read:admin)",
			},
		},
		{
			name: "the old one for all", zoom: live(zoomsim.Options{Token: scopes("dashboard:read:admin")}),
			want: []string{"ok scopes the token has all that are needed (a classic app)"},
		},
		{
			name: "by an older code", zoom: live(zoomsim.Options{}), notReady: true,
			faults: []zoomsim.Fault{{Kind: zoomsim.FaultScopeOlder, Endpoint: zoomapi.ListMeetingParticipantsQoS}},
			want:   []string{"MISSING scopes", "MISSING meeting QoS the app lacks a scope: add dashboard_meetings:read:admin"},
		},
	})
}

func TestPlans(t *testing.T) {
	runCheckCases(t, []checkCase{
		{
			name: "no Dashboard", zoom: live(zoomsim.Options{NoDashboard: true}), notReady: true,
			want: []string{"MISSING live meetings the account has no Dashboard", "skipped meeting QoS", "skipped refresh"},
		},
		{
			name: "no webinars, auto", zoom: live(zoomsim.Options{NoWebinars: true}),
			want: []string{
				"note live webinars the account has no webinars", "skipped webinar QoS", "skipped webinar participants",
				"ok refresh", "READY",
			},
			lacks: []string{"MISSING"},
		},
		{
			name: "no webinars, on", zoom: live(zoomsim.Options{NoWebinars: true}), account: "collect: {webinars: on}", notReady: true,
			want: []string{"MISSING live webinars the account has no webinars"},
		},
		{
			name: "no webinars, and nothing else wanted", zoom: live(zoomsim.Options{NoWebinars: true}),
			account: "collect: {meetings: false}", notReady: true,
			want: []string{"MISSING live webinars"}, lacks: []string{"live meetings"},
		},
	})
}

func TestPeople(t *testing.T) {
	runCheckCases(t, []checkCase{
		{
			name: "blank", zoom: live(zoomsim.Options{Moods: zoomsim.Moods{BlankPeople: true}}),
			rest: "privacy: {preset: helpdesk}\nsites: [{name: berlin, public: [198.51.100.0/24]}]\n",
			want: []string{
				"note names will be blank: Zoom sends none", "note people Zoom leaves names, e-mails, addresses and locations blank",
				"user_name plain 0 of", "blank: Zoom sends none",
			},
		},
		{
			name: "dropped", zoom: live(zoomsim.Options{Moods: zoomsim.Moods{Plain: true}}),
			want: []string{
				"ok names left blank, as privacy.fields.user_name is drop", "user_name drop", "omitted, as configured", "hashed",
				"note hash key in memory: hashed labels change at every start",
			},
			lacks: []string{"Zoom sends none", "note people"},
		},
		{
			name: "plain", zoom: live(zoomsim.Options{Moods: zoomsim.Moods{Plain: true}}),
			rest: "privacy: {preset: helpdesk, fields: {ip_address: subnet}}\n",
			want: []string{"ok names shown (plain) where Zoom sends them", "as a subnet"},
		},
		{
			name: "nobody", zoom: zoomsim.Options{}, rest: "privacy: {preset: helpdesk}\n",
			want: []string{
				"ok live meetings none at the moment", "skipped meeting QoS there is no live meeting to try",
				"skipped names", "skipped refresh unknown, as nothing is live", "user_name plain - unknown yet", "READY",
			},
		},
		{
			name: "nobody after the filter", zoom: live(zoomsim.Options{}), account: "exclude: [{topic: '*'}]",
			want: []string{
				"ok live meetings 4, of which include and exclude keep 0, with 0 participants",
				"skipped meeting QoS include and exclude leave no live meeting to try",
			},
		},
	})
}

func TestLimits(t *testing.T) {
	pro, business := zoomsim.PlanLimits("pro"), zoomsim.PlanLimits("business")
	always := func(limits zoomsim.Limits) zoomsim.Options {
		return live(zoomsim.Options{Limits: &limits, Headers: zoomsim.HeadersAlways})
	}
	runCheckCases(t, []checkCase{
		{
			name: "lower than configured", zoom: always(pro), account: "collect: {participants_list: all}",
			want: []string{
				"note lower limit Zoom grants 10 heavy requests per second, but 40 are configured: set plan (or ZOOM_PLAN) to pro, or limits.heavy_per_second to 10",
				"note lower limit Zoom grants 30,000 requests per day, but 60,000 are configured: set plan",
				"requests per day 60,000 30,000 21,000",
			},
		},
		{
			name: "higher than configured", zoom: always(business), account: "plan: pro\ncollect: {participants_list: all}",
			want:  []string{"note higher limit Zoom grants 40 heavy requests per second, more than plan pro has: to use them set plan (or ZOOM_PLAN) to business"},
			lacks: []string{"lower limit"},
		},
		{
			name: "as configured", zoom: always(business), lacks: []string{"lower limit", "higher limit"},
			want: []string{"of 60,000 remain to all apps", "heavy requests per second 40 40 20", "resource-intensive requests per minute 20 - 14"},
		},
		{
			name: "none", zoom: live(zoomsim.Options{Headers: zoomsim.HeadersNever}), account: "plan: unlimited",
			want: []string{"note limits none are configured", "there is no daily limit", "every 1 min"},
		},
		{
			name: "none configured, but told", zoom: always(business), account: "plan: unlimited",
			want: []string{"note lower limit Zoom grants 40 heavy requests per second, but no limit is configured: set plan (or ZOOM_PLAN) to business"},
		},
		{
			name: "free, with money for each", zoom: live(zoomsim.Options{Headers: zoomsim.HeadersNever}), account: "plan: free",
			want: []string{"heavy requests per day 1,000 - 700", "estimated from the time of day, as no header says", "on 5 pages: about every 7 min 30 s for the rest of the day; about every 7 min over a whole day (a guess",
				"READY, but figures will be up to about 7 minutes old: the day's requests do not suffice to refresh every meeting once a minute. See \"faster\" above."},
		},
		{
			name: "slow", zoom: live(zoomsim.Options{Headers: zoomsim.HeadersNever, Participants: 30}), account: "limits: {per_day: 6000}",
			want: []string{"note refresh", "note faster collect less by include and exclude, do without webinars", "lower the reserve of 30%", "READY, but figures will be up to about 4 minutes old:"},
		},
		{
			name: "more left than a day gives", zoom: always(zoomsim.Limits{HeavyPerSecond: 40, TogetherPerDay: 6000}),
			want: []string{"of 6,000 remain to all apps", "about every 1 min for the rest of the day; about every 1 min 20 s over a whole day", "READY: everything"},
		},
		{
			name: "not enough for the lists", zoom: live(zoomsim.Options{Headers: zoomsim.HeadersNever}), account: "limits: {per_day: 2000}",
			want: []string{"about every 4 min 40 s for the rest of the day", "note faster"},
		},
		{
			name: "slow by the second", zoom: zoomsim.Options{Seed: 1, Meetings: 40, Headers: zoomsim.HeadersNever, TownHalls: 1, TownHallSize: 6000},
			account: "plan: unlimited\nlimits: {heavy_per_second: 2}", want: []string{"on 639 pages: about every 11 min", "READY, but figures will be up to about 11 minutes old: the limit per second is too low"},
		},
		{
			name: "nothing to spend", zoom: live(zoomsim.Options{}), account: "limits: {per_day: 1}", notReady: true,
			want: []string{"FAILED live meetings not requested:", "0 requests by this check"},
		},
		{
			name: "a turn to wait for", zoom: live(zoomsim.Options{Headers: zoomsim.HeadersNever}),
			account: "limits: {resource_intensive_per_minute: 1}\nreserve: 0", want: []string{"ok live webinars", "which is in 11 h 59 min"},
		},
		{
			name: "a turn too late to wait for", zoom: live(zoomsim.Options{Headers: zoomsim.HeadersNever}), notReady: true,
			account: "reserve: 99%", want: []string{"ok live meetings", "FAILED live webinars not requested:"},
		},
		{
			name: "Zoom's own refusal", zoom: live(zoomsim.Options{}), notReady: true,
			faults: []zoomsim.Fault{{Kind: zoomsim.FaultPerDay, Endpoint: zoomapi.ListMeetings}},
			want:   []string{"FAILED live meetings HTTP 429", "no further attempt before 2026-03-03T00:00:00Z"},
		},
	})
}

func TestFailures(t *testing.T) {
	fault := func(kind zoomsim.FaultKind, endpoint zoomapi.Endpoint) []zoomsim.Fault {
		return []zoomsim.Fault{{Kind: kind, Endpoint: endpoint}}
	}
	runCheckCases(t, []checkCase{
		{
			name: "the list", zoom: live(zoomsim.Options{}), faults: fault(zoomsim.FaultHTML, zoomapi.ListMeetings), notReady: true,
			want: []string{"FAILED live meetings no answer from Zoom: check again later (HTTP 502 from an unidentified server, not from Zoom's API)", "skipped meeting QoS"},
		},
		{
			name: "a cut body of webinars", zoom: live(zoomsim.Options{}), faults: fault(zoomsim.FaultCut, zoomapi.ListWebinars), notReady: true,
			want: []string{"FAILED live webinars", "the answer cannot be read"},
		},
		{
			name: "ended meetings", zoom: live(zoomsim.Options{}), notReady: true,
			faults: fault(zoomsim.FaultNotLive, zoomapi.ListMeetingParticipantsQoS),
			want:   []string{"FAILED meeting QoS Zoom lists meetings as live but then does not find them", "ok webinar QoS"},
		},
		{
			name: "one that has just ended", zoom: live(zoomsim.Options{}),
			faults: []zoomsim.Fault{{Kind: zoomsim.FaultNotLive, Endpoint: zoomapi.ListMeetingParticipantsQoS, Count: 2}},
			want:   []string{"ok meeting QoS", "READY"}, lacks: []string{"only by its number"},
		},
		{
			name: "no access", zoom: live(zoomsim.Options{}), notReady: true,
			faults: fault(zoomsim.FaultNoAccess, zoomapi.ListMeetingParticipantsQoS),
			want:   []string{"FAILED meeting QoS Zoom does not show this app any of the meetings tried"},
		},
		{
			name: "numbers only", zoom: live(zoomsim.Options{Moods: zoomsim.Moods{NumbersOnly: true}}),
			want: []string{"ok meeting QoS", "note meeting QoS Zoom finds this meeting only by its number", "ok webinar participants", "(6 heavy,"},
		},
		{
			name: "a wrong address", zoom: live(zoomsim.Options{}), account: "proxy_url: http://127.0.0.1:1", notReady: true,
			want: []string{"ok proxy http://127.0.0.1:1", "FAILED token proxy 127.0.0.1:1: cannot be reached: check proxy_url", "connection refused"},
		},
	})
}

func TestWrongSecret(t *testing.T) {
	r := newRig(t, live(zoomsim.Options{}))
	r.vars["ZOOM_CLIENT_SECRET"] = "wrong-but-secret-all-the-same"
	o := r.run(t.Context(), "")
	if o.ready {
		t.Error("it is ready")
	}
	for _, want := range []string{
		"FAILED token HTTP 401: Zoom refuses the credentials: check the account id, client id and client secret",
		"skipped the rest", "1 attempt for a token", "NOT READY",
	} {
		if !strings.Contains(o.words(), want) {
			t.Errorf("it does not say %q:\n%s", want, o.report)
		}
	}
	if strings.Contains(o.words(), "no further attempt") {
		t.Errorf("it announces another attempt of a process that ends:\n%s", o.report)
	}
}

func TestWrongAPIAddress(t *testing.T) {
	r := newRig(t, live(zoomsim.Options{}))
	r.vars["ZOOM_API_URL"] = r.url + "/v3"
	o := r.run(t.Context(), "")
	if want := "FAILED live meetings this address does not exist: check api_url"; o.ready || !strings.Contains(o.words(), want) {
		t.Errorf("ready: %v, without %q:\n%s", o.ready, want, o.report)
	}
}

func TestExtrapolates(t *testing.T) {
	r := newRig(t, zoomsim.Options{Seed: 1, Meetings: 1200, Participants: 1, Headers: zoomsim.HeadersNever})
	o := r.run(t.Context(), r.file("", "collect: {webinars: off}"))
	for _, want := range []string{"about 1,200 with 1,", "on 1,200 pages", "5 requests by this check (2 heavy, 3 resource-intensive)"} {
		if !strings.Contains(o.words(), want) {
			t.Errorf("it does not say %q:\n%s", want, o.report)
		}
	}
}

func TestEmptyMeeting(t *testing.T) {
	r := newRig(t, zoomsim.Options{})
	r.sim.Open(zoomapi.Meeting, 0)
	o := r.run(t.Context(), "")
	for _, want := range []string{"ok live meetings 1 with 0 participants", "ok meeting QoS answered; it has no participants yet", "0 participants on 1 page: about every 1 min"} {
		if !strings.Contains(o.words(), want) {
			t.Errorf("it does not say %q:\n%s", want, o.report)
		}
	}
}

func TestSeveralAccounts(t *testing.T) {
	r := newRig(t, live(zoomsim.Options{NoWebinars: true}))
	o := r.run(t.Context(), r.file("", "", "collect: {webinars: on}"))
	if o.ready {
		t.Error("it is ready")
	}
	for _, want := range []string{"account account-1", "note live webinars", "account account-2", "MISSING live webinars", "NOT READY: 1 of 2 accounts failed (account-2): see"} {
		if !strings.Contains(o.words(), want) {
			t.Errorf("it does not say %q:\n%s", want, o.report)
		}
	}
}

func TestInterrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	r := newRig(t, live(zoomsim.Options{}), func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			if strings.HasSuffix(req.URL.Path, "/metrics/webinars") {
				interrupt()
				<-req.Context().Done()
				return
			}
			next.ServeHTTP(w, req)
		})
	})
	o := r.run(ctx, "")
	if o.ready {
		t.Error("it is ready")
	}
	for _, want := range []string{"ok meeting QoS", "FAILED live webinars interrupted", "NOT READY: the check was interrupted."} {
		if !strings.Contains(o.words(), want) {
			t.Errorf("it does not say %q:\n%s", want, o.report)
		}
	}
}

func TestConfig(t *testing.T) {
	r := newRig(t, live(zoomsim.Options{}))
	r.vars["ZOOM_ALLOW_HTTP"] = "true"
	o := r.runConfig(r.file("", "", ""))
	if o.err != nil || o.progress != "" {
		t.Errorf("%v; progress %q", o.err, o.progress)
	}
	for _, want := range []string{"ok 2 accounts account-1, account-2", "note warning variables that the file", "The configuration is valid. Nothing was requested from Zoom."} {
		if !strings.Contains(o.words(), want) {
			t.Errorf("it does not say %q:\n%s", want, o.report)
		}
	}
	if n := r.sim.Counts().Tokens; n != 0 {
		t.Errorf("%d tokens were requested from Zoom", n)
	}
}
