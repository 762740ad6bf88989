package check

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
	// maxListPages bounds what is read of a live list. The meetings beyond its
	// 900 are assumed to be like those. A Pro account may read 7 pages a minute.
	maxListPages = 3
	// maxCandidates is how many meetings are tried, as one may just have ended.
	maxCandidates = 2
	// maxWait is how long a request may wait for its turn under the limits.
	maxWait = 2 * time.Minute
	// qosPageRows and listPageRows are Zoom's maximum page sizes.
	qosPageRows, listPageRows = 10, 300
)

// survey holds the answers to the requests for one account.
type survey struct {
	account *config.Account
	clock   clock.Clock

	token    zoomapi.Token
	tokenErr error
	kinds    []*kindSurvey
	fields   fieldCounts
}

// kindSurvey holds the answers about meetings, or about webinars.
type kindSurvey struct {
	kind             zoomapi.Kind
	list, qos        trial
	participantsList trial

	meetings     estimate    // that are live
	kept         estimate    // of those, by include and exclude
	participants estimate    // of the kept ones, according to the list
	demand       plan.Demand // of the kept ones, without the lists
	listPages    int         // of the whole list
	partial      bool        // only a part of the list was read

	byNumber      bool     // the meeting was found by its number, not by its UUID
	rows, figures int      // on the QoS page, and how many of them have figures
	ids           []string // of the meetings to try
}

// estimate is a count that is scaled up if only a part of the list was read.
type estimate int

func (e *estimate) scale(by float64) { *e = estimate(float64(*e)*by + 0.5) }

// trial is the result of requesting an endpoint.
type trial struct {
	endpoint  zoomapi.Endpoint
	wanted    bool     // by the configuration
	purpose   *purpose // of an optional endpoint; nil if it is required
	requested bool
	err       error
}

// purpose is what an optional endpoint is requested for.
type purpose struct {
	text     string
	optional string // why it is optional
	without  string // the setting that does without it
}

var (
	forWebinars = purpose{"collect webinars", "as collect.webinars is auto", "collect.webinars to off"}
	forHosts    = purpose{"judge the hosts of large meetings", "but the hosts of large meetings cannot be judged without it", "collect.participants_list to webinars"}
)

func (t *trial) worked() bool { return t.requested && t.err == nil }

func newSurvey(account *config.Account, clk clock.Clock) *survey {
	s := &survey{account: account, clock: clk, fields: make(fieldCounts)}
	collect := &account.Collect
	if collect.Meetings {
		var hosts *purpose
		if collect.ParticipantsList == config.ParticipantsListLarge {
			hosts = &forHosts
		}
		s.kinds = append(s.kinds, &kindSurvey{
			kind: zoomapi.Meeting,
			list: trial{endpoint: zoomapi.ListMeetings, wanted: true},
			qos:  trial{endpoint: zoomapi.ListMeetingParticipantsQoS, wanted: true},
			participantsList: trial{
				endpoint: zoomapi.ListMeetingParticipants,
				wanted:   collect.ParticipantsList.Includes(zoomapi.Meeting),
				purpose:  hosts,
			},
		})
	}
	if collect.Webinars != config.Off {
		var webinars *purpose
		if collect.Webinars == config.Auto && collect.Meetings { // else nothing would be collected
			webinars = &forWebinars
		}
		s.kinds = append(s.kinds, &kindSurvey{
			kind: zoomapi.Webinar,
			list: trial{endpoint: zoomapi.ListWebinars, wanted: true, purpose: webinars},
			qos:  trial{endpoint: zoomapi.ListWebinarParticipantsQoS, wanted: true, purpose: webinars},
			participantsList: trial{
				endpoint: zoomapi.ListWebinarParticipants,
				wanted:   collect.ParticipantsList.Includes(zoomapi.Webinar),
				purpose:  webinars,
			},
		})
	}
	return s
}

// trials are the endpoints that the account is collected from.
func (k *kindSurvey) trials() []*trial {
	return slices.DeleteFunc([]*trial{&k.list, &k.qos, &k.participantsList}, func(t *trial) bool { return !t.wanted })
}

