package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/difftest"
)

// patient uses all of the time that it may wait for Zoom.
type patient struct{}

func (patient) Refresh(ctx context.Context) { <-ctx.Done() }

// instant does not wait.
type instant struct{}

func (instant) Refresh(context.Context) {}

// gathering takes *d each time, on the fake clock of the test's bubble.
func gathering(d *time.Duration) prometheus.Gatherer {
	registry := prometheus.NewRegistry()
	registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "slow", Help: "Slow."}, func() float64 {
		time.Sleep(*d)
		return 1
	}))
	return registry
}

func scrape(h http.Handler, header string) time.Duration {
	req := httptest.NewRequest("GET", "/metrics", nil)
	if header != "" {
		req.Header.Set(timeoutHeader, header)
	}
	start := time.Now()
	h.ServeHTTP(httptest.NewRecorder(), req)
	return time.Since(start)
}

func TestScrapeAnswersBeforeItsDeadline(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"":             9500 * time.Millisecond, // Prometheus's default
		"10":           9500 * time.Millisecond,
		"15.5":         15 * time.Second,
		"1":            750 * time.Millisecond,
		"0.1":          75 * time.Millisecond,
		"0.001":        750 * time.Microsecond,
		"1e-12":        0,
		"60":           59500 * time.Millisecond,
		"120":          119500 * time.Millisecond,
		"86400":        119500 * time.Millisecond,
		"1e300":        119500 * time.Millisecond,
		"+Inf":         119500 * time.Millisecond,
		"0":            9500 * time.Millisecond,
		"-3":           9500 * time.Millisecond,
		"-Inf":         9500 * time.Millisecond,
		"NaN":          9500 * time.Millisecond,
		"1e999":        9500 * time.Millisecond,
		"10s":          9500 * time.Millisecond,
		"10, 20":       9500 * time.Millisecond,
		"\u0661\u0660": 9500 * time.Millisecond,
	} {
		synctest.Test(t, func(t *testing.T) {
			h := newMetricsHandler(patient{}, prometheus.NewRegistry(), clock.System{}, zap.NewNop())
			if got := scrape(h, header); got != want {
				t.Errorf("timeout %q: waited %v, want %v", header, got, want)
			}
		})
	}
}

func FuzzTimeout(f *testing.F) {
	for _, header := range []string{"", "10", "1e300", "NaN", "-0", "0x1p-1074", "Inf"} {
		f.Add(header)
	}
	h := newMetricsHandler(instant{}, prometheus.NewRegistry(), clock.System{}, zap.NewNop())
	f.Fuzz(func(t *testing.T, header string) {
		timeout := scrapeTimeout(http.Header{timeoutHeader: {header}})
		if timeout < 0 || timeout > maxTimeout {
			t.Errorf("timeout %v", timeout)
		}
		if wait := h.maxWait(timeout); wait < 0 || wait > timeout {
			t.Errorf("wait %v of %v", wait, timeout)
		}
	})
}

func TestScrapeDoesNotWaitLongerThanPolling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHandler(options(&fakeAccount{name: "north", takes: 2 * time.Second}, &fakeAccount{name: "south", takes: 3 * time.Second}))
		if got := scrape(h, "10"); got != 3*time.Second {
			t.Errorf("waited %v", got)
		}
	})
}

func TestScrapeThatGoesAwayStopsWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newMetricsHandler(patient{}, prometheus.NewRegistry(), clock.System{}, zap.NewNop())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "GET", "/metrics", nil))
		if d := time.Since(start); d != time.Second {
			t.Errorf("waited %v", d)
		}
	})
}

func TestTimeToRenderIsKeptFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		took := 2 * time.Second
		h := newMetricsHandler(patient{}, gathering(&took), clock.System{}, zap.NewNop())
		waits := func() time.Duration { return scrape(h, "10") - took }
		for i, want := range []time.Duration{9500 * time.Millisecond, 5500 * time.Millisecond, 5500 * time.Millisecond} {
			if got := waits(); got != want {
				t.Errorf("scrape %d waited %v, want %v", i, got, want)
			}
		}
		took = 0
		waits()
		if got, want := waits(), 5900*time.Millisecond; got != want {
			t.Errorf("a quick one later waited %v, want %v", got, want)
		}
		took = time.Hour
		waits()
		took = 0
		if got := waits(); got != 0 {
			t.Errorf("after a slow one waited %v, want not at all", got)
		}
		for range 30 {
			waits()
		}
		if got := waits(); got < 5*time.Second {
			t.Errorf("it is not forgotten: waited %v", got)
		}
	})
}

