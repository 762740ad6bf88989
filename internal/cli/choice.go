// Package cli contains kingpin helpers for the flags of the programs.
package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kingpin/v2"
)

// choice is the value of a flag that is one of a few words.
type choice struct {
	flag     string
	accepted []string
	chosen   *string
}

// ChoiceVar defines a flag that is one of the accepted words, which are appended to its
// help.
func ChoiceVar(app *kingpin.Application, chosen *string, name, help, byDefault string, accepted ...string) {
	app.Flag(name, help+": "+Join(accepted, "or")+".").Default(byDefault).SetValue(&choice{name, accepted, chosen})
}

// Set implements kingpin.Value.
func (c *choice) Set(word string) error {
	if !slices.Contains(c.accepted, word) {
		return fmt.Errorf("--%s must be %s, not %q", c.flag, Join(c.accepted, "or"), word)
	}
	*c.chosen = word
	return nil
}

// String implements kingpin.Value.
func (c *choice) String() string { return *c.chosen }

// Join returns "a, b or c" for the conjunction "or".
func Join(words []string, conjunction string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " " + conjunction + " " + words[last]
}
