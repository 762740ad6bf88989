package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	promodel "github.com/prometheus/common/model"
	"go.yaml.in/yaml/v3"
)

// quick is how many times as fast time goes in the tests of an incident: for the
// exporter and the simulated Zoom by their clock, for rules and Alertmanager by
// their settings. A minute is a second.
const quick = 60

// quickClock is the clock of the exporter that quickExporter starts.
type quickClock struct{ from time.Time }

func (c quickClock) now() time.Time { return c.from.Add(time.Since(c.from) * quick) }

// env has programs that quickPrograms has built run by the clock.
func (c quickClock) env() []string {
	return []string{fmt.Sprintf("FAST_CLOCK_FROM=%d", c.from.UnixNano()), fmt.Sprintf("FAST_CLOCK_TIMES=%d", quick)}
}

// quickPrograms builds programs with the quick clock that are otherwise the
// same.
func quickPrograms(t *testing.T, names ...string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	replaced, err := filepath.Abs(filepath.Join(root, "internal", "clock", "clock.go"))
	if err != nil {
		t.Fatal(err)
	}
	replacement, err := filepath.Abs("testdata/fastclock/clock.go")
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{replaced: replacement}})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "overlay.json"), string(overlay))
	build := exec.Command("go", "build", "-buildvcs=false", "-overlay="+filepath.Join(dir, "overlay.json"), "-o", dir+"/")
	for _, name := range names {
		build.Args = append(build.Args, "./cmd/"+name)
	}
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v do not build with the quick clock: %v\n%s", names, err, out)
	}
	return dir
}

// quickExporter starts an exporter that is built with the quick clock.
func quickExporter(t *testing.T, c quickClock, config string) *process {
	t.Helper()
	dir := quickPrograms(t, "zoom-qos-exporter")
	write(t, filepath.Join(dir, "config.yaml"), config)
	cmd := exec.Command(filepath.Join(dir, "zoom-qos-exporter"), "--log.format=json", "--web.listen-address=127.0.0.1:0",
		"--config.file="+filepath.Join(dir, "config.yaml"), "--storage.path="+filepath.Join(dir, "data"))
	cmd.Env = c.env()
	return start(t, cmd)
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// quickRules writes Prometheus's configuration and the rules of deploy, with
// quick windows and intervals.
func quickRules(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "deploy", "prometheus", "*.y*ml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no rules: %v", err)
	}
	for _, file := range files {
		write(t, filepath.Join(dir, filepath.Base(file)), quicken(t, read(t, filepath.Join("deploy", "prometheus", filepath.Base(file))),
			"for", "keep_firing_for", "scrape_interval", "scrape_timeout", "evaluation_interval"))
	}
}

// quickRoutes is Alertmanager's configuration of deploy, with quick intervals.
func quickRoutes(t *testing.T) string {
	t.Helper()
	return quicken(t, read(t, "deploy/alertmanager/alertmanager.yml"), "group_wait", "group_interval", "repeat_interval")
}

// window is a range of PromQL, such as [30m].
var window = regexp.MustCompile(`\[\d+[smhd]\]`)

// quicken rewrites a configuration of Prometheus or Alertmanager: every setting
// of the given names, and every window of PromQL, is so many times shorter, but
// no shorter than a busy machine can keep.
func quicken(t *testing.T, content string, settings ...string) string {
	t.Helper()
	shorter := func(duration string) string {
		d, err := promodel.ParseDuration(duration)
		if err != nil {
			t.Fatal(err)
		}
		return promodel.Duration(max(time.Duration(d)/quick, time.Second)).String()
	}
	setting := regexp.MustCompile(`(?m)^(\s*(?:- )?(?:` + strings.Join(settings, "|") + `): )(\d+[smhd])$`)
	content = setting.ReplaceAllStringFunc(content, func(line string) string {
		parts := setting.FindStringSubmatch(line)
		return parts[1] + shorter(parts[2])
	})
	content = window.ReplaceAllStringFunc(content, func(w string) string {
		return "[" + shorter(strings.Trim(w, "[]")) + "]"
	})
	if err := yaml.Unmarshal([]byte(content), new(any)); err != nil {
		t.Fatal(err)
	}
	return content
}
