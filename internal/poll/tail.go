package poll

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

const (
	// tailPatience is how long after its end a meeting's last minutes are
	// waited for.
	tailPatience = 2 * time.Hour
	// maxBefore is how long before it was first listed a meeting may have begun:
	// what is further back no tail is counted from, and one mad date must not be
	// years that were lost.
	maxBefore = 48 * time.Hour
	// summaryPages bounds a summary: one page for ten of the most rows.
	summaryPages = maxRows / pageRows
)

// tailTries are how long after its end a meeting is asked for. Zoom answers as
// if it did not exist until it has settled the past.
var tailTries = [...]time.Duration{5 * time.Minute, 15 * time.Minute, 35 * time.Minute, 70 * time.Minute, 110 * time.Minute}

// tail is a meeting that has ended and whose last minutes are still to be had.
type tail struct {
	// uuid and kind never change.
	uuid string
	kind zoomapi.Kind

	entry      *zoomapi.Live // of the live list, for other settings to judge; nil since a restart
	department string
	number     string        // "" where it is not known, or names another instance by now
	byNumber   bool          // its UUID was not understood while it was live
	live       zoomtime.Time // when it was known to be live last
	ended      time.Time     // zero since a restart, until Zoom's clock is known
	rows       int           // to be expected; 0 is unknown
	minutes    float64       // from begin to end; 0 is unknown

	next  time.Time // no attempt before it
	tries int       // that Zoom answered in vain
	spent int       // requests
	poor  bool      // it was held back for want of money
	busy  bool      // by a worker, now
	pass  *tailPass // the walk over its pages that is under way; nil before it
	// due says that it could have been asked for since next: one that was never
	// due, as nobody scraped, is not given up before it was.
	due bool
}

// tailPass is a walk over all pages of a past answer.
type tailPass struct {
	token   string
	tokenAt time.Time
	tokens  map[string]bool
	pages   int
	renewed bool
	partial bool // not all of it could be read
	ours    bool // what the number answers is of this instance
}

func newTail(uuid string, kind zoomapi.Kind, ended time.Time, rows int) *tail {
	return &tail{uuid: uuid, kind: kind, ended: ended, rows: rows, next: ended.Add(tailTries[0])}
}

// pages is what is left to ask for, in requests.
func (t *tail) pages() int {
	pages := pagesOf(t.rows)
	if t.pass != nil {
		pages = max(1, pages-t.pass.pages)
	}
	return pages
}

// worth is how many participant-minutes a request brings, at most.
func (t *tail) worth() float64 { return t.minutes * float64(t.rows) / float64(t.pages()) }

// began notes that a meeting is live. The mutex is held.
func (a *Account) began(m *meeting) {
	n := &a.counting
	n.engine.Expect(counted(m), m.info.Indicated, n.begun(m, a.zoomTime(m.since)))
	n.engine.Resume(m.uuid)
	delete(n.tails, m.uuid)
	delete(n.unseen, m.uuid)
	for _, t := range n.tails {
		if t.number == m.number {
			t.number = "" // it names this instance now
		}
	}
}

// ended notes that the meetings which the store has forgotten ended at about at:
// their tails are waited for. The mutex is held.
func (a *Account) ended(at time.Time) {
	n, zoomAt := &a.counting, a.zoomTime(at)
	for _, m := range a.store.takeGone() {
		n.engine.EndMeeting(m.uuid, zoomAt)
		t := newTail(m.uuid, m.kind, at, m.rows())
		t.entry, t.department = m.live, m.info.Facts.Department
		t.number, t.byNumber, t.live = m.number, m.byNumber, a.zoomTime(m.liveAt())
		t.minutes = fullMinutes(n.begun(m, a.zoomTime(m.since)), zoomAt)
		if a.store.named(m.number) {
			t.number = ""
		}
		n.tails[m.uuid] = t
	}
}

// begun is when a meeting's minutes began to count, as far as is known.
// since is when it was first listed.
func (n *counting) begun(m *meeting, since zoomtime.Time) zoomtime.Time {
	start := m.info.Start
	switch {
	case start.IsZero() || !start.Before(since) || since.Sub(start) >= maxBefore:
		return since
	case start.Before(n.from):
		return n.from
	}
	return start
}

// fullMinutes counts the full minutes from an instant to another, as Zoom's
// figures are of the top of a minute.
func fullMinutes(from, to zoomtime.Time) float64 {
	first, last := from.Add(time.Minute-1).Truncate(time.Minute), to.Truncate(time.Minute)
	return max(0, (last.Sub(first) + time.Minute).Minutes())
}

// endedUnseen ends the meetings of a kind that were live before the start, and
// that a complete list pass begun at passAt did not name. The mutex is held.
func (a *Account) endedUnseen(kind zoomapi.Kind, passAt time.Time) {
	n, zoomAt := &a.counting, a.zoomTime(passAt)
	for uuid, k := range n.unseen {
		if k == kind {
			delete(n.unseen, uuid)
			n.engine.EndMeeting(uuid, zoomAt)
			n.tails[uuid] = newTail(uuid, kind, passAt, 0)
		}
	}
}

