package poll

import (
	"context"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// listing is the state of a kind's live list.
type listing struct {
	next     time.Time // no new pass before this
	pass     *listPass // the pass that waits for its pool, or is under way
	pages    int       // what the last complete pass cost
	complete time.Time // when the last complete pass began
}

// listPass is a walk over all pages of a live list. Only a complete one proves
// that a meeting has ended.
type listPass struct {
	at      time.Time
	token   string
	tokenAt time.Time
	tokens  map[string]bool
	pages   int
}

// listDue reports whether a kind's list is to be asked now: once a minute on
// average, however often and however unevenly scrapes come.
func (c *cycle) listDue(kind zoomapi.Kind) bool {
	c.Account.mu.Lock()
	defer c.Account.mu.Unlock()
	if !c.opts.collects(kind) || c.start.Before(c.pauses[listEndpoint(kind)]) {
		return false
	}
	l := c.lists[kind]
	if l.pass != nil && c.start.Sub(l.pass.tokenAt) < tokenLife {
		return true
	}
	if c.start.Before(l.next) {
		return false
	}
	l.next = later(l.next.Add(listEvery), c.start.Add(admission))
	l.pass = &listPass{at: c.start, tokenAt: c.start, tokens: make(map[string]bool)}
	return true
}

// list walks on over a kind's live list, to its end if the limits let it.
func (c *cycle) list(kind zoomapi.Kind) {
	c.Account.mu.Lock()
	l := c.lists[kind]
	p := l.pass
	c.Account.mu.Unlock()
	for {
		page, err := try(c, listEndpoint(kind), func(ctx context.Context) (zoomapi.Page[zoomapi.Live], error) {
			return c.opts.Zoom.List(ctx, kind, p.token)
		})
		if err != nil {
			if !refused(err) { // what was refused goes on where it stands
				c.Account.mu.Lock()
				l.pass = nil
				c.Account.mu.Unlock()
			}
			return
		}
		if c.listed(kind, l, p, &page) {
			return
		}
	}
}

// listed takes a page of a live list and reports whether the walk is over.
func (c *cycle) listed(kind zoomapi.Kind, l *listing, p *listPass, page *zoomapi.Page[zoomapi.Live]) bool {
	failures := make(qos.Failures)
	meetings := make([]qos.Meeting, 0, len(page.Rows))
	for i := range page.Rows {
		row := &page.Rows[i]
		if c.opts.Keep != nil && !c.opts.Keep(row) {
			continue
		}
		if m, ok := c.opts.Converter.Meeting(kind, row, failures); ok {
			meetings = append(meetings, m)
		} else {
			failures.Add("uuid", reasonMissing, 1)
		}
	}
	if page.Unreadable > 0 {
		failures.Add("list_row", reasonMalformed, uint64(page.Unreadable))
	}

	c.Account.mu.Lock()
	defer c.Account.mu.Unlock()
	c.store.fail(failures)
	if c.lists[kind] != l {
		return true // the configuration changed meanwhile
	}
	for i := range meetings {
		c.store.list(&meetings[i], p.at)
	}
	p.pages++
	repeated := page.NextPageToken != "" && p.tokens[page.NextPageToken]
	if page.NextPageToken != "" && !repeated {
		p.token, p.tokenAt = page.NextPageToken, c.clock.Now()
		p.tokens[page.NextPageToken] = true
		return false
	}
	l.pass, l.pages = nil, p.pages
	if !repeated && page.Unreadable == 0 {
		l.complete = p.at
		c.store.unlist(kind, p.at)
	}
	return true
}

// Reasons of unreadable fields beyond the parser's own.
const (
	reasonMissing   = "missing"
	reasonMalformed = "malformed"
)

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
