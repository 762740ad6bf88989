package config

import (
	"strings"
	"text/tabwriter"
	"unicode"
	"unicode/utf8"
)

// exampleWidth is the greatest length of a line.
const exampleWidth = 100

const exampleHead = `# Configuration of zoom-qos-exporter, with every key. Generated from internal/config
# by make docs; docs/configuration.md has the same in tables.
#
#   zoom-qos-exporter check --config-only --config.file=config.yaml
#
# reports all errors in a file at once, each with its line. SIGHUP or
# POST /-/reload reloads the file; if it is invalid, the old configuration stays
# in effect. Relative paths start at this file's directory.
#
# Values are the defaults, except for the variables of the credentials, which
# have none. Lines that are commented out are examples.

`

// exampleConfig returns deploy/config.example.yaml: every key with its meaning and
// its default.
func exampleConfig() string {
	var file strings.Builder
	file.WriteString(exampleHead)
	aligned := tabwriter.NewWriter(&file, 0, 0, 2, ' ', 0)
	_, _ = aligned.Write([]byte(exampleLines(schema(), ""))) // a Builder never fails
	_ = aligned.Flush()
	return file.String()
}

// exampleLines returns the lines of a mapping. Its comments are beside the keys,
// after a tab that aligns them, if all of them fit there; otherwise above.
func exampleLines(fields []field, indent string) string {
	var beside, above strings.Builder
	room := true
	for _, f := range fields {
		setting, comment := exampleSetting(f, indent), exampleComment(f)
		beside.WriteString(setting + "\t# " + comment + "\n")
		above.WriteString("\n" + wrap(comment, indent+"# ") + setting + "\n")
		room = room && f.fields == nil && utf8.RuneCountInString(setting+"  # "+comment) <= exampleWidth
	}
	if room {
		return beside.String()
	}
	return strings.TrimPrefix(above.String(), "\n")
}

func exampleComment(f field) string {
	comment := strings.ReplaceAll(f.meaning, "`", "")
	if f.bounds != "" {
		comment += " " + capital(f.kind+" "+f.bounds) + "."
	}
	return comment
}

// exampleSetting returns the lines that set f and everything below it.
func exampleSetting(f field, indent string) string {
	start := indent + f.key + ": "
	switch {
	case f.list && f.required:
		first := indent + "    "
		item := exampleLines(f.fields, first)
		return indent + f.key + ":\n" + indent + "  - " + strings.TrimSuffix(strings.TrimPrefix(item, first), "\n")
	case f.list:
		return start + f.value + "\n" + prefixed(exampleList(f), indent+"# ")
	case len(f.fields) > 0:
		return indent + f.key + ":\n" + strings.TrimSuffix(exampleLines(f.fields, indent+"  "), "\n")
	case f.value != "":
		return start + f.value
	case f.required:
		return start + f.example
	default:
		return indent + "# " + f.key + ": " + f.example
	}
}

func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}

// wrap breaks text into lines, each with a prefix.
func wrap(text, prefix string) string {
	var lines strings.Builder
	line := prefix
	for _, word := range strings.Fields(text) {
		if line != prefix && utf8.RuneCountInString(line+word) > exampleWidth {
			lines.WriteString(strings.TrimRight(line, " ") + "\n")
			line = prefix
		}
		line += word + " "
	}
	return lines.String() + strings.TrimRight(line, " ") + "\n"
}

// prefixed adds a prefix to every line.
func prefixed(text, prefix string) string {
	return prefix + strings.ReplaceAll(text, "\n", "\n"+prefix)
}