// withMaxWait bounds how long requests under ctx wait for their turn.
func (s *survey) withMaxWait(ctx context.Context) context.Context {
	return budget.Until(ctx, s.clock.Now().Add(maxWait))
}

func (s *survey) requestList(ctx context.Context, zoom *zoomapi.Client, k *kindSurvey) {
	var (
		live  []zoomapi.Live
		seen  = make(map[string]bool)
		token string
		total int
	)
	k.list.requested = true
	for k.listPages < maxListPages {
		page, err := zoom.List(s.withMaxWait(ctx), k.kind, token)
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
		k.list.err = nil // the pages before are enough
	}
	if k.list.err == nil {
		s.addMeetings(k, live)
		if token != "" && total > len(live) {
			k.extrapolate(total)
		}
	}
}

// addMeetings counts the live meetings, and chooses those to try.
func (s *survey) addMeetings(k *kindSurvey, live []zoomapi.Live) {
	kept := make([]zoomapi.Live, 0, len(live))
	for i := range live {
		m := &live[i]
		if !s.account.Meetings.Keeps(m) {
			continue
		}
		kept = append(kept, *m)
		people := max(0, int(m.Participants))
		k.participants += estimate(people)
		k.demand.Add(s.account.Weights.Of(false, s.account.Watches(m)), people, pagesOf(people, qosPageRows))
		s.fields.addMeeting(m)
	}
	k.meetings, k.kept = estimate(len(live)), estimate(len(kept))
	// The largest is the least likely to end now, and shows most.
	slices.SortStableFunc(kept, func(a, b zoomapi.Live) int { return cmp.Compare(b.Participants, a.Participants) })
	for _, m := range kept[:min(maxCandidates, len(kept))] {
		for _, id := range []string{string(m.UUID), string(m.ID)} {
			if id != "" && !slices.Contains(k.ids, id) {
				k.ids = append(k.ids, id)
			}
		}
	}
}

// extrapolate assumes that the rest of the list is like the part that was read.
func (k *kindSurvey) extrapolate(total int) {
	by := float64(total) / float64(max(1, k.meetings))
	for _, e := range []*estimate{&k.meetings, &k.kept, &k.participants} {
		e.scale(by)
	}
	k.demand = k.demand.Times(by)
	k.listPages = pagesOf(total, listPageRows)
	k.partial = true
}

// pagesOf is the number of pages of n rows, at least one.
func pagesOf(n, size int) int { return max(1, (n+size-1)/size) }

func (s *survey) requestQoS(ctx context.Context, zoom *zoomapi.Client, k *kindSurvey) {
	page, id := requestFirst(&k.qos, k.ids, func(id string) (zoomapi.Page[zoomapi.QoSRow], error) {
		return zoom.QoS(s.withMaxWait(ctx), k.kind, id, "")
	})
	if !k.qos.worked() {
		return
	}
	// The participants list is requested for the same meeting by the same id.
	k.byNumber = strings.Trim(id, "0123456789") == ""
	k.ids = []string{id}
	k.rows = len(page.Rows)
	for i := range page.Rows {
		s.fields.addParticipant(&page.Rows[i])
		if len(page.Rows[i].Minutes) > 0 {
			k.figures++
		}
	}
}

func (s *survey) requestParticipants(ctx context.Context, zoom *zoomapi.Client, k *kindSurvey) {
	if !k.participantsList.wanted {
		return
	}
	requestFirst(&k.participantsList, k.ids, func(id string) (zoomapi.Page[zoomapi.ParticipantRow], error) {
		return zoom.Participants(s.withMaxWait(ctx), k.kind, id, "")
	})
}

// requestFirst requests the first of the meetings with these ids that Zoom still
// knows and shows, and returns its page and id.
func requestFirst[T any](t *trial, ids []string, request func(id string) (zoomapi.Page[T], error)) (page zoomapi.Page[T], found string) {
	for _, id := range ids {
		t.requested = true
		if page, t.err = request(id); !errors.Is(t.err, zoomapi.ErrNotLive) && !errors.Is(t.err, zoomapi.ErrNoAccess) {
			return page, id
		}
	}
	return page, ""
}
