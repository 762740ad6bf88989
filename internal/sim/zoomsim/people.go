package zoomsim

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
)

// via is the path of a person's media.
type via uint8

const (
	viaClient via = iota
	viaCRC
	viaRWG
)

// person is the same in all their joins of a meeting. Account members are the same
// in all meetings.
type person struct {
	id         string // of an account member; "" for guests and rooms
	name       string
	email      string
	department string
	external   bool
	device     string
	os         string
	osVersion  string
	client     string
	version    string
	pcName     string
	network    network
	via        via
	camera     bool // mostly on
	cpu        int  // percent, in the absence of trouble
	overloaded bool // the machine is too slow
	badWiFi    bool
	sparse     bool // inactive streams are missing, not blank
}

// company is the directory of the account members 0 to size-1, drawn when needed.
type company struct {
	seed  hash
	sites []Site
	size  int // a prime, so that any step visits all members
	moods Moods
}

func newCompany(seed hash, size int, moods Moods) *company {
	return &company{seed: seed.text("company"), sites: Sites(), size: nextPrime(size), moods: moods}
}

func (c *company) firstNames() []string {
	return []string{"Ada", "Bao", "Chidi", "Dunja", "Eko", "Farid", "Grete", "Hana", "Ines", "Jomo",
		"Kaya", "Lior", "Mila", "Noor", "Olu", "Pia", "Quim", "Rosa", "Sven", "Tala"}
}

func (c *company) departments() []string {
	return []string{"Sales", "Support", "Engineering", "Finance", "People", "Marketing", ""}
}

// member returns the n-th account member.
func (c *company) member(n int) *person {
	n %= c.size
	h := c.seed.with(uint64(n))
	first := c.firstNames()[h.text("first").below(20)]
	p := &person{
		id:         h.text("id").token(16),
		name:       fmt.Sprintf("%s Example %d", first, n),
		email:      fmt.Sprintf("%s.%d@example.com", strings.ToLower(first), n),
		department: c.departments()[h.text("dept").below(7)],
		pcName:     fmt.Sprintf("PC-%05d", n),
		network:    networkOf(c.sites, h.text("network")),
		camera:     h.text("camera").below(10) < 7,
		cpu:        h.text("cpu").between(12, 40),
		overloaded: h.text("load").oneIn(25),
		sparse:     h.text("sparse").oneIn(4),
	}
	p.badWiFi = p.network.rssi != 0 && h.text("bad").oneIn(9)
	p.equip(h)
	if c.moods.Plain {
		p.camera, p.overloaded, p.badWiFi, p.sparse, p.via = true, false, false, false, viaClient
		return p
	}
	p.name = oddName(p.name, n)
	return p
}

// guest draws a person of another account, of whom Zoom shows little.
func (c *company) guest(h hash) *person {
	p := &person{
		name:     fmt.Sprintf("Guest Example %d", h.text("name").below(100000)),
		external: true,
		network:  home(h),
		camera:   h.text("camera").oneIn(2),
		cpu:      h.text("cpu").between(12, 40),
		sparse:   h.text("sparse").oneIn(4),
	}
	p.equip(h)
	return p
}

// room draws a conference room that joins through the Cloud Room Connector.
func (c *company) room(h hash) *person {
	n := h.text("room").below(60)
	return &person{
		name:       fmt.Sprintf("Room Example %d", n),
		department: "Facilities",
		device:     "SIP/H.323 Room System",
		client:     "Room Connector",
		network:    office(c.sites, h, false),
		via:        viaCRC,
		camera:     true,
	}
}

// equip draws the device and the client.
func (p *person) equip(h hash) {
	switch roll := h.text("device").below(20); {
	case roll < 9:
		p.device, p.os, p.osVersion, p.client, p.version = "Windows", "Windows", "11", "Zoom Client", "6.5.11.26770"
	case roll < 15:
		p.device, p.os, p.osVersion, p.client, p.version = "Mac", "macOS", "15.6", "Zoom Client", "6.5.10.61246"
	case roll < 17:
		p.device, p.os, p.osVersion, p.client, p.version = "Phone", "iOS", "18.5", "Zoom Client", "6.5.8.25710"
	case roll < 18:
		p.device, p.os, p.osVersion, p.client, p.version = "Linux", "Linux", "12", "Zoom Client", "6.5.7.3298"
	default:
		p.device, p.os, p.osVersion, p.client = "Web Browser", "Windows", "11", "Web Client 6.5"
		p.via = viaRWG
	}
}

// oddName gives some people names that break careless code.
func oddName(name string, n int) string {
	switch n % 23 {
	case 3:
		return name + ` "the Quote" \o/`
	case 7:
		return name + "\nof two lines"
	case 11:
		return "🦄 " + name
	case 13:
		return "דוגמה " + name // right to left
	case 17:
		return "Zoë Ñandú‑" + name
	case 19:
		return ""
	}
	return name
}

// token returns n bytes drawn from h in base64, as Zoom's identifiers are.
func (h hash) token(n int) string {
	return base64.RawURLEncoding.EncodeToString(h.bytes(n))
}

func (h hash) bytes(n int) []byte {
	b := make([]byte, 0, n+8)
	for i := uint64(0); len(b) < n; i++ {
		b = binary.BigEndian.AppendUint64(b, uint64(h.with(i)))
	}
	return b[:n]
}

// participantUUID has the form D444CD06-2ABB-2FCC-019B-39E41D8DADF7.
func (h hash) participantUUID() string {
	b := h.bytes(16)
	return fmt.Sprintf("%X-%X-%X-%X-%X", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func nextPrime(n int) int {
	for n = max(n, 2); ; n++ {
		prime := true
		for d := 2; d*d <= n; d++ {
			if n%d == 0 {
				prime = false
				break
			}
		}
		if prime {
			return n
		}
	}
}
