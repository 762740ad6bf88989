package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

const probeUUID = "/b3+dE6zgH9jK2mN5pQ8s=="

// probing returns a handler for accounts with probes enabled.
func probing(accounts ...*fakeAccount) http.Handler {
	o := options()
	all := o.Collector.Accounts()
	for _, a := range accounts {
		all = append(all, a)
	}
	o.Collector.SetAccounts(all)
	o.Collector.SetProbing(true)
	return NewHandler(o)
}

func TestProbeParameters(t *testing.T) {
	const uuid = "%2Fb3%2BdE6zgH9jK2mN5pQ8s%3D%3D"
	for _, tt := range []struct {
		query  string
		status int
		target poll.Target
		text   string
	}{
		{"account=north&meeting=93201235621", 200, poll.Target{Meeting: "93201235621"}, "probe_success 1"},
		{"account=north&meeting=932+0123+5621&kind=webinar", 200, poll.Target{Meeting: "93201235621", Kind: zoomapi.Webinar}, "probe_success 1"},
		{"account=north&meeting=" + uuid + "&participant=16778240", 200, poll.Target{Meeting: probeUUID, Participant: "16778240"}, "probe_success 1"},
		{"meeting=93201235621", 400, poll.Target{}, "account is not one of the configured accounts: north, south"},
		{"account=east&meeting=93201235621", 400, poll.Target{}, "north, south"},
		{"account=north", 400, poll.Target{}, "meeting is missing"},
		{"account=north&meeting=", 400, poll.Target{}, "meeting is empty"},
		{"account=north&meeting=123", 400, poll.Target{}, "9 to 11 digits"},
		{"account=north&meeting=/b3+dE6zgH9jK2mN5pQ8s==", 400, poll.Target{}, "%2B"},
		{"account=north&meeting=93201235621&participant=", 400, poll.Target{}, "participant is empty"},
		{"account=north&meeting=93201235621&particpant=1", 400, poll.Target{}, "the parameters are account, meeting, kind, participant"},
		{"account=north&meeting=93201235621&kind=hall", 400, poll.Target{}, "kind is neither"},
		{"account=north&meeting=93201235621&meeting=93201235622", 400, poll.Target{}, "meeting is repeated"},
		{"account=north&meeting=%zz", 400, poll.Target{}, "the query is malformed"},
		{"account=north&meeting=93201235621&%3Cscript%3E=1", 400, poll.Target{}, "unknown parameter"},
	} {
		north := &fakeAccount{name: "north"}
		answer := ask(t, probing(north, &fakeAccount{name: "south"}), "GET", "/probe?"+tt.query)
		if answer.Code != tt.status || !strings.Contains(answer.Body.String(), tt.text) || north.target != tt.target {
			t.Errorf("%s: %d %q, probed %+v", tt.query, answer.Code, answer.Body, north.target)
		}
		if !strings.HasPrefix(answer.Header().Get("Content-Type"), "text/plain") {
			t.Errorf("%s: type %s", tt.query, answer.Header().Get("Content-Type"))
		}
		if north.polls.Load() != 0 {
			t.Error("a probe polled")
		}
	}
}

func TestProbeOfTheOnlyAccountNeedsNoName(t *testing.T) {
	if answer := ask(t, probing(&fakeAccount{name: "only"}), "GET", "/probe?meeting=93201235621"); answer.Code != http.StatusOK {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
}

func TestProbeThatFailedIsAnswered(t *testing.T) {
	account := &fakeAccount{name: "north", found: poll.Probe{Failure: poll.ProbeNoBudget}}
	answer := ask(t, probing(account), "GET", "/probe?meeting=93201235621")
	body := answer.Body.String()
	if answer.Code != http.StatusOK || !strings.Contains(body, "probe_success 0\n") || !strings.Contains(body, `probe_failure_info{reason="no_budget"} 1`) {
		t.Errorf("%d %s", answer.Code, body)
	}
}

func TestProbeThatIsNotEnabled(t *testing.T) {
	account := &fakeAccount{name: "north"}
	answer := ask(t, NewHandler(options(account)), "GET", "/probe?meeting=93201235621")
	if answer.Code != http.StatusNotFound || !strings.Contains(answer.Body.String(), "probe.enabled") || account.target != (poll.Target{}) {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
}

// Only GET requests probe.
func TestProbeTakesAGet(t *testing.T) {
	for _, method := range []string{"HEAD", "POST", "PUT"} {
		account := &fakeAccount{name: "north"}
		if answer := ask(t, probing(account), method, "/probe?meeting=93201235621"); answer.Code == http.StatusOK || account.target != (poll.Target{}) {
			t.Errorf("%s: %d, probed %+v", method, answer.Code, account.target)
		}
	}
}

func TestProbeAnswersBeforeItsDeadline(t *testing.T) {
	for header, want := range map[string]time.Duration{"": 9500 * time.Millisecond, "20": 19500 * time.Millisecond, "1": 750 * time.Millisecond, "x": 9500 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			h := probing(&fakeAccount{name: "north", takes: time.Hour})
			start := time.Now()
			answer := ask(t, h, "GET", "/probe?meeting=93201235621", timeoutHeader, header)
			if took := time.Since(start); took != want || !strings.Contains(answer.Body.String(), `{reason="timeout"} 1`) {
				t.Errorf("timeout %q: answered after %v with %s", header, took, answer.Body)
			}
			if line := fmt.Sprintf("probe_duration_seconds %v\n", want.Seconds()); !strings.Contains(answer.Body.String(), line) {
				t.Errorf("there is no %s", line)
			}
		})
	}
}

// The number of slow clients and waiting probes is limited.
func TestProbesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := probing(&fakeAccount{name: "north", takes: 0}, &fakeAccount{name: "slow", takes: 5 * time.Second})
		var all sync.WaitGroup
		for range maxInFlight {
			all.Go(func() {
				h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/probe?account=slow&meeting=93201235621", nil))
			})
		}
		synctest.Wait()
		if answer := ask(t, h, "GET", "/probe?account=north&meeting=93201235621"); answer.Code != http.StatusServiceUnavailable {
			t.Errorf("one too many: %d", answer.Code)
		}
		all.Wait()
		if answer := ask(t, h, "GET", "/probe?account=north&meeting=93201235621"); answer.Code != http.StatusOK {
			t.Errorf("afterwards: %d", answer.Code)
		}
	})
}
