package poll

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/plan"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// Single is what a probe asks besides a meeting's pages; *zoomapi.Client is one.
type Single interface {
	Meeting(ctx context.Context, kind zoomapi.Kind, id string) (zoomapi.Live, error)
	ParticipantQoS(ctx context.Context, kind zoomapi.Kind, id, userID string) (zoomapi.Page[zoomapi.QoSRow], error)
}

// Target is what a probe is about.
type Target struct {
	// Meeting is a number, its digits only, or a UUID.
	Meeting string
	// Kind is "" where any will do.
	Kind zoomapi.Kind
	// Participant is a user_id; "" means all of the meeting.
	Participant string
}

// ParseTarget reads a target as people write it. Its errors say what to write.
func ParseTarget(meeting, kind, participant string) (Target, error) {
	t := Target{Meeting: meeting, Kind: zoomapi.Kind(kind), Participant: participant}
	number := strings.NewReplacer(" ", "", "-", "").Replace(meeting)
	const uuid = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_"
	switch {
	case meeting == "":
		return t, errors.New("meeting is missing; give a meeting's number or UUID")
	case strings.Trim(number, "0123456789") == "" && len(number) >= 9 && len(number) <= 11:
		t.Meeting = number
	case strings.Contains(meeting, " "):
		return t, errors.New("meeting has a space; in an address a UUID's + is written %2B, / is %2F and = is %3D")
	case len(meeting) < 20 || len(meeting) > 40 || strings.Trim(meeting, uuid) != "":
		return t, errors.New("meeting is neither a number of 9 to 11 digits nor a UUID, such as aB3+dE6zgH9jK2mN5pQ8sQ==")
	}
	switch t.Kind {
	case "", zoomapi.Meeting, zoomapi.Webinar:
	default:
		return t, fmt.Errorf("kind is neither %s nor %s; it may be left out", zoomapi.Meeting, zoomapi.Webinar)
	}
	if len(participant) > 64 || strings.Trim(participant, uuid) != "" {
		return t, errors.New("participant is no user_id; give the value of the label participant")
	}
	return t, nil
}

// ProbeFailure is why a probe did not succeed; "" is that it did.
type ProbeFailure string

// Why probes fail.
const (
	ProbeDisabled           ProbeFailure = "disabled"
	ProbeUnknownMeeting     ProbeFailure = "unknown_meeting"     // none is live
	ProbeUnknownParticipant ProbeFailure = "unknown_participant" // not in the meeting, or no longer
	ProbeExcluded           ProbeFailure = "excluded"            // the configuration leaves it out
	ProbeNoBudget           ProbeFailure = "no_budget"           // nothing may be sent now
	ProbeTimeout            ProbeFailure = "timeout"             // the answer serves the next probe
	ProbeIncomplete         ProbeFailure = "incomplete"          // some rows of the answer are not held
	ProbeZoomError          ProbeFailure = "zoom_error"          // the log says more
)

// Probe is what a probe found.
type Probe struct {
	Account string
	Target  Target
	// Meeting is what is known of the meeting, fresh or not; its participants
	// are those who were asked for. Nil where nothing is known.
	Meeting *Meeting
	Failure ProbeFailure
}

const (
	// probeFresh is how old an answer may be that serves a probe: a little less
	// than a minute, as probes are not exactly a minute apart.
	probeFresh = 55 * time.Second
	// probeMemory is how long it is remembered that something is not there, or
	// not to be had, and probeMemories how much of it.
	probeMemory   = probeFresh
	probeMemories = 1000
	// listMemory is how long a meeting stays known that no list has named.
	listMemory = 15 * time.Minute
)

// probes is what an account's probes share. The account's mutex guards it.
type probes struct {
	purse   plan.Bucket // their share of the day's money
	flights map[question]*flight
	failed  map[question]memory
	// resolved are the meetings, by UUID, that no list has named but Zoom has
	// answered for, and when.
	resolved map[string]time.Time
}

// question is what several probes may want answered at the same time.
type question struct {
	Target
	resolve bool // which meeting it is, and not how the people in it are
}

// flight is a request, or a walk over pages, for all probes that want the same.
type flight struct {
	done    chan struct{}
	failure ProbeFailure // to be read once done is closed
}

type memory struct {
	failure ProbeFailure
	until   time.Time
}

func newProbes(now time.Time) probes {
	p := probes{flights: make(map[question]*flight), failed: make(map[question]memory), resolved: make(map[string]time.Time)}
	p.purse.Fill(now, 0, 0) // from now on by the clock
	return p
}

// Probe tells of one meeting or participant. What is not known well enough is
// asked for within the probes' share of the money; of the same at the same time
// once. What was begun goes on when ctx has ended, and serves the next.
func (a *Account) Probe(ctx context.Context, t Target) Probe {
	m, failure := a.probe(ctx, t)
	a.mu.Lock()
	defer a.mu.Unlock()
	out := Probe{Account: a.name, Target: t, Failure: failure}
	if m == nil || a.store.meetings[m.uuid] != m {
		return out
	}
	now := a.clock.Now()
	a.store.purge(m, now.Add(-a.maxAge(a.intervalAt(now))))
	shown := m.shown()
	for id, p := range m.participants {
		if t.Participant == "" || t.Participant == id {
			shown.Participants = append(shown.Participants, m.shownParticipant(p))
		}
	}
	out.Meeting = &shown
	return out
}

