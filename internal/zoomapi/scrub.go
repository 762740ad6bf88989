package zoomapi

import (
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxMessage = 200 // bytes
	maxScopes  = 16
	masked     = "[…]"
)

// scrub makes untrusted text fit for an error or a log: one bounded line of valid
// UTF-8, without what looks like an e-mail address, an IP address, a telephone
// or meeting number, or a token.
func scrub(text string) string {
	var b strings.Builder
	for word := range strings.FieldsSeq(clean(text)) {
		if isPrivate(word) {
			word = masked
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(word)
		if b.Len() > maxMessage {
			return cut(b.String(), maxMessage)
		}
	}
	return b.String()
}

// clean removes all but printable characters and white space. Search for secrets
// in its result: removing a character may join the halves of one.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) || unicode.IsSpace(r) {
			return r
		}
		return -1
	}, strings.ToValidUTF8(text, ""))
}

func isPrivate(word string) bool {
	if strings.Contains(word, "@") || strings.Contains(strings.ToLower(word), "%40") {
		return true
	}
	return hasAddress(word) || hasOpaque(word)
}

func hasAddress(word string) bool {
	for part := range strings.SplitSeq(word, "->") { // as net.OpError joins two
		part = strings.Trim(part, `"'(),;<>=`)
		if part = strings.TrimRight(part, ".:"); part == "" {
			continue
		}
		if _, err := netip.ParseAddr(strings.Trim(part, "[]")); err == nil {
			return true
		}
		if _, err := netip.ParseAddrPort(part); err == nil {
			return true
		}
	}
	return false
}

// hasOpaque reports whether a part is too long for a word, or a number too long.
// A scope is longer than most tokens, but its parts, between colons, are not.
func hasOpaque(word string) bool {
	run, digits := 0, 0
	for i := range len(word) {
		c := word[i]
		isDigit := '0' <= c && c <= '9'
		switch {
		case isDigit, 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', strings.IndexByte("+/=_-.", c) >= 0:
			run++
		default:
			run = 0
		}
		if isDigit {
			digits++
		} else {
			digits = 0
		}
		if run >= 32 || digits >= 9 {
			return true
		}
	}
	return false
}

// cut shortens text to at most n bytes, between characters.
func cut(text string, n int) string {
	const ellipsis = "…"
	if len(text) <= n {
		return text
	}
	n -= len(ellipsis)
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n] + ellipsis
}

// scopesIn returns the scopes that a message names.
func scopesIn(message string) []string {
	var scopes []string
	for word := range strings.FieldsFuncSeq(message, isNotInScope) {
		word = strings.Trim(word, ":")
		if strings.Contains(word, ":") && len(word) <= maxMessage && len(scopes) < maxScopes {
			scopes = append(scopes, word)
		}
	}
	return scopes
}

func isNotInScope(r rune) bool {
	return (r < 'a' || r > 'z') && r != '_' && r != ':'
}
