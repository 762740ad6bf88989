package poll

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/plan"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// noLimits is a budget without any.
type noLimits struct{}

func (noLimits) ZoomTime() zoomtime.Time                 { return zoomtime.Of(time.Now()) }
func (noLimits) Left(zoomapi.Class) (int, time.Duration) { return 1000, time.Hour }
func (noLimits) Status() []budget.PoolStatus             { return nil }
func zoomError(reason zoomapi.Reason) error              { return &zoomapi.Error{Reason: reason} }
func heldBack(unpaid bool) live.Failure                  { return live.Failure{HeldBack: true, Unpaid: unpaid} }
func failed(reason zoomapi.Reason) live.Failure          { return live.Failure{Reason: reason} }
func tokens(n float64) (b plan.Bucket)                   { b.Fill(time.Now(), 0, 100); b.SetTokens(n); return b }

// Each request takes a token, which comes back only if nothing was sent; what may
// pass is retried once, and every walk ends by an answer or a failure.
func TestRequests(t *testing.T) {
	const endpoint = zoomapi.ListMeetingParticipantsQoS
	server, notLive := zoomError(zoomapi.ReasonServer), zoomError(zoomapi.ReasonNotLive)
	for _, tt := range []struct {
		name    string
		tokens  float64
		answers []error // of the requests, one by one
		pages   int     // that the answers go on for; 0 is one
		more    bool    // a failure says to ask again
		prepare func(*Account, *cycle)
		closes  time.Duration // the account does, so long after the begin; each request takes a second
		sends   int
		spent   int // tokens
		sent    int // requests that were
		handled int // answers
		failed  []live.Failure
	}{
		{name: "answered", tokens: 9, answers: []error{nil}, sends: 1, spent: 1, sent: 1, handled: 1},
		{name: "two pages", tokens: 9, answers: []error{nil, nil}, pages: 2, sends: 2, spent: 2, sent: 2, handled: 2},
		{name: "fails once", tokens: 9, answers: []error{server, nil}, sends: 2, spent: 2, sent: 2, handled: 1},
		{name: "fails twice", tokens: 9, answers: []error{server, server}, sends: 2, spent: 2, sent: 2, failed: []live.Failure{failed(zoomapi.ReasonServer)}},
		{name: "each page fails once", tokens: 9, answers: []error{server, nil, server, nil}, pages: 2, sends: 4, spent: 4, sent: 4, handled: 2},
		{name: "fails for good", tokens: 9, answers: []error{notLive}, sends: 1, spent: 1, sent: 1, failed: []live.Failure{failed(zoomapi.ReasonNotLive)}},
		{name: "by another name", tokens: 9, answers: []error{notLive, nil}, more: true, sends: 2, spent: 2, sent: 2, handled: 1, failed: []live.Failure{failed(zoomapi.ReasonNotLive)}},
		{name: "by another name, which fails once", tokens: 9, answers: []error{notLive, server, nil}, more: true, sends: 3, spent: 3, sent: 3, handled: 1, failed: []live.Failure{failed(zoomapi.ReasonNotLive)}},
		{name: "the budget is exhausted", tokens: 9, answers: []error{budget.ErrExhausted}, sends: 1, failed: []live.Failure{heldBack(true)}},
		{name: "too late", tokens: 9, answers: []error{nil, budget.ErrTooLate}, pages: 2, sends: 2, spent: 1, sent: 1, handled: 1, failed: []live.Failure{heldBack(false)}},
		{name: "no token", tokens: 0.9, failed: []live.Failure{heldBack(true)}},
		{name: "no token for the second page", tokens: 1, answers: []error{nil}, pages: 2, sends: 1, spent: 1, sent: 1, handled: 1, failed: []live.Failure{heldBack(true)}},
		{name: "no token for the retry", tokens: 1, answers: []error{server}, sends: 1, spent: 1, sent: 1, failed: []live.Failure{heldBack(true)}},
		{name: "paused", tokens: 9, prepare: func(a *Account, _ *cycle) { a.endpoints.pause(endpoint, time.Now().Add(time.Hour)) }, failed: []live.Failure{heldBack(false)}},
		{name: "given up", tokens: 9, prepare: func(_ *Account, c *cycle) { c.result(endpoint).inRow = giveUp }, failed: []live.Failure{heldBack(false)}},
		{name: "given up before the retry", tokens: 9, answers: []error{server}, prepare: func(_ *Account, c *cycle) { c.result(endpoint).inRow = giveUp - 1 }, sends: 1, spent: 1, sent: 1, failed: []live.Failure{heldBack(false)}},
		{name: "closed during a request", tokens: 9, answers: []error{nil}, pages: 2, closes: time.Second / 2, sends: 1, spent: 1, sent: 1, failed: []live.Failure{heldBack(false)}},
		{name: "closed before the retry", tokens: 9, answers: []error{server}, closes: 5 * time.Second / 4, sends: 1, spent: 1, sent: 1, failed: []live.Failure{heldBack(false)}},
		{name: "closed before it began", tokens: 9, closes: -1, failed: []live.Failure{heldBack(false)}},
	} {
		synctest.Test(t, func(t *testing.T) {
			bucket := tokens(tt.tokens)
			a := New("test", Options{Settings: live.Settings{Converter: new(qos.Converter), Meetings: true}, Budget: noLimits{}}, clock.System{}, zap.NewNop())
			c := a.newCycle(&bucket)
			if tt.prepare != nil {
				tt.prepare(a, c)
			}
			if tt.closes < 0 {
				a.cancel()
			} else if tt.closes > 0 {
				time.AfterFunc(tt.closes, a.cancel)
			}
			sends, sent, handled := 0, 0, 0
			var failures []live.Failure
			(&walk[int]{
				endpoint: endpoint,
				bucket:   &bucket,
				next:     func(live.Now) (id, token string) { return "id", "token" },
				send: func(_ context.Context, id, token string) (page zoomapi.Page[int], err error) {
					if id != "id" || token != "token" {
						t.Errorf("%s: asked for %q, %q", tt.name, id, token)
					}
					time.Sleep(time.Second)
					sends++
					if sends > len(tt.answers) {
						return page, zoomError(zoomapi.ReasonOther)
					}
					return page, tt.answers[sends-1]
				},
				handle: func(*zoomapi.Page[int], live.Now) bool {
					handled++
					return handled < tt.pages
				},
				fail: func(f live.Failure, _ error, _ live.Now) bool {
					if f.HeldBack {
						f.Reason = "" // it says nothing
					}
					failures = append(failures, f)
					return tt.more && len(failures) == 1
				},
				sent: func() { sent++ },
			}).run(c)
			if sends != tt.sends || bucket.Spent != tt.spent || sent != tt.sent || handled != tt.handled || !slices.Equal(failures, tt.failed) {
				t.Errorf("%s: %d requests, %d tokens spent, %d sent, %d answers and failures %+v; want %d, %d, %d, %d and %+v", tt.name,
					sends, bucket.Spent, sent, handled, failures, tt.sends, tt.spent, tt.sent, tt.handled, tt.failed)
			}
			if got := bucket.Tokens(); got != tt.tokens-float64(tt.spent) {
				t.Errorf("%s: %v tokens are left", tt.name, got)
			}
			a.cancel()
		})
	}
}
