package main

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/clock"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/config"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/plan"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

const (
	// mostListPages bounds what is read of a live list; beyond its 900 meetings
	// the rest is taken to be like them. A Pro account has 7 a minute.
	mostListPages = 3
	// mostCandidates is how many meetings are tried where one after the other
	// turns out to have ended.
	mostCandidates = 2
	// patience is how long a request may wait for its turn under the limits.
	patience = 2 * time.Minute
	// qosPageRows and listPageRows are Zoom's maximal page sizes.
	qosPageRows, listPageRows = 10, 300
)

// survey is what came of asking one account.
type survey struct {
	account *config.Account
	clock   clock.Clock

	token    zoomapi.Token
	tokenErr error
	kinds    []*kindSurvey
	facts    facts
}

// kindSurvey is what came of asking for meetings, or for webinars.
type kindSurvey struct {
	kind zoomapi.Kind
	// optional says that the account may lack them without harm.
	optional          bool
	list, qos, people trial

	meetings     estimate    // live ones
	kept         estimate    // those that include and exclude leave
	participants estimate    // in the kept ones, as the list indicates
	pages        estimate    // of QoS of the kept ones
	demand       plan.Demand // that the kept ones are, without the lists
	listPages    int         // of the list itself, all of them
	partial      bool        // not all of the list was read

	byNumber      bool // it took the meeting's number, as its UUID was not known
	rows, figures int  // on the QoS page, and those with figures
	ids           []string
}

// estimate counts what was seen, to be scaled up where not all was read.
type estimate int

func (e *estimate) scale(by float64) { *e = estimate(float64(*e)*by + 0.5) }

// trial is one endpoint's turn.
type trial struct {
	endpoint zoomapi.Endpoint
	wanted   bool
	asked    bool
	err      error
}

func (t *trial) worked() bool { return t.asked && t.err == nil }

func newSurvey(account *config.Account, clk clock.Clock) *survey {
	s := &survey{account: account, clock: clk, facts: make(facts)}
	collect := &account.Collect
	if collect.Meetings {
		s.kinds = append(s.kinds, &kindSurvey{
			kind: zoomapi.Meeting,
			list: trial{endpoint: zoomapi.ListMeetings, wanted: true},
			qos:  trial{endpoint: zoomapi.ListMeetingParticipantsQoS, wanted: true},
			people: trial{
				endpoint: zoomapi.ListMeetingParticipants,
				wanted:   collect.ParticipantsList.Includes(zoomapi.Meeting),
			},
		})
	}
	if collect.Webinars != config.Off {
		s.kinds = append(s.kinds, &kindSurvey{
			kind: zoomapi.Webinar,
			// Who collects nothing else needs them.
			optional: collect.Webinars == config.Auto && collect.Meetings,
			list:     trial{endpoint: zoomapi.ListWebinars, wanted: true},
			qos:      trial{endpoint: zoomapi.ListWebinarParticipantsQoS, wanted: true},
			people: trial{
				endpoint: zoomapi.ListWebinarParticipants,
				wanted:   collect.ParticipantsList.Includes(zoomapi.Webinar),
			},
		})
	}
	return s
}

// trials are the endpoints that the account is collected from.
func (k *kindSurvey) trials() []*trial {
	return slices.DeleteFunc([]*trial{&k.list, &k.qos, &k.people}, func(t *trial) bool { return !t.wanted })
}

// admitted lets what is asked under it wait for its turn, but not for long.
func (s *survey) admitted(ctx context.Context) context.Context {
	return budget.Until(ctx, s.clock.Now().Add(patience))
}

