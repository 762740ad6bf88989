package poll

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

const (
	// noAccessPause is how long a meeting that Zoom will not show is left alone.
	noAccessPause = 10 * time.Minute
	// stumblePause is how long a meeting whose pages fail is left alone at most.
	stumblePause = 5 * time.Minute
	// believeNumbers is how many meetings must have answered to their number
	// alone before the others are called by theirs at once: a meeting that ends
	// under our hands looks the same.
	believeNumbers = 3
	// doubtNumbers is how long that is believed before a UUID is tried again.
	doubtNumbers = time.Hour
)

// addressing remembers how the account's meetings can be named: some accounts
// answer 404 for every UUID, or for every UUID that needs double encoding.
type addressing struct{ plain, slashed naming }

type naming struct {
	uuidWorks bool
	numbers   int // meetings that answered to their number alone
	triedAt   time.Time
}

func (a *addressing) of(uuid string) *naming {
	if strings.Contains(uuid, "/") {
		return &a.slashed
	}
	return &a.plain
}

// visit walks on over a meeting's pages, to their end if the limits let it.
func (c *cycle) visit(m *meeting) {
	p := c.arrive(m)
	if p == nil {
		return
	}
	defer c.depart(m)
	for {
		page, err := c.qosPage(m, p)
		if err != nil {
			p = c.stumbled(m, p, err)
			if p == nil {
				return
			}
			continue
		}
		over := c.answered(m, p, &page)
		c.commitSoon()
		if over {
			break
		}
	}
	c.askRoles(m)
}

// arrive begins a pass over the meeting's pages or takes up the one that
// stopped; nil where another worker has been faster or the meeting is gone.
func (c *cycle) arrive(m *meeting) *pass {
	c.Account.mu.Lock()
	defer c.Account.mu.Unlock()
	if m.visiting || c.store.meetings[m.uuid] != m {
		return nil
	}
	m.visiting, c.visited[m] = true, true
	m.departed = make(chan struct{})
	now := c.clock.Now()
	if m.pass == nil || now.Sub(m.pass.tokenAt) >= tokenLife {
		m.pass, m.askedAt = newPass(), now
		m.pass.tokenAt = now
		m.pass.probed = c.probe != nil
	}
	m.pass.probed = m.pass.probed && c.probe != nil
	return m.pass
}

func (c *cycle) depart(m *meeting) {
	c.Account.mu.Lock()
	defer c.Account.mu.Unlock()
	m.visiting = false
	close(m.departed)
}

// qosPage asks for a pass's next page.
func (c *cycle) qosPage(m *meeting, p *pass) (zoomapi.Page[zoomapi.QoSRow], error) {
	return c.byAddress(m, func(id string) (zoomapi.Page[zoomapi.QoSRow], error) {
		page, err := try(c, qosEndpoint(m.kind), c.purse, func(ctx context.Context) (zoomapi.Page[zoomapi.QoSRow], error) {
			return c.opts.Zoom.QoS(ctx, m.kind, id, p.token)
		})
		if err == nil && id != m.uuid {
			p.ours = p.ours || ours(&page, c.liveAt(m))
			if !p.ours {
				err = errNewerInstance
			}
		}
		return page, err
	})
}

// byAddress asks for figures under the meeting's UUID or, where the account is
// known not to understand those, its number.
func (c *cycle) byAddress(m *meeting, ask func(id string) (zoomapi.Page[zoomapi.QoSRow], error)) (zoomapi.Page[zoomapi.QoSRow], error) {
	id, fallback := c.address(m)
	page, err := ask(id)
	if fallback == "" || zoomapi.ReasonOf(err) != zoomapi.ReasonNotLive {
		if err == nil && id == m.uuid {
			c.learned(m, false)
		}
		return page, err
	}
	if page, err = ask(fallback); err == nil {
		c.learned(m, true)
	}
	return page, err
}

