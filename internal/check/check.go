// Package check diagnoses an installation: it takes the steps that the exporter
// takes to start, requests each endpoint of each account once, and reports to a
// person what works, what is missing and what to do about it.
package check

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/accounts"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/config"
)

// Options say what to check besides the configuration, and where to report.
type Options struct {
	// Report receives each result as soon as it is known.
	Report io.Writer
	// Progress receives a notice of what the check waits for, if that takes
	// longer than NoticeAfter.
	Progress    io.Writer
	NoticeAfter time.Duration
	Clock       clock.Clock
	// UserID is the user who runs the check.
	UserID int
	// Source is where the configuration comes from, in words.
	Source string
	// The values of the exporter's flags.
	StoragePath     string
	WebConfigFile   string
	ListenAddresses []string
	SystemdSocket   bool
	DebugAddress    string
}

// checker is a check of a configuration.
type checker struct {
	Options
	out *errWriter // of Report
	cfg *config.Config
	// absent lists the files and variables that the configuration refers to and
	// that are unavailable.
	absent  config.Errors
	notices *notices
}

func newChecker(o Options, cfg *config.Config, absent config.Errors) *checker {
	return &checker{
		Options: o, out: &errWriter{w: o.Report}, cfg: cfg, absent: absent,
		notices: &notices{after: o.NoticeAfter, out: o.Progress},
	}
}

// Config reports on a configuration alone. absent lists the files and variables
// that it refers to and that are unavailable. The error is that of writing the
// report.
func Config(o Options, cfg *config.Config, absent config.Errors) error {
	c := newChecker(o, cfg, absent)
	r := c.reportConfig()
	for _, err := range absent {
		r.add(note, "unavailable", "%v", err)
	}
	r.end()
	but := ""
	if len(absent) > 0 {
		but = ", but not all that it refers to is available here: see the notes"
	}
	fmt.Fprintf(c.out, "The configuration is valid%s. Nothing was requested from Zoom.\n", but)
	return c.out.err
}

// Run checks whether the exporter can do its work with a configuration, and
// reports on it until ctx ends. absent lists the files and variables that cfg
// refers to and that are unavailable. The error is that of writing the report.
func Run(ctx context.Context, o Options, cfg *config.Config, absent config.Errors) (ready bool, err error) {
	c := newChecker(o, cfg, absent)
	c.reportConfig().end()
	start := c.checkStartup(ctx)
	defer start.close()
	ready = c.conclude(ctx, start, c.checkAccounts(ctx, start.storage))
	return ready, c.out.err
}

// reportConfig reports what the configuration holds for all accounts.
func (c *checker) reportConfig() *report {
	names := make([]string, len(c.cfg.Accounts))
	for i := range c.cfg.Accounts {
		names[i] = c.cfg.Accounts[i].Name
	}
	r := newReport(c.out, "configuration")
	r.add(passed, "read from", "%s", c.Source)
	r.add(passed, counted(len(names), "account"), "%s", strings.Join(names, ", "))
	r.series(c.cfg)
	for _, warning := range c.cfg.Warnings {
		r.add(note, "warning", "%s", warning)
	}
	return r
}

// checkAccounts checks all accounts concurrently, since one that cannot be
// reached takes long, and reports on them in their order. The requests are
// recorded in storage, if that is not nil.
func (c *checker) checkAccounts(ctx context.Context, storage *accounts.Storage) []*accountCheck {
	turns := newInTurn(c.out, len(c.cfg.Accounts))
	checks := make([]*accountCheck, len(c.cfg.Accounts))
	var all sync.WaitGroup
	for i := range c.cfg.Accounts {
		account := &c.cfg.Accounts[i]
		checks[i] = c.newAccountCheck(newReport(turns[i], "account "+account.Name), account, storage)
		all.Go(func() {
			defer turns[i].finish()
			checks[i].run(ctx)
		})
	}
	all.Wait()
	return checks
}
