package poll_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap/zapcore"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/testbed"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// stuck is a log of which some lines wait for its release.
type stuck struct {
	zapcore.LevelEnabler
	line    string        // they contain it
	begun   chan struct{} // gets one as the first of them begins to wait
	release chan struct{}
}

func newStuck(line string) *stuck {
	return &stuck{zapcore.DebugLevel, line, make(chan struct{}, 1), make(chan struct{})}
}

func (s *stuck) With([]zapcore.Field) zapcore.Core { return s }

func (s *stuck) Check(e zapcore.Entry, ce *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	return ce.AddCore(e, s)
}

func (s *stuck) Write(e zapcore.Entry, _ []zapcore.Field) error {
	if strings.Contains(e.Message, s.line) {
		select {
		case s.begun <- struct{}{}:
		default:
		}
		<-s.release
	}
	return nil
}

func (*stuck) Sync() error { return nil }

// A terminal that takes no more output must not keep scrapes from their answer,
// whatever is logged.
func TestAStuckLogHoldsUpNoScrape(t *testing.T) {
	for name, tt := range map[string]struct {
		line   string
		answer func(*http.Request) *http.Response
	}{
		"the sizing": {"sizing", func(*http.Request) *http.Response { return nil }},
		"what the account lacks": {"webinars are not collected", func(r *http.Request) *http.Response {
			if strings.HasSuffix(r.URL.Path, "/metrics/webinars") {
				return testbed.Answer(400, nil, `{"code":200,"message":"Webinar plan is missing."}`)
			}
			return nil
		}},
		"what the app lacks": {"zoom request failed", func(r *http.Request) *http.Response {
			if strings.HasSuffix(r.URL.Path, "/metrics/meetings") {
				return testbed.Answer(400, nil, `{"code":4711,"message":"Invalid access token, does not contain scopes:[dashboard_meetings:read:admin]."}`)
			}
			return nil
		}},
		"a failure": {"zoom request failed", func(r *http.Request) *http.Response {
			if testbed.IsQoS(r) {
				return testbed.Answer(500, nil, "no")
			}
			return nil
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := newStuck(tt.line)
			bed := testbed.New(t, testbed.Options{Sim: fixed(2, 2), Log: log, Intercept: func(r *http.Request) (*http.Response, error) {
				return tt.answer(r), nil
			}})
			defer close(log.release)
			go scrape(bed, 10*time.Second)
			<-log.begun
			answered := make(chan struct{})
			go func() {
				defer close(answered)
				scrape(bed, 10*time.Millisecond)
			}()
			select {
			case <-answered:
			case <-time.After(2 * time.Minute):
				t.Error("a scrape waits for the log")
			}
		})
	}
}

// Nor do they keep the account from going on, and when the log takes lines
// again it gets them all in their order.
func TestAStuckLogGetsAllLinesLater(t *testing.T) {
	lines := func(t *testing.T, log zapcore.Core, hold func()) (lines []string) {
		var fault testbed.Switch
		testbed.Noon()
		sim := fixed(3, 1)
		sim.Moods.History = zoomsim.HistoryNewest
		bed := testbed.New(t, testbed.Options{Sim: sim, Log: log, Intercept: fault.Intercept})
		meetings := bed.Sim.Live(zoomapi.Meeting)
		well := meetings[0].UUID
		for _, status := range []int{200, 500, 403, 200, 500} {
			fault.Set(func(r *http.Request) (*http.Response, error) {
				// One after the other, or the lines of two runs would differ.
				for i := range meetings {
					if testbed.IsQoS(r) && calls(r, meetings[i].UUID) {
						time.Sleep(time.Duration(i) * 100 * time.Millisecond)
					}
				}
				if status == 200 || !testbed.IsQoS(r) || calls(r, well) {
					return nil, nil
				}
				return testbed.Answer(status, nil, "no"), nil
			})
			scrapes(bed, time.Minute, 15*time.Minute, func(s poll.Snapshot) {
				for _, m := range s.Meetings {
					if m.UUID == well && s.At.Sub(m.PolledAt) > 65*time.Second {
						t.Errorf("a meeting without faults was polled %v ago", s.At.Sub(m.PolledAt))
					}
				}
			})
		}
		hold()
		synctest.Wait()
		for _, l := range bed.Log.All() {
			lines = append(lines, fmt.Sprint(l.Time.Format(time.TimeOnly), " ", l.Message, l.ContextMap()))
		}
		return lines
	}
	var want, got []string
	synctest.Test(t, func(t *testing.T) { want = lines(t, zapcore.NewNopCore(), func() {}) })
	synctest.Test(t, func(t *testing.T) {
		log := newStuck("")
		got = lines(t, log, func() { close(log.release) })
	})
	if !slices.Equal(got, want) || len(want) < 6 {
		t.Errorf("the log got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