// excluded closes what is not collected any more. The mutex is held.
func (a *Account) excluded() {
	n := &a.counting
	if !n.ready {
		return // beginCounting calls it again
	}
	now := a.zoomNow()
	leave := func(uuid string) {
		n.engine.MetAll(uuid) // whoever else is there is not wanted
		n.engine.Close(uuid, readings.NoAnswer, now)
	}
	for _, m := range a.store.takeGone() {
		leave(m.uuid)
	}
	for uuid, t := range n.tails {
		if !a.opts.collects(t.kind) || t.entry != nil && a.opts.Keep != nil && !a.opts.Keep(t.entry) {
			delete(n.tails, uuid)
			leave(uuid)
		}
	}
	for uuid, kind := range n.unseen {
		if !a.opts.collects(kind) {
			delete(n.unseen, uuid)
			leave(uuid)
		}
	}
}

// dueTails are the tails to ask for now, those that ended first before others,
// as far as the money goes. Those that waited too long are given up. The mutex
// is held.
func (c *cycle) dueTails(now time.Time) (due []*tail) {
	for _, t := range c.counting.tails {
		if t.busy || t.next.After(now) {
			continue
		}
		underway := t.pass != nil && now.Sub(t.pass.tokenAt) < tokenLife
		over := t.due && !underway && now.Sub(t.ended) > tailPatience
		t.due = true
		switch {
		case over || t.tries >= len(tailTries):
			c.closeTail(t)
		case now.Before(c.pauses[qosEndpoint(t.kind)]):
		default:
			due = append(due, t)
		}
	}
	free := c.pacing.tails.Unlimited
	slices.SortFunc(due, func(x, y *tail) int {
		byWorth := 0
		if !free {
			byWorth = cmp.Compare(y.worth(), x.worth())
		}
		return cmp.Or(byWorth, x.ended.Compare(y.ended), cmp.Compare(x.uuid, y.uuid))
	})
	if free {
		return due
	}
	left := c.pacing.tails.Tokens()
	for i, t := range due {
		if left -= float64(t.pages()); left < 0 && i > 0 || c.pacing.tails.Tokens() < 1 {
			for _, t := range due[i:] {
				t.poor = true
			}
			return due[:i]
		}
	}
	return due
}

// waitingPages is what the tails that wait will cost. The mutex is held.
func (a *Account) waitingPages() int {
	pages := 0
	for _, t := range a.counting.tails {
		pages += t.pages()
	}
	return pages
}

// visitTail walks on over a past answer's pages, to their end if the limits let
// it.
func (c *cycle) visitTail(t *tail) {
	p := c.arriveTail(t)
	if p == nil {
		return
	}
	defer func() {
		c.Account.mu.Lock()
		defer c.Account.mu.Unlock()
		t.busy = false
	}()
	for {
		page, err := c.tailPage(t, p)
		if err != nil {
			if p = c.tailStumbled(t, p, err); p == nil {
				return
			}
			continue
		}
		over := c.tailAnswered(t, p, &page)
		c.commitSoon()
		if over {
			break
		}
	}
	c.summarize(t)
	c.Account.mu.Lock()
	defer c.Account.mu.Unlock()
	c.closeTail(t)
}

// tailPage asks for a past answer's next page.
func (c *cycle) tailPage(t *tail, p *tailPass) (zoomapi.Page[zoomapi.QoSRow], error) {
	id := c.tailID(t)
	page, err := try(c, qosEndpoint(t.kind), tailMoney{c.Account, t}, func(ctx context.Context) (zoomapi.Page[zoomapi.QoSRow], error) {
		return c.opts.Zoom.PastQoS(ctx, t.kind, id, p.token)
	})
	if err == nil && id != t.uuid {
		p.ours = p.ours || ours(&page, t.live)
		if !p.ours {
			c.Account.mu.Lock()
			t.number = ""
			c.Account.mu.Unlock()
			err = errNewerInstance
		}
	}
	return page, err
}

func (c *cycle) arriveTail(t *tail) *tailPass {
	c.Account.mu.Lock()
	defer c.Account.mu.Unlock()
	if t.busy || c.counting.tails[t.uuid] != t {
		return nil
	}
	t.busy = true
	now := c.clock.Now()
	if t.pass == nil || now.Sub(t.pass.tokenAt) >= tokenLife {
		t.pass = &tailPass{tokens: make(map[string]bool), tokenAt: now}
	}
	return t.pass
}

// tailID is what to call an ended meeting: its number, where UUIDs are not
// understood and it still means this instance.
func (c *cycle) tailID(t *tail) string {
	c.Account.mu.Lock()
	defer c.Account.mu.Unlock()
	known := c.addressing.of(t.uuid)
	if t.number != "" && !known.uuidWorks && (t.byNumber || known.numbers >= believeNumbers) {
		return t.number
	}
	return t.uuid
}

