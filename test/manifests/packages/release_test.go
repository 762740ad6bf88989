package packages

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goreleaser/goreleaser/v2/pkg/config"
)

const root = "../../.." // the repository

// project is the release's configuration, read as strictly as goreleaser does.
func project(t *testing.T) config.Project {
	t.Helper()
	p, err := config.Load(filepath.Join(root, ".goreleaser.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// A released binary is built as `make build` builds it, and tells the same of
// itself.
func TestBuild(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("make", "--dry-run", "build")
	cmd.Dir = root
	made, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("make: %v\n%s", err, made)
	}
	build := project(t).Builds[0]
	flag := regexp.MustCompile(`-X (\S+)=`)
	var want, got []string
	for _, found := range flag.FindAllStringSubmatch(string(made), -1) {
		want = append(want, found[1])
	}
	for _, found := range flag.FindAllStringSubmatch(strings.Join(build.Ldflags, " "), -1) {
		got = append(got, found[1])
	}
	if len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("a release sets %q, make %q", got, want)
	}
	for _, part := range slices.Concat(build.Flags, build.Env, strings.Fields(build.Ldflags[0])) {
		if !strings.Contains(string(made), part) {
			t.Errorf("make does not build with %s", part)
		}
	}
}

// The files that the release names are there.
func TestFiles(t *testing.T) {
	t.Parallel()
	p := project(t)
	var named []string
	for _, archive := range p.Archives {
		for _, file := range archive.Files {
			named = append(named, file.Source)
		}
	}
	for _, image := range p.DockersV2 {
		named = append(append(named, image.ExtraFiles...), image.Dockerfile)
	}
	for _, name := range named {
		if found, err := filepath.Glob(filepath.Join(root, name)); err != nil || len(found) == 0 {
			t.Errorf("%s is not there: %v", name, err)
		}
	}
}

// The release gives the Dockerfile what it asks for.
func TestImage(t *testing.T) {
	t.Parallel()
	image := project(t).DockersV2[0]
	dockerfile := read(t, image.Dockerfile)
	var files []string
	for _, found := range regexp.MustCompile(`(?m)^COPY ([^-].*) \S+$`).FindAllStringSubmatch(dockerfile, -1) {
		files = append(files, strings.Fields(found[1])...)
	}
	slices.Sort(files)
	if want := slices.Compact(files); !slices.Equal(slices.Sorted(slices.Values(image.ExtraFiles)), want) {
		t.Errorf("the Dockerfile copies %q, the release gives it %q", want, image.ExtraFiles)
	}
	arguments := map[string]bool{}
	for _, found := range regexp.MustCompile(`(?m)^ARG (.+)$`).FindAllStringSubmatch(dockerfile, -1) {
		for _, name := range strings.Fields(found[1]) {
			name, _, _ = strings.Cut(name, "=")
			if !strings.HasPrefix(name, "TARGET") { // docker's own
				arguments[name] = true
			}
		}
	}
	if want := slices.Sorted(maps.Keys(arguments)); !slices.Equal(slices.Sorted(maps.Keys(image.BuildArgs)), want) {
		t.Errorf("the Dockerfile asks for %q, the release gives %v", want, image.BuildArgs)
	}
}
