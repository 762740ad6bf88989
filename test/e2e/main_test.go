package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

// root is the repository's, as seen from here.
const root = "../.."

// built is where the exporter's binary goes.
var built string

func TestMain(m *testing.M) {
	if port := os.Getenv(standInPort); port != "" {
		fmt.Fprintln(os.Stderr, standIn(port))
		os.Exit(1)
	}
	dir, err := os.MkdirTemp("", "zoom-qos-exporter-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	built = dir
	status := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	if err := goleak.Find(); err != nil && status == 0 {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	os.Exit(status)
}

// build makes the exporter, under the race detector where the tests are: a
// race that it finds is exit status 66.
var build = sync.OnceValues(func() (path string, err error) {
	path = filepath.Join(built, "zoom-qos-exporter")
	args := []string{"./cmd/zoom-qos-exporter"}
	if race {
		args = append([]string{"-race"}, args...)
	}
	return path, goBuild(path, args...)
})

// goBuild makes binaries of the repository.
func goBuild(path string, args ...string) error {
	cmd := exec.Command("go", append([]string{"build", "-buildvcs=false", "-o", path}, args...)...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// binary is the path of the exporter's binary.
func binary(t *testing.T) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// program is the path of a program that the machine must have, or that
// `make setup` has put into the repository.
func program(t *testing.T, name string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	path, err := filepath.Abs(filepath.Join(root, ".tools", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%s is missing; `make test` installs it, so does `make setup` alone", name)
	}
	return path
}
