package cli

import (
	"io"
	"strings"
	"testing"

	"github.com/alecthomas/kingpin/v2"
)

func TestChoice(t *testing.T) {
	for _, tt := range []struct{ args, chosen, refused string }{
		{"", "red", ""},
		{"--colour=blue", "blue", ""},
		{"--colour=loud", "", `--colour must be red, green or blue, not "loud"`},
	} {
		var chosen string
		app := kingpin.New("test", "").ErrorWriter(io.Discard)
		ChoiceVar(app, &chosen, "colour", "Colour of everything", "red", "red", "green", "blue")
		if help := app.Model().FlagGroupModel.Flags; !strings.Contains(help[len(help)-1].Help, "Colour of everything: red, green or blue.") {
			t.Errorf("help: %q", help[len(help)-1].Help)
		}
		_, err := app.Parse(strings.Fields(tt.args))
		if tt.refused == "" && (err != nil || chosen != tt.chosen) || tt.refused != "" && (err == nil || err.Error() != tt.refused) {
			t.Errorf("%q: %q, %v", tt.args, chosen, err)
		}
	}
}

func TestJoin(t *testing.T) {
	for want, words := range map[string][]string{"": nil, "a": {"a"}, "a or b": {"a", "b"}, "a, b or c": {"a", "b", "c"}} {
		if got := Join(words, "or"); got != want {
			t.Errorf("%q is %q", words, got)
		}
	}
}