// tailStumbled decides what an error means for a tail. It returns the pass to go
// on with, nil where there is nothing more to do now.
func (c *cycle) tailStumbled(t *tail, p *tailPass, err error) *tailPass {
	c.Account.mu.Lock()
	defer c.Account.mu.Unlock()
	now := c.clock.Now()
	if refused(err) || c.ctx.Err() != nil {
		t.poor = t.poor || errors.Is(err, errSpent) || errors.Is(err, budget.ErrExhausted)
		if p.token == "" {
			t.pass = nil
		}
		return nil
	}
	t.poor = false
	if zoomapi.ReasonOf(err) == zoomapi.ReasonNoAccess && p.token != "" && !p.renewed { // the page token is no longer good
		t.pass = &tailPass{tokens: make(map[string]bool), tokenAt: now, renewed: true}
		return t.pass
	}
	t.pass, t.due = nil, false
	for t.tries < len(tailTries) && !t.next.After(now) {
		t.tries++
		if t.tries < len(tailTries) {
			t.next = t.ended.Add(tailTries[t.tries])
		}
	}
	return nil
}

// tailAnswered counts a page of a past answer and reports whether it was the
// last.
func (c *cycle) tailAnswered(t *tail, p *tailPass, page *zoomapi.Page[zoomapi.QoSRow]) bool {
	now := c.clock.Now()
	c.Account.mu.Lock()
	defer c.Account.mu.Unlock()
	if c.counting.tails[t.uuid] != t {
		return true // it is live again, or a reload left it out
	}
	t.poor = false
	if page.TotalRecords > 0 {
		t.rows = min(page.TotalRecords, maxRows)
	}
	in := readings.Meeting{UUID: t.uuid, Kind: string(t.kind), Department: t.department}
	zoomNow := c.zoomNow()
	nobody := func(string) *qos.Participant { return nil }
	all := func(*qos.Participant) bool { return true }
	for i := range page.Rows {
		if _, ok := c.count(in, &page.Rows[i], readings.Past, nobody, all, zoomNow); !ok {
			c.store.failures.Add("user_id", reasonMissing, 1)
		}
	}
	c.store.unreadable("qos_row", page.Unreadable)
	p.pages++
	repeated := page.NextPageToken != "" && p.tokens[page.NextPageToken]
	p.partial = p.partial || repeated || page.Unreadable > 0
	if page.NextPageToken == "" || repeated {
		if !p.partial {
			c.counting.engine.MetAll(t.uuid)
		}
		return true
	}
	p.token, p.tokenAt = page.NextPageToken, now
	p.tokens[page.NextPageToken] = true
	return false
}

// summarize asks for Zoom's own summary of a meeting, once, where the account
// has it: what fails is not asked for again, as the readings tell as well.
func (c *cycle) summarize(t *tail) {
	if !c.opts.Summaries || !c.waits(t) {
		return
	}
	token := ""
	tokens := make(map[string]bool)
	id := c.tailID(t)
	for range summaryPages {
		page, err := try(c, summaryEndpoint(t.kind), tailMoney{c.Account, t}, func(ctx context.Context) (zoomapi.Page[zoomapi.SummaryRow], error) {
			return c.opts.Zoom.QoSSummary(ctx, t.kind, id, token)
		})
		if err != nil {
			return
		}
		c.summarized(t, &page)
		if token = page.NextPageToken; token == "" || tokens[token] {
			return
		}
		tokens[token] = true
	}
}

// waits reports whether a tail is still wanted: the meeting is not live again,
// and no reload has left it out.
func (c *cycle) waits(t *tail) bool {
	c.Account.mu.Lock()
	defer c.Account.mu.Unlock()
	return c.counting.tails[t.uuid] == t
}

func (c *cycle) summarized(t *tail, page *zoomapi.Page[zoomapi.SummaryRow]) {
	c.Account.mu.Lock()
	defer c.Account.mu.Unlock()
	if c.counting.tails[t.uuid] != t {
		return
	}
	for i := range page.Rows {
		if s, ok := c.Account.opts.Converter.Summary(&page.Rows[i], c.store.failures); ok {
			c.counting.engine.Summarize(t.uuid, readings.Person{ID: s.ID}, s.Averages)
		} else {
			c.store.failures.Add("participant_id", reasonMissing, 1)
		}
	}
	c.store.unreadable("summary_row", page.Unreadable)
}

// closeTail is the last word on a meeting: its tail was had, or is given up. The
// mutex is held.
func (a *Account) closeTail(t *tail) {
	n := &a.counting
	if n.tails[t.uuid] != t {
		return
	}
	delete(n.tails, t.uuid)
	a.pacing.profile.ObserveBackfill(t.spent)
	why := readings.NoAnswer
	if t.poor {
		why = readings.NoBudget
	}
	n.engine.Close(t.uuid, why, a.zoomNow())
}

func summaryEndpoint(kind zoomapi.Kind) zoomapi.Endpoint {
	return ofKind(kind, zoomapi.ListMeetingParticipantsQoSSummary, zoomapi.ListWebinarParticipantsQoSSummary)
}
