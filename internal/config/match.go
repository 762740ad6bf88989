package config

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/zoom-qos-exporter/zoom-qos-exporter/internal/zoomapi"
)

// Filter selects meetings.
type Filter struct {
	Include, Exclude []Match
}

// Keeps reports whether the filter selects a meeting: nothing in Exclude matches
// it, and Include is empty or matches it.
func (f Filter) Keeps(m *zoomapi.Live) bool {
	return !matchesAny(f.Exclude, m) && (len(f.Include) == 0 || matchesAny(f.Include, m))
}

// Watches reports whether to request a meeting more often.
func (a *Account) Watches(m *zoomapi.Live) bool { return matchesAny(a.Watch, m) }

func matchesAny(list []Match, m *zoomapi.Live) bool {
	return slices.ContainsFunc(list, func(match Match) bool { return match.Matches(m) })
}

// Match is a set of conditions on a meeting. Its zero value has none and matches
// every meeting.
type Match struct {
	number, uuid zoomapi.Text
	host, topic  *pattern
}

var errID = errors.New("is neither a meeting number of 9 to 11 digits nor a meeting's UUID")

func (m *Match) setID(id string) error {
	digits := strings.NewReplacer(" ", "", "-", "").Replace(id)
	switch {
	case digits != "" && strings.Trim(digits, "0123456789") == "":
		if len(digits) < 9 || len(digits) > 11 {
			return errID
		}
		m.number = zoomapi.Text(digits)
	case isUUID(id):
		m.uuid = zoomapi.Text(id)
	default:
		return errID
	}
	return nil
}

// isUUID accepts more than Zoom's usual UUIDs, which are 16 bytes in base64: others
// may lack the padding or be hexadecimal.
func isUUID(s string) bool {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_"
	return len(s) >= 20 && len(s) <= 40 && strings.Trim(s, alphabet) == ""
}

// Matches reports whether a meeting meets all conditions.
func (m Match) Matches(meeting *zoomapi.Live) bool {
	return (m.number == "" || m.number == meeting.ID) &&
		(m.uuid == "" || m.uuid == meeting.UUID) &&
		(m.host == nil || m.host.matches(meeting.Host) || m.host.matches(meeting.Email)) &&
		(m.topic == nil || m.topic.matches(meeting.Topic))
}

// pattern is a glob in lower case.
type pattern string

func newPattern(s string) *pattern {
	if s == "" {
		return nil
	}
	p := pattern(strings.ToLower(s))
	return &p
}

func (p pattern) matches(text zoomapi.Text) bool {
	return glob(string(p), strings.ToLower(string(text)))
}

// glob reports whether pattern matches all of s. It takes at most len(pattern)·len(s)
// steps, as on a mismatch it only extends what the latest star has matched.
func glob(pattern, s string) bool {
	star, mark := -1, 0
	p, i := 0, 0
	for i < len(s) {
		c, size := utf8.DecodeRuneInString(s[i:])
		want, wantSize := utf8.DecodeRuneInString(pattern[p:])
		switch {
		case wantSize > 0 && want == '*':
			p++
			star, mark = p, i
		case wantSize > 0 && (want == '?' || want == c):
			p += wantSize
			i += size
		case star >= 0:
			_, size = utf8.DecodeRuneInString(s[mark:])
			mark += size
			p, i = star, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
