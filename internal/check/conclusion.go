package check

import (
	"context"
	"fmt"
	"strings"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/cli"
)

// conclude writes the conclusion, and reports whether the exporter is ready.
func (c *checker) conclude(ctx context.Context, start *startupCheck, accounts []*accountCheck) (isReady bool) {
	text := "NOT READY: the check was interrupted."
	if ctx.Err() == nil {
		if text = notReady(start, accounts); text == "" {
			text, isReady = ready(start, accounts), true
		}
	}
	fmt.Fprintln(c.out, strings.Join(wrapped(text, reportWidth), "\n"))
	return isReady
}

// notReady says why the exporter is not ready; "" if it is.
func notReady(start *startupCheck, accounts []*accountCheck) string {
	var bad, reasons []string
	for _, c := range accounts {
		if !c.good() {
			bad = append(bad, c.account.Name)
		}
	}
	if start.good() && len(bad) == 0 {
		return ""
	}
	if !start.good() {
		reasons = append(reasons, "the exporter would not start")
	}
	if len(bad) > 0 && len(accounts) > 1 {
		reasons = append(reasons, fmt.Sprintf("%d of %d accounts failed (%s)", len(bad), len(accounts), strings.Join(bad, ", ")))
	}
	text := "NOT READY: "
	if len(reasons) > 0 {
		text += strings.Join(reasons, ", and ") + ": "
	}
	return text + "see MISSING and FAILED above."
}

// ready is the conclusion on an exporter that works, with its limitations.
func ready(start *startupCheck, accounts []*accountCheck) string {
	var but []string
	if len(start.lost) > 0 {
		but = append(but, cli.Join(start.lost, "and")+" will be lost at each restart, see the notes above.")
	}
	if start.untried {
		but = append(but, "the storage was not tried, see the note above.")
	}
	if text := ages(accounts); text != "" {
		but = append(but, text)
	}
	if len(but) == 0 {
		return "READY: everything that is needed works."
	}
	return "READY, but " + strings.Join(but, " Also, ")
}

// ages says how old figures will be where requests do not suffice; "" if they do
// suffice.
func ages(accounts []*accountCheck) string {
	var old []*accountCheck
	for _, c := range accounts {
		if c.pace.age() != "" {
			old = append(old, c)
		}
	}
	switch {
	case len(old) == 0:
		return ""
	case len(accounts) == 1:
		return fmt.Sprintf("figures will be %s: %s. See \"faster\" above.", old[0].pace.age(), old[0].pace.reason())
	}
	parts := make([]string, len(old))
	for i, c := range old {
		parts[i] = fmt.Sprintf("%s, %s, as %s", c.account.Name, c.pace.age(), c.pace.reason())
	}
	return fmt.Sprintf("figures of %d of %d accounts will be old: %s. See \"faster\" above.", len(old), len(accounts), strings.Join(parts, "; "))
}
