package chart

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	helmrelease "helm.sh/helm/v3/pkg/release"
	core "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// maxObject is how large etcd lets an object be, and Kubernetes a ConfigMap.
const maxObject = 1 << 20

// rule is a rule of a rule file, as far as it matters here.
type rule = map[string]any

// rulesOf are the rules of the project's rule files.
func rulesOf(t *testing.T) []rule {
	t.Helper()
	files, err := filepath.Glob(root + "/deploy/prometheus/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var all []rule
	for _, file := range files {
		if strings.HasSuffix(file, "_test.yaml") {
			continue
		}
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, rulesIn(t, content)...)
	}
	return all
}

func rulesIn(t *testing.T, content []byte) []rule {
	t.Helper()
	var file struct{ Groups []struct{ Rules []rule } }
	if err := yaml.Unmarshal(content, &file); err != nil {
		t.Fatal(err)
	}
	var all []rule
	for _, group := range file.Groups {
		all = append(all, group.Rules...)
	}
	return all
}

// rendered are the rules of a release, which promtool likes.
func rendered(t *testing.T, values map[string]any) []rule {
	t.Helper()
	values["enabled"] = true
	o := decode(t, manifests(t, load(t), map[string]any{"prometheusRule": values}))
	content, err := yaml.Marshal(o.rule.Spec)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("promtool", "check", "rules", file).CombinedOutput(); err != nil {
		t.Errorf("promtool: %v\n%s", err, out)
	}
	return rulesIn(t, content)
}

// The release has the rules of the files, each of them and as they are.
func TestRules(t *testing.T) {
	t.Parallel()
	want, got := rulesOf(t), rendered(t, map[string]any{})
	if len(want) == 0 || !reflect.DeepEqual(got, want) {
		t.Errorf("the release has %d rules other than the %d of the files", len(got), len(want))
	}
}

// Values change a threshold, and leave an alert out, and nothing else.
func TestRulesChanged(t *testing.T) {
	t.Parallel()
	const prefix = "zoom:threshold:"
	var (
		want              []rule
		plain, by, absent string
	)
	for _, r := range rulesOf(t) {
		record, _ := r["record"].(string)
		threshold, isThreshold := strings.CutPrefix(record, prefix)
		labels, _ := r["labels"].(rule)
		alert, _ := r["alert"].(string)
		switch {
		case isThreshold && plain == "" && labels == nil:
			plain, r["expr"] = threshold, "vector(0.123)"
		case isThreshold && by == "" && labels["verdict"] == "good":
			by, r["expr"] = threshold, "vector(0.456)"
		case absent == "" && alert != "":
			absent = alert
			continue
		}
		want = append(want, r)
	}
	got := rendered(t, map[string]any{
		"disabled":   []any{absent},
		"thresholds": map[string]any{plain: 0.123, by: map[string]any{"good": 0.456}},
	})
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s, %s and %s: %d rules, want %d and just these changed", plain, by, absent, len(got), len(want))
	}
}

// Every dashboard is in a ConfigMap of its own that the sidecar finds.
func TestDashboards(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(root + "/deploy/grafana/dashboards/*.json")
	if err != nil {
		t.Fatal(err)
	}
	o := of(t, "everything")
	maps := map[string]*core.ConfigMap{}
	for _, c := range o.configMaps {
		for file := range c.Data {
			maps[file] = c
		}
	}
	delete(maps, "config.yaml")
	if len(files) == 0 || len(maps) != len(files) {
		t.Errorf("%d ConfigMaps for %d dashboards", len(maps), len(files))
	}
	for _, file := range files {
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := "zoom-qos-" + filepath.Base(file)
		c := maps[name]
		if c == nil {
			t.Errorf("there is no ConfigMap with %s", name)
			continue
		}
		if c.Labels["grafana_dashboard"] == "" || c.Annotations["grafana_folder"] == "" {
			t.Errorf("the sidecar does not find %s", name)
		}
		if strings.TrimSpace(c.Data[name]) != strings.TrimSpace(string(want)) || !json.Valid(want) {
			t.Errorf("%s has another dashboard than the file, or no JSON", name)
		}
		if size := len(c.Data[name]); size > maxObject*9/10 {
			t.Errorf("%s has %d bytes, too many for a ConfigMap", name, size)
		}
	}
}

// Helm keeps chart and manifests in one Secret.
func TestReleaseFits(t *testing.T) {
	t.Parallel()
	c := load(t)
	content, err := json.Marshal(helmrelease.Release{
		Name: release, Chart: c, Config: values(t, "everything"),
		Manifest: strings.Join(manifests(t, c, values(t, "everything")), "---\n"),
	})
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	w, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression) // the level is a constant
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if size := base64.StdEncoding.EncodedLen(packed.Len()); size > maxObject*3/4 {
		t.Errorf("a release takes %d bytes of its Secret's %d", size, maxObject)
	}
}
