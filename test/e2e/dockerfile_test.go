package e2e

import (
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// instruction is one of a Dockerfile, such as COPY --from=build /a /b.
type instruction struct {
	name  string // COPY
	flags []string
	args  string // as written, lines joined
}

// flag is the value of --name=value, or "".
func (i instruction) flag(name string) string {
	for _, flag := range i.flags {
		if value, ok := strings.CutPrefix(flag, "--"+name+"="); ok {
			return value
		}
	}
	return ""
}

// exec is the argument in JSON's form, which needs no shell.
func (i instruction) exec(t *testing.T) []string {
	t.Helper()
	var argv []string
	if err := json.Unmarshal([]byte(i.args), &argv); err != nil || len(argv) == 0 {
		t.Fatalf("%s %s needs a shell, and there is none", i.name, i.args)
	}
	return argv
}

// readDockerfile reads the repository's Dockerfile.
func readDockerfile(t *testing.T) []instruction {
	t.Helper()
	var all []instruction
	joined := strings.ReplaceAll(read(t, "Dockerfile"), "\\\n", " ")
	for line := range strings.Lines(joined) {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		i := instruction{name: fields[0]}
		rest := strings.TrimSpace(strings.TrimSpace(line)[len(fields[0]):])
		for strings.HasPrefix(rest, "--") {
			flag, after, _ := strings.Cut(rest, " ")
			i.flags = append(i.flags, flag)
			rest = strings.TrimSpace(after)
		}
		i.args = rest
		all = append(all, i)
	}
	return all
}

// last is the last stage's one instruction of that name.
func last(t *testing.T, all []instruction, name string) instruction {
	t.Helper()
	var found []instruction
	for _, i := range all {
		switch i.name {
		case "FROM":
			found = nil
		case name:
			found = append(found, i)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d %s in the last stage, want one", len(found), name)
	}
	return found[0]
}

// read is a file of the repository.
func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// ignore says what .dockerignore keeps out of the build: the last pattern that
// fits a path, or a directory above it, decides.
type ignore []struct {
	pattern *regexp.Regexp
	keep    bool
}

func readIgnore(t *testing.T) ignore {
	t.Helper()
	var rules ignore
	for line := range strings.Lines(read(t, ".dockerignore")) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		glob, keep := strings.CutPrefix(line, "!")
		quoted := strings.NewReplacer(`\*\*/`, `(.*/)?`, `\*`, `[^/]*`).Replace(regexp.QuoteMeta(glob))
		rules = append(rules, struct {
			pattern *regexp.Regexp
			keep    bool
		}{regexp.MustCompile("^" + quoted + "(/.*)?$"), keep})
	}
	return rules
}

func (rules ignore) ignores(name string) bool {
	ignored := false
	for _, rule := range rules {
		if rule.pattern.MatchString(name) {
			ignored = !rule.keep
		}
	}
	return ignored
}

// copyContext copies what COPY source destination takes of the repository.
func (rules ignore) copyContext(t *testing.T, source, destination string) {
	t.Helper()
	copied := 0
	context := os.DirFS(root)
	err := fs.WalkDir(context, source, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || rules.ignores(name) {
			return err
		}
		content, err := fs.ReadFile(context, name)
		if err != nil {
			return err
		}
		copied++
		to := filepath.Join(destination, strings.TrimPrefix(name, source))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		return os.WriteFile(to, content, 0o644)
	})
	if err != nil || copied == 0 {
		t.Fatalf("COPY %s takes %d files: %v", source, copied, err)
	}
}

func TestDockerignore(t *testing.T) {
	t.Parallel()
	rules := readIgnore(t)
	for name, want := range map[string]bool{
		"go.mod":                         false,
		"cmd/zoom-qos-exporter/main.go":  false,
		"internal/parse/parse.go":        false,
		"internal/parse/parse_test.go":   true,
		"internal/zoomapi/testdata/x":    true,
		"internal/zoomapi/testdata/a/b":  true,
		".git/config":                    true,
		"config.yml":                     true,
		"test/e2e/main_test.go":          true,
		path.Join("deploy", "x.example"): true,
	} {
		if got := rules.ignores(name); got != want {
			t.Errorf("%s is ignored: %t, want %t", name, got, want)
		}
	}
}

// The image is made of what the Dockerfile says, so what it says must fit the
// repository.
func TestDockerfileFits(t *testing.T) {
	t.Parallel()
	all := readDockerfile(t)

	version := strings.TrimSpace(read(t, "VERSION"))
	if first := all[0]; first.name != "ARG" || first.args != "VERSION="+version {
		t.Errorf("it begins with %s %s, want the version %s of VERSION", first.name, first.args, version)
	}
	goVersion := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, "go.mod"))
	if from := all[1]; goVersion == nil || from.args != "golang:"+goVersion[1]+" AS build" {
		t.Errorf("it builds on %s, want the Go of go.mod %v", from.args, goVersion)
	}
	var bases []string
	for _, i := range all {
		if i.name == "FROM" {
			bases = append(bases, i.args)
		}
	}
	if base := bases[len(bases)-1]; base != "scratch" {
		t.Errorf("the image is based on %s, want scratch", base)
	}
	if user := last(t, all, "USER").args; !regexp.MustCompile(`^[1-9]\d*:[1-9]\d*$`).MatchString(user) {
		t.Errorf("it runs as %s, want a user and a group by number, and not root", user)
	}

	help := start(t, command(t, nil, "--help"))
	help.exits(0)
	if port := last(t, all, "EXPOSE").args; !strings.Contains(help.stdout.String(), ":"+port+" ") {
		t.Errorf("it exposes %s, which is not the default of --web.listen-address", port)
	}
	volume := last(t, all, "VOLUME").args
	if env := last(t, all, "ENV").args; env != "ZOOM_QOS_STORAGE_PATH="+volume {
		t.Errorf("its environment is %s, want the storage on its volume %s", env, volume)
	}
}