// errNewerInstance says that a number was answered with another instance than
// the one that was meant, which must be over.
var errNewerInstance = fmt.Errorf("its number means a newer instance: %w", zoomapi.ErrNotLive)

// ours reports whether an answer under a number is of the instance that was live
// at live: of one that began later everybody joined later.
func ours(page *zoomapi.Page[zoomapi.QoSRow], live zoomtime.Time) bool {
	for i := range page.Rows {
		if joined, err := time.Parse(time.RFC3339, string(page.Rows[i].JoinTime)); err != nil || !zoomtime.Of(joined).After(live) {
			return true
		}
	}
	return len(page.Rows) == 0
}

func (c *cycle) liveAt(m *meeting) zoomtime.Time {
	c.Account.mu.Lock()
	defer c.Account.mu.Unlock()
	return c.zoomTime(m.liveAt())
}

// address is what to call a meeting and, while it is not known whether its
// UUID is understood, what to call it if not.
func (c *cycle) address(m *meeting) (id, fallback string) {
	c.Account.mu.Lock()
	defer c.Account.mu.Unlock()
	known := c.addressing.of(m.uuid)
	byNumber := m.byNumber || known.numbers >= believeNumbers
	now := c.clock.Now()
	switch {
	case known.uuidWorks || m.number == "" || m.number == m.uuid || c.store.shared(m):
		return m.uuid, ""
	case byNumber && now.Sub(known.triedAt) < doubtNumbers:
		return m.number, ""
	default:
		known.triedAt = now
		return m.uuid, m.number
	}
}

func (c *cycle) learned(m *meeting, byNumber bool) {
	c.Account.mu.Lock()
	defer c.Account.mu.Unlock()
	known := c.addressing.of(m.uuid)
	if byNumber && !m.byNumber {
		known.numbers++
	}
	known.uuidWorks = known.uuidWorks || !byNumber
	m.byNumber = byNumber
}

// stumbled decides what an error means for the meeting. It returns the pass to
// go on with, nil where there is nothing more to do now.
func (c *cycle) stumbled(m *meeting, p *pass, err error) *pass {
	c.Account.mu.Lock()
	defer c.Account.mu.Unlock()
	now := c.clock.Now()
	switch zoomapi.ReasonOf(err) {
	case zoomapi.ReasonNotLive:
		c.store.end(m, now)
		c.ended(now)
	case zoomapi.ReasonNoAccess:
		if p.token != "" && !p.renewed { // the page token is no longer good
			m.pass, m.askedAt = newPass(), now
			m.pass.tokenAt, m.pass.renewed = now, true
			return m.pass
		}
		m.pass, m.notBefore = nil, now.Add(noAccessPause)
	default:
		c.interrupt(m, p, refused(err) || c.ctx.Err() != nil, now)
	}
	return nil
}

// interrupt leaves a pass that can't go on now. One that was held back goes on
// from its token in a later cycle; one that fails waits, longer each time, and
// after some failures begins anew each time, so that a page that is never
// answered does not take away those before it. The account's mutex is held.
func (c *cycle) interrupt(m *meeting, p *pass, heldBack bool, now time.Time) {
	if p.token == "" {
		m.pass = nil
	}
	if heldBack {
		if p.token == "" {
			m.askedAt = time.Time{} // it was not asked
		}
		return
	}
	m.stumbles++
	m.notBefore = now.Add(min(admission<<min(m.stumbles-1, 3), stumblePause))
	if m.stumbles >= 3 {
		m.pass = nil
	}
}

