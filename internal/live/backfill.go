package live

import (
	"cmp"
	"slices"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

// BackfillGrace is how long after its end a meeting's past answer is waited for.
const BackfillGrace = 2 * time.Hour

// awaitPast makes a backfill of a meeting that ended at about at. The recent readings
// of its people stay those of their places.
func (s *State) awaitPast(m *meeting, at time.Time, now Now) {
	s.departed[m.uuid] = ended{m.kind, m.live, m.departAll()}
	s.engine.EndMeeting(m.uuid, now.zoom(at))
	b := newBackfill(m.uuid, m.kind, at, m.rows())
	b.live, b.department = m.live, m.info.Facts.Department
	b.byNumber, b.lastLive = m.byNumber, now.zoom(m.liveAt())
	b.minutes = fullMinutes(s.countsFrom(m, now.zoom(m.since)), now.zoom(at))
	if !s.numbered(m.number) {
		b.number = m.number
	}
	s.backfills[m.uuid] = b
}

// numbered reports whether a number names a live meeting.
func (s *State) numbered(number string) bool {
	for _, m := range s.meetings {
		if m.number == number {
			return true
		}
	}
	return false
}

// fullMinutes counts the full minutes from an instant to another: Zoom's figures
// are of the top of a minute.
func fullMinutes(from, to zoomtime.Time) float64 {
	first, last := from.Add(time.Minute-1).Truncate(time.Minute), to.Truncate(time.Minute)
	return max(0, (last.Sub(first) + time.Minute).Minutes())
}

// pages is what is left of it to ask for, in requests.
func (b *Backfill) pages() int {
	pages := pagesOf(b.rows)
	if b.walk != nil {
		pages = b.walk.left(pages)
	}
	return pages
}

// worth is how many participant-minutes a request brings at most.
func (b *Backfill) worth() float64 { return b.minutes * float64(b.rows) / float64(b.pages()) }

// Backfills returns how many past answers are awaited, and what they will cost in
// requests.
func (s *State) Backfills() (n, pages int) {
	for _, b := range s.backfills {
		pages += b.pages()
	}
	return len(s.backfills), pages
}

// DueBackfills returns the past answers to ask for now that together cost no more
// than allowance, in requests: those that ended first or, where the allowance is
// short, those that bring most for a request. It gives up those that were due for
// too long. paused says which kinds cannot be asked for now.
func (s *State) DueBackfills(now Now, allowance float64, short bool, paused func(zoomapi.Kind) bool) []*Backfill {
	var due []*Backfill
	for _, b := range s.backfills {
		switch {
		case b.busy || b.next.After(now.Time):
		case s.giveUp(b, now):
		case !paused(b.Kind):
			due = append(due, b)
		}
	}
	slices.SortFunc(due, func(x, y *Backfill) int {
		byWorth := 0
		if short {
			byWorth = cmp.Compare(y.worth(), x.worth())
		}
		return cmp.Or(byWorth, x.ended.Compare(y.ended), cmp.Compare(x.UUID, y.UUID))
	})
	if !short {
		return due
	}
	left := allowance
	for i, b := range due {
		if left -= float64(b.pages()); left < 0 && i > 0 || allowance < 1 {
			for _, b := range due[i:] {
				b.unpaid = true
			}
			return due[:i]
		}
	}
	return due
}

// giveUp gives a backfill up if it was tried or due for long enough, and reports
// whether it did.
func (s *State) giveUp(b *Backfill, now Now) bool {
	underway := b.walk != nil && b.walk.alive(now.Time)
	late := b.due && !underway && now.Time.Sub(b.ended) > BackfillGrace
	b.due = true
	if late || b.tries >= len(backfillTries) {
		s.CloseBackfill(b, now)
		return true
	}
	return false
}

// StartBackfill begins a walk over a past answer's pages or takes up the one that
// stopped. It reports false if it is no longer awaited or a worker is at it.
func (s *State) StartBackfill(b *Backfill, now Now) bool {
	if b.busy || !s.Awaits(b) {
		return false
	}
	b.busy = true
	if b.walk == nil || !b.walk.alive(now.Time) {
		b.walk = newPastWalk(now.Time)
	}
	return true
}

// Awaits reports whether a past answer is still awaited: the meeting is not live
// again, and no reload has excluded it.
func (s *State) Awaits(b *Backfill) bool { return s.backfills[b.UUID] == b }

// NextPastPage returns the name of the meeting and the page token of the next
// request.
func (s *State) NextPastPage(b *Backfill) (id, token string) {
	b.walk.id = s.pastID(b)
	return b.walk.id, b.walk.token
}

// pastID is what to call an ended meeting: its number, where UUIDs are not
// understood and it still means this instance.
func (s *State) pastID(b *Backfill) string {
	known := s.naming.of(b.UUID)
	if b.number != "" && !known.uuids && (b.byNumber || known.numbers >= believeNumbers) {
		return b.number
	}
	return b.UUID
}

// HandlePastPage counts a page of a past answer and reports whether there is
// another to ask for. whole says that it was the last one: what is left is
// CloseBackfill.
func (s *State) HandlePastPage(b *Backfill, page *zoomapi.Page[zoomapi.QoSRow], now Now) (more, whole bool) {
	w := b.walk
	if !s.Awaits(b) {
		b.busy = false
		return false, false
	}
	if w.id != b.UUID {
		w.ours = w.ours || ofInstance(page.Rows, b.lastLive)
		if !w.ours {
			b.number = ""
			return s.HandlePastFailure(b, Failure{Reason: zoomapi.ReasonNotLive}, now), false
		}
	}
	b.unpaid = false
	if page.TotalRecords > 0 {
		b.rows = min(page.TotalRecords, maxRows)
	}
	in := readings.Meeting{UUID: b.UUID, Kind: string(b.Kind), Department: b.department}
	for i := range page.Rows {
		if _, _, ok := s.count(in, &page.Rows[i], nil, now); !ok {
			s.failures.Add("user_id", reasonMissing, 1)
		}
	}
	s.unreadable("qos_row", page.Unreadable)
	step := w.advance(page.NextPageToken, now.Time)
	if step == onward {
		w.partial = w.partial || page.Unreadable > 0
		return true, false
	}
	if step == last && !w.partial && page.Unreadable == 0 {
		s.engine.MetAll(b.UUID)
	}
	return false, true
}

// HandlePastFailure decides what a failed request means for a backfill and reports
// whether to ask again at once.
func (s *State) HandlePastFailure(b *Backfill, f Failure, now Now) (more bool) {
	b.busy = s.Awaits(b) && b.handleFailure(f, now)
	return b.busy
}

func (b *Backfill) handleFailure(f Failure, now Now) (more bool) {
	w := b.walk
	switch {
	case f.HeldBack:
		b.unpaid = b.unpaid || f.Unpaid
		if w.token == "" {
			b.walk = nil
		}
		return false
	case f.Reason == zoomapi.ReasonNoAccess && w.token != "" && !w.renewed:
		// The page token is no longer good.
		b.unpaid = false
		b.walk = newPastWalk(now.Time)
		b.walk.renewed = true
		return true
	}
	b.walk, b.due, b.unpaid = nil, false, false
	for b.tries < len(backfillTries) && !b.next.After(now.Time) {
		b.tries++
		if b.tries < len(backfillTries) {
			b.next = b.ended.Add(backfillTries[b.tries])
		}
	}
	return false
}

// CloseBackfill ends a backfill, answered or given up: its minutes that were not
// counted by now are lost.
func (s *State) CloseBackfill(b *Backfill, now Now) {
	if !s.Awaits(b) {
		return
	}
	delete(s.backfills, b.UUID)
	why := readings.NoAnswer
	if b.unpaid {
		why = readings.NoBudget
	}
	s.engine.Close(b.UUID, why, now.Zoom)
}
