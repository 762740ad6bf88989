package chart

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// every runs a test on the objects of each case.
func every(t *testing.T, test func(t *testing.T, name string, o objects)) {
	t.Helper()
	for _, name := range cases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, name, of(t, name))
		})
	}
}

// Who selects something finds it, by labels and by port.
func TestSelectors(t *testing.T) {
	t.Parallel()
	every(t, func(t *testing.T, _ string, o objects) {
		pod := o.deployment.Spec.Template
		selects(t, "the Deployment", o.deployment.Spec.Selector.MatchLabels, pod.Labels)
		selects(t, "the Service", o.service.Spec.Selector, pod.Labels)
		port := o.service.Spec.Ports[0]
		listens(t, "the Service", pod.Spec, port.TargetPort)
		if p := o.networkPolicy; p != nil {
			selects(t, "the NetworkPolicy", p.Spec.PodSelector.MatchLabels, pod.Labels)
			listens(t, "the NetworkPolicy", pod.Spec, *p.Spec.Ingress[0].Ports[0].Port)
		}
		if m := o.serviceMonitor; m != nil {
			selects(t, "the ServiceMonitor", m.Spec.Selector.MatchLabels, o.service.Labels)
			if _, ok := o.service.Labels[m.Spec.JobLabel]; !ok {
				t.Errorf("the Service has no label %s for the job", m.Spec.JobLabel)
			}
			if m.Spec.Endpoints[0].Port != port.Name {
				t.Errorf("the ServiceMonitor scrapes %s, the Service has %s", m.Spec.Endpoints[0].Port, port.Name)
			}
		}
		for _, probe := range []*core.Probe{pod.Spec.Containers[0].LivenessProbe, pod.Spec.Containers[0].ReadinessProbe} {
			if probe.HTTPGet != nil {
				listens(t, "a probe", pod.Spec, probe.HTTPGet.Port)
			}
		}
	})
}

func selects(t *testing.T, who string, selector, labelled map[string]string) {
	t.Helper()
	if len(selector) == 0 || !labels.SelectorFromSet(selector).Matches(labels.Set(labelled)) {
		t.Errorf("%s selects %v, which does not match %v", who, selector, labelled)
	}
}

func listens(t *testing.T, who string, pod core.PodSpec, port intstr.IntOrString) {
	t.Helper()
	for _, p := range pod.Containers[0].Ports {
		if port == intstr.FromString(p.Name) && slices.Contains(pod.Containers[0].Args, fmt.Sprintf("--web.listen-address=:%d", p.ContainerPort)) {
			return
		}
	}
	t.Errorf("%s wants port %s, on which the exporter does not listen", who, port.String())
}

// Every volume is mounted and every mount has its volume, and what they are
// made of is there: in the release, or by the values' word.
func TestVolumes(t *testing.T) {
	t.Parallel()
	every(t, func(t *testing.T, name string, o objects) {
		pod := o.deployment.Spec.Template.Spec
		var mounted, there []string
		for _, mount := range pod.Containers[0].VolumeMounts {
			mounted = append(mounted, mount.Name)
		}
		for _, volume := range pod.Volumes {
			there = append(there, volume.Name)
			switch {
			case volume.PersistentVolumeClaim != nil:
				claim := "zoom-data" // what aggregate-only gives
				if o.claim != nil {
					claim = o.claim.Name
				}
				if volume.PersistentVolumeClaim.ClaimName != claim {
					t.Errorf("the claim is %s, want %s", volume.PersistentVolumeClaim.ClaimName, claim)
				}
			case volume.ConfigMap != nil && volume.Name == "config":
				if o.configMaps[volume.ConfigMap.Name] == nil {
					t.Errorf("there is no ConfigMap %s", volume.ConfigMap.Name)
				}
			case volume.Secret != nil:
				want := map[string]string{"secrets": "zoom-qos-exporter"}
				if name == "everything" {
					want = map[string]string{"secrets": "zoom-apps", "web": "zoom-web"}
				}
				if want[volume.Name] != volume.Secret.SecretName {
					t.Errorf("volume %s is Secret %s, want %s", volume.Name, volume.Secret.SecretName, want[volume.Name])
				}
			}
		}
		slices.Sort(mounted)
		slices.Sort(there)
		if !slices.Equal(mounted, there) {
			t.Errorf("mounted are %q, volumes are %q", mounted, there)
		}
		if account := pod.ServiceAccountName; o.serviceAccount != nil && o.serviceAccount.Name != account {
			t.Errorf("there is no ServiceAccount %s", account)
		}
	})
}

