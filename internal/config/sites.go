package config

import (
	"net/netip"
	"unicode"
	"unicode/utf8"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
)

// maxRules bounds the pairs of prefixes to compare.
const maxRules = 100_000

// placed is a prefix with its place.
type placed struct {
	netip.Prefix
	at value
}

// networks are the networks of a site, with their places.
type networks struct{ internal, public []placed }

func (d *decoder) sites(p *qos.Sites) reader {
	const example = `- {name: berlin, internal: [10.10.0.0/16], public: [198.51.100.0/24, "2001:db8:10::/48"]}
- {name: lisbon, public: [203.0.113.0/25]}`
	return reader{kind: "list of mappings", value: "[]", example: example, list: true, fields: d.siteFields(&qos.SiteRule{}, &networks{}), read: func(v value) {
		*p = d.siteList(v)
	}}
}

func (d *decoder) siteFields(s *qos.SiteRule, n *networks) []field {
	return []field{
		{"name", d.siteName(&s.Site), "The label `site`: one line of at most 64 characters."},
		{"internal", d.prefixes(&n.internal, "[10.10.0.0/16]"), "Networks of the participants' internal addresses. If both lists are given, both must match, as homes use the same internal addresses everywhere."},
		{"public", d.prefixes(&n.public, `[198.51.100.0/24, "2001:db8:10::/48"]`), "Networks of the participants' public addresses, as Zoom sees them. At least one of the lists is required."},
	}
}

func (d *decoder) siteList(v value) qos.Sites {
	var sites qos.Sites
	rules := ruleSet{}
	values, _ := d.items(v)
	for _, v := range values {
		var s qos.SiteRule
		var n networks
		o := d.object(v)
		d.read(o, d.siteFields(&s, &n)...)
		s.Internal, s.Public = prefixesOf(n.internal), prefixesOf(n.public)
		_, named := o.get("name")
		_, hasInternal := o.get("internal")
		_, hasPublic := o.get("public")
		switch {
		case o.broken:
		case !named:
			d.fail(v, "has no name")
		case !hasInternal && !hasPublic:
			d.fail(v, "has no prefixes; give it internal, public or both")
		case len(rules)+max(1, len(n.internal))*max(1, len(n.public)) > maxRules:
			d.fail(v, "makes more than %d pairs of an internal and a public prefix; use larger prefixes", maxRules)
			return sites
		default:
			d.checkRules(rules, n.internal, n.public)
		}
		sites = append(sites, s)
	}
	return sites
}

// siteName decodes a name, which becomes the value of a label.
func (d *decoder) siteName(p *string) reader {
	return reader{kind: "text", example: "berlin", required: true, read: func(v value) {
		s, ok := d.text(v)
		switch {
		case !ok:
		case utf8.RuneCountInString(s) > 64:
			d.fail(v, "must be at most 64 characters long")
		case !utf8.ValidString(s), notPrintable(s):
			d.fail(v, "must be one line of printable characters")
		default:
			*p = s
		}
	}}
}

func notPrintable(s string) bool {
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return true
		}
	}
	return false
}

func (d *decoder) prefixes(p *[]placed, example string) reader {
	return reader{kind: "list of networks", example: example, read: func(v value) {
		values, ok := d.items(v)
		if ok && len(values) == 0 {
			d.fail(v, "is empty; list a prefix or remove the key")
		}
		lines := map[netip.Prefix]int{}
		for _, v := range values {
			prefix, ok := d.prefix(v)
			if !ok {
				continue
			}
			if line, twice := lines[prefix]; twice {
				d.fail(v, "is already in this list, in line %d; remove one of them", line)
				continue
			}
			lines[prefix] = v.line
			*p = append(*p, placed{prefix, v})
		}
	}}
}

func prefixesOf(list []placed) []netip.Prefix {
	var prefixes []netip.Prefix
	for _, p := range list {
		prefixes = append(prefixes, p.Prefix)
	}
	return prefixes
}

// rule is a pair of prefixes that must both match; the zero prefix matches any
// address.
type rule struct{ internal, public netip.Prefix }

// ruleSet maps each rule to its line.
type ruleSet map[rule]int

// checkRules rejects a site that repeats a rule, as no address could decide between
// the two.
func (d *decoder) checkRules(rules ruleSet, internal, public []placed) {
	if len(internal) == 0 && len(public) == 0 {
		return // none could be decoded
	}
	if len(internal) == 0 {
		internal = []placed{{}}
	}
	if len(public) == 0 {
		public = []placed{{}}
	}
	reported := false
	for _, in := range internal {
		for _, pub := range public {
			r, at := rule{in.Prefix, pub.Prefix}, in.at
			if at.node == nil {
				at = pub.at
			}
			line, twice := rules[r]
			if !twice {
				rules[r] = at.line
			} else if !reported {
				reported = true
				d.fail(at, "makes the same rule as line %d; remove one of them", line)
			}
		}
	}
}
