package e2e

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// stack is scripts/stack at work.
type stack struct {
	*process
	temp                               string
	exporter, prometheus, alertmanager string // addresses
}

// startStack starts it on free ports, with a temporary directory of its own,
// and in a process group, as a terminal does. env wins.
func startStack(t *testing.T, env ...string) stack {
	t.Helper()
	s := stack{temp: t.TempDir()}
	ports := freePorts(t, 3)
	s.exporter, s.prometheus, s.alertmanager = "127.0.0.1:"+ports[0], "127.0.0.1:"+ports[1], "127.0.0.1:"+ports[2]
	cmd := exec.Command(filepath.Join(root, "scripts", "stack"), filepath.Dir(binary(t)))
	cmd.Env = append([]string{
		"PATH=" + stackPath(t), "TMPDIR=" + s.temp,
		"EXPORTER_PORT=" + ports[0], "PROMETHEUS_PORT=" + ports[1], "ALERTMANAGER_PORT=" + ports[2],
	}, env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	s.process = start(t, cmd)
	t.Cleanup(func() { // a killed script would leave its programs behind
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		s.exit()
	})
	return s
}

// stackPath is a PATH on which the stack's programs are.
func stackPath(t *testing.T) string {
	t.Helper()
	return strings.Join([]string{filepath.Dir(program(t, "alertmanager")), filepath.Dir(program(t, "prometheus")), os.Getenv("PATH")}, ":")
}

// freePorts are ports that nobody listens on, all different. They are below
// those that the system gives to whoever wants any, such as the other tests,
// before they are used.
func freePorts(t *testing.T, n int) (ports []string) {
	t.Helper()
	for tries := 0; len(ports) < n; tries++ {
		port := strconv.Itoa(10_000 + rand.IntN(20_000))
		listener, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err != nil {
			if tries > 100 {
				t.Fatal(err)
			}
			continue // it is taken
		}
		defer listener.Close() // not before all are chosen
		ports = append(ports, port)
	}
	return ports
}

// leftNothing says what the stack left behind.
func (s stack) leftNothing() {
	s.t.Helper()
	if left := entries(s.t, s.temp); len(left) != 0 {
		s.t.Errorf("it has left %v behind", left)
	}
	for _, address := range []string{s.exporter, s.prometheus, s.alertmanager} {
		if conn, err := net.Dial("tcp", address); err == nil {
			_ = conn.Close()
			s.t.Errorf("somebody still listens on %s", address)
		}
	}
}

// ready waits for the stack to tell of itself.
func (s stack) ready() {
	s.t.Helper()
	eventually(s.t, func() error {
		if !s.running() {
			s.t.Fatalf("it has ended: %s", s.stderr.String())
		}
		if !strings.Contains(s.stdout.String(), "leaves nothing") {
			return errors.New("it is not ready")
		}
		return nil
	})
}

// ends presses Ctrl-C, which all processes of the group get.
func (s stack) ends() {
	s.t.Helper()
	if err := syscall.Kill(-s.cmd.Process.Pid, syscall.SIGINT); err != nil {
		s.t.Fatal(err)
	}
	s.exits(0)
	s.leftNothing()
}

func TestStack(t *testing.T) {
	t.Parallel()
	s := startStack(t)
	s.ready()
	for _, address := range []string{s.exporter, s.prometheus, s.alertmanager} {
		if !strings.Contains(s.stdout.String(), "http://"+address+"/") {
			t.Errorf("it does not tell of %s: %s", address, s.stdout.String())
		}
	}

	// A Prometheus that scrapes this exporter, has all rules and knows this
	// Alertmanager.
	var rules struct{ Groups []struct{ Name string } }
	if err := api(t, s.prometheus, "rules", &rules); err != nil || len(rules.Groups) == 0 {
		t.Errorf("Prometheus has no rules: %v", err)
	}
	eventually(t, func() error {
		var targets struct{ ActiveTargets []struct{ ScrapeURL string } }
		err := api(t, s.prometheus, "targets", &targets)
		if err == nil && (len(targets.ActiveTargets) != 1 || targets.ActiveTargets[0].ScrapeURL != "http://"+s.exporter+"/metrics") {
			err = fmt.Errorf("Prometheus scrapes %v", targets)
		}
		return err
	})
	eventually(t, func() error {
		var known struct{ ActiveAlertmanagers []struct{ URL string } }
		err := api(t, s.prometheus, "alertmanagers", &known)
		if err == nil && (len(known.ActiveAlertmanagers) != 1 || !strings.HasPrefix(known.ActiveAlertmanagers[0].URL, "http://"+s.alertmanager+"/")) {
			err = fmt.Errorf("Prometheus knows the Alertmanagers %v", known)
		}
		return err
	})

	s.ends()
}

func TestStackOnAnAccount(t *testing.T) {
	t.Parallel()
	sim := small()
	s := startStack(t, serve(t, sim, sim.Handler())...)
	s.ready()
	_, body := ask(t, http.MethodGet, "http://"+s.exporter+"/metrics")
	exposition(body).must(t, `zoom_account_up{account="default"}`, 1)
	s.ends()
}

// standInPort is Grafana's variable for its port: where it is set, this program
// stands in for Grafana, which cannot be installed everywhere.
const standInPort = "GF_SERVER_HTTP_PORT"

// standIn serves Grafana's health, and, to be looked at, its provisioning.
func standIn(port string) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/health", func(http.ResponseWriter, *http.Request) {})
	mux.Handle("GET /", http.FileServer(http.Dir(os.Getenv("GF_PATHS_PROVISIONING"))))
	return http.ListenAndServe(net.JoinHostPort(os.Getenv("GF_SERVER_HTTP_ADDR"), port), mux)
}

func TestStackWithGrafana(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(self, filepath.Join(bin, "grafana-server")); err != nil {
		t.Fatal(err)
	}
	grafana := "127.0.0.1:" + freePorts(t, 1)[0]
	s := startStack(t, "PATH="+bin+":"+stackPath(t), "GRAFANA_PORT="+strings.TrimPrefix(grafana, "127.0.0.1:"))
	s.ready()
	if !strings.Contains(s.stdout.String(), "http://"+grafana+"/") {
		t.Errorf("it does not tell of Grafana: %s", s.stdout.String())
	}
	_, provider := ask(t, http.MethodGet, "http://"+grafana+"/dashboards/zoom-qos.yaml")
	_, path, _ := strings.Cut(provider, "path: ")
	if dashboards, err := filepath.Glob(strings.TrimSpace(path) + "/*.json"); err != nil || len(dashboards) == 0 {
		t.Errorf("Grafana finds no dashboard: %s", provider)
	}
	s.ends()
}

// What keeps the stack from starting is said, and nothing is left.
func TestStackRefuses(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	_, port, err := net.SplitHostPort(taken.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ env, want string }{
		"a port that is taken":      {"PROMETHEUS_PORT=" + port, "set PROMETHEUS_PORT"},
		"a configuration not there": {"CONFIG=/nonexistent.yaml", "/nonexistent.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startStack(t, tt.env)
			s.exits(1)
			if !strings.Contains(s.stderr.String(), tt.want) {
				t.Errorf("it does not say %q: %s", tt.want, s.stderr.String())
			}
			s.leftNothing()
		})
	}
}
