package chart

import (
	"testing"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// objects are what a release consists of. The pointers are nil where the
// chart leaves the object out.
type objects struct {
	deployment     *apps.Deployment
	service        *core.Service
	serviceAccount *core.ServiceAccount
	claim          *core.PersistentVolumeClaim
	networkPolicy  *networking.NetworkPolicy
	serviceMonitor *monitoring.ServiceMonitor
	rule           *monitoring.PrometheusRule
	configMaps     map[string]*core.ConfigMap
}

// decode takes every manifest for what it says it is, to the last field.
func decode(t *testing.T, manifests []string) objects {
	t.Helper()
	o := objects{configMaps: map[string]*core.ConfigMap{}}
	for _, manifest := range manifests {
		var kind meta.TypeMeta
		if err := yaml.Unmarshal([]byte(manifest), &kind); err != nil {
			t.Fatalf("%v in\n%s", err, manifest)
		}
		switch kind {
		case meta.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"}:
			o.deployment = one(t, o.deployment, manifest)
		case meta.TypeMeta{APIVersion: "v1", Kind: "Service"}:
			o.service = one(t, o.service, manifest)
		case meta.TypeMeta{APIVersion: "v1", Kind: "ServiceAccount"}:
			o.serviceAccount = one(t, o.serviceAccount, manifest)
		case meta.TypeMeta{APIVersion: "v1", Kind: "PersistentVolumeClaim"}:
			o.claim = one(t, o.claim, manifest)
		case meta.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"}:
			o.networkPolicy = one(t, o.networkPolicy, manifest)
		case meta.TypeMeta{APIVersion: "monitoring.coreos.com/v1", Kind: "ServiceMonitor"}:
			o.serviceMonitor = one(t, o.serviceMonitor, manifest)
		case meta.TypeMeta{APIVersion: "monitoring.coreos.com/v1", Kind: "PrometheusRule"}:
			o.rule = one(t, o.rule, manifest)
		case meta.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"}:
			c := one[core.ConfigMap](t, nil, manifest)
			if o.configMaps[c.Name] != nil {
				t.Errorf("two ConfigMaps are called %s", c.Name)
			}
			o.configMaps[c.Name] = c
		default:
			t.Errorf("the chart is not meant to make a %s of %s", kind.Kind, kind.APIVersion)
		}
	}
	if o.deployment == nil || o.service == nil {
		t.Fatal("there is no Deployment, or no Service")
	}
	return o
}

// one decodes a manifest of which a release has one.
func one[T any](t *testing.T, before *T, manifest string) *T {
	t.Helper()
	if before != nil {
		t.Errorf("there are two of\n%s", manifest)
	}
	into := new(T)
	if err := yaml.UnmarshalStrict([]byte(manifest), into); err != nil {
		t.Fatalf("%v in\n%s", err, manifest)
	}
	return into
}

// of are the objects of a release with the values of that name.
func of(t *testing.T, name string) objects {
	t.Helper()
	return decode(t, manifests(t, load(t), values(t, name)))
}

// Which objects each case has.
func TestObjects(t *testing.T) {
	t.Parallel()
	type has struct{ account, claim, policy, monitor, rule, dashboards, config bool }
	for name, want := range map[string]has{
		"defaults":       {account: true, claim: true, policy: true, config: true},
		"minimal":        {config: true},
		"demo":           {account: true, policy: true},
		"aggregate-only": {account: true, policy: true, config: true, monitor: true},
		"everything":     {true, true, true, true, true, true, true},
	} {
		o := of(t, name)
		config := o.configMaps[o.deployment.Name] != nil
		dashboards := len(o.configMaps)
		if config {
			dashboards--
		}
		got := has{
			o.serviceAccount != nil, o.claim != nil, o.networkPolicy != nil,
			o.serviceMonitor != nil, o.rule != nil, dashboards > 0, config,
		}
		if got != want {
			t.Errorf("%s has %+v, want %+v", name, got, want)
		}
	}
}
