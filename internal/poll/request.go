package poll

import (
	"context"
	"errors"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/live"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/plan"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// retryDelay is long enough for a load balancer to look elsewhere; the waits that
// Zoom asks for are the budget's.
const retryDelay = 500 * time.Millisecond

// walk is how a cycle asks for the pages of one of Zoom's lists. All of its
// functions but send are called with the account's mutex held.
type walk[Row any] struct {
	endpoint zoomapi.Endpoint
	bucket   *plan.Bucket // that its requests take from; nil is free of charge
	// next names the meeting and the page of the next request.
	next func(now live.Now) (id, token string)
	send func(ctx context.Context, id, token string) (zoomapi.Page[Row], error)
	// handle takes an answer and fail a failure; both report whether there is more to
	// ask for.
	handle func(page *zoomapi.Page[Row], now live.Now) (more bool)
	fail   func(f live.Failure, err error, now live.Now) (more bool)
	// sent, if not nil, notes a request that was sent.
	sent func()
}

// run asks for page after page while there is more. A failure that may pass is
// retried once; nothing else retries, as Zoom may count each attempt.
func (w *walk[Row]) run(c *cycle) {
	var id, token string
	for retry := false; ; {
		err := w.begin(c, &id, &token, retry)
		admitted := err == nil
		var page zoomapi.Page[Row]
		if admitted {
			page, err = w.send(c.requestContext(), id, token)
		}
		again := admitted && !retry && err != nil && passes(err) && !c.stopping()
		more, commit := w.end(c, &page, err, admitted, again)
		if commit {
			c.account.commitUnlessBusy()
		}
		retry = again
		if again {
			_ = c.account.clock.Sleep(c.account.ctx, retryDelay) // the next event sees that the account stops
		} else if !more {
			return
		}
	}
}

// begin is the event before a request.
func (w *walk[Row]) begin(c *cycle, id, token *string, retry bool) error {
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	err := c.admit(w.endpoint, w.bucket)
	if err == nil && !retry {
		*id, *token = w.next(a.now())
	}
	return err
}

// end is the event after a request: its answer, its failure, or that it was not
// admitted. It reports whether there is more to ask for, and whether a commit of
// what was counted is due.
func (w *walk[Row]) end(c *cycle, page *zoomapi.Page[Row], err error, admitted, again bool) (more, commit bool) {
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	if admitted {
		if refused(err) && w.bucket != nil {
			w.bucket.Return()
		} else if !refused(err) && w.sent != nil {
			w.sent()
		}
		if !c.stopping() {
			c.record(w.endpoint, err)
		}
	}
	now := a.now()
	switch {
	case again:
		return true, false
	case err == nil && !c.stopping():
		more = w.handle(page, now)
	default:
		more = w.fail(live.Failure{
			Reason:   zoomapi.ReasonOf(err),
			HeldBack: refused(err) || c.stopping(),
			Unpaid:   errors.Is(err, errUnpaid) || errors.Is(err, budget.ErrExhausted),
		}, err, now)
	}
	return more, a.commitDue(now.Time)
}