// The pod is what Kubernetes calls restricted, and has no token and no place
// to write to but its volumes.
func TestSecurity(t *testing.T) {
	t.Parallel()
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	every(t, func(t *testing.T, _ string, o objects) {
		pod := o.deployment.Spec.Template
		results := evaluator.EvaluatePod(api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}, &pod.ObjectMeta, &pod.Spec)
		if len(results) == 0 {
			t.Error("nothing was evaluated")
		}
		for _, result := range results {
			if !result.Allowed {
				t.Errorf("%s: %s", result.ForbiddenReason, result.ForbiddenDetail)
			}
		}
		container := pod.Spec.Containers[0].SecurityContext
		if !*container.ReadOnlyRootFilesystem {
			t.Error("the root file system can be written to")
		}
		if *pod.Spec.AutomountServiceAccountToken || o.serviceAccount != nil && *o.serviceAccount.AutomountServiceAccountToken {
			t.Error("the token is mounted")
		}
		if pod.Spec.Containers[0].Resources.Limits.Memory().IsZero() {
			t.Error("memory has no limit")
		}
	})
}

// One pod at a time holds the volume, and has the time to end well.
func TestOneAtATime(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(root + "/cmd/zoom-qos-exporter/serve.go")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`\bshutdownTimeout = (\d+) \* time\.Second`).FindSubmatch(content)
	if found == nil {
		t.Fatal("shutdownTimeout is not in serve.go")
	}
	drain, _ := strconv.Atoi(string(found[1]))
	every(t, func(t *testing.T, _ string, o objects) {
		spec := o.deployment.Spec
		if *spec.Replicas != 1 || spec.Strategy.Type != "Recreate" {
			t.Errorf("%d replicas by %s", *spec.Replicas, spec.Strategy.Type)
		}
		if grace := *spec.Template.Spec.TerminationGracePeriodSeconds; grace < int64(drain)+5 {
			t.Errorf("the pod has %d s to end, and drains for %d", grace, drain)
		}
	})
}

// A changed configuration makes a new pod, and nothing else does.
func TestChecksum(t *testing.T) {
	t.Parallel()
	checksum := func(v map[string]any) string {
		return decode(t, manifests(t, load(t), v)).deployment.Spec.Template.Annotations["checksum/config"]
	}
	before := checksum(nil)
	if same := checksum(map[string]any{"service": map[string]any{"port": 80}}); before == "" || same != before {
		t.Errorf("checksum %q, then %q", before, same)
	}
	if other := checksum(values(t, "aggregate-only")); other == before {
		t.Error("the checksum does not know the configuration")
	}
}

// The series of one pod go on in the next: nothing of the pod is in their
// labels.
func TestInstance(t *testing.T) {
	t.Parallel()
	var named, dropped bool
	for _, r := range of(t, "everything").serviceMonitor.Spec.Endpoints[0].RelabelConfigs {
		named = named || r.TargetLabel == "instance" && !strings.Contains(fmt.Sprint(r.SourceLabels), "pod")
		dropped = dropped || strings.EqualFold(r.Action, "labeldrop") && regexp.MustCompile("^(?:"+r.Regex+")$").MatchString("pod")
	}
	if !named || !dropped {
		t.Errorf("instance is named: %t; pod is dropped: %t", named, dropped)
	}
}

// The Prometheus operator labels a target by where it is. Of a label that the
// metrics have too, the rules and dashboards would find the target's.
func TestLabels(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(root + "/docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	metrics := regexp.MustCompile("(?m)^\\| `zoom_[^|]+\\|[^|]+\\|([^|]+)\\|").FindAllStringSubmatch(string(page), -1)
	if len(metrics) == 0 {
		t.Fatal("docs/metrics.md has no metrics")
	}
	used := make(map[string]bool)
	for _, m := range metrics {
		for _, label := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(m[1], -1) {
			used[label[1]] = true
		}
	}
	var kept []string
	operators := []string{"namespace", "service", "pod", "container", "endpoint", "job", "instance"}
	for _, label := range operators {
		dropped := slices.ContainsFunc(of(t, "everything").serviceMonitor.Spec.Endpoints[0].RelabelConfigs, func(r monitoring.RelabelConfig) bool {
			return r.Action == "labeldrop" && regexp.MustCompile("^(?:"+r.Regex+")$").MatchString(label)
		})
		if used[label] && !dropped {
			kept = append(kept, label)
		}
	}
	if len(kept) > 0 {
		t.Errorf("of the labels %q the metrics' own would be called exported_…", kept)
	}
}
