package live

import (
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

const (
	// tokenLife is how long a page token is used; Zoom says 15 minutes.
	tokenLife = 14 * time.Minute
	// pageRows is the page size of the QoS lists, Zoom's maximum there.
	pageRows = 10
	// listRows is the page size of the other lists.
	listRows = 300
	// maxRows bounds what is believed of a meeting's size: Zoom's largest webinars
	// take 50,000.
	maxRows = 50_000
)

// pagesOf returns how many pages of the QoS list so many rows take; none take one,
// too.
func pagesOf(rows int) int { return max(1, (rows+pageRows-1)/pageRows) }

// walk is a walk over all pages of one of Zoom's lists, which follow one another
// by token. At any time it is before its first page (no token) or between two
// pages; a walk whose token has expired cannot go on.
type walk struct {
	begun   time.Time
	token   string    // of the next page; "" before the first
	tokenAt time.Time // when it was received, or when the walk began
	tokens  map[string]bool
	pages   int // answered
}

func newWalk(now time.Time) walk {
	return walk{begun: now, tokenAt: now, tokens: make(map[string]bool)}
}

// alive reports whether the walk can go on.
func (w *walk) alive(now time.Time) bool { return now.Sub(w.tokenAt) < tokenLife }

// left returns how many of so many pages are still to be asked for.
func (w *walk) left(pages int) int { return max(1, pages-w.pages) }

// step is where an answer leads a walk.
type step uint8

const (
	onward  step = iota // to the next page
	last                // there is none: the walk was complete
	circled             // back to an earlier page; it would never end
)

// advance takes the token that a page's answer gave for the next one.
func (w *walk) advance(token string, now time.Time) step {
	w.pages++
	switch {
	case token == "":
		return last
	case w.tokens[token]:
		return circled
	}
	w.token, w.tokenAt, w.tokens[token] = token, now, true
	return onward
}

// Failure says why a request brought no answer.
type Failure struct {
	// Reason is that of the error; where HeldBack it says nothing.
	Reason zoomapi.Reason
	// HeldBack says that the request was not sent, or that the exporter stops: it
	// says nothing about what was asked for.
	HeldBack bool
	// Unpaid says that it was held back as the budget or the allowance is spent.
	Unpaid bool
}
