package check

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// fieldCounts counts, under the names of the privacy settings, for how many
// participants or meetings Zoom sent each field. The values are not kept, so that
// none can be printed.
type fieldCounts map[string]fieldCount

// fieldCount is how many values were sent, of how many possible.
type fieldCount struct{ sent, of int }

func (f fieldCounts) add(name string, sent bool) {
	n := f[name]
	n.of++
	if sent {
		n.sent++
	}
	f[name] = n
}

func (f fieldCounts) addText(name string, text zoomapi.Text) { f.add(name, qos.Label(text) != "") }

func (f fieldCounts) addMeeting(m *zoomapi.Live) {
	f.addText("topic", m.Topic)
	f.addText("host", m.Host)
	f.addText("meeting_id", m.ID)
	f.addText("department", m.Department)
}

func (f fieldCounts) addParticipant(row *zoomapi.QoSRow) {
	f.addText("user", row.ID)
	f.addText("user_name", row.UserName)
	f.addText("email", row.Email)
	f.add("ip_address", isAddress(row.IPAddress))
	f.add("internal_ip_address", slices.ContainsFunc(row.InternalIPAddresses, isAddress))
	f.addText("pc_name", row.PCName)
	f.addText("domain", row.Domain)
	f.addText("location", row.Location)
	f.addText("device", row.Device)
}

func isAddress(text zoomapi.Text) bool {
	_, err := netip.ParseAddr(qos.Label(text))
	return err == nil
}

// allBlank reports whether there were participants, but Zoom sent none of these
// fields for any of them.
func (f fieldCounts) allBlank(names ...string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return f[name].of == 0 || f[name].sent > 0 })
}

// setting is the privacy setting of a field.
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

// hashes reports whether any field becomes a hash.
func hashes(p *qos.Privacy) bool {
	return slices.ContainsFunc(settings(p), func(s setting) bool { return s.mode == qos.Hash })
}

// shown says what labels hold of a field.
func (s setting) shown(n fieldCount) string {
	switch {
	case s.mode == qos.Drop:
		return "omitted, as configured"
	case n.of == 0:
		return "unknown yet"
	case n.sent == 0:
		return "blank: Zoom sends none"
	case n.sent < n.of:
		return fmt.Sprintf("%s, blank for %d", s.form(), n.of-n.sent)
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

// String implements fmt.Stringer.
func (n fieldCount) String() string {
	if n.of == 0 {
		return "-"
	}
	return fmt.Sprintf("%d of %d", n.sent, n.of)
}
