package main

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// facts counts, under the names that the privacy settings have, how many of
// the people or meetings met had each fact filled in. The facts themselves are
// not kept: nobody's name can come to be printed.
type facts map[string]tally

// tally is how many had a fact, of how many that could.
type tally struct{ filled, of int }

func (f facts) add(name string, filled bool) {
	t := f[name]
	t.of++
	if filled {
		t.filled++
	}
	f[name] = t
}

func (f facts) text(name string, text zoomapi.Text) { f.add(name, qos.Label(text) != "") }

func (f facts) meeting(m *zoomapi.Live) {
	f.text("topic", m.Topic)
	f.text("host", m.Host)
	f.text("meeting_id", m.ID)
	f.text("department", m.Department)
}

func (f facts) person(row *zoomapi.QoSRow) {
	f.text("user", row.ID)
	f.text("user_name", row.UserName)
	f.text("email", row.Email)
	f.add("ip_address", isAddress(row.IPAddress))
	f.add("internal_ip_address", slices.ContainsFunc(row.InternalIPAddresses, isAddress))
	f.text("pc_name", row.PCName)
	f.text("domain", row.Domain)
	f.text("location", row.Location)
	f.text("device", row.Device)
}

func isAddress(text zoomapi.Text) bool {
	_, err := netip.ParseAddr(qos.Label(text))
	return err == nil
}

// none reports whether people were met, and not one of them had any of these.
func (f facts) none(names ...string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return f[name].of == 0 || f[name].filled > 0 })
}

// setting is a privacy setting.
type setting struct {
	name string
	mode qos.Mode
}

func settings(p *qos.Privacy) []setting {
	return []setting{
		{"user", p.User},
		{"user_name", p.UserName},
		{"email", p.Email},
		{"ip_address", p.IPAddress},
		{"internal_ip_address", p.InternalIPAddress},
		{"pc_name", p.PCName},
		{"domain", p.Domain},
		{"location", p.Location},
		{"device", p.Device},
		{"topic", p.Topic},
		{"host", p.Host},
		{"meeting_id", p.MeetingID},
		{"department", p.Department},
	}
}

// hashes reports whether any fact becomes a hash.
func hashes(p *qos.Privacy) bool {
	return slices.ContainsFunc(settings(p), func(s setting) bool { return s.mode == qos.Hash })
}

// shown words what becomes of a fact in the labels.
func (s setting) shown(t tally) string {
	switch {
	case s.mode == qos.Drop:
		return "left out, as set"
	case t.of == 0:
		return "not known yet"
	case t.filled == 0:
		return "blank: Zoom sends none"
	case t.filled < t.of:
		return fmt.Sprintf("%s, blank for %d", s.form(), t.of-t.filled)
	}
	return s.form()
}

func (s setting) form() string {
	switch s.mode {
	case qos.Hash:
		return "hashed"
	case qos.Subnet:
		return "as a subnet"
	}
	return "plain"
}

// sent words for how many Zoom has filled a fact in.
func (t tally) sent() string {
	if t.of == 0 {
		return "-"
	}
	return fmt.Sprintf("%d of %d", t.filled, t.of)
}
