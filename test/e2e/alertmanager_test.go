package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// labels are an alert's.
type labels map[string]string

// alertmanager is an Alertmanager at work.
type alertmanager struct{ *process }

func startAlertmanager(t *testing.T, config string) alertmanager {
	t.Helper()
	return alertmanager{start(t, exec.Command(program(t, "alertmanager"),
		"--config.file="+config, "--storage.path="+t.TempDir(), "--cluster.listen-address=",
		"--web.listen-address=127.0.0.1:0", "--log.format=json"))}
}

// post gives it alerts, as Prometheus does.
func (a alertmanager) post(alerts ...labels) {
	a.t.Helper()
	var body []map[string]labels
	for _, alert := range alerts {
		body = append(body, map[string]labels{"labels": alert})
	}
	post(a.t, a.url("/api/v2/alerts"), body)
}

// alert is one that Alertmanager holds.
type alert struct {
	Labels      labels
	Fingerprint string
	Status      struct{ InhibitedBy []string }
}

func (a alertmanager) alerts() (held []alert, err error) {
	a.t.Helper()
	status, body := ask(a.t, http.MethodGet, a.url("/api/v2/alerts"))
	if err := json.Unmarshal([]byte(body), &held); err != nil {
		return nil, fmt.Errorf("its alerts: %d %s", status, body)
	}
	return held, nil
}

func TestAlertmanagerConfig(t *testing.T) {
	t.Parallel()
	file := filepath.Join(alertmanagerDir, "alertmanager.yml")
	amtool(t, "check-config", file)

	var document yaml.Node
	if err := yaml.Unmarshal([]byte(read(t, "deploy/alertmanager/alertmanager.yml")), &document); err != nil {
		t.Fatal(err)
	}
	secret := regexp.MustCompile(`(^|_)(url|key|token|password|secret|credentials)$`)
	for key, value := range scalars(&document) {
		name := key[strings.LastIndex(key, ".")+1:]
		if secret.MatchString(name) {
			t.Errorf("%s is in the file itself, want a file of its own", key)
		}
		if strings.HasSuffix(name, "_file") && filepath.Dir(value) != "/etc/alertmanager/secrets" {
			t.Errorf("%s is %s, which is not in secrets/", key, value)
		}
	}
}

// scalars are a document's values by their paths.
func scalars(node *yaml.Node) map[string]string {
	found := make(map[string]string)
	var walk func(path string, node *yaml.Node)
	walk = func(path string, node *yaml.Node) {
		switch node.Kind {
		case yaml.ScalarNode:
			found[path] = node.Value
		case yaml.MappingNode:
			for i := 0; i < len(node.Content); i += 2 {
				walk(path+"."+node.Content[i].Value, node.Content[i+1])
			}
		default: // a document or a sequence; what an alias names is met elsewhere
			for i, child := range node.Content {
				walk(fmt.Sprintf("%s[%d]", path, i), child)
			}
		}
	}
	walk("", node)
	return found
}

// rule is an alerting rule.
type rule struct {
	Alert  string
	Labels labels
}

// alertRules are all that deploy has, by their names.
func alertRules(t *testing.T) map[string]rule {
	t.Helper()
	rules := make(map[string]rule)
	for _, file := range []string{"alerts_quality.yaml", "alerts_collecting.yaml"} {
		var content struct{ Groups []struct{ Rules []rule } }
		if err := yaml.Unmarshal([]byte(read(t, "deploy/prometheus/"+file)), &content); err != nil {
			t.Fatal(err)
		}
		for _, group := range content.Groups {
			for _, r := range group.Rules {
				rules[r.Alert] = r
			}
		}
	}
	return rules
}

