package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// steps are the commands of docs/try.md in their order: what their output must
// match at last, and whether they go on until they are interrupted.
var steps = []struct {
	output string
	lasts  bool
}{
	// The demo.
	{`metrics for Prometheus`, true},
	{`^zoom_participant_network_info{.*site="berlin"`, false},
	// Your own privacy, sites and readings.
	{`metrics for Prometheus`, true},
	{`^zoom_participant_network_info{.*ip_address="192\.0\.2\.0/24".*site="head office"`, false},
	{`^zoom_qos_readings_total{.*os="Windows",site="head office"`, false},
	{``, false},
	// An incident, and its alert.
	{`ZOOM_OAUTH_URL=`, true},
	{`READY`, false},
	{`Ctrl-C ends all`, true},
	{``, false},
	{`"site":"lisbon"},"value":\[[0-9.]+,"0\.[2-9]`, false},
	{`"site":"lisbon"},"value":\[[0-9.]+,"(0\.[1-9]|1)`, false},
	{`"alertname":"ZoomSiteQualityBad","alertstate":"firing"`, false},
	{`"alertname":"ZoomSiteQualityBad"`, false},
	{``, false},
	// Other faults.
	{``, false},
	{`"task":"list_meetings"},"value":\[[0-9.]+,"0"`, false},
	{``, false},
}

// The commands of docs/try.md do what it says, one after the other, until an
// alert fires. Time is quick for all of them.
func TestTryPage(t *testing.T) {
	t.Parallel()
	c := newClone(t)
	step := 0
	for section := range strings.SplitSeq(read(t, "docs/try.md"), "\n## ") {
		if !strings.HasPrefix(section, "Other faults\n") {
			c.interrupt() // as the section before says
		}
		for _, block := range regexp.MustCompile("(?ms)^```sh\n(.*?)^```").FindAllStringSubmatch(section, -1) {
			if step == len(steps) {
				t.Fatalf("the page has more commands than %d", step)
			}
			if s := steps[step]; s.lasts {
				c.launch(block[1], s.output)
			} else {
				c.run(block[1], s.output)
			}
			step++
		}
	}
	if step < len(steps) {
		t.Errorf("the page has %d commands, want %d", step, len(steps))
	}
	c.interrupt()
}

// clone stands in for a clone of the repository. Nothing is built there, minutes
// are seconds, and addresses and the directory are free ones.
type clone struct {
	t       *testing.T
	dir     string
	env     []string
	free    *strings.Replacer
	lasting []*process
}

// standIns are programs on the PATH of the page's commands.
var standIns = map[string]string{
	// go run ./cmd/NAME ARGUMENT...
	"go": `#!/bin/sh
program=$PROGRAMS/${2#./cmd/}
shift 2
case $* in *--demo*) set -- "$@" "--web.listen-address=127.0.0.1:$EXPORTER_PORT" ;; esac
exec "$program" "$@"
`,
	// make stack NAME=VALUE
	"make": `#!/bin/sh
export "$2"
exec "scripts/$1" "$PROGRAMS"
`,
}

func newClone(t *testing.T) *clone {
	t.Helper()
	c := &clone{t: t, dir: t.TempDir()}
	ports := freePorts(t, 4)
	c.free = strings.NewReplacer(
		"127.0.0.1:19666", "127.0.0.1:"+ports[0], "127.0.0.1:9090", "127.0.0.1:"+ports[1],
		"127.0.0.1:9093", "127.0.0.1:"+ports[2], "127.0.0.1:19667", "127.0.0.1:"+ports[3],
		"/tmp/zoom-try", filepath.Join(c.dir, "zoom-try"),
	)
	programs := quickPrograms(t)
	clock := quickClock{from: time.Now(), times: 60}
	c.env = append(clock.env(),
		"PROGRAMS="+programs,
		"PATH="+filepath.Join(c.dir, "bin")+":"+stackPath(t), "TMPDIR="+t.TempDir(),
		"EXPORTER_PORT="+ports[0], "PROMETHEUS_PORT="+ports[1], "ALERTMANAGER_PORT="+ports[2],
	)
	for _, dir := range []string{"bin", "scripts", "deploy/prometheus", "deploy/alertmanager"} {
		if err := os.MkdirAll(filepath.Join(c.dir, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, script := range standIns {
		c.program("bin/"+name, script)
	}
	c.program("scripts/stack", read(t, "scripts/stack"))
	clock.quickRules(t, filepath.Join(c.dir, "deploy/prometheus"))
	write(t, filepath.Join(c.dir, "deploy/alertmanager/alertmanager.yml"), clock.quickRoutes(t))
	if err := os.CopyFS(filepath.Join(c.dir, "deploy/alertmanager/templates"), os.DirFS(filepath.Join(alertmanagerDir, "templates"))); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.interrupt)
	return c
}

func (c *clone) program(name, script string) {
	c.t.Helper()
	if err := os.WriteFile(filepath.Join(c.dir, name), []byte(script), 0o755); err != nil {
		c.t.Fatal(err)
	}
}

// run has a shell run commands, again until they succeed and their output
// matches.
func (c *clone) run(commands, output string) {
	c.t.Helper()
	within(c.t, incidentPatience, func() error {
		out, err := c.shell(commands).Output()
		return matches(commands, output, string(out), err)
	})
}

// launch has a shell run commands that go on until they are interrupted, and
// waits for their output.
func (c *clone) launch(commands, output string) {
	c.t.Helper()
	if strings.HasPrefix(commands, "make stack ") { // the network is not quicker than it is
		c.run("echo 'limits: {request_timeout: 5m}' >> /tmp/zoom-try/config.yaml", "")
	}
	p := start(c.t, c.shell(commands))
	c.lasting = append(c.lasting, p)
	within(c.t, incidentPatience, func() error {
		if !p.running() {
			c.t.Fatalf("%s\nhas ended", commands)
		}
		return matches(commands, output, p.stdout.String(), nil)
	})
}

func matches(commands, want, output string, err error) error {
	if err == nil && !regexp.MustCompile("(?m)"+want).MatchString(output) {
		err = fmt.Errorf("want a match of %s", want)
	}
	if err != nil {
		err = fmt.Errorf("%s\nanswers\n%s: %w", commands, output, err)
	}
	return err
}

func (c *clone) shell(commands string) *exec.Cmd {
	cmd := exec.Command("bash", "-ec", c.free.Replace(commands))
	cmd.Dir, cmd.Env = c.dir, c.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// interrupt presses Ctrl-C in all terminals.
func (c *clone) interrupt() {
	for _, p := range c.lasting {
		if p.running() {
			_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGINT) // it may have ended
			p.exit()
		}
	}
	c.lasting = nil
}
