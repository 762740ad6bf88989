package unit

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	root = "../../.." // the repository
	name = "zoom-qos-exporter.service"
	// exposure is how much systemd may find to complain of, in tenths: 0 is
	// nothing, 100 all of it. What is left is that the exporter uses the network.
	exposure = 15
)

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// unit is the unit, with a program that this machine has.
func unit(t *testing.T) string {
	t.Helper()
	text := strings.ReplaceAll(read(t, "deploy/systemd/"+name), "/usr/bin/zoom-qos-exporter", "/bin/true")
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestVerify(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("systemd-analyze", "verify", "--man=no", "--recursive-errors=one", unit(t)).CombinedOutput()
	if err != nil || strings.Contains(string(out), name) { // of an unknown key it only warns
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
}

func TestSecurity(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("systemd-analyze", "security", "--offline=yes", fmt.Sprintf("--threshold=%d", exposure), "--no-pager", unit(t))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("systemd-analyze security: %v\n%s", err, out)
	}
}

// setting is the one value of a key.
func setting(t *testing.T, key string) string {
	t.Helper()
	found := regexp.MustCompile(`(?m)^`+key+`=(.*)$`).FindAllStringSubmatch(read(t, "deploy/systemd/"+name), -1)
	if len(found) != 1 {
		t.Fatalf("the unit has %d of %s, want one", len(found), key)
	}
	return found[0][1]
}

// The exporter has the time to end well.
func TestStop(t *testing.T) {
	t.Parallel()
	found := regexp.MustCompile(`\bshutdownTimeout = (\d+) \* time\.Second`).FindStringSubmatch(read(t, "cmd/zoom-qos-exporter/serve.go"))
	if found == nil {
		t.Fatal("shutdownTimeout is not in serve.go")
	}
	drain, _ := strconv.Atoi(found[1])
	stop, err := time.ParseDuration(setting(t, "TimeoutStopSec"))
	if err != nil || stop < time.Duration(drain+5)*time.Second {
		t.Errorf("it has %s to end and drains for %d s: %v", stop, drain, err)
	}
}

// The files that the unit reads are those that the package and the
// documentation speak of.
func TestPaths(t *testing.T) {
	t.Parallel()
	release, docs := read(t, ".goreleaser.yaml"), read(t, "docs/deployment.md")
	environment := strings.TrimPrefix(setting(t, "EnvironmentFile"), "-")
	id, secret, _ := strings.Cut(setting(t, "LoadCredential"), ":")
	program, _, _ := strings.Cut(setting(t, "ExecStart"), " ")
	for _, path := range []string{environment, secret, "/run/credentials/" + name + "/" + id} {
		if !strings.Contains(docs, path) {
			t.Errorf("docs/deployment.md does not tell of %s", path)
		}
	}
	for _, path := range []string{"dst: " + environment, "dst: " + filepath.Dir(secret), "bindir: " + filepath.Dir(program)} {
		if !strings.Contains(release, path) {
			t.Errorf(".goreleaser.yaml has no %s", path)
		}
	}
}

// The variables of the environment file are the exporter's.
func TestEnvironment(t *testing.T) {
	t.Parallel()
	known := read(t, "internal/config/env.go")
	for _, found := range regexp.MustCompile(`(?m)^#? ?(ZOOM_\w+)=`).FindAllStringSubmatch(read(t, "deploy/systemd/zoom-qos-exporter.default"), -1) {
		if !strings.Contains(known, `"`+found[1]+`"`) {
			t.Errorf("the exporter knows no %s", found[1])
		}
	}
}
