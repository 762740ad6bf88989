package chart

import (
	"bufio"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	core "k8s.io/api/core/v1"
)

// build makes the exporter as the container image does.
func build(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "zoom-qos-exporter")
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", path, "./cmd/zoom-qos-exporter")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("the exporter does not build: %v\n%s", err, out)
	}
	return path
}

// The exporter takes the pods' arguments and configuration, answers their
// probes, and ends in time.
func TestExporterRuns(t *testing.T) {
	t.Parallel()
	exporter := build(t)
	every(t, func(t *testing.T, name string, o objects) {
		pod := o.deployment.Spec.Template.Spec
		p := newPod(t, pod.Containers[0])
		if config := o.configMaps[o.deployment.Name]; config != nil {
			p.write("/etc/zoom-qos-exporter/config/config.yaml", config.Data["config.yaml"])
		}
		for _, key := range []string{"account_id", "client_id", "client_secret", "emea", "amer_account_id", "amer_client_id", "amer"} {
			p.write("/etc/zoom-qos-exporter/secrets/"+key, "example-"+key+"\n")
		}
		p.write("/etc/zoom-qos-exporter/web/web-config.yml", "basic_auth_users: {}\n")
		p.write("/etc/proxy/ca.pem", certificate(t))

		if name != "demo" {
			out, err := p.command(exporter, "check", "--config-only").CombinedOutput()
			if err != nil {
				t.Fatalf("the configuration is not taken: %v\n%s", err, out)
			}
		}
		cmd := p.command(exporter)
		stderr, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// It has no business with Zoom here: nothing scrapes.
		deadline := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
		defer deadline.Stop()
		address := listening(t, stderr)
		for _, probe := range []*core.Probe{pod.Containers[0].LivenessProbe, pod.Containers[0].ReadinessProbe} {
			p.probe(exporter, address, probe)
		}
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("the exporter ended with %v", err)
		}
	})
}

// pod is a container's file system in a directory.
type pod struct {
	t         *testing.T
	root      string
	container core.Container
}

func newPod(t *testing.T, c core.Container) pod {
	return pod{t: t, root: t.TempDir(), container: c}
}

// write puts a file where one of the container's volumes is, if there is one.
func (p pod) write(path, content string) {
	p.t.Helper()
	for _, mount := range p.container.VolumeMounts {
		if strings.HasPrefix(path, mount.MountPath+"/") {
			path = filepath.Join(p.root, path)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				p.t.Fatal(err)
			}
			content = p.inside(content)
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				p.t.Fatal(err)
			}
			return
		}
	}
}

// inside moves the paths of a text into the directory.
func (p pod) inside(text string) string {
	return regexp.MustCompile(`/(etc|data)\b`).ReplaceAllString(text, p.root+"$0")
}

// command is the container's, on a port that the system chooses.
func (p pod) command(exporter string, more ...string) *exec.Cmd {
	var args []string
	for _, arg := range append(p.container.Args, more...) {
		if strings.HasPrefix(arg, "--web.listen-address=") {
			arg = "--web.listen-address=127.0.0.1:0"
		}
		args = append(args, p.inside(arg))
	}
	cmd := exec.Command(exporter, args...)
	cmd.Env = []string{"TMPDIR=" + p.root}
	for _, variable := range p.container.Env {
		cmd.Env = append(cmd.Env, variable.Name+"="+variable.Value)
	}
	return cmd
}

// certificate is some authority's.
func certificate(t *testing.T) string {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
}

// listening is the address that the exporter's log tells, or "" if it ends
// before. The rest of the log is read, too, or the exporter would wait for us.
func listening(t *testing.T, log io.Reader) string {
	t.Helper()
	address := make(chan string, 1)
	go func() {
		defer close(address)
		for lines := bufio.NewScanner(log); lines.Scan(); {
			if found := regexp.MustCompile(`127\.0\.0\.1:\d+`).FindString(lines.Text()); found != "" && strings.Contains(lines.Text(), "Listening on") {
				address <- found
				break
			}
		}
		_, _ = io.Copy(io.Discard, log) // it ends with the exporter
	}()
	found := <-address
	if found == "" {
		t.Error("the exporter did not say where it listens")
	}
	return found
}

// probe asks as the kubelet does.
func (p pod) probe(exporter, address string, probe *core.Probe) {
	p.t.Helper()
	if probe.Exec != nil {
		if probe.Exec.Command[0] != "/bin/zoom-qos-exporter" {
			p.t.Errorf("the image has no %s", probe.Exec.Command[0])
		}
		cmd := exec.Command(exporter, probe.Exec.Command[1:]...)
		cmd.Env = []string{"ZOOM_QOS_HEALTH_URL=http://" + address + "/-/healthy"}
		if out, err := cmd.CombinedOutput(); err != nil {
			p.t.Errorf("probe: %v\n%s", err, out)
		}
		return
	}
	resp, err := http.Get(fmt.Sprintf("http://%s%s", address, probe.HTTPGet.Path))
	if err != nil {
		p.t.Error(err)
		return
	}
	_ = resp.Body.Close() // nothing of it is read
	if resp.StatusCode != http.StatusOK {
		p.t.Errorf("probe %s: %s", probe.HTTPGet.Path, resp.Status)
	}
}