// answered takes a page and reports whether the walk is over.
func (c *cycle) answered(m *meeting, p *pass, page *zoomapi.Page[zoomapi.QoSRow]) bool {
	now := c.clock.Now()
	c.Account.mu.Lock()
	defer c.Account.mu.Unlock()
	if c.store.meetings[m.uuid] != m {
		return true // it ended, or a reload left it out: no more money for it
	}
	p.pages++
	c.store.merge(m, p, c.convert(m, p, page, now), page.TotalRecords, now)
	repeated := page.NextPageToken != "" && p.tokens[page.NextPageToken]
	switch {
	case page.NextPageToken != "" && !repeated:
		p.token, p.tokenAt = page.NextPageToken, now
		p.tokens[page.NextPageToken] = true
		return false
	case repeated || p.dropped[droppedUnreadable] > 0:
		// Whoever was not seen may be on what was not read.
		c.store.stop(m, p, now)
	default:
		left, whole := c.store.complete(m, p, now)
		for _, gone := range left {
			c.counting.engine.Leave(m.uuid, person(gone), c.zoomNow())
		}
		if whole {
			c.counting.engine.Met(m.uuid, len(m.unheld), c.zoomNow())
		}
	}
	return true
}

// convert takes and counts the rows of a page. The account's mutex is held.
func (c *cycle) convert(m *meeting, p *pass, page *zoomapi.Page[zoomapi.QoSRow], now time.Time) []qos.Participant {
	participants := make([]qos.Participant, 0, len(page.Rows))
	zoomNow := c.zoomNow()
	in := counted(m)
	held := func(id string) *qos.Participant { return m.participants[id] }
	admitted := func(row *qos.Participant) bool { return row.Left || c.store.admits(m, row.ID) }
	for i := range page.Rows {
		if row, ok := c.count(in, &page.Rows[i], readings.Live, held, admitted, zoomNow); ok {
			row.HeldAt = now
			participants = append(participants, row)
		} else {
			p.dropped[droppedNoID]++
		}
	}
	p.dropped[droppedUnreadable] += page.Unreadable
	return participants
}

// askRoles asks for the participants list where it is collected and new or
// changed in size by a tenth.
func (c *cycle) askRoles(m *meeting) {
	if !c.opts.ParticipantsLists[m.kind] || !c.wantsRoles(m) {
		return
	}
	roles := make(map[string]role)
	tokens := make(map[string]bool)
	token := ""
	id, _ := c.address(m)
	size := c.asking(m)
	for {
		page, err := try(c, participantsEndpoint(m.kind), c.purse, func(ctx context.Context) (zoomapi.Page[zoomapi.ParticipantRow], error) {
			return c.opts.Zoom.Participants(ctx, m.kind, id, token)
		})
		if err != nil {
			return
		}
		nameless := uint64(0)
		for i := range page.Rows {
			row := &page.Rows[i]
			if id := qos.RowID(row.UserID, row.ParticipantUUID); id != "" {
				roles[id] = role{qos.Label(row.Role), qos.Label(row.Status)}
			} else {
				nameless++
			}
		}
		c.unusable("participant_row", page.Unreadable, nameless)
		token = page.NextPageToken
		if token == "" || tokens[token] {
			break
		}
		tokens[token] = true
	}
	c.Account.mu.Lock()
	defer c.Account.mu.Unlock()
	if c.Account.opts.ParticipantsLists[m.kind] { // still: see listed
		m.roles, m.rolesSize = roles, size
	}
}

// unusable counts rows of a page that are no JSON objects or name nobody.
func (c *cycle) unusable(field string, unreadable int, nameless uint64) {
	c.Account.mu.Lock()
	defer c.Account.mu.Unlock()
	c.store.unreadable(field, unreadable)
	if nameless > 0 {
		c.store.failures.Add("user_id", reasonMissing, nameless)
	}
}

// asking notes an attempt at a meeting's participants list and returns the size
// of the meeting that it answers for. Until it is answered only time asks again,
// or a meeting that has grown would ask at every pass for what always fails.
func (c *cycle) asking(m *meeting) int {
	c.Account.mu.Lock()
	defer c.Account.mu.Unlock()
	m.rolesAt, m.rolesSize = c.clock.Now(), -1
	return m.total
}

func (c *cycle) wantsRoles(m *meeting) bool {
	c.Account.mu.Lock()
	defer c.Account.mu.Unlock()
	return c.store.meetings[m.uuid] == m && m.wantsRoles(c.clock.Now())
}