func (a *Account) probe(ctx context.Context, t Target) (*meeting, ProbeFailure) {
	m, kind, failure := a.find(t)
	if m == nil && failure == "" {
		wanted := Target{Meeting: t.Meeting, Kind: kind}
		if failure = a.share(ctx, question{wanted, true}, func(c *cycle) ProbeFailure { return c.resolve(wanted) }); failure == "" {
			m, _, failure = a.find(t)
		}
	}
	switch {
	case m == nil && failure == "": // Zoom calls it by another name than we were given
		return nil, ProbeUnknownMeeting
	case m == nil:
		return nil, failure
	}
	if failure, known := a.known(m, t.Participant); known {
		return m, failure
	}
	return m, a.share(ctx, question{Target: Target{m.uuid, m.kind, t.Participant}}, func(c *cycle) ProbeFailure {
		if t.Participant == "" {
			return c.askMeeting(m)
		}
		return c.askParticipant(m, t.Participant)
	})
}

// find looks for the target among the live meetings. Where neither a meeting
// nor a failure is returned, Zoom is to be asked for one of that kind.
func (a *Account) find(t Target) (*meeting, zoomapi.Kind, ProbeFailure) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.opts.Single == nil {
		return nil, "", ProbeDisabled
	}
	now := a.clock.Now()
	var found *meeting
	for _, m := range a.store.meetings {
		named := m.uuid == t.Meeting || m.number == t.Meeting
		if !named || t.Kind != "" && t.Kind != m.kind || now.Sub(m.listedAt) > a.listAge(m.kind) {
			continue
		}
		// A number names the latest of its meetings.
		if found == nil || m.info.Start.After(found.info.Start) {
			found = m
		}
	}
	if found != nil {
		return found, found.kind, ""
	}
	kind, failure := a.unlisted(t, now)
	return nil, kind, failure
}

// unlisted says what it means that a target is not among the live meetings:
// after a recent list it is not there, else Zoom is to be asked. The mutex is
// held.
func (a *Account) unlisted(t Target, now time.Time) (zoomapi.Kind, ProbeFailure) {
	failure := ProbeExcluded
	var doubt zoomapi.Kind
	for _, kind := range kinds {
		task, list := a.tasks[listEndpoint(kind)], a.lists[kind]
		if task == nil || task.missing || t.Kind != "" && t.Kind != kind {
			continue
		}
		recent := !list.complete.IsZero() && now.Sub(list.complete) <= 2*max(list.every, time.Minute)
		switch {
		case list.excluded[t.Meeting]:
			return "", ProbeExcluded
		case recent:
			failure = ProbeUnknownMeeting
		case doubt == "":
			doubt = kind
		}
	}
	if doubt != "" {
		return doubt, ""
	}
	return "", failure
}

// known reports whether what is held answers a probe, and with what.
func (a *Account) known(m *meeting, participant string) (ProbeFailure, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.knownAt(m, participant, a.clock.Now())
}

// knownAt is known; the mutex is held.
func (a *Account) knownAt(m *meeting, participant string, now time.Time) (ProbeFailure, bool) {
	fresh := !m.completeAt.IsZero() && now.Sub(m.completeAt) < probeFresh
	p := m.participants[participant]
	switch {
	case a.store.meetings[m.uuid] != m:
		return ProbeUnknownMeeting, true
	case participant != "" && p != nil && now.Sub(p.HeldAt) < probeFresh:
		return "", true
	case !fresh:
		return "", false
	case len(m.unheld)+m.dropped[droppedUnreadable] > 0:
		return ProbeIncomplete, participant == "" // one more may be asked for
	case participant != "" && p == nil:
		return ProbeUnknownParticipant, true
	default:
		return "", participant == ""
	}
}

// share has a question answered once for all who have it at the same time, and
// waits until it is or ctx ends. What may not be paid for, or would be in vain,
// is not begun.
func (a *Account) share(ctx context.Context, q question, ask func(*cycle) ProbeFailure) ProbeFailure {
	f, failure := a.board(ctx, q, ask)
	if f == nil {
		return failure
	}
	select {
	case <-f.done:
		return f.failure
	case <-ctx.Done():
		return ProbeTimeout
	}
}

// board joins the flight for a question, or begins one; nil is that there is none.
func (a *Account) board(ctx context.Context, q question, ask func(*cycle) ProbeFailure) (*flight, ProbeFailure) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.clock.Now()
	f, memory := a.probes.flights[q], a.probes.failed[q]
	switch {
	case f != nil:
		return f, ""
	case a.opts.Single == nil: // since a reload
		return nil, ProbeDisabled
	case now.Before(memory.until):
		return nil, memory.failure
	case ctx.Err() != nil || a.closed:
		return nil, ProbeTimeout
	case !a.canProbe(now):
		return nil, ProbeNoBudget
	}
	f = &flight{done: make(chan struct{})}
	a.probes.flights[q] = f
	c := newProbe(a)
	a.cycles.Go(func() {
		defer c.commit() // nobody need wait for it
		defer close(f.done)
		f.failure = ProbeZoomError
		if c.token() {
			f.failure = ask(c)
		}
		a.landed(q, f.failure)
	})
	return f, ""
}

// landed ends a flight, and remembers for a while what there is no use asking
// for again.
func (a *Account) landed(q question, failure ProbeFailure) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.probes.flights, q)
	switch failure {
	case "", ProbeNoBudget, ProbeTimeout:
		return
	}
	now := a.clock.Now()
	for other, memory := range a.probes.failed {
		if !now.Before(memory.until) {
			delete(a.probes.failed, other)
		}
	}
	if len(a.probes.failed) < probeMemories {
		a.probes.failed[q] = memory{failure, now.Add(probeMemory)}
	}
}
