package poll

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/budget"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/readings"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomtime"
)

const (
	// minMaxAge and maxMaxAge bound the age at which an answer's figures leave.
	minMaxAge = 10 * time.Minute
	maxMaxAge = time.Hour
	// newestMinute is how far an answer's newest minute may lie behind it.
	newestMinute = 5 * time.Minute
)

// Snapshot is what is known of an account at one instant, without what is too
// old to be shown as current. It is the reader's own.
type Snapshot struct {
	Account string
	At      time.Time
	ZoomAt  zoomtime.Time // the same by Zoom's clock
	// Up says that the latest attempts at a token and the live lists succeeded.
	Up    bool
	Tasks []Task
	// Interval is the refresh interval that the day's money allows.
	Interval time.Duration
	// Coverage is the share of live participants whose answer is not older
	// than two intervals; 1 where nobody is live, 0 while who is live is
	// unknown, as before the first list.
	Coverage         float64
	DeadlineExceeded uint64
	TokenExpiry      time.Time // zero before the first token
	Pools            []budget.PoolStatus
	// Meetings are in the order of their UUIDs.
	Meetings []Meeting
	// Kinds holds the totals of each kind that is collected and known.
	Kinds    map[zoomapi.Kind]Totals
	Failures qos.Failures
	// Readings are those counted and committed; Shown takes note of its use.
	Readings *readings.View
	// Thresholds are what quality is judged by.
	Thresholds qos.Thresholds
	// Tails are the ended meetings whose last minutes are still to be had.
	Tails int
	// Dropped counts the participants of the latest answers that are not held.
	Dropped map[string]int
}

// Task is the state of one endpoint's asking.
type Task struct {
	Name        zoomapi.Endpoint
	Success     bool
	LastSuccess time.Time
}

// Totals are sums over the live meetings of a kind.
type Totals struct{ Meetings, Participants int }

// Meeting is a live meeting and the people in it.
type Meeting struct {
	*qos.Meeting
	// People is how many are in it: counted where all its pages are known,
	// else as the live list indicates.
	People int
	// PolledAt is when its latest answer came; zero before the first.
	PolledAt time.Time
	// Participants are in no order. Those whose figures are too old have none.
	Participants []Participant
	// Beyond counts by site those who are in it and not held, as the account
	// holds as many as it may.
	Beyond map[string]int
	// Recent are its recent readings; nil where there are none, or it has not
	// been asked for so long that they are too old.
	Recent *readings.Recent
}

// Participant is somebody in a meeting. Role and Status are in its facts.
type Participant struct {
	*qos.Participant
	Role, Status string
	// Minute is the newest minute, nil where it is missing or too old.
	Minute *qos.Minute
}

// Snapshot tells what is known now.
func (a *Account) Snapshot() Snapshot {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.clock.Now()
	interval := a.intervalAt(now)
	s := Snapshot{
		Account:          a.name,
		At:               now,
		ZoomAt:           a.zoomNow(),
		Up:               a.up(),
		Interval:         interval,
		DeadlineExceeded: a.deadlineExceeded,
		TokenExpiry:      a.opts.Zoom.TokenExpiry(),
		Pools:            a.opts.Ledger.Status(),
		Kinds:            make(map[zoomapi.Kind]Totals),
		Failures:         maps.Clone(a.store.failures),
		Readings:         a.counting.engine.View(),
		Thresholds:       a.store.thresholds,
		Tails:            len(a.counting.tails),
		Dropped:          make(map[string]int),
	}
	for endpoint, t := range a.tasks {
		if a.visible(endpoint) {
			s.Tasks = append(s.Tasks, Task{endpoint, t.success, t.lastSuccess})
		}
	}
	slices.SortFunc(s.Tasks, func(x, y Task) int { return cmp.Compare(x.Name, y.Name) })
	for _, kind := range kinds {
		if a.listed(kind, now) {
			s.Kinds[kind] = Totals{}
		}
	}
	for _, reason := range dropReasons {
		s.Dropped[reason] = 0
	}
	a.addMeetings(&s, interval)
	return s
}

