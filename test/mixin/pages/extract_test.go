package pages

import (
	"net/url"
	"regexp"
	"strings"
)

// span is a part of a page.
type span struct {
	line int // where it begins, from 1
	text string
}

// block is a fenced block of code.
type block struct {
	span
	language string
}

var (
	fence = regexp.MustCompile("(?ms)^[ \t]*```(\\w*)[ \t]*\n(.*?)^[ \t]*```[ \t]*$")
	code  = regexp.MustCompile("`([^`\n]+)`")
	// parameter is a query in the address of a request, or in an argument by
	// which curl adds it.
	parameter = regexp.MustCompile(`[?&]query=([^&"'\s]+)|'query=([^']+)'|"query=([^"]+)"`)
	// sample is a series and its value as in an exposition.
	sample = regexp.MustCompile(`(?m)^([a-z_]+\{.*\}) \S+$`)
	// name is what only a metric, or what is recorded, can be called: with an
	// ellipsis at its end it stands for all that begin so.
	name = regexp.MustCompile(`\b(?:(?:zoom|probe)_[a-z0-9_]+|[a-z_]+:zoom_[a-z_]+:[a-z0-9_]+|zoom:threshold:[a-z_]*)(?:…|\b)`)
	// matcher is a matcher by itself.
	matcher = regexp.MustCompile(`^([a-z_]+)(?:=~|!~|!=|=)"[^"]*"$`)
	// renamed is a table of former names; former is its first column.
	renamed = regexp.MustCompile(`(?m)^\| old \| new \|\n(?:\|.*\n)+`)
	former  = regexp.MustCompile(`(?m)^\|[^|\n]*`)
)

// lineAt is the number of the line at an offset.
func lineAt(page string, offset int) int { return strings.Count(page[:offset], "\n") + 1 }

// withoutFormerNames returns a page without the former names of metrics.
func withoutFormerNames(page string) string {
	return renamed.ReplaceAllStringFunc(page, func(table string) string { return former.ReplaceAllString(table, "") })
}

func blocks(page string) (found []block) {
	for _, m := range fence.FindAllStringSubmatchIndex(page, -1) {
		found = append(found, block{span{lineAt(page, m[4]), page[m[4]:m[5]]}, page[m[2]:m[3]]})
	}
	return found
}

// queries are the PromQL of a page: blocks of it, in which blank lines part
// queries, and what requests ask for in other blocks.
func queries(page string) (found []span) {
	for _, b := range blocks(page) {
		if b.language != "promql" {
			for _, m := range parameter.FindAllStringSubmatchIndex(b.text, -1) {
				found = append(found, asked(b, m))
			}
			continue
		}
		line := b.line
		for query := range strings.SplitSeq(b.text, "\n\n") {
			if strings.TrimSpace(query) != "" {
				found = append(found, span{line, query})
			}
			line += strings.Count(query, "\n") + 2
		}
	}
	return found
}

// asked is the query of a request.
func asked(b block, match []int) span {
	line := b.line + lineAt(b.text, match[0]) - 1
	for group := 2; group < len(match); group += 2 {
		if match[group] < 0 {
			continue
		}
		text := b.text[match[group]:match[group+1]]
		if unescaped, err := url.QueryUnescape(text); err == nil && group == 2 {
			text = unescaped
		}
		return span{line, text}
	}
	return span{line: line}
}

// inline are the spans of code outside of blocks.
func inline(page string) (found []span) {
	page = fence.ReplaceAllStringFunc(page, func(block string) string { return strings.Repeat("\n", strings.Count(block, "\n")) })
	for _, m := range code.FindAllStringSubmatchIndex(page, -1) {
		found = append(found, span{lineAt(page, m[2]), page[m[2]:m[3]]})
	}
	return found
}
