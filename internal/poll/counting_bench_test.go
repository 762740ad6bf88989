//go:build unix

package poll

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// standing is a clock that somebody moves.
type standing struct {
	clock.System
	now time.Time
}

func (s *standing) Now() time.Time { return s.now }

func (*standing) WithDeadline(ctx context.Context, _ time.Time) (context.Context, context.CancelFunc) {
	return context.WithCancel(ctx)
}

// replayed answers from what a simulated Zoom answered to the same request
// before, unless it is told to ask anew.
type replayed struct {
	handler http.Handler
	bodies  map[string][]byte
}

func (r *replayed) ask(req *http.Request) []byte {
	rec := httptest.NewRecorder()
	in := req.Clone(req.Context())
	in.RequestURI = req.URL.RequestURI()
	r.handler.ServeHTTP(rec, in)
	return rec.Body.Bytes()
}

func (r *replayed) RoundTrip(req *http.Request) (*http.Response, error) {
	key := req.URL.RequestURI()
	body, ok := r.bodies[key]
	if !ok || req.Method != http.MethodGet {
		body = r.ask(req)
		r.bodies[key] = body
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Request: req,
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}, nil
}

// heard notes the rows of a cycle's answers.
type heard struct {
	*zoomapi.Client
	pages map[string]zoomapi.Page[zoomapi.QoSRow]
}

func (h *heard) QoS(ctx context.Context, kind zoomapi.Kind, id, page string) (zoomapi.Page[zoomapi.QoSRow], error) {
	answer, err := h.Client.QoS(ctx, kind, id, page)
	if err == nil {
		h.pages[id] = answer
	}
	return answer, err
}

type deaf struct{}

func (deaf) ObserveAttempt(zoomapi.Attempt) {}

// cpu is the processor time that the process has taken: others share the machine.
func cpu() time.Duration {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used) // can't fail for itself
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// discarded is a store whose disk costs nothing.
type discarded struct{}

func (discarded) Load() (map[string][]byte, error) { return nil, nil }
func (discarded) Save(map[string][]byte) error     { return nil }

// BenchmarkCounting tells what part of a cycle counting is: a minute of 100
// meetings of 10 is asked for, decoded, converted, counted, committed; then its
// rows go once more through another account's counting, records for the store
// included, and through the conversion that would do without it. An operation is all of that.
func BenchmarkCounting(b *testing.B) {
	for _, history := range []int{1, 60} {
		b.Run(fmt.Sprintf("participants=1000/minutes=%d", history), func(b *testing.B) { benchmarkCounting(b, history) })
	}
}

func benchmarkCounting(b *testing.B, history int) {
	clk := &standing{now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	moods := zoomsim.Moods{Plain: true}
	if history == 1 {
		moods.History = zoomsim.HistoryNewest
	}
	sim := zoomsim.New(zoomsim.Options{
		Seed: 1, Now: clk.Now, Meetings: 100, Participants: 10, History: history, Fixed: true, Limits: &zoomsim.Limits{}, Moods: moods,
	})
	transport := &replayed{handler: sim.Handler(), bodies: make(map[string][]byte)}
	credentials := sim.Credentials()
	limiter := budget.New(budget.Options{Clock: clk})
	client, err := zoomapi.New(zoomapi.Config{
		AccountID: credentials.AccountID, ClientID: credentials.ClientID, ClientSecret: credentials.ClientSecret,
		APIURL: "http://zoom.example.com/v2", OAuthURL: "http://zoom.example.com/oauth/token", Transport: transport, Clock: clk,
	}, limiter, deaf{})
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	zoom := &heard{client, make(map[string]zoomapi.Page[zoomapi.QoSRow])}
	opts := Options{
		Settings: live.Settings{
			Converter: &qos.Converter{
				Privacy: qos.Privacy{User: qos.Hash, Email: qos.Hash, Department: qos.Plain, Device: qos.Plain, MeetingID: qos.Plain, Key: []byte("key")},
				CRC:     true, RWG: true, CPU: true, WiFi: true,
			},
			Meetings: true,
		},
		Zoom: zoom, Budget: limiter, Workers: 1, ReadingsStore: discarded{},
	}
	account := New("bench", opts, clk, zap.NewNop())
	defer account.Close()
	twin := New("twin", opts, clk, zap.NewNop())
	defer twin.Close()

	account.Poll(context.Background())
	twin.listOnly(b, zoom)
	var cycle, counting, converting time.Duration
	for b.Loop() {
		// The next minute's answers are made out of the stopwatch's sight.
		clk.now = clk.now.Add(time.Minute)
		clear(transport.bodies)
		for id := range zoom.pages {
			if _, err := client.QoS(context.Background(), zoomapi.Meeting, id, ""); err != nil {
				b.Fatal(err)
			}
		}
		start := cpu()
		account.Poll(context.Background())
		cycle += cpu() - start
		start = cpu()
		for _, page := range zoom.pages {
			convertOnly(opts.Converter, &page, account.now().Zoom)
		}
		converting += cpu() - start
		start = cpu()
		for id, page := range zoom.pages {
			twin.countOnly(id, &page)
		}
		twin.commit()
		counting += cpu() - start
	}
	if got := account.readings.View().Minutes; got != 1000*uint64(b.N+1) {
		b.Fatalf("%d minutes counted in %d cycles of 1000", got, b.N+1)
	}
	extra := counting - converting
	b.ReportMetric(100*extra.Seconds()/(cycle-extra).Seconds(), "%-added")
	b.ReportMetric(float64(cycle.Nanoseconds())/float64(b.N)/1000, "cycle-ns/participant")
	b.ReportMetric(float64(extra.Nanoseconds())/float64(b.N)/1000, "counting-ns/participant")
}

// listOnly takes the live list into an account that asks for nothing else.
func (a *Account) listOnly(b *testing.B, zoom Zoom) {
	now := a.now()
	a.live.Begin(now)
	l := a.live.WalkList(zoomapi.Meeting, now.Time, time.Minute)
	for more := true; more; {
		page, err := zoom.List(context.Background(), zoomapi.Meeting, l.Token())
		if err != nil {
			b.Fatal(err)
		}
		more = a.live.HandleListPage(l, &page, now)
	}
}

// convertOnly converts the rows of an answer as if nothing was counted.
func convertOnly(c *qos.Converter, page *zoomapi.Page[zoomapi.QoSRow], now zoomtime.Time) {
	var unread []qos.Unread
	for i := range page.Rows {
		c.Participant(&page.Rows[i], now, &unread)
		entries := qos.Entries(&page.Rows[i], now, &unread)
		c.Minute(entries[len(entries)-1], nil)
	}
}

// countOnly takes the rows of an answer into an account that did not ask for it.
func (a *Account) countOnly(uuid string, page *zoomapi.Page[zoomapi.QoSRow]) {
	now := a.now()
	v := a.live.Visit(uuid, false, now)
	a.live.NextPage(v, now)
	a.live.HandlePage(v, page, now)
}
