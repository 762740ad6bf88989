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
	every    time.Duration
	pass     *listPass // the pass that waits for its pool, or is under way
	pages    int       // what the last complete pass cost
	complete time.Time // when the last pass that met the last page began
	busy     bool      // somebody walks, now
	// excluded are the UUIDs and numbers of what that pass met and the
	// configuration leaves out, for probes of them.
	excluded map[string]bool
}

// listPass is a walk over all pages of a live list. Only a complete one proves
// that a meeting has ended.
type listPass struct {
	at      time.Time
	token   string
	tokenAt time.Time
	tokens  map[string]bool
	pages   int
	// unreadable says that entries could not be read: whatever was not named
	// may have been one of them.
	unreadable bool
	excluded   map[string]bool
}

// listDue gives the kind's list if it is to be asked now: once a minute on
// average, or as rarely as the money wants it, however often and however
// unevenly scrapes come.
func (c *cycle) listDue(kind zoomapi.Kind) *listing {
	c.Account.mu.Lock()
	defer c.Account.mu.Unlock()
	l := c.lists[kind]
	if !c.opts.collects(kind) || l.busy || c.start.Before(c.pauses[listEndpoint(kind)]) {
		return nil
	}
	if l.pass != nil && c.start.Sub(l.pass.tokenAt) < tokenLife {
		l.busy = true
		return l
	}
	if c.start.Before(l.next) {
		return nil
	}
	l.busy = true
	l.every = c.listInterval(c.money())
	l.next = later(l.next.Add(l.every), c.start.Add(l.every-time.Minute+admission))
	l.pass = &listPass{at: c.start, tokenAt: c.start, tokens: make(map[string]bool), excluded: make(map[string]bool)}
	return l
}

// list walks on over a kind's live list, to its end if the limits let it.
func (c *cycle) list(kind zoomapi.Kind, l *listing) {
	defer func() {
		c.Account.mu.Lock()
		defer c.Account.mu.Unlock()
		l.busy = false
	}()
	p := l.pass // its worker's own while the list is busy
	for {
		page, err := try(c, listEndpoint(kind), free{}, func(ctx context.Context) (zoomapi.Page[zoomapi.Live], error) {
			return c.opts.Zoom.List(ctx, kind, p.token)
		})
		if err != nil {
			if !refused(err) && c.ctx.Err() == nil { // what was refused goes on where it stands
				c.passed(listEndpoint(kind), false)
				c.Account.mu.Lock()
				l.pass = nil
				c.Account.mu.Unlock()
			}
			return
		}
		if c.listed(kind, l, p, &page) {
			c.passed(listEndpoint(kind), true)
			return
		}
	}
}

// listed takes a page of a live list and reports whether the walk is over.
func (c *cycle) listed(kind zoomapi.Kind, l *listing, p *listPass, page *zoomapi.Page[zoomapi.Live]) bool {
	c.Account.mu.Lock()
	defer c.Account.mu.Unlock()
	if c.lists[kind] != l {
		return true // the configuration changed meanwhile
	}
	// The settings of now, not those of the cycle's begin: what a reload forbids
	// must not come back.
	opts, failures := &c.Account.opts, c.store.failures
	for i := range page.Rows {
		row := &page.Rows[i]
		if opts.Keep != nil && !opts.Keep(row) {
			if opts.Single != nil {
				p.excluded[qos.Label(row.UUID)], p.excluded[qos.Label(row.ID)] = true, true
			}
			continue
		}
		if m, ok := opts.Converter.Meeting(kind, row, failures); ok {
			if m := c.store.list(&m, row, p.at, opts.watches(row)); m != nil {
				c.began(m)
			}
			if m := c.store.meetings[m.UUID]; m != nil {
				c.counting.engine.Expect(counted(m), m.info.Indicated, c.counting.begun(m, c.zoomTime(m.since)))
			}
		} else {
			failures.Add("uuid", reasonMissing, 1)
		}
	}
	if page.Unreadable > 0 {
		p.unreadable = true
		c.store.unreadable("list_row", page.Unreadable)
	}
	p.pages++
	repeated := page.NextPageToken != "" && p.tokens[page.NextPageToken]
	if page.NextPageToken != "" && !repeated {
		p.token, p.tokenAt = page.NextPageToken, c.clock.Now()
		p.tokens[page.NextPageToken] = true
		return false
	}
	l.pass, l.pages, l.complete, l.excluded = nil, p.pages, p.at, p.excluded
	if !repeated && !p.unreadable {
		c.store.unlist(kind, p.at)
		c.ended(p.at)
		c.endedUnseen(kind, p.at)
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
