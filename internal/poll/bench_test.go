package poll_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/testbed"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/zoomsim"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// jumping is a clock that stands still between the jumps of a benchmark.
type jumping struct {
	clock.System
	mu  sync.Mutex
	now time.Time
}

func (j *jumping) Now() time.Time {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.now
}

func (j *jumping) jump(d time.Duration) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.now = j.now.Add(d)
}

func (*jumping) WithDeadline(ctx context.Context, _ time.Time) (context.Context, context.CancelFunc) {
	return context.WithCancel(ctx)
}

// recorded answers from what a simulated Zoom answered once, so that a
// benchmark measures the exporter and not the simulator.
type recorded struct {
	handler http.Handler
	bodies  sync.Map // of []byte by request URI
}

func (r *recorded) RoundTrip(req *http.Request) (*http.Response, error) {
	key := req.URL.RequestURI()
	body, ok := r.bodies.Load(key)
	if !ok || req.Method != http.MethodGet {
		rec := &recorder{header: http.Header{}}
		in := req.Clone(req.Context())
		in.RequestURI = key
		r.handler.ServeHTTP(rec, in)
		body = rec.body.Bytes()
		r.bodies.Store(key, body)
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Request: req,
		Body: io.NopCloser(bytes.NewReader(body.([]byte))), ContentLength: int64(len(body.([]byte))),
	}, nil
}

type recorder struct {
	header http.Header
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }
func (r *recorder) WriteHeader(int)             {}

type quiet struct{}

func (quiet) ObserveAttempt(zoomapi.Attempt) {}

// BenchmarkCycle is one minute of an account: live list, one page for each of
// 100 meetings of 10, decoded, converted and stored. An operation is a cycle.
func BenchmarkCycle(b *testing.B) {
	for _, history := range []int{1, 60} {
		b.Run(fmt.Sprintf("participants=1000/minutes=%d", history), func(b *testing.B) {
			clk := &jumping{now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
			sim := zoomsim.New(zoomsim.Options{
				Seed: 1, Now: clk.Now, Meetings: 100, Participants: 10, History: history,
				Fixed: true, Limits: &zoomsim.Limits{}, Moods: zoomsim.Moods{Plain: true},
			})
			credentials := sim.Credentials()
			limiter := budget.New(budget.Options{Clock: clk})
			client, err := zoomapi.New(zoomapi.Config{
				AccountID: credentials.AccountID, ClientID: credentials.ClientID, ClientSecret: credentials.ClientSecret,
				APIURL: "http://zoom.example.com/v2", OAuthURL: "http://zoom.example.com/oauth/token",
				Transport: &recorded{handler: sim.Handler()}, Clock: clk,
			}, limiter, quiet{})
			if err != nil {
				b.Fatal(err)
			}
			account := poll.New("bench", poll.Options{
				Settings: live.Settings{
					Converter: &qos.Converter{Privacy: testbed.Open(), Sites: testbed.Sites(), CRC: true, RWG: true, CPU: true, WiFi: true},
					Meetings:  true,
				},
				Zoom: client, Budget: limiter,
			}, clk, zap.NewNop())
			defer client.Close()
			defer account.Close()
			account.Poll(context.Background())

			b.ReportAllocs()
			for b.Loop() {
				clk.jump(time.Minute)
				account.Poll(context.Background())
			}
			people := 0
			for _, m := range account.Snapshot().Meetings {
				people += m.Held()
			}
			if people != 1000 {
				b.Fatalf("%d participants, want 1000", people)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/participant")
		})
	}
}
