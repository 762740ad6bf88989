package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	promodel "github.com/prometheus/common/model"
	"go.yaml.in/yaml/v3"
)

// quickClock is the clock of an exporter that quickExporter starts, and of what
// is simulated around it: it runs so many times as fast as the machine's.
type quickClock struct {
	from  time.Time
	times int
}

func (c quickClock) now() time.Time {
	return c.from.Add(time.Since(c.from) * time.Duration(c.times))
}

// env has programs that buildQuick has made run by the clock.
func (c quickClock) env() []string {
	return []string{fmt.Sprintf("FAST_CLOCK_FROM=%d", c.from.UnixNano()), fmt.Sprintf("FAST_CLOCK_TIMES=%d", c.times)}
}

// buildQuick makes the exporter and the simulated Zoom with the quick clock in
// place of their own in a directory; they are otherwise the same.
var buildQuick = sync.OnceValues(func() (dir string, err error) {
	dir = filepath.Join(built, "quick")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", err
	}
	overlay := filepath.Join(built, "overlay.json")
	replaced, err := filepath.Abs(filepath.Join(root, "internal", "clock", "clock.go"))
	if err != nil {
		return "", err
	}
	replacement, err := filepath.Abs("testdata/fastclock/clock.go")
	if err != nil {
		return "", err
	}
	content, err := json.Marshal(map[string]any{"Replace": map[string]string{replaced: replacement}})
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(overlay, content, 0o600); err != nil {
		return "", err
	}
	return dir, goBuild(dir+"/", "-overlay="+overlay, "./cmd/zoom-qos-exporter", "./cmd/zoom-sim")
})

// quickPrograms is the directory of what buildQuick makes.
func quickPrograms(t *testing.T) (dir string) {
	t.Helper()
	dir, err := buildQuick()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// quickExporter starts an exporter whose time goes quickly, and which listens on
// a port that the system chooses.
func quickExporter(t *testing.T, c quickClock, env []string, args ...string) *process {
	t.Helper()
	cmd := exec.Command(filepath.Join(quickPrograms(t), "zoom-qos-exporter"),
		append([]string{"--log.format=json", "--web.listen-address=127.0.0.1:0"}, args...)...)
	cmd.Dir = t.TempDir()
	cmd.Env = slices.Concat(c.env(), []string{"TMPDIR=" + t.TempDir()}, env)
	return start(t, cmd)
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// quickRules writes Prometheus's configuration and the rules of deploy into a
// directory, with quick windows and intervals, and with addresses replaced.
func (c quickClock) quickRules(t *testing.T, dir string, addresses ...string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "deploy", "prometheus", "*.y*ml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no rules: %v", err)
	}
	for _, file := range files {
		content := strings.NewReplacer(addresses...).Replace(read(t, filepath.Join("deploy", "prometheus", filepath.Base(file))))
		write(t, filepath.Join(dir, filepath.Base(file)),
			c.quicken(t, content, "for", "keep_firing_for", "scrape_interval", "scrape_timeout", "evaluation_interval"))
	}
}

// quickRoutes is Alertmanager's configuration of deploy, with quick intervals.
func (c quickClock) quickRoutes(t *testing.T) string {
	t.Helper()
	return c.quicken(t, read(t, "deploy/alertmanager/alertmanager.yml"), "group_wait", "group_interval", "repeat_interval")
}

// span is a span of time in PromQL: a range such as [30m], a subquery's such as
// [30m:1m], or an offset.
var span = regexp.MustCompile(`\[\d+[smhdw](:(\d+[smhdw])?)?\]|offset \d+[smhdw]`)

// length is a length of time as Prometheus writes it.
var length = regexp.MustCompile(`\d+[smhdw]`)

// shorter is a length of time on the quick clock, but no shorter than a busy
// machine can keep.
func (c quickClock) shorter(duration string) string {
	d, err := promodel.ParseDuration(duration)
	if err != nil {
		panic(err) // the patterns match nothing else
	}
	return promodel.Duration(max(time.Duration(d)/time.Duration(c.times), time.Second)).String()
}

// quickenQuery makes every span of time in PromQL so many times shorter.
func (c quickClock) quickenQuery(expression string) string {
	return span.ReplaceAllStringFunc(expression, func(s string) string {
		return length.ReplaceAllStringFunc(s, c.shorter)
	})
}

// quicken rewrites a configuration of Prometheus or Alertmanager: every setting
// of the given names, and every span of time in PromQL.
func (c quickClock) quicken(t *testing.T, content string, settings ...string) string {
	t.Helper()
	setting := regexp.MustCompile(`(?m)^(\s*(?:- )?(?:` + strings.Join(settings, "|") + `): )(\d+[smhdw])$`)
	content = setting.ReplaceAllStringFunc(content, func(line string) string {
		parts := setting.FindStringSubmatch(line)
		return parts[1] + c.shorter(parts[2])
	})
	content = c.quickenQuery(content)
	if err := yaml.Unmarshal([]byte(content), new(any)); err != nil {
		t.Fatal(err)
	}
	return content
}
