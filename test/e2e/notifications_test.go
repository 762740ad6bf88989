package e2e

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// alertmanagerDir is what Alertmanager's directory /etc/alertmanager is.
const alertmanagerDir = root + "/deploy/alertmanager"

// amtool runs Alertmanager's tool, and returns what it prints.
func amtool(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command(program(t, "amtool"), args...)
	cmd.Env = []string{"HOME=" + t.TempDir()} // whose configuration would add flags
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("amtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// What people read of alerts: testdata/notifications has what Alertmanager
// gives its templates, and what they make of it.
func TestNotifications(t *testing.T) {
	t.Parallel()
	inputs, err := filepath.Glob("testdata/notifications/*.json")
	if err != nil || len(inputs) == 0 {
		t.Fatalf("no input: %v", err)
	}
	for _, input := range inputs {
		for _, name := range []string{"title", "link", "chat.color", "chat.text", "mail.text", "mail.html"} {
			golden := strings.TrimSuffix(input, "json") + name
			t.Run(filepath.Base(golden), func(t *testing.T) {
				t.Parallel()
				kind := "text"
				if name == "mail.html" {
					kind = "html"
				}
				got := amtool(t, "template", "render",
					"--template.glob="+filepath.Join(alertmanagerDir, "templates", "*.tmpl"),
					"--template.text={{ template \"zoom."+name+"\" . }}",
					"--template.type="+kind, "--template.data="+input)
				if *update {
					if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if got != string(want) {
					t.Errorf("it reads\n%s\nwant (or -update)\n%s", got, want)
				}
			})
		}
	}
}
