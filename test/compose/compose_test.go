package compose

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// root is the repository's, as seen from here.
const root = "../.."

// load is what Compose makes of the file in an environment; it knows no other
// keys than those of its specification.
func load(t *testing.T, env ...string) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{root + "/deploy/compose.yaml"}, cli.WithEnv(env), cli.WithConsistency(true))
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return project
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

func TestServices(t *testing.T) {
	project := load(t)
	if got, want := project.ServiceNames(), []string{"alertmanager", "grafana", "prometheus", "zoom-qos-exporter"}; !slices.Equal(got, want) {
		t.Fatalf("services %v, want %v", got, want)
	}
	for name, s := range project.Services {
		t.Run(name, func(t *testing.T) {
			contained(t, s)
			if !regexp.MustCompile(`^[a-z0-9/-]+:v?\d+\.\d+\.\d+(-dev)?$`).MatchString(s.Image) {
				t.Errorf("image %s is not pinned to a version", s.Image)
			}
			if len(s.Ports) != 1 || s.Ports[0].HostIP != "127.0.0.1" {
				t.Errorf("ports %v, want one, on loopback", s.Ports)
			}
			if s.HealthCheck == nil || len(s.HealthCheck.Test) < 2 || s.HealthCheck.Test[0] != "CMD" {
				t.Errorf("health check %v, want a command without a shell", s.HealthCheck)
			}
			for _, v := range s.Volumes {
				mounted(t, project, v)
			}
		})
	}
}

// contained says what a service may do that it need not.
func contained(t *testing.T, s types.ServiceConfig) {
	t.Helper()
	if !s.ReadOnly {
		t.Error("its root file system can be written to")
	}
	if user, _, _ := strings.Cut(s.User, ":"); !regexp.MustCompile(`^[1-9]\d*$`).MatchString(user) {
		t.Errorf("it runs as %q, want a user by number, and not root", s.User)
	}
	if !slices.Equal(s.CapDrop, []string{"ALL"}) || len(s.CapAdd) > 0 || s.Privileged {
		t.Error("it has capabilities")
	}
	if !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
		t.Error("it can gain privileges")
	}
	if s.NetworkMode == "host" {
		t.Error("it shares the machine's network")
	}
}

// mounted says what is wrong with a mount: what is of the repository is there
// and cannot be written to, and all else is a volume that is declared.
func mounted(t *testing.T, project *types.Project, v types.ServiceVolumeConfig) {
	t.Helper()
	switch v.Type {
	case types.VolumeTypeBind:
		if _, err := os.Stat(v.Source); err != nil {
			t.Errorf("it mounts what is not there: %v", err)
		}
		if !v.ReadOnly {
			t.Errorf("it can write to %s", v.Source)
		}
	case types.VolumeTypeVolume:
		if _, ok := project.Volumes[v.Source]; !ok {
			t.Errorf("volume %s is not declared", v.Source)
		}
	default:
		t.Errorf("mount %s is of type %s", v.Target, v.Type)
	}
}

func TestVariables(t *testing.T) {
	const exporter = "zoom-qos-exporter"
	if got := load(t).Services[exporter].Command; !slices.Equal(got, types.ShellCommand{"--demo"}) {
		t.Errorf("the exporter runs with %q, want a demo", got)
	}
	if got := load(t, "EXPORTER_ARGS=serve").Services[exporter].Command; !slices.Equal(got, types.ShellCommand{"serve"}) {
		t.Errorf("the exporter runs with %q, want what EXPORTER_ARGS says", got)
	}
	config := filepath.Join(t.TempDir(), "config.yaml")
	args := "--config.file=/etc/zoom-qos-exporter/config.yaml"
	s := load(t, "EXPORTER_ARGS="+args, "EXPORTER_CONFIG="+config).Services[exporter]
	if !slices.Equal(s.Command, types.ShellCommand{args}) || source(s, "/etc/zoom-qos-exporter/config.yaml") != config {
		t.Errorf("the exporter runs with %q and mounts %v, want the file of EXPORTER_CONFIG", s.Command, s.Volumes)
	}
	for _, name := range []string{"EXPORTER", "PROMETHEUS", "ALERTMANAGER", "GRAFANA"} {
		service := strings.ToLower(name)
		if name == "EXPORTER" {
			service = exporter
		}
		if got := load(t, name+"_PORT=12345").Services[service].Ports[0].Published; got != "12345" {
			t.Errorf("%s_PORT leaves %s at port %s", name, service, got)
		}
	}
}

// source is what a service has at a path inside.
func source(s types.ServiceConfig, target string) string {
	for _, v := range s.Volumes {
		if rest, ok := strings.CutPrefix(target, v.Target); ok && v.Type == types.VolumeTypeBind && (rest == "" || rest[0] == '/') {
			return v.Source + rest
		}
	}
	return ""
}

// Versions stand in several places.
func TestVersions(t *testing.T) {
	services := load(t).Services
	if got, want := services["zoom-qos-exporter"].Image, "zoom-qos-exporter:"+strings.TrimSpace(read(t, "VERSION")); got != want {
		t.Errorf("the exporter's image is %s, want %s as VERSION says", got, want)
	}
	_, tag, _ := strings.Cut(services["alertmanager"].Image, ":")
	if !strings.Contains(read(t, "tools/alertmanager/go.mod"), "github.com/prometheus/alertmanager "+tag) {
		t.Errorf("Alertmanager is %s, want that of tools/alertmanager, which the tests run", tag)
	}
}
