// Package cli has what the flags of the programs share.
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

// ChoiceVar defines a flag that is one of a few words. They end its help.
func ChoiceVar(app *kingpin.Application, chosen *string, name, help, fallback string, accepted ...string) {
	app.Flag(name, help+": "+Join(accepted, "or")+".").Default(fallback).SetValue(&choice{name, accepted, chosen})
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

// Join is "a, b or c", where or is the conjunction.
func Join(words []string, conjunction string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " " + conjunction + " " + words[last]
}
