package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/accounts"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/config"
)

// check tells a person whether the exporter can do its work. It tries what serve
// needs to start, and queries each endpoint of each account once, with as few
// requests as possible. Each result is printed as soon as it is known.
func (p *program) check(ctx context.Context) int {
	cfg, err := p.load()
	if cfg == nil {
		fmt.Fprintln(p.stderr, err)
		return exitFailed
	}
	absent, _ := errors.AsType[config.Errors](err)
	if p.checkConfigOnly {
		p.checkConfiguration(cfg, absent)
		if len(absent) > 0 {
			fmt.Fprintln(p.stdout, "The configuration is right, but not all that it refers to is here: see the notes. Zoom was not asked.")
		} else {
			fmt.Fprintln(p.stdout, "The configuration is right; Zoom was not asked.")
		}
		return exitOK
	}
	p.checkConfiguration(cfg, nil)
	n := &notices{after: p.noticeAfter, out: p.stderr}
	start := p.checkStartup(ctx, cfg, absent, n)
	defer start.close()
	return p.verdict(ctx, start, p.checkAccounts(ctx, cfg, start.kept, n))
}

// checkConfiguration reports what the configuration holds for all accounts, and
// which files and variables it refers to are absent.
func (p *program) checkConfiguration(cfg *config.Config, absent config.Errors) {
	from := "the environment"
	switch {
	case p.demo:
		from = "the demo"
	case p.configFile != "":
		from = p.configFile
	}
	names := make([]string, len(cfg.Accounts))
	for i := range cfg.Accounts {
		names[i] = cfg.Accounts[i].Name
	}
	r := newReport(p.stdout, "configuration")
	defer r.end()
	r.add(works, "read from", "%s", from)
	r.add(works, counted(len(names), "account"), "%s", strings.Join(names, ", "))
	r.series(cfg)
	for _, warning := range cfg.Warnings {
		r.add(remark, "warning", "%s", warning)
	}
	for _, err := range absent {
		r.add(remark, "not here", "%v", err)
	}
}

// checkAccounts queries all accounts concurrently, since one that cannot be
// reached takes long, and reports on them in their order.
func (p *program) checkAccounts(ctx context.Context, cfg *config.Config, kept *accounts.Storage, n *notices) []*accountCheck {
	turns := newInTurn(p.stdout, len(cfg.Accounts))
	checks := make([]*accountCheck, len(cfg.Accounts))
	var all sync.WaitGroup
	for i := range cfg.Accounts {
		account := &cfg.Accounts[i]
		checks[i] = p.newAccountCheck(newReport(turns[i], "account "+account.Name), cfg, account, kept, n)
		all.Go(func() {
			defer turns[i].finish()
			checks[i].run(ctx)
		})
	}
	all.Wait()
	return checks
}
