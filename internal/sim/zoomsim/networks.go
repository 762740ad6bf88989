package zoomsim

import (
	"fmt"
	"net/netip"
)

// Site is a place of the simulated company, with the addresses of people there.
type Site struct {
	Name string
	// Internal and Public are the prefixes of internal_ip_addresses and
	// ip_address.
	Internal, Public netip.Prefix
	// Location and DataCenter are as Zoom writes them.
	Location, DataCenter string
}

// Sites returns the company's offices and its VPN. Homes (192.168.1.0/24 behind
// 203.0.113.0/24 or 2001:db8:c0::/48) and mobile networks (172.20.0.0/16 behind
// 198.51.100.128/25) belong to no site. Office Wi-Fi has the upper half of the
// internal addresses.
func Sites() []Site {
	site := func(name, internal, public, location, dataCenter string) Site {
		return Site{name, netip.MustParsePrefix(internal), netip.MustParsePrefix(public), location, dataCenter}
	}
	return []Site{
		site("berlin", "10.10.0.0/16", "192.0.2.0/26", "Berlin ( DE )", "Germany (FR Top)"),
		site("lisbon", "10.20.0.0/16", "192.0.2.64/26", "Lisbon ( PT )", "Netherlands (AM Top)"),
		site("toronto", "10.30.0.0/16", "192.0.2.128/26", "Toronto ( CA )", "Canada (TR Top)"),
		site("singapore", "10.40.0.0/16", "192.0.2.192/26", "Singapore ( SG )", "Singapore (SG Top)"),
		site(vpnSite, "10.250.0.0/16", "198.51.100.0/28", "Berlin ( DE )", "Germany (FR Top)"),
	}
}

const vpnSite = "vpn"

// network is a person's network with its figures in the absence of trouble.
type network struct {
	name           string // as Zoom writes it: Wired, Wifi, PPP, Cellular, Others
	site           string // "" outside the company
	location       string
	dataCenter     string
	public         string
	internal       string
	latency        int // ms
	jitter         int // ms
	loss           int // tenths of a percent
	rssi           int // dBm; 0 without Wi-Fi
	connectionType string
}

// networkOf draws the network of an account member.
func networkOf(sites []Site, h hash) network {
	switch roll := h.text("kind").below(100); {
	case roll < 30:
		return office(sites, h, false)
	case roll < 60:
		return office(sites, h, true)
	case roll < 86:
		return home(h)
	case roll < 94:
		return overVPN(sites, h)
	default:
		return mobile(h)
	}
}

func office(sites []Site, h hash, wifi bool) network {
	s := sites[h.text("site").below(len(sites)-1)] // the last is the VPN
	n := network{
		name: "Wired", site: s.Name, location: s.Location, dataCenter: s.DataCenter,
		public:         host(s.Public, h.text("public").between(1, 60)),
		latency:        h.text("latency").between(16, 42),
		jitter:         h.text("jitter").between(1, 4),
		connectionType: "UDP",
	}
	address := h.text("internal").between(1, 1<<15-2)
	if wifi {
		address += 1 << 15
		n.name = "Wifi"
		n.latency += h.text("wifi").between(3, 18)
		n.jitter += h.text("air").between(1, 6)
		n.loss = h.text("loss").between(0, 2)
		n.rssi = -h.text("rssi").between(46, 68)
	}
	n.internal = host(s.Internal, address)
	return n
}

func home(h hash) network {
	n := network{
		name: "Wifi", location: "Home Town ( DE )", dataCenter: "Germany (FR Top)",
		public:         fmt.Sprintf("203.0.113.%d", h.text("public").between(1, 254)),
		internal:       fmt.Sprintf("192.168.1.%d", h.text("internal").between(2, 254)),
		latency:        h.text("latency").between(25, 75),
		jitter:         h.text("jitter").between(3, 12),
		loss:           h.text("loss").between(0, 6),
		rssi:           -h.text("rssi").between(50, 74),
		connectionType: "UDP",
	}
	if h.text("v6").oneIn(4) {
		n.public = fmt.Sprintf("2001:db8:c0:%x::%x", h.text("net").below(1<<16), h.text("host").between(1, 1<<16-1))
	}
	if h.text("cable").oneIn(5) {
		n.name, n.rssi = "Wired", 0
	}
	return n
}

func overVPN(sites []Site, h hash) network {
	s := sites[len(sites)-1]
	return network{
		name: "PPP", site: s.Name, location: s.Location, dataCenter: s.DataCenter,
		public:         host(s.Public, h.text("public").between(1, 14)),
		internal:       host(s.Internal, h.text("internal").between(1, 1<<16-2)),
		latency:        h.text("latency").between(55, 110),
		jitter:         h.text("jitter").between(4, 14),
		loss:           h.text("loss").between(0, 8),
		connectionType: "SSL",
	}
}

func mobile(h hash) network {
	return network{
		name: "Cellular", location: "Home Town ( DE )", dataCenter: "Germany (FR Top)",
		public:         fmt.Sprintf("198.51.100.%d", h.text("public").between(129, 254)),
		internal:       fmt.Sprintf("172.20.%d.%d", h.text("internal").below(256), h.text("host").between(1, 254)),
		latency:        h.text("latency").between(55, 130),
		jitter:         h.text("jitter").between(8, 30),
		loss:           h.text("loss").between(2, 18),
		connectionType: "UDP",
	}
}

// host returns the n-th address of an IPv4 prefix.
func host(p netip.Prefix, n int) string {
	a := p.Masked().Addr().As4()
	v := uint32(a[0])<<24 | uint32(a[1])<<16 | uint32(a[2])<<8 | uint32(a[3])
	v += uint32(n)
	return netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}).String()
}