// Who is told of which alert.
func TestAlertRoutes(t *testing.T) {
	t.Parallel()
	receivers := map[string]string{
		"ZoomMeetingQualityBad":    "helpdesk",
		"ZoomNetworkQualityBad":    "helpdesk",
		"ZoomSiteCPUHigh":          "helpdesk",
		"ZoomSiteWiFiWeak":         "helpdesk",
		"ZoomPanelistsQualityBad":  "helpdesk-urgent",
		"ZoomQualityBadEverywhere": "helpdesk-urgent",
		"ZoomSiteQualityBad":       "helpdesk-urgent",
		"ZoomAccountDown":          "operations-urgent",
		"ZoomExporterDown":         "operations-urgent",
		"ZoomBudgetRunningOut":     "operations",
		"ZoomCoverageLow":          "operations",
		"ZoomDataStale":            "operations",
		"ZoomEndpointFailing":      "operations",
		"ZoomForeignUseHigh":       "operations",
		"ZoomParticipantsDropped":  "operations",
		"ZoomPollingSlow":          "operations",
		"ZoomReadingsLost":         "operations",
		"ZoomReloadFailed":         "operations",
		"ZoomRequestsFailing":      "operations",
		"ZoomScopeMissing":         "operations",
		"ZoomStoreFailing":         "operations",
		"ZoomThresholdsMissing":    "operations",
		"ZoomThrottled":            "operations",
		"ZoomTokenFailing":         "operations",
		"ZoomReadingsOverflowed":   "nobody",
		"ZoomValuesUnparsed":       "nobody",
	}
	rules := alertRules(t)
	for name, r := range rules {
		want, ok := receivers[name]
		if !ok {
			t.Errorf("nothing is said of who is told of %s", name)
		}
		l := maps.Clone(r.Labels)
		l["alertname"] = name
		if r.Labels["area"] == "quality" {
			l["site"] = "lisbon" // as most of them have
		}
		l["account"] = "default"
		routed(t, l, want)
		l["account"] = "demo"
		routed(t, l, "nobody")
	}
	for name := range receivers {
		if _, ok := rules[name]; !ok {
			t.Errorf("there is no alert %s", name)
		}
	}

	// What one's own rules may add.
	routed(t, labels{"alertname": "Own", "area": "quality", "severity": "warning", "meeting": "m"}, "helpdesk")
	routed(t, labels{"alertname": "ZoomMeetingQualityBad", "area": "quality", "severity": "critical", "meeting": "m"}, "helpdesk-urgent")
	routed(t, labels{"alertname": "Own", "severity": "critical"}, "operations-urgent")
	routed(t, labels{"alertname": "Own", "severity": "warning"}, "operations")
}

// routed says so if an alert goes elsewhere.
func routed(t *testing.T, l labels, want string) {
	t.Helper()
	args := []string{"config", "routes", "test", "--config.file=" + filepath.Join(alertmanagerDir, "alertmanager.yml")}
	for name, value := range l {
		args = append(args, name+"="+value)
	}
	if got := strings.TrimSpace(amtool(t, args...)); got != want {
		t.Errorf("%v goes to %s, want %s", l, got, want)
	}
}

