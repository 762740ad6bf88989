package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const (
	repository = "../.."
	onGitHub   = "https://github.com/zoom-qos-exporter/zoom-qos-exporter/blob/main/"
)

var (
	code    = regexp.MustCompile("(?ms)^[ \t]*```.*?^[ \t]*```|`[^`\n]*`")
	fence   = regexp.MustCompile("(?ms)^[ \t]*```.*?^[ \t]*```")
	link    = regexp.MustCompile(`\]\(([^()\s]+)\)|(?m)^\[[^\]]+\]: (\S+)$`)
	heading = regexp.MustCompile(`(?m)^#{1,6} +(.+?) *$`)
	linked  = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	dropped = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)
)

// What the pages lead to within the repository is there, down to the heading.
func TestLinks(t *testing.T) {
	links := 0
	for _, page := range pages(t) {
		for _, match := range link.FindAllStringSubmatch(code.ReplaceAllString(read(t, page), ""), -1) {
			target, isOurs := strings.CutPrefix(match[1]+match[2], onGitHub)
			if strings.Contains(target, ":") {
				continue // elsewhere
			}
			links++
			path, anchor, _ := strings.Cut(target, "#")
			switch {
			case isOurs:
				path = filepath.Join(repository, path)
			case path == "":
				path = page
			default:
				path = filepath.Join(filepath.Dir(page), path)
			}
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s: %s is not there", page, target)
			} else if anchor != "" && !anchors(t, path)[anchor] {
				t.Errorf("%s: %s: no such heading", page, target)
			}
		}
	}
	if links < 100 {
		t.Errorf("only %d links", links)
	}
}

// Files that the pages name in code are there.
func TestPaths(t *testing.T) {
	path := regexp.MustCompile("`((?:bench|cmd|deploy|docs|internal|scripts|test|tools)/[A-Za-z0-9_./-]+)`")
	paths := 0
	for _, page := range pages(t) {
		for _, match := range path.FindAllStringSubmatch(fence.ReplaceAllString(read(t, page), ""), -1) {
			if strings.HasPrefix(filepath.Base(match[1]), ".") {
				continue // somebody's own
			}
			paths++
			if _, err := os.Stat(filepath.Join(repository, match[1])); err != nil {
				t.Errorf("%s: %s is not there", page, match[1])
			}
		}
	}
	if paths < 30 {
		t.Errorf("only %d paths", paths)
	}
}

// pages are all Markdown files that are ours.
func pages(t *testing.T) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(repository, func(path string, entry fs.DirEntry, err error) error {
		name := entry.Name()
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != repository && (name == "node_modules" || name == "testdata" || name == "dist" || strings.HasPrefix(name, ".")):
			return fs.SkipDir
		case strings.HasSuffix(name, ".md"):
			paths = append(paths, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// anchors are what GitHub makes of a page's headings.
func anchors(t *testing.T, path string) map[string]bool {
	t.Helper()
	found := make(map[string]bool)
	for _, match := range heading.FindAllStringSubmatch(fence.ReplaceAllString(read(t, path), ""), -1) {
		text := strings.ToLower(linked.ReplaceAllString(match[1], "$1"))
		found[strings.ReplaceAll(dropped.ReplaceAllString(text, ""), " ", "-")] = true
	}
	return found
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
