package zoomsim

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// BenchmarkQoSPage answers a page of ten people, with an hour of history and with
// the newest minute only.
func BenchmarkQoSPage(b *testing.B) {
	for name, mode := range map[string]HistoryMode{"hour": HistoryFull, "newest": HistoryNewest} {
		b.Run(name, func(b *testing.B) {
			s := New(Options{
				Seed: 1, Fixed: true, Meetings: 1, Participants: 10, History: 60,
				Limits: &Limits{}, Moods: Moods{History: mode},
			})
			token := s.tokens.issue(1, s.opts.Now(), s.opts.Token.Life, false)
			path := "/v2/metrics/meetings/" + number(s.Live(zoomapi.Meeting)[0]) + "/participants/qos?page_size=10"
			handler := s.Handler()
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequest(http.MethodGet, path, nil)
				r.Header.Set("Authorization", "Bearer "+token)
				w := &discard{header: http.Header{}}
				handler.ServeHTTP(w, r)
				if w.status != http.StatusOK {
					b.Fatal(w.status)
				}
				b.SetBytes(int64(w.size))
			}
		})
	}
}

// discard is a ResponseWriter that only counts bytes.
type discard struct {
	header http.Header
	status int
	size   int
}

func (d *discard) Header() http.Header    { return d.header }
func (d *discard) WriteHeader(status int) { d.status = status }
func (d *discard) Write(b []byte) (int, error) {
	d.size += len(b)
	return len(b), nil
}
