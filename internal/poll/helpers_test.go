package poll_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/poll"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/sim/testbed"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// scrapes polls at this interval, on the dot, for so long. look, if not nil,
// sees what each scrape shows.
func scrapes(b *testbed.Bed, every, long time.Duration, look func(poll.Snapshot)) {
	for start := time.Now(); time.Since(start) < long; {
		next := time.Now().Add(every)
		s, _ := scrape(b, min(every, 10*time.Second))
		if look != nil {
			look(s)
		}
		time.Sleep(time.Until(next))
	}
}

// isList reports whether a request asks for a page of the live list.
func isList(r *http.Request, kind zoomapi.Kind) bool {
	return strings.HasSuffix(r.URL.Path, "/metrics/"+string(kind)+"s")
}

// isParticipants reports whether a request asks for a participants list.
func isParticipants(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/participants") }

// firstPage reports whether a request asks for the first of some pages.
func firstPage(r *http.Request) bool { return r.URL.Query().Get("next_page_token") == "" }

// calls reports whether a request calls a meeting by this UUID or number.
func calls(r *http.Request, id string) bool {
	path, err := url.PathUnescape(r.URL.Path) // a UUID may be encoded twice
	return err == nil && strings.Contains(path, "/"+id+"/")
}

// reload gives the account options changed by f.
func reload(b *testbed.Bed, f func(*poll.Options)) {
	opts := b.Options
	f(&opts)
	b.Configure(opts)
}

// withFigures counts the participants whose figures are shown.
func withFigures(s poll.Snapshot) (n int) {
	for _, p := range people(s) {
		if p.Minute != nil {
			n++
		}
	}
	return n
}

// polledWithin fails where a meeting's latest answer, but for one meeting's, is
// older.
func polledWithin(t *testing.T, s poll.Snapshot, age time.Duration, but string) {
	t.Helper()
	for _, m := range s.Meetings {
		if old := s.At.Sub(m.PolledAt); old > age && m.UUID != but {
			t.Errorf("a meeting was polled %v ago", old)
		}
	}
}