// What mutes what, in a real Alertmanager.
func TestInhibition(t *testing.T) {
	t.Parallel()
	rules := alertRules(t)
	named := func(name string, more ...string) labels {
		l := labels{"alertname": name, "area": rules[name].Labels["area"], "severity": rules[name].Labels["severity"]}
		for i := 0; i < len(more); i += 2 {
			l[more[i]] = more[i+1]
		}
		return l
	}
	for name, tt := range map[string]struct {
		source labels
		muted  []labels
		heard  []labels
	}{
		"exporter down": {
			source: named("ZoomExporterDown", "instance", "a"),
			muted: []labels{
				named("ZoomAccountDown", "account", "a"), named("ZoomDataStale", "account", "a"),
				named("ZoomTokenFailing", "account", "b"), named("ZoomReadingsLost", "account", "b"),
			},
			heard: []labels{
				named("ZoomSiteQualityBad", "account", "c", "site", "lisbon"), named("ZoomMeetingQualityBad", "account", "c", "meeting", "m"),
				named("ZoomExporterDown", "instance", "b"), named("ZoomReloadFailed", "instance", "b"),
			},
		},
		"account down": {
			source: named("ZoomAccountDown", "account", "a"),
			muted: []labels{
				named("ZoomDataStale", "account", "a"), named("ZoomTokenFailing", "account", "a"), named("ZoomEndpointFailing", "account", "a"),
				named("ZoomSiteQualityBad", "account", "a", "site", "lisbon"), named("ZoomMeetingQualityBad", "account", "a", "meeting", "m"),
			},
			heard: []labels{
				named("ZoomDataStale", "account", "b"), named("ZoomMeetingQualityBad", "account", "b", "meeting", "m"),
				named("ZoomReloadFailed"), named("ZoomAccountDown", "account", "c"),
			},
		},
		"bad everywhere": {
			source: named("ZoomQualityBadEverywhere", "account", "a", "media", "audio"),
			muted: []labels{
				named("ZoomMeetingQualityBad", "account", "a", "meeting", "m", "media", "video"),
				named("ZoomMeetingQualityBad", "account", "a", "meeting", "m", "site", "lisbon"),
			},
			heard: []labels{
				named("ZoomMeetingQualityBad", "account", "b", "meeting", "m"), named("ZoomPanelistsQualityBad", "account", "a", "meeting", "m"),
				named("ZoomSiteQualityBad", "account", "a", "site", "berlin"),
			},
		},
		"site bad": {
			source: named("ZoomSiteQualityBad", "account", "a", "site", "lisbon", "media", "audio"),
			muted:  []labels{named("ZoomMeetingQualityBad", "account", "a", "site", "lisbon", "meeting", "m", "media", "video")},
			heard: []labels{
				named("ZoomMeetingQualityBad", "account", "a", "meeting", "m"),
				named("ZoomMeetingQualityBad", "account", "a", "site", "berlin", "meeting", "m"),
				named("ZoomMeetingQualityBad", "account", "b", "site", "lisbon", "meeting", "m"),
				named("ZoomSiteWiFiWeak", "account", "a", "site", "lisbon"),
				named("ZoomPanelistsQualityBad", "account", "a", "site", "lisbon", "meeting", "m"),
			},
		},
		"network of a site bad": {
			source: named("ZoomNetworkQualityBad", "account", "a", "site", "lisbon", "network_type", "Wifi"),
			muted:  []labels{named("ZoomMeetingQualityBad", "account", "a", "site", "lisbon", "meeting", "m")},
			heard:  []labels{named("ZoomSiteQualityBad", "account", "a", "site", "lisbon")},
		},
		"network of no site bad": {
			source: named("ZoomNetworkQualityBad", "account", "a", "network_type", "Cellular"),
			heard:  []labels{named("ZoomMeetingQualityBad", "account", "a", "meeting", "m")},
		},
		"the worse of two": {
			source: named("ZoomSiteQualityBad", "account", "a", "site", "lisbon", "media", "audio"),
			muted:  []labels{named("ZoomSiteQualityBad", "account", "a", "site", "lisbon", "media", "audio", "severity", "warning")},
			heard: []labels{
				named("ZoomSiteQualityBad", "account", "a", "site", "berlin", "media", "audio", "severity", "warning"),
				named("ZoomSiteQualityBad", "account", "a", "site", "lisbon", "media", "video", "severity", "warning"),
				named("ZoomSiteCPUHigh", "account", "a", "site", "lisbon", "media", "audio"),
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			am := startAlertmanager(t, filepath.Join(alertmanagerDir, "alertmanager.yml"))
			all := append(append([]labels{tt.source}, tt.muted...), tt.heard...)
			am.post(all...)
			eventually(t, func() error {
				held, err := am.alerts()
				if err == nil && len(held) != len(all) {
					err = fmt.Errorf("%d alerts held, want %d", len(held), len(all))
				}
				if err != nil {
					return err
				}
				for _, a := range held {
					want := slices.ContainsFunc(tt.muted, func(l labels) bool { return maps.Equal(l, a.Labels) })
					if muted := len(a.Status.InhibitedBy) > 0; muted != want {
						return fmt.Errorf("%v is muted: %t, want %t", a.Labels, muted, want)
					}
				}
				return nil
			})
		})
	}
}
