package zoomsim

import (
	"slices"
	"time"
)

// Incident is something that goes wrong for some people for some time. Its
// conditions must all hold; those left empty hold for everybody.
type Incident struct {
	// Name is what it is cleared by; setting it again replaces it.
	Name string `json:"name"`
	// Site is a name of Sites; Network is Wired, Wifi, PPP or Cellular; User
	// is a member's id; Meeting is a UUID.
	Site    string `json:"site,omitempty"`
	Network string `json:"network,omitempty"`
	User    string `json:"user,omitempty"`
	Meeting string `json:"meeting,omitempty"`
	// From and To bound it; a zero From is the moment it is set, a zero To
	// lasts until it is cleared.
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
	// Loss (a ratio, 0 … 1), LatencyMS and JitterMS are added.
	Loss      float64 `json:"loss,omitempty"`
	LatencyMS int     `json:"latency_ms,omitempty"`
	JitterMS  int     `json:"jitter_ms,omitempty"`
	// CPU (a ratio, 0 … 1) is the least that the system's load then is.
	CPU float64 `json:"cpu,omitempty"`
	// RSSI lowers the signal of Wi-Fi by so many dB.
	RSSI int `json:"rssi,omitempty"`
}

func (i *Incident) hits(m *meeting, p *person, minute int64) bool {
	return (i.Site == "" || i.Site == p.network.site) &&
		(i.Network == "" || i.Network == p.network.name) &&
		(i.User == "" || i.User == p.id) &&
		(i.Meeting == "" || i.Meeting == m.uuid) &&
		!time.Unix(minute*60, 0).Before(i.From) &&
		(i.To.IsZero() || time.Unix(minute*60, 0).Before(i.To))
}

func (w *world) setIncident(i Incident, now time.Time) {
	if i.From.IsZero() {
		i.From = now
	}
	w.incidents = append(w.without(i.Name, now), i)
}

// clearIncident ends it; the minutes that it spoilt stay as they were.
func (w *world) clearIncident(name string, now time.Time) bool {
	kept := slices.Clone(w.incidents)
	found := false
	for n := range kept {
		if i := &kept[n]; i.Name == name && (i.To.IsZero() || i.To.After(now)) {
			i.To, found = now, true
		}
	}
	w.incidents = kept
	return found
}

// without are the incidents that still show somewhere, those of that name
// ended now.
func (w *world) without(name string, now time.Time) []Incident {
	w.clearIncident(name, now)
	horizon := now.Add(-w.opts.Retention - epoch)
	return slices.DeleteFunc(w.incidents, func(i Incident) bool {
		return !i.To.IsZero() && i.To.Before(horizon)
	})
}

// badDay is what the seed itself does to a site: now and then twenty minutes
// of loss, in tenths of a percent.
func (w *world) badDay(site string, minute int64) int {
	if site == "" || w.opts.Calm {
		return 0
	}
	const block = 20
	h := w.seed.text("incident").text(site).with(uint64(minute / block))
	if !h.one(9) {
		return 0
	}
	return h.text("loss").between(25, 80)
}
