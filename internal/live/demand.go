package live

import (
	"time"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/plan"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// Meetings returns how many meetings are live.
func (s *State) Meetings() int { return len(s.meetings) }

// Live returns how many meetings of a kind are live.
func (s *State) Live(kind zoomapi.Kind) (n int) {
	for _, m := range s.meetings {
		if m.kind == kind {
			n++
		}
	}
	return n
}

// Demand returns what the live meetings ask of the allowance, without the lists.
// unavailable says which kinds will not be answered for long. A meeting that Zoom
// fails to answer for a while stays demand: what was saved up for it must not be
// spent on others.
func (s *State) Demand(now Now, unavailable func(zoomapi.Kind) bool) plan.Demand {
	var d plan.Demand
	for _, m := range s.meetings {
		if !unavailable(m.kind) && (m.stumbles > 0 || !m.notBefore.After(now.Time)) {
			d.Add(s.weight(m), m.size(), m.pages())
		}
	}
	return d
}

// Candidates returns the live meetings that can be asked for now, as the plan sees
// them; their keys are their UUIDs. paused says which kinds cannot, skip which
// meetings.
func (s *State) Candidates(now Now, paused func(zoomapi.Kind) bool, skip map[string]bool) []plan.Candidate {
	candidates := make([]plan.Candidate, 0, len(s.meetings))
	for uuid, m := range s.meetings {
		if m.visiting || skip[uuid] || m.notBefore.After(now.Time) || paused(m.kind) {
			continue
		}
		asked := time.Duration(-1)
		if !m.askedAt.IsZero() {
			asked = now.Time.Sub(m.askedAt)
		}
		candidates = append(candidates, plan.Candidate{
			Key: uuid, Weight: s.weight(m), People: m.size(), Pages: s.cost(m, now),
			Age: m.age(now), Unseen: m.completeAt.IsZero(), SinceAsked: asked, Underway: m.walk != nil && !m.walk.probed,
		})
	}
	return candidates
}