func (s *survey) askList(ctx context.Context, zoom *zoomapi.Client, k *kindSurvey) {
	var (
		live  []zoomapi.Live
		seen  = make(map[string]bool)
		token string
		total int
	)
	k.list.asked = true
	for k.listPages < mostListPages {
		page, err := zoom.List(s.admitted(ctx), k.kind, token)
		if err != nil {
			k.list.err = err
			break
		}
		k.listPages++
		total = max(total, page.TotalRecords)
		for i := range page.Rows {
			if id := string(cmp.Or(page.Rows[i].UUID, page.Rows[i].ID)); id != "" && !seen[id] {
				seen[id] = true
				live = append(live, page.Rows[i])
			}
		}
		if page.NextPageToken == "" || page.NextPageToken == token {
			token = ""
			break
		}
		token = page.NextPageToken
	}
	if k.listPages > 0 && errors.Is(k.list.err, budget.ErrTooLate) {
		k.list.err = nil // what was read before is enough
	}
	if k.list.err == nil {
		s.count(k, live)
		if token != "" && total > len(live) {
			k.extrapolate(total)
		}
	}
}

// count takes in the live meetings, and notes those to try.
func (s *survey) count(k *kindSurvey, live []zoomapi.Live) {
	kept := make([]zoomapi.Live, 0, len(live))
	for i := range live {
		m := &live[i]
		if !s.account.Meetings.Keeps(m) {
			continue
		}
		kept = append(kept, *m)
		people := max(0, int(m.Participants))
		k.participants += estimate(people)
		pages := pagesOf(people, qosPageRows)
		k.pages += estimate(pages)
		k.demand.Add(s.account.Weights.Of(false, s.account.Watches(m)), people, pages)
		s.facts.meeting(m)
	}
	k.meetings, k.kept = estimate(len(live)), estimate(len(kept))
	// The largest is the least likely to end just now, and tells most.
	slices.SortStableFunc(kept, func(a, b zoomapi.Live) int { return cmp.Compare(b.Participants, a.Participants) })
	for _, m := range kept[:min(mostCandidates, len(kept))] {
		for _, id := range []string{string(m.UUID), string(m.ID)} {
			if id != "" && !slices.Contains(k.ids, id) {
				k.ids = append(k.ids, id)
			}
		}
	}
}

// extrapolate takes what was not read of the list to be like what was.
func (k *kindSurvey) extrapolate(total int) {
	by := float64(total) / float64(max(1, k.meetings))
	for _, e := range []*estimate{&k.meetings, &k.kept, &k.participants, &k.pages} {
		e.scale(by)
	}
	k.demand = k.demand.Times(by)
	k.listPages = pagesOf(total, listPageRows)
	k.partial = true
}

// pagesOf is how many pages n rows take: one at least.
func pagesOf(n, size int) int { return max(1, (n+size-1)/size) }

func (s *survey) askQoS(ctx context.Context, zoom *zoomapi.Client, k *kindSurvey) {
	page, id := reach(&k.qos, k.ids, func(id string) (zoomapi.Page[zoomapi.QoSRow], error) {
		return zoom.QoS(s.admitted(ctx), k.kind, id, "")
	})
	if !k.qos.worked() {
		return
	}
	// The participants list is asked of the same meeting by the same name.
	k.byNumber = strings.Trim(id, "0123456789") == ""
	k.ids = []string{id}
	k.rows = len(page.Rows)
	for i := range page.Rows {
		s.facts.person(&page.Rows[i])
		if len(page.Rows[i].Minutes) > 0 {
			k.figures++
		}
	}
}

func (s *survey) askPeople(ctx context.Context, zoom *zoomapi.Client, k *kindSurvey) {
	if !k.people.wanted {
		return
	}
	reach(&k.people, k.ids, func(id string) (zoomapi.Page[zoomapi.ParticipantRow], error) {
		return zoom.Participants(s.admitted(ctx), k.kind, id, "")
	})
}

// reach asks about one of the meetings that ids name, the first that Zoom
// still knows and shows.
func reach[T any](t *trial, ids []string, ask func(id string) (zoomapi.Page[T], error)) (page zoomapi.Page[T], reached string) {
	for _, id := range ids {
		t.asked = true
		if page, t.err = ask(id); !errors.Is(t.err, zoomapi.ErrNotLive) && !errors.Is(t.err, zoomapi.ErrNoAccess) {
			return page, id
		}
	}
	return page, ""
}
