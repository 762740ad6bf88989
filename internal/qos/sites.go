package qos

import (
	"net/netip"
)

// SiteRule names the site of the participants whose addresses lie within its
// prefixes. Where both sides are given both must match: homes use the same
// internal ranges everywhere, and offices share public ones with their guests.
type SiteRule struct {
	Site     string
	Internal []netip.Prefix
	Public   []netip.Prefix
}

// Sites finds a participant's site.
type Sites []SiteRule

// Of is the site of whoever has these addresses, "" where no rule matches. Of
// several the longest match wins, both sides' bits together; then the first.
func (s Sites) Of(public netip.Addr, internal []netip.Addr) string {
	best, site := -1, ""
	for i := range s {
		if bits, ok := s[i].match(public, internal); ok && bits > best {
			best, site = bits, s[i].Site
		}
	}
	return site
}

func (r *SiteRule) match(public netip.Addr, internal []netip.Addr) (bits int, ok bool) {
	if len(r.Internal) > 0 {
		longest := -1
		for _, addr := range internal {
			longest = max(longest, longestMatch(r.Internal, addr))
		}
		if longest < 0 {
			return 0, false
		}
		bits += longest
	}
	if len(r.Public) > 0 {
		longest := longestMatch(r.Public, public)
		if longest < 0 {
			return 0, false
		}
		bits += longest
	}
	return bits, len(r.Internal)+len(r.Public) > 0
}

func longestMatch(prefixes []netip.Prefix, addr netip.Addr) int {
	longest := -1
	for _, p := range prefixes {
		if p.Bits() > longest && p.Contains(addr) {
			longest = p.Bits()
		}
	}
	return longest
}
