package chart

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	helmchart "helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"
	kubeyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

const (
	root      = "../../.." // the repository
	directory = root + "/deploy/helm/zoom-qos-exporter"
	release   = "zoom"
	namespace = "monitoring"
)

var update = flag.Bool("update", false, "write the golden files and the chart's README anew")

// kubernetes is what the chart is rendered for.
func kubernetes() *chartutil.KubeVersion {
	return &chartutil.KubeVersion{Version: "v1.34.0", Major: "1", Minor: "34"}
}

// cases are the files of values that the chart is rendered with, by name.
func cases(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/values/*.yaml")
	if err != nil || len(files) < 5 {
		t.Fatalf("values %q: %v", files, err)
	}
	for i, file := range files {
		files[i] = strings.TrimSuffix(filepath.Base(file), ".yaml")
	}
	return files
}

func load(t *testing.T) *helmchart.Chart {
	t.Helper()
	c, err := loader.Load(directory)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func values(t *testing.T, name string) map[string]any {
	t.Helper()
	v, err := chartutil.ReadValuesFile(filepath.Join("testdata/values", name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// render is what `helm template` does. The files' names begin with the
// chart's.
func render(c *helmchart.Chart, values map[string]any) (map[string]string, error) {
	capabilities := chartutil.DefaultCapabilities.Copy()
	capabilities.KubeVersion = *kubernetes()
	all, err := chartutil.ToRenderValues(c, values,
		chartutil.ReleaseOptions{Name: release, Namespace: namespace, Revision: 1, IsInstall: true}, capabilities)
	if err != nil {
		return nil, err
	}
	return engine.Engine{Strict: true}.Render(c, all)
}

// manifests are the rendered documents, in the order of their files.
func manifests(t *testing.T, c *helmchart.Chart, values map[string]any) []string {
	t.Helper()
	files, err := render(c, values)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if filepath.Ext(name) != ".yaml" {
			continue
		}
		reader := kubeyaml.NewYAMLReader(bufio.NewReader(strings.NewReader(files[name])))
		for {
			document, err := reader.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if document = bytes.TrimSpace(document); len(document) > 0 {
				all = append(all, string(document)+"\n")
			}
		}
	}
	return all
}

func TestLint(t *testing.T) {
	t.Parallel()
	for _, name := range cases(t) {
		linter := lint.AllWithKubeVersion(directory, values(t, name), namespace, kubernetes())
		for _, message := range linter.Messages {
			if message.Severity > support.InfoSev {
				t.Errorf("%s: %v", name, message)
			}
		}
	}
}

// The chart is released with the exporter.
func TestVersion(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(root + "/VERSION")
	if err != nil {
		t.Fatal(err)
	}
	version := strings.TrimSpace(string(content))
	if m := load(t).Metadata; m.Version != version || m.AppVersion != version {
		t.Errorf("chart %s of exporter %s, want %s", m.Version, m.AppVersion, version)
	}
}

// Rules and dashboards are the projects' own, and whole: their text is tested
// where they are made.
func TestGolden(t *testing.T) {
	t.Parallel()
	for _, name := range cases(t) {
		var kept []string
		for _, manifest := range manifests(t, load(t), values(t, name)) {
			if !strings.Contains(manifest, "\nkind: PrometheusRule\n") && !strings.Contains(manifest, "grafana_dashboard") {
				kept = append(kept, manifest)
			}
		}
		golden(t, filepath.Join("testdata/golden", name+".yaml"), strings.Join(kept, "---\n"))
	}
}

// golden compares got with a file.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is stale: run make chart and look at the difference", file)
	}
}

// What cannot work is refused, with what to do.
func TestRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ values, want string }{
		"inline secret":     {`{config: {accounts: [{client_secret: x}]}}`, "put it into the Secret that existingSecret names"},
		"no secret":         {`{existingSecret: ""}`, "name the Secret with the credentials"},
		"unknown key":       {`{persistance: {enabled: false}}`, "persistance"},
		"unknown threshold": {`{prometheusRule: {enabled: true, thresholds: {no_such: 1}}}`, "no threshold or alert is called no_such"},
		"unknown alert":     {`{prometheusRule: {enabled: true, disabled: [NoSuch]}}`, "no threshold or alert is called NoSuch"},
		"slow scrapes":      {`{serviceMonitor: {interval: 1h}}`, "/serviceMonitor/interval"},
		"a second replica":  {`{replicas: 2}`, "replicas"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var v map[string]any
			if err := yaml.Unmarshal([]byte(c.values), &v); err != nil {
				t.Fatal(err)
			}
			if _, err := render(load(t), v); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// A chart without its links says so, instead of installing less.
func TestLinksAreMissed(t *testing.T) {
	t.Parallel()
	for _, part := range []string{"prometheusRule", "dashboards"} {
		c := load(t)
		c.Files = nil
		_, err := render(c, map[string]any{part: map[string]any{"enabled": true}})
		if err == nil || !strings.Contains(err.Error(), "keeps links") {
			t.Errorf("%s: %v", part, err)
		}
	}
}

// A packaged chart renders the same.
func TestPackage(t *testing.T) {
	t.Parallel()
	file, err := chartutil.Save(load(t), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	packaged, err := loader.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(manifests(t, packaged, values(t, "everything")), manifests(t, load(t), values(t, "everything"))) {
		t.Error("the package renders other manifests than the directory")
	}
}