// Clients that disconnect do not affect the estimate for sending, but they do affect
// that for gathering: a scrape that gathering made too late must not fail for ever.
func TestAScrapeThatCameTooLateTeaches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		took := 2 * time.Second
		h := newMetricsHandler(instant{}, gathering(&took), clock.System{}, zap.NewNop())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "GET", "/metrics", nil))
		if gathering, sending := h.gathering.value(), h.sending.value(); gathering != took || sending != 0 {
			t.Errorf("measured %v of gathering and %v of sending", gathering, sending)
		}
	})
}

func TestOneScrapeThatCameTooLateIsEnough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const timeout = 3 * time.Second
		took := 1200 * time.Millisecond
		h := newMetricsHandler(patient{}, gathering(&took), clock.System{}, zap.NewNop())
		for i := range 5 {
			ctx, cancel := context.WithTimeout(t.Context(), timeout)
			req := httptest.NewRequestWithContext(ctx, "GET", "/metrics", nil)
			req.Header.Set(timeoutHeader, "3")
			start := time.Now()
			h.ServeHTTP(httptest.NewRecorder(), req)
			cancel()
			if d := time.Since(start); d < timeout != (i > 0) {
				t.Errorf("scrape %d of 3 s took %v", i, d)
			}
			time.Sleep(15 * time.Second)
		}
	})
}

func TestNegotiation(t *testing.T) {
	h := NewHandler(options(&fakeAccount{name: "default"}))
	const protobuf = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
	const prometheusAccept = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1"
	gunzip := func(b []byte) ([]byte, error) {
		z, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			return nil, err
		}
		return io.ReadAll(z)
	}
	for _, test := range []struct {
		accept, encoding string
		wantType         expfmt.FormatType
		wantEncoding     string
	}{
		{"", "", expfmt.TypeTextPlain, ""},
		{"*/*", "identity", expfmt.TypeTextPlain, ""},
		{"text/html", "br", expfmt.TypeTextPlain, ""},
		{"text/plain;version=0.0.4", "gzip", expfmt.TypeTextPlain, "gzip"},
		{prometheusAccept, "gzip", expfmt.TypeOpenMetrics, "gzip"},
		{"application/openmetrics-text;version=1.0.0", "", expfmt.TypeOpenMetrics, ""},
		{protobuf, "", expfmt.TypeProtoDelim, ""},
		{protobuf, "gzip", expfmt.TypeProtoDelim, "gzip"},
		{"", "zstd", expfmt.TypeTextPlain, "zstd"},
		{protobuf, "zstd;q=1, gzip;q=0.1", expfmt.TypeProtoDelim, "zstd"},
	} {
		t.Run(test.accept+" "+test.encoding, func(t *testing.T) {
			answer := ask(t, h, "GET", "/metrics?poll=0", "Accept", test.accept, "Accept-Encoding", test.encoding)
			if got := expfmt.Format(answer.Header().Get("Content-Type")).FormatType(); got != test.wantType {
				t.Errorf("type %s", answer.Header().Get("Content-Type"))
			}
			if got := answer.Header().Get("Content-Encoding"); got != test.wantEncoding {
				t.Errorf("encoding %q, want %q", got, test.wantEncoding)
			}
			body := answer.Body.Bytes()
			switch test.wantEncoding {
			case "zstd":
				if !bytes.HasPrefix(body, []byte{0x28, 0xb5, 0x2f, 0xfd}) {
					t.Errorf("no frame of zstd: % x", body[:min(8, len(body))])
				}
				return
			case "gzip":
				var err error
				if body, err = gunzip(body); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Contains(body, []byte("zoom_account_up")) {
				t.Errorf("no zoom_account_up in\n%s", difftest.Short(string(body)))
			}
			if test.wantType == expfmt.TypeOpenMetrics && !bytes.HasSuffix(body, []byte("# EOF\n")) {
				t.Errorf("OpenMetrics without its end: %q", body[max(0, len(body)-40):])
			}
		})
	}
}

// stalled is a client that reads nothing until it is released.
type stalled struct {
	*httptest.ResponseRecorder
	released chan struct{}
}

func (s stalled) Write(b []byte) (int, error) {
	<-s.released
	return s.ResponseRecorder.Write(b)
}

func TestStalledReadersFreezeNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		account := &fakeAccount{name: "default"}
		h := NewHandler(options(account))
		released := make(chan struct{})
		var readers sync.WaitGroup
		stall := func() {
			readers.Go(func() {
				h.ServeHTTP(stalled{httptest.NewRecorder(), released}, httptest.NewRequest("GET", "/metrics", nil))
			})
			synctest.Wait()
		}
		for range maxInFlight - 1 {
			stall()
		}
		answer := ask(t, h, "GET", "/metrics")
		if answer.Code != 200 || !strings.Contains(answer.Body.String(), "zoom_account_up") {
			t.Errorf("with %d stalled readers: %d: %s", maxInFlight-1, answer.Code, answer.Body)
		}
		if n := account.polls.Load(); n != maxInFlight {
			t.Errorf("%d polls", n)
		}

		stall() // the last one that is admitted
		start := time.Now()
		answer = ask(t, h, "GET", "/metrics")
		if answer.Code != 503 || !strings.Contains(answer.Body.String(), "sent to slow clients") || time.Since(start) != defaultTimeout-offset {
			t.Errorf("with %d stalled readers: %d %s after %v", maxInFlight, answer.Code, answer.Body, time.Since(start))
		}
		if answer := ask(t, h, "GET", "/-/healthy"); answer.Code != 200 {
			t.Errorf("health with %d stalled readers: %d", maxInFlight, answer.Code)
		}
		close(released)
		readers.Wait()
		if answer := ask(t, h, "GET", "/metrics"); answer.Code != 200 {
			t.Errorf("after all have read: %d", answer.Code)
		}
	})
}

// A scrape that waits for its turn is answered when another client is done, and
// leaves the queue when its own client disconnects.
func TestScrapesWaitForTheirTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newMetricsHandler(instant{}, prometheus.NewRegistry(), clock.System{}, zap.NewNop())
		for range maxInFlight {
			h.answers <- struct{}{} // of slow clients
		}
		gone, leave := context.WithCancel(t.Context())
		var scrapes sync.WaitGroup
		answers := make([]*httptest.ResponseRecorder, 3)
		for i, ctx := range []context.Context{t.Context(), t.Context(), gone} {
			answers[i] = httptest.NewRecorder()
			scrapes.Go(func() { h.ServeHTTP(answers[i], httptest.NewRequestWithContext(ctx, "GET", "/metrics?poll=0", nil)) })
		}
		synctest.Wait()
		if len(h.scrapes) != 3 {
			t.Fatalf("%d scrapes wait, want 3", len(h.scrapes))
		}
		leave()
		synctest.Wait()
		if len(h.scrapes) != 2 {
			t.Errorf("%d scrapes wait once a reader has left, want 2", len(h.scrapes))
		}
		<-h.answers // one client is done
		scrapes.Wait()
		for i, want := range []int{200, 200, 503} {
			if answers[i].Code != want {
				t.Errorf("scrape %d is answered %d, want %d", i, answers[i].Code, want)
			}
		}
		if len(h.scrapes) != 0 || len(h.answers) != maxInFlight-1 {
			t.Errorf("%d scrapes and %d answers are still under way", len(h.scrapes), len(h.answers))
		}
	})
}

// The number of waiting scrapes is limited. Further ones are refused at once.
func TestScrapesUnderWayAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zap.WarnLevel)
		h := newMetricsHandler(patient{}, prometheus.NewRegistry(), clock.System{}, zap.New(core))
		var scrapes sync.WaitGroup
		for range maxScrapes {
			scrapes.Go(func() { scrape(h, "10") })
		}
		synctest.Wait()
		for range 3 {
			answer := ask(t, h, "GET", "/metrics")
			if answer.Code != 503 || !strings.Contains(answer.Body.String(), "1000 scrapes already") || answer.Header().Get("Retry-After") != "1" {
				t.Errorf("one more scrape is answered %d %s", answer.Code, answer.Body)
			}
		}
		if n := logs.FilterMessageSnippet("scrape refused").Len(); n != 1 {
			t.Errorf("logged %d times in a minute, want once", n)
		}
		scrapes.Wait()
		if answer := ask(t, h, "GET", "/metrics?poll=0"); answer.Code != 200 {
			t.Errorf("after all were answered: %d", answer.Code)
		}
	})
}
