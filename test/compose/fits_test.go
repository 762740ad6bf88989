package compose

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"go.yaml.in/yaml/v3"
)

// Every flag is one that the program has.
func TestFlags(t *testing.T) {
	flag := regexp.MustCompile(`^--([a-z.-]+)`)
	for name, help := range map[string]string{
		"prometheus":        output(t, "prometheus", "--help"),
		"alertmanager":      output(t, "alertmanager", "--help"),
		"zoom-qos-exporter": output(t, "go", "run", "./cmd/zoom-qos-exporter", "--help"),
	} {
		command := load(t).Services[name].Command
		if len(command) == 0 {
			t.Errorf("%s has no command", name)
		}
		for _, argument := range command {
			match := flag.FindStringSubmatch(argument)
			if match == nil || !regexp.MustCompile(`--(\[no-\])?`+regexp.QuoteMeta(match[1])+`\b`).MatchString(help) {
				t.Errorf("%s has no flag %s", name, argument)
			}
		}
	}
}

// output is what a program prints, run in the repository; what is not on the
// PATH is what `make setup` has put there.
func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		path = filepath.Join(".tools", name)
	}
	cmd := exec.Command(path, args...)
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// What the programs are configured with, inside the containers.
func TestConfiguration(t *testing.T) {
	services := load(t).Services

	// Programs meet by their services' names and their own ports.
	var prometheus struct {
		Alerting      struct{ Alertmanagers []targets }
		ScrapeConfigs []targets `yaml:"scrape_configs"`
	}
	decode(t, read(t, "deploy/prometheus/prometheus.yml"), &prometheus)
	for _, list := range append(prometheus.Alerting.Alertmanagers, prometheus.ScrapeConfigs...) {
		for _, config := range list.StaticConfigs {
			for _, target := range config.Targets {
				reached(t, services, target)
			}
		}
	}
	output(t, "promtool", "check", "config", "deploy/prometheus/prometheus.yml")

	grafana := services["grafana"]
	var sources struct{ Datasources []struct{ Type, URL string } }
	for _, content := range provisioned(t, grafana, "datasources") {
		decode(t, content, &sources)
		for _, s := range sources.Datasources {
			url := os.Expand(s.URL, func(name string) string { return environment(grafana, name) }) // as Grafana does
			reached(t, services, strings.TrimPrefix(url, "http://"))
		}
	}
	if len(sources.Datasources) == 0 {
		t.Error("Grafana has no data source")
	}
	var providers struct {
		Providers []struct{ Options struct{ Path string } }
	}
	for _, content := range provisioned(t, grafana, "dashboards") {
		decode(t, content, &providers)
		for _, p := range providers.Providers {
			if files, err := filepath.Glob(source(grafana, p.Options.Path) + "/*.json"); err != nil || len(files) == 0 {
				t.Errorf("Grafana finds no dashboard in %s", p.Options.Path)
			}
		}
	}
	if len(providers.Providers) == 0 {
		t.Error("Grafana has no dashboards")
	}
	home := environment(grafana, "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH")
	if _, err := os.Stat(source(grafana, home)); err != nil {
		t.Errorf("Grafana's first page is not there: %v", err)
	}
}

// environment is the value of a service's variable, or "".
func environment(s types.ServiceConfig, name string) string {
	if value := s.Environment[name]; value != nil {
		return *value
	}
	return ""
}

// targets are addresses, as Prometheus's configuration writes them.
type targets struct {
	StaticConfigs []struct{ Targets []string } `yaml:"static_configs"`
}

func decode(t *testing.T, content string, into any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(content), into); err != nil {
		t.Fatal(err)
	}
}

// reached says so if no service listens at an address.
func reached(t *testing.T, services types.Services, address string) {
	t.Helper()
	name, port, _ := strings.Cut(address, ":")
	if s, ok := services[name]; !ok || fmt.Sprint(s.Ports[0].Target) != port {
		t.Errorf("nobody listens at %s", address)
	}
}

// provisioned are Grafana's files of a kind.
func provisioned(t *testing.T, grafana types.ServiceConfig, kind string) (contents []string) {
	t.Helper()
	files, err := filepath.Glob(source(grafana, "/etc/grafana/provisioning") + "/" + kind + "/*.y*ml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		contents = append(contents, string(content))
	}
	return contents
}
