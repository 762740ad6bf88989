package docs

import (
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	module       = "github.com/zoom-qos-exporter/zoom-qos-exporter"
	architecture = repository + "/docs/architecture.md"
)

// Each package imports those of ours that its row of docs/architecture.md names, no
// more and no fewer, and within a table its row stands above theirs.
func TestImports(t *testing.T) {
	type row struct {
		table, at int
		imports   []string
	}
	rows := make(map[string]row)
	table := 0
	name := regexp.MustCompile("`([a-z/-]+)`")
	for i, match := range regexp.MustCompile("(?m)^\\| (?:package|`([a-z/-]+)`) \\|.*\\|([^|]*)\\|$").FindAllStringSubmatch(read(t, architecture), -1) {
		if match[1] == "" {
			table++
			continue
		}
		var imports []string
		for _, m := range name.FindAllStringSubmatch(match[2], -1) {
			imports = append(imports, m[1])
		}
		if !slices.IsSorted(imports) {
			t.Errorf("the imports of %s are not in order", match[1])
		}
		rows[match[1]] = row{table, i, imports}
	}
	list := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "./...")
	list.Dir = repository
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(out)) {
		path, imports, _ := strings.Cut(strings.TrimSpace(line), " ")
		if strings.HasPrefix(path, module+"/test/") {
			continue
		}
		seen++
		importer, ok := rows[short(path)]
		if !ok {
			t.Errorf("%s is in no row of the tables", short(path))
			continue
		}
		var got []string
		for _, path := range strings.Fields(imports) {
			if strings.HasPrefix(path, module+"/") {
				got = append(got, short(path))
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, importer.imports) {
			t.Errorf("%s imports %v; its row says %v", short(path), got, importer.imports)
		}
		for _, imported := range got {
			if rows[imported].table == importer.table && rows[imported].at < importer.at {
				t.Errorf("%s imports %s, which stands above it", short(path), imported)
			}
		}
	}
	if seen != len(rows) || seen < 20 {
		t.Errorf("there are %d packages, and %d rows", seen, len(rows))
	}
}

// short is what the tables call a package.
func short(path string) string {
	path = strings.TrimPrefix(path, module+"/")
	for _, of := range []string{"internal/sim/", "internal/clock/", "internal/"} {
		if rest, ok := strings.CutPrefix(path, of); ok {
			return rest
		}
	}
	return path
}
