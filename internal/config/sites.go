package config

import (
	"net/netip"
	"unicode"
	"unicode/utf8"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/qos"
)

// maxRules bounds the pairs of prefixes that the check compares.
const maxRules = 100_000

// placed is a prefix and where it stands.
type placed struct {
	netip.Prefix
	at value
}

// networks are a site's, and where they stand.
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
		{"internal", d.prefixes(&n.internal, "[10.10.0.0/16]"), "Networks of the participants' own addresses. Where both lists are given an address of each must match, as homes use the same internal addresses everywhere."},
		{"public", d.prefixes(&n.public, `[198.51.100.0/24, "2001:db8:10::/48"]`), "Networks of the addresses under which Zoom sees them. One list at least must be given."},
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
		s.Internal, s.Public = plain(n.internal), plain(n.public)
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

// siteName reads a name for people; it becomes a label's value.
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
				d.fail(v, "is in this list already, in line %d; remove one of them", line)
				continue
			}
			lines[prefix] = v.line
			*p = append(*p, placed{prefix, v})
		}
	}}
}

func plain(list []placed) []netip.Prefix {
	var prefixes []netip.Prefix
	for _, p := range list {
		prefixes = append(prefixes, p.Prefix)
	}
	return prefixes
}

// rule is a pair that both must match; the zero prefix stands for any.
type rule struct{ internal, public netip.Prefix }

// ruleSet has the line of each rule.
type ruleSet map[rule]int

// checkRules refuses a site some of whose rules stand before it: between equal
// rules no address could choose.
func (d *decoder) checkRules(rules ruleSet, internal, public []placed) {
	if len(internal) == 0 && len(public) == 0 {
		return // none was readable
	}
	if len(internal) == 0 {
		internal = []placed{{}}
	}
	if len(public) == 0 {
		public = []placed{{}}
	}
	refused := false
	for _, in := range internal {
		for _, pub := range public {
			r, at := rule{in.Prefix, pub.Prefix}, in.at
			if at.node == nil {
				at = pub.at
			}
			line, twice := rules[r]
			if !twice {
				rules[r] = at.line
			} else if !refused {
				refused = true
				d.fail(at, "makes the same rule as line %d; remove one of them", line)
			}
		}
	}
}
