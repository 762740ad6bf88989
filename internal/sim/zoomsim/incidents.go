package zoomsim

import (
	"slices"
	"time"
)

// Incident makes things worse for some people for some time. It affects those who
// meet all conditions; empty ones are met by everybody.
type Incident struct {
	// Name identifies it: setting another of the name replaces it.
	Name string `json:"name"`
	// Site is a name of Sites; Network is Wired, Wifi, PPP or Cellular; User
	// is the id of an account member; Meeting is a UUID.
	Site    string `json:"site,omitempty"`
	Network string `json:"network,omitempty"`
	User    string `json:"user,omitempty"`
	Meeting string `json:"meeting,omitempty"`
	// From and To limit its time; zero means from when it is set, and until it
	// is cleared.
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
	// Loss (a ratio, 0 to 1), LatencyMS and JitterMS are added.
	Loss      float64 `json:"loss,omitempty"`
	LatencyMS int     `json:"latency_ms,omitempty"`
	JitterMS  int     `json:"jitter_ms,omitempty"`
	// CPU (a ratio, 0 to 1) is the lowest load of the system.
	CPU float64 `json:"cpu,omitempty"`
	// RSSI weakens the Wi-Fi signal by so many dB.
	RSSI int `json:"rssi,omitempty"`
}

// hits reports whether a person is affected at a minute.
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
	w.incidents = append(w.unexpired(i.Name, now), i)
}

// clearIncident ends an incident by moving its To, so that past minutes keep their
// figures.
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

// unexpired ends the incident of that name and returns the incidents that still
// affect minutes that are kept.
func (w *world) unexpired(name string, now time.Time) []Incident {
	w.clearIncident(name, now)
	horizon := now.Add(-w.opts.Retention - epoch)
	return slices.DeleteFunc(w.incidents, func(i Incident) bool {
		return !i.To.IsZero() && i.To.Before(horizon)
	})
}

// drawnLoss returns the loss, in tenths of a percent, that the seed brings to a
// site: twenty minutes of it now and then.
func (w *world) drawnLoss(site string, minute int64) int {
	if site == "" || w.opts.Calm {
		return 0
	}
	const block = 20
	h := w.seed.text("incident").text(site).with(uint64(minute / block))
	if !h.oneIn(9) {
		return 0
	}
	return h.text("loss").between(25, 80)
}