func (a *Account) addMeetings(s *Snapshot, interval time.Duration) {
	maxAge := a.maxAge(interval)
	covered, people := 0, 0
	for _, m := range a.store.meetings {
		if s.At.Sub(m.listedAt) > a.listAge(m.kind) {
			continue // whether it is live is unknown
		}
		a.store.purge(m, s.At.Add(-maxAge))
		out := m.shown()
		out.Beyond = m.beyond()
		if s.At.Sub(m.answeredAt) <= maxAge {
			out.Recent = s.Readings.Recent(m.uuid)
		}
		out.Participants = make([]Participant, 0, len(m.participants))
		for _, p := range m.participants {
			if s.At.Sub(p.HeldAt) <= 2*interval {
				covered++
			}
			out.Participants = append(out.Participants, m.shownParticipant(p))
		}
		people += out.People
		s.Dropped[droppedLimit] += len(m.unheld)
		for reason, n := range m.dropped {
			s.Dropped[reason] += n
		}
		if totals, ok := s.Kinds[m.kind]; ok {
			totals.Meetings++
			totals.Participants += out.People
			s.Kinds[m.kind] = totals
		}
		s.Meetings = append(s.Meetings, out)
	}
	slices.SortFunc(s.Meetings, func(x, y Meeting) int { return cmp.Compare(x.UUID, y.UUID) })
	s.Coverage = coverage(covered, people, a.allListed(s.At))
}

// maxAge is how old an answer's figures may be and still be shown. While a pool
// is closed the interval is as long as it stays so.
func (a *Account) maxAge(interval time.Duration) time.Duration {
	return min(max(a.opts.MaxAge, minMaxAge, 4*interval), maxMaxAge)
}

// shown is the meeting to be shown, without its people.
func (m *meeting) shown() Meeting {
	return Meeting{Meeting: m.info, People: m.people(), PolledAt: m.answeredAt}
}

// beyond counts by site those beyond the limit.
func (m *meeting) beyond() map[string]int {
	if len(m.unheld) == 0 {
		return nil
	}
	bySite := make(map[string]int)
	for _, u := range m.unheld {
		bySite[u.site]++
	}
	return bySite
}

func (m *meeting) shownParticipant(p *qos.Participant) Participant {
	shown := Participant{Participant: p, Role: m.roles[p.ID].role, Status: m.roles[p.ID].status}
	if p.Newest != nil && p.AnsweredAt.Sub(p.Newest.At) <= newestMinute {
		shown.Minute = p.Newest
	}
	return shown
}

func coverage(covered, people int, listed bool) float64 {
	switch {
	case !listed:
		return 0
	case people == 0:
		return 1
	default:
		return min(1, float64(covered)/float64(people))
	}
}

// listAge is how old a kind's live list may be and still tell who is live: as
// old as figures, or a little more than the interval of its walks. The mutex is
// held.
func (a *Account) listAge(kind zoomapi.Kind) time.Duration {
	every := a.lists[kind].every
	return max(a.maxAge(every/2), min(2*every, every+minMaxAge))
}

// listed reports whether a kind's live list was had lately. The mutex is held.
func (a *Account) listed(kind zoomapi.Kind, now time.Time) bool {
	l := a.lists[kind]
	return a.opts.collects(kind) && !l.complete.IsZero() && now.Sub(l.complete) <= a.listAge(kind)
}

// allListed reports whether the live lists of all kinds were had lately, but
// for one that the account does not have. The mutex is held.
func (a *Account) allListed(now time.Time) bool {
	for _, kind := range kinds {
		t := a.tasks[listEndpoint(kind)]
		if a.opts.collects(kind) && !a.listed(kind, now) && !t.missing {
			return false
		}
	}
	return true
}
