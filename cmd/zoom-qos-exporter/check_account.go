package main

import (
	"context"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/config"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// accountCheck queries one account and reports each answer as it arrives.
type accountCheck struct {
	*report
	*survey
	cfg     *config.Config
	kept    *storage // nil if the requests are not recorded
	ledger  *budget.Budget
	witness *witness
	notices *notices
	now     time.Time
	// pace is how often figures will be refreshed; nil if that is unknown.
	pace *pace
}

// newAccountCheck makes the check of an account. Its requests are recorded in
// the account's ledger in kept, if that is not nil.
func (p *program) newAccountCheck(r *report, cfg *config.Config, account *config.Account, kept *storage, n *notices) *accountCheck {
	c := &accountCheck{report: r, survey: newSurvey(account, p.clock), cfg: cfg, notices: n}
	if kept != nil && account.AccountID != "" {
		c.kept, c.ledger = kept, kept.ledger(account)
	} else {
		c.ledger = budget.New(budget.Options{Limits: account.RateLimits, Reserve: account.Reserve, Clock: p.clock})
	}
	c.witness = newWitness(c.ledger, account.RateLimits)
	c.witness.waits = func(wait func()) { c.waitFor("a free slot in the rate limits", wait) }
	return c
}

// run queries the account until ctx ends.
func (c *accountCheck) run(ctx context.Context) {
	defer c.end()
	if c.kept != nil {
		defer func() { _ = c.ledger.Save() }() // the storage logs failures
	}
	c.settings()
	complete := c.ask(ctx)
	c.now = c.ledger.ZoomTime().UTC() // as the days of what is learned are Zoom's
	if complete {
		c.people()
		c.limits()
		c.liveSeries()
	}
	c.spent()
}

// ask tries the token and each endpoint. It is false if it could not try all.
func (c *accountCheck) ask(ctx context.Context) bool {
	if a := c.account; a.AccountID == "" || a.ClientID == "" || a.ClientSecret == "" {
		c.add(skipped, "token", "the credentials cannot be read, see above")
		return false
	}
	client, err := dial(c.account, c.cfg, c.clock, c.witness, c.witness)
	if err != nil {
		c.tokenErr = err
	} else {
		defer client.Close()
		c.waitFor("a token", func() { c.token, c.tokenErr = client.Token(ctx) })
	}
	if c.tokenErr != nil {
		v, text := c.judge(c.tokenErr, "")
		c.add(v, "token", "%s", text)
		c.add(skipped, "the rest", "it takes a token")
		return false
	}
	c.reportToken()
	for _, k := range c.kinds {
		c.askKind(ctx, client, k)
	}
	c.reportMissingScopes()
	if ctx.Err() != nil {
		c.add(skipped, "the rest", "interrupted")
		return false
	}
	return true
}

// askKind tries the endpoints of meetings, or of webinars, one after the other.
func (c *accountCheck) askKind(ctx context.Context, client *zoomapi.Client, k *kindSurvey) {
	noun := string(k.kind)
	for _, step := range []struct {
		what   string
		ask    func(context.Context, *zoomapi.Client, *kindSurvey)
		report func(*kindSurvey)
	}{
		{"the list of live " + noun + "s", c.askList, c.reportList},
		{"the figures of a " + noun, c.askQoS, c.reportQoS},
		{"the participants of a " + noun, c.askPeople, c.reportPeople},
	} {
		if ctx.Err() != nil {
			return
		}
		c.waitFor(step.what, func() { step.ask(ctx, client, k) })
		step.report(k)
	}
}

func (c *accountCheck) waitFor(what string, f func()) {
	c.notices.during(what+" (account "+c.account.Name+")", f)
}
