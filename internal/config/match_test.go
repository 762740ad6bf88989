package config

import (
	"regexp"
	"strings"
	"testing"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// newMatch returns the match of a file with these conditions; "" is none.
func newMatch(id, host, topic string) (Match, error) {
	var m Match
	if id != "" {
		if err := m.setID(id); err != nil {
			return Match{}, err
		}
	}
	m.host, m.topic = newPattern(host), newPattern(topic)
	return m, nil
}

func TestMatch(t *testing.T) {
	m := &zoomapi.Live{ID: "93201235621", UUID: "gm8s9L+PTEC+FG3sFbd1Cw==", Host: "Jürgen Öz", Email: "J.Oez@Example.com", Topic: "All hands: Q3 * what's next? 🎉"}
	for _, x := range []struct {
		id, host, topic string
		want            bool
	}{
		{"", "", "", true},
		{"93201235621", "", "", true},
		{"932 0123 5621", "", "", true},
		{"932-0123-5621", "", "", true},
		{"93201235622", "", "", false},
		{"gm8s9L+PTEC+FG3sFbd1Cw==", "", "", true},
		{"GM8S9L+PTEC+FG3SFBD1CW==", "", "", false}, // UUIDs have a case
		{"", "*@example.com", "", true},
		{"", "*@example.org", "", false},
		{"", "JÜRGEN*", "", true},
		{"", "j?rgen ?z", "", true},
		{"", "jürgen", "", false},
		{"", "", "all hands*", true},
		{"", "", "*NEXT? ?", true},
		{"", "", "hands", false},
		{"", "", "*", true},
		{"93201235621", "*", "*hands*", true},
		{"93201235621", "*", "*heads*", false},
	} {
		match, err := newMatch(x.id, x.host, x.topic)
		if err != nil {
			t.Errorf("%+v: %v", x, err)
		}
		if got := match.Matches(m); got != x.want {
			t.Errorf("%+v: %v", x, got)
		}
	}
	for _, id := range []string{"12345678", "123456789012", "abc", "932*", "gm8s9L+PTEC FG3sFbd1Cw==", "-", strings.Repeat("a", 41)} {
		if _, err := newMatch(id, "", ""); err == nil {
			t.Errorf("%q is accepted as an ID", id)
		}
	}
}

func TestFilter(t *testing.T) {
	topic := func(s string) Match {
		m, err := newMatch("", "", s)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for _, x := range []struct {
		filter Filter
		want   string // the topics kept of a, ab, b
	}{
		{Filter{}, "a ab b"},
		{Filter{Include: []Match{topic("a*")}}, "a ab"},
		{Filter{Include: []Match{topic("a"), topic("b")}}, "a b"},
		{Filter{Exclude: []Match{topic("*b")}}, "a"},
		{Filter{Include: []Match{topic("a*")}, Exclude: []Match{topic("ab")}}, "a"},
	} {
		var kept []string
		for _, s := range []string{"a", "ab", "b"} {
			if x.filter.Keeps(&zoomapi.Live{Topic: zoomapi.Text(s)}) {
				kept = append(kept, s)
			}
		}
		if got := strings.Join(kept, " "); got != x.want {
			t.Errorf("%+v keeps %q, want %q", x.filter, got, x.want)
		}
	}
}

// glob agrees with the equivalent regular expression.
func FuzzGlob(f *testing.F) {
	for _, x := range [][2]string{{"a*b?c", "axxbyc"}, {"ab*ba", "aba"}, {"*", ""}, {"**a", "ba"}, {"?", "é"}, {"*a*a*a*", "aaab"}, {"", "a"}, {"a", ""}, {"?\xff", "\xfe\xff"}, {"*é", "\xc3é"}} {
		f.Add(x[0], x[1])
	}
	f.Fuzz(func(t *testing.T, pattern, s string) {
		pattern, s = strings.ToValidUTF8(pattern, "\uFFFD"), strings.ToValidUTF8(s, "\uFFFD")
		expr := regexp.QuoteMeta(pattern)
		expr = strings.NewReplacer(`\\`, `\\`, `\*`, `.*`, `\?`, `.`).Replace(expr)
		re, err := regexp.Compile(`^(?s:` + expr + `)$`)
		if err != nil {
			return // too long for a regular expression
		}
		if got, want := glob(pattern, s), re.MatchString(s); got != want {
			t.Errorf("glob(%q, %q) is %v", pattern, s, got)
		}
	})
}
