package qos

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"strings"
)

// Mode is what happens to a personal field before it may become a label.
type Mode uint8

// The modes. Subnet is for addresses only and is Drop elsewhere.
const (
	Drop Mode = iota
	Hash
	Plain
	Subnet
)

// String returns the mode as a configuration has it.
func (m Mode) String() string { return [...]string{"drop", "hash", "plain", "subnet"}[m] }

// Privacy says which facts of people and meetings become labels. Its zero
// value drops them all.
type Privacy struct {
	User, UserName, Email, IPAddress, InternalIPAddress, PCName, Domain, Location, Device Mode
	MeetingID, Topic, Host, Department                                                    Mode
	// Key is the key of the hashes: who holds it can test guesses.
	Key []byte
	// SubnetIPv4 and SubnetIPv6 are the prefix lengths that Subnet leaves.
	SubnetIPv4, SubnetIPv6 int
}

// HashOf is the hash under which a person's e-mail or user id stands in the
// labels: the first 16 hexadecimal digits of its HMAC-SHA-256. What looks like
// an e-mail is lower-cased first, so that one person stays one.
func HashOf(key []byte, value string) string {
	if strings.Contains(value, "@") {
		value = strings.ToLower(value)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(value))
	return hex.EncodeToString(mac.Sum(nil))[:16]
}

func (p *Privacy) apply(mode Mode, value string) string {
	switch {
	case value == "":
		return ""
	case mode == Plain:
		return value
	case mode == Hash:
		return HashOf(p.Key, value)
	default:
		return ""
	}
}

func (p *Privacy) address(mode Mode, value string) string {
	if mode != Subnet {
		return p.apply(mode, value)
	}
	addr, err := netip.ParseAddr(value)
	if err != nil {
		return ""
	}
	addr = addr.Unmap().WithZone("")
	bits := p.SubnetIPv6
	if addr.Is4() {
		bits = p.SubnetIPv4
	}
	prefix, err := addr.Prefix(bits)
	if err != nil {
		return ""
	}
	return prefix.String()
}
