package check

import (
	"context"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/accounts"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/config"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// accountCheck makes requests for one account and reports each result as soon as
// it is known.
type accountCheck struct {
	*report
	*survey
	cfg      *config.Config
	storage  *accounts.Storage // nil if the requests are not recorded
	budget   *budget.Budget
	recorder *recorder
	notices  *notices
	now      time.Time
	// pace is how often figures will be refreshed; nil if that is unknown.
	pace *pace
}

// newAccountCheck returns the check of an account. Its requests are recorded in
// storage, if that is not nil.
func (c *checker) newAccountCheck(r *report, account *config.Account, storage *accounts.Storage) *accountCheck {
	a := &accountCheck{report: r, survey: newSurvey(account, c.Clock), cfg: c.cfg, notices: c.notices}
	if storage != nil && account.AccountID != "" {
		a.storage, a.budget = storage, storage.Budget(account)
	} else {
		a.budget = budget.New(budget.Options{Limits: account.RateLimits, Reserve: account.Reserve, Clock: c.Clock})
	}
	a.recorder = newRecorder(a.budget, account.RateLimits)
	a.recorder.wait = func(f func()) { a.waitFor("a free slot in the rate limits", f) }
	return a
}

// run checks the account until ctx ends.
func (c *accountCheck) run(ctx context.Context) {
	defer c.end()
	c.reportSettings()
	complete := c.requestAll(ctx)
	c.now = c.budget.ZoomTime().UTC() // the hours of learned demand are Zoom's
	if complete {
		c.reportFields()
		c.reportLimits()
		c.reportPace()
		c.reportLiveSeries()
	}
	c.reportSpending()
	if c.storage == nil {
		return
	}
	if err := c.budget.Save(); err != nil {
		c.add(note, "storage", "the requests of this check could not be recorded: %v", err)
	}
}

// requestAll requests a token and each endpoint, and reports whether it tried all
// of them.
func (c *accountCheck) requestAll(ctx context.Context) bool {
	if a := c.account; a.AccountID == "" || a.ClientID == "" || a.ClientSecret == "" {
		c.add(skipped, "token", "the credentials cannot be read, see above")
		return false
	}
	client, err := accounts.NewClient(c.account, c.cfg, c.clock, c.recorder, c.recorder)
	if err != nil {
		c.tokenErr = err
	} else {
		defer client.Close()
		c.waitFor("a token", func() { c.token, c.tokenErr = client.Token(ctx) })
	}
	if c.tokenErr != nil {
		s, text := c.explain(c.tokenErr, "")
		c.add(s, "token", "%s", text)
		c.add(skipped, "the rest", "requires a token")
		return false
	}
	c.reportToken()
	for _, k := range c.kinds {
		c.requestKind(ctx, client, k)
	}
	c.reportMissingScopes()
	if ctx.Err() != nil {
		c.add(skipped, "the rest", "interrupted")
		return false
	}
	return true
}

// requestKind requests the endpoints of meetings, or of webinars, one after the
// other.
func (c *accountCheck) requestKind(ctx context.Context, client *zoomapi.Client, k *kindSurvey) {
	noun := string(k.kind)
	for _, step := range []struct {
		what    string
		request func(context.Context, *zoomapi.Client, *kindSurvey)
		report  func(*kindSurvey)
	}{
		{"the list of live " + noun + "s", c.requestList, c.reportList},
		{"the figures of a " + noun, c.requestQoS, c.reportQoS},
		{"the participants of a " + noun, c.requestParticipants, c.reportParticipants},
	} {
		if ctx.Err() != nil {
			return
		}
		c.waitFor(step.what, func() { step.request(ctx, client, k) })
		step.report(k)
	}
}

func (c *accountCheck) waitFor(what string, f func()) {
	c.notices.during(what+" (account "+c.account.Name+")", f)
}
