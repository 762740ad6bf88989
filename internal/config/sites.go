package config

import (
	"net/netip"
	"unicode"
	"unicode/utf8"
)

// maxRules bounds the pairs of prefixes that the check compares.
const maxRules = 100_000

// placed is a prefix and where it stands.
type placed struct {
	netip.Prefix
	at value
}

func (d *decoder) sites(v value) []Site {
	var sites []Site
	rules := ruleSet{}
	values, _ := d.items(v)
	for _, v := range values {
		var s Site
		var internal, public []placed
		o := d.object(v)
		d.read(o,
			field{"name", d.siteName(&s.Name)},
			field{"internal", func(v value) { internal = d.prefixes(v) }},
			field{"public", func(v value) { public = d.prefixes(v) }},
		)
		s.Internal, s.Public = plain(internal), plain(public)
		_, named := o.get("name")
		_, hasInternal := o.get("internal")
		_, hasPublic := o.get("public")
		switch {
		case o.broken:
		case !named:
			d.fail(v, "has no name")
		case !hasInternal && !hasPublic:
			d.fail(v, "has no prefixes; give it internal, public or both")
		case len(rules)+max(1, len(internal))*max(1, len(public)) > maxRules:
			d.fail(v, "makes more than %d pairs of an internal and a public prefix; use larger prefixes", maxRules)
			return sites
		default:
			d.checkRules(rules, internal, public)
		}
		sites = append(sites, s)
	}
	return sites
}

// siteName reads a name for people; it becomes a label's value.
func (d *decoder) siteName(p *string) func(value) {
	return func(v value) {
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
	}
}

func notPrintable(s string) bool {
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return true
		}
	}
	return false
}

func (d *decoder) prefixes(v value) []placed {
	values, ok := d.items(v)
	if ok && len(values) == 0 {
		d.fail(v, "is empty; list a prefix or remove the key")
	}
	var prefixes []placed
	lines := map[netip.Prefix]int{}
	for _, v := range values {
		p, ok := d.prefix(v)
		if !ok {
			continue
		}
		if line, twice := lines[p]; twice {
			d.fail(v, "is in this list already, in line %d; remove one of them", line)
			continue
		}
		lines[p] = v.line
		prefixes = append(prefixes, placed{p, v})
	}
	return prefixes
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
