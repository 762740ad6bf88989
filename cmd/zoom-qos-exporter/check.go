package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/config"
)

// check tells a person whether the exporter can do its work: it asks each
// endpoint of each account once, as little as that takes.
func (p *program) check(ctx context.Context, cfg *config.Config) int {
	if p.checkConfigOnly {
		p.printConfiguration(cfg, nil)
		fmt.Fprintln(p.stdout, "The configuration is right; Zoom was not asked.")
		return exitOK
	}
	kept, held := openStorage(p.storagePath, p.clock, p.log, 0)
	if held == nil {
		defer kept.close()
	}
	p.printConfiguration(cfg, held)

	// Side by side, since an account whose Zoom is out of reach takes long.
	reports := make([]chan *report, len(cfg.Accounts))
	for i := range cfg.Accounts {
		reports[i] = make(chan *report, 1)
		go func() { reports[i] <- p.checkAccount(ctx, cfg, &cfg.Accounts[i], kept) }()
	}
	var bad []string
	for i, ready := range reports {
		r := <-ready
		_, _ = io.WriteString(p.stdout, r.String()+"\n")
		if !r.good() {
			bad = append(bad, cfg.Accounts[i].Name)
		}
	}
	return p.printVerdict(ctx, len(cfg.Accounts), bad)
}

// checkAccount asks one account and reports on it. What it asks is entered in
// the ledger that is kept, if there is one and the exporter does not hold it.
func (p *program) checkAccount(ctx context.Context, cfg *config.Config, account *config.Account, kept *storage) *report {
	limits := budget.Limits(account.RateLimits)
	var ledger *budget.Budget
	if kept != nil && kept.store != nil {
		ledger = kept.ledger(account)
		defer func() { _ = ledger.Save() }() // its journal tells the log
	} else {
		ledger = budget.New(budget.Options{Limits: limits, Reserve: account.Reserve, Clock: p.clock})
	}
	witness := newWitness(ledger, limits)
	s := newSurvey(account, p.clock)
	client, err := dial(account, cfg, p.clock, witness, witness)
	if err != nil {
		s.tokenErr = err
	} else {
		s.ask(ctx, client)
		client.Close()
	}
	r := newReport("account " + account.Name)
	c := conclusions{report: r, survey: s, cfg: cfg, ledger: ledger, witness: witness}
	c.write()
	return r
}

// printConfiguration tells what the configuration holds for all accounts. held
// is why the storage can't be used; nil if it can.
func (p *program) printConfiguration(cfg *config.Config, held error) {
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
	r := newReport("configuration")
	r.add(works, "read from", "%s", from)
	r.add(works, counted(len(names), "account"), "%s", strings.Join(names, ", "))
	r.series(cfg)
	for _, warning := range cfg.Warnings {
		r.add(remark, "warning", "%s", warning)
	}
	if hashes(&cfg.Privacy.Fields) && cfg.Privacy.Key.Reveal() == "" && p.storagePath == "" {
		r.add(remark, "hashed labels", "will change at every start: give --storage.path or privacy.key_file to keep their key")
	}
	if held != nil {
		r.add(remark, "storage", "the exporter is at work on %s: this check does not see what it has spent, and asks little", p.storagePath)
	}
	fmt.Fprintln(p.stdout, r)
}

func (p *program) printVerdict(ctx context.Context, accounts int, bad []string) int {
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(p.stdout, "NOT READY: the check was interrupted.")
	case len(bad) == 0:
		fmt.Fprintln(p.stdout, "READY: everything that is needed works.")
		return exitOK
	case accounts == 1:
		fmt.Fprintln(p.stdout, "NOT READY: see MISSING and FAILED above.")
	default:
		fmt.Fprintf(p.stdout, "NOT READY: %d of %d accounts, %s: see MISSING and FAILED above.\n",
			len(bad), accounts, strings.Join(bad, ", "))
	}
	return exitFailed
}
